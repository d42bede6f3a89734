"""The registry on a real MLflow: what is registered stays what it was, and aliases say who decides."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner, Result

from app.cli import main
from app.errors import RegistryRefused, StoreUnavailable
from app.lifecycle.validate import PAGE
from app.registered import RegisteredModels
from app.stores.mlflow import MlflowStore, NewRun
from app.stores.registry import EXPERIMENT, ModelRegistry, ModelVersion
from benchmarks.registered import packed, write_samples
from models.lifecycle.batch_model import checksum
from models.lifecycle.registry import ARTIFACT, Alias, PromotionRefused, Stage, Tag, model_name
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.embedded

GOOD, OTHER, CHANGED, BAD = packed(12.0), packed(11.0), packed(10.0), packed(0.0)
PASSED = {Tag.VALIDATION: "passed"}


def with_registry(address: str, work: Callable[[ModelRegistry], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with ModelRegistry(MlflowStore(address)) as registry:
            return await work(registry)

    return asyncio.run(run())


async def registered(registry: ModelRegistry, who: SpecialistType, name: str, model: bytes, **tags: str) -> str:
    run = NewRun(
        name=name,
        at_ms=1_700_000_000_000,
        params={f"parameter_{number}": str(number) for number in range(120)},
        metrics={"f1": 0.81, "accuracy": 0.84},
        files={"data/manifest.json": b"{}"},
    )
    run_id = await registry.log(who, run, model)
    return (await registry.register(who, run_id, tags={**PASSED, **{Tag(key): tags[key] for key in tags}})).version


def test_a_version_is_what_was_registered_however_often_it_is_said(mlflow: str) -> None:
    who = SpecialistType.BUSINESS

    async def work(registry: ModelRegistry) -> None:
        assert await registry.aliases(who) == {}
        number = await registered(registry, who, "round-1", GOOD, data_sha256="d" * 64)
        assert await registered(registry, who, "round-1", GOOD) == number, "a step that is done again makes nothing new"
        version = await registry.version(who, number)
        assert (version.sha256, version.tags[Tag.DATA]) == (checksum(GOOD), "d" * 64)
        assert await registry.packed(version) == GOOD
        params, metrics = await registry.details(version)
        assert (len(params), params["parameter_119"]) == (120, "119")
        assert metrics == {"f1": 0.81, "accuracy": 0.84}
        assert await registry.run_file(version.run_id, "data/manifest.json") == b"{}"
        assert [each.version for each in await registry.versions(who)] == [number]
        with pytest.raises(RegistryRefused, match="no version 99"):
            await registry.version(who, "99")
        with pytest.raises(RegistryRefused):
            await registry.run_file(version.run_id, "no/such/file")

    with_registry(mlflow, work)


def test_aliases_go_as_promotions_and_rollbacks_say(mlflow: str) -> None:
    who = SpecialistType.TECHNICAL

    async def work(registry: ModelRegistry) -> None:
        one, two, three = [
            await registered(registry, who, f"r{n}", model) for n, model in enumerate((GOOD, OTHER, BAD))
        ]
        await registry.promote(who, one, Stage.PRODUCTION, by="ana")
        await registry.promote(who, two, Stage.STAGING, by="ana")
        assert await registry.aliases(who) == {"champion": one, "challenger": two}
        changes = await registry.promote(who, two, Stage.PRODUCTION, by="bea")
        assert [change.alias for change in changes] == [Alias.PREVIOUS, Alias.CHAMPION, Alias.CHALLENGER]
        assert await registry.promote(who, two, Stage.PRODUCTION, by="bea") == []
        assert (await registry.all_aliases())[who] == {"champion": two, "previous": one}
        assert (await registry.version(who, two)).tags[Tag.PROMOTED_BY] == "bea"
        await registry.rollback(who, by="eva")
        assert await registry.aliases(who) == {"champion": one, "previous": two}
        with pytest.raises(PromotionRefused, match="never the champion"):
            await registry.rollback(who, three, by="eva")
        await registry.tag(who, three, Tag.VALIDATION, "failed")
        with pytest.raises(PromotionRefused, match="not passed"):
            await registry.promote(who, three, Stage.PRODUCTION, by="eva")
        assert await registry.aliases(who) == {"champion": one, "previous": two}

    with_registry(mlflow, work)


def test_a_file_that_was_changed_is_neither_registered_nor_loaded(mlflow: str, tmp_path: Path) -> None:
    who = SpecialistType.BEHAVIOR
    told: list[SpecialistType] = []

    class Gauges:
        def answered(self, *, yes: bool) -> None: ...
        def champion(self, specialist: SpecialistType, version: str | None) -> None: ...
        def refused(self, specialist: SpecialistType) -> None:
            told.append(specialist)

    async def work(registry: ModelRegistry) -> None:
        models = RegisteredModels(tmp_path, every_s=60, gauges=Gauges())
        one, two = await registered(registry, who, "one", GOOD), await registered(registry, who, "two", CHANGED)
        await registry.promote(who, one, Stage.PRODUCTION, by="ana")
        await models.look(registry)
        version = await registry.version(who, two)
        await registry.add_files(version.run_id, {ARTIFACT: BAD})
        with pytest.raises(RegistryRefused, match="SHA-256"):
            await registry.packed(version)
        with pytest.raises(RegistryRefused, match="SHA-256"):
            await registry.run_file(version.run_id)
        await registry.promote(who, two, Stage.PRODUCTION, by="ana")
        await models.look(registry)
        assert models.champions()[who].version == one
        assert told == [who]
        await registry.rollback(who, by="ana")  # for the tests that come after this one

    with_registry(mlflow, work)


def test_a_run_that_was_left_half_is_replaced(mlflow: str) -> None:
    who = SpecialistType.EVOLUTION

    async def work(registry: ModelRegistry) -> tuple[str, str]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(registry.store, "put_file", _dies)
            with pytest.raises(StoreUnavailable):
                await registered(registry, who, "half", GOOD)
        number = await registered(registry, who, "half", GOOD)
        version = await registry.version(who, number)
        return version.run_id, version.source

    run_id, source = with_registry(mlflow, work)
    found = requests.post(
        f"{mlflow}/api/2.0/mlflow/runs/search",
        json={"experiment_ids": [source.split("/")[1]], "filter": "attributes.run_name = 'evolution-half'"},
        timeout=30,
    ).json()["runs"]
    assert [run["info"]["run_id"] for run in found] == [run_id]
    experiments = requests.post(f"{mlflow}/api/2.0/mlflow/experiments/search", json={"max_results": 9}, timeout=30)
    assert {each["name"] for each in experiments.json()["experiments"]} == {"Default", EXPERIMENT}


async def _dies(_uri: str, _data: bytes) -> None:
    raise StoreUnavailable("mlflow", "killed here")


def hive(address: str, folder: Path, *arguments: str) -> Result:
    environ = {
        "HIVE_MLFLOW": address,
        "HIVE_KAFKA": "127.0.0.1:1",
        "HIVE_MONGO": "mongodb://127.0.0.1:1",
        "HIVE_STORE_TIMEOUT_S": "10",
        "HIVE_DATA_DIR": str(folder),
    }
    return CliRunner().invoke(main, ["models", *arguments], env=environ, prog_name="hive")


def test_by_hand_from_a_file_to_production_and_back(
    mlflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka and MongoDB are down meanwhile, which is said and keeps nobody from a rollback."""
    monkeypatch.setattr("app.stores.kafka.ANSWER_S", 0.1)
    monkeypatch.setattr("app.cli._registry.MONGO_S", 0.1)
    who = "architecture"
    parquet = tmp_path / "samples.parquet"
    write_samples(parquet, SpecialistType(who), samples=1_000)

    def say(*arguments: str, code: int = 0) -> str:
        result = hive(mlflow, tmp_path, *arguments)
        assert result.exit_code == code, result.output
        return result.output

    for number, model in enumerate((GOOD, OTHER, BAD), 1):
        file = tmp_path / f"{number}.hive"
        file.write_bytes(model)
        said = say("register", str(file), "--specialist", who, "--by", "ana")
        assert said.startswith(f"{model_name(SpecialistType(who))} version {number}: neural net")
        assert "not told on learning.events" in said
    assert "Error: version 1 has not passed validation" in say("promote", who, "1", "--to", "production", code=1)
    assert "Error: version 1 has no data set" in say("validate", who, "1", code=1)
    page = tmp_path / "report.html"
    for version in "12":
        say("validate", who, version, "--data", str(parquet), "--html", str(page), "--by", "ana")
        say("promote", who, version, "--to", "Production", "--by", "ana")
    assert "architecture: version 2" in page.read_text(encoding="utf-8")
    refused = say("validate", who, "3", "--data", str(parquet), code=1)
    assert "below the champion" in refused
    assert "has not passed validation" in say("promote", who, "3", "--to", "production", code=1)
    assert "version 3 was never the champion" in say("rollback", who, "--to", "3", code=1)
    say("promote", who, "3", "--to", "staging", "--by", "ana")
    assert "version 1 of architecture is Production again; version 2 was" in say("rollback", who, "--reason", "worse")
    stands = json.loads(say("list", who, "--json"))
    assert [(each["version"], each["aliases"], each["stage"]) for each in stands] == [
        ("3", ["challenger"], "Staging"), ("2", ["previous"], None), ("1", ["champion"], "Production"),
    ]  # fmt: skip
    shown = json.loads(say("show", who, "--json"))
    assert (shown["tags"]["validation_status"], shown["tags"]["sha256"]) == ("passed", checksum(GOOD))
    assert json.loads(say("aliases", "--json"))[who] == {"champion": "1", "previous": "2", "challenger": "3"}
    for arguments in (["list"], ["show", who], ["aliases"], ["list", who, "--all"]):
        assert all(len(line) <= 120 for line in say(*arguments).splitlines())
    kept = with_registry(mlflow, lambda registry: _page(registry, SpecialistType(who)))
    assert b"<svg" in kept


async def _page(registry: ModelRegistry, who: SpecialistType) -> bytes:
    version: ModelVersion = await registry.version(who, "3")
    return await registry.run_file(version.run_id, PAGE)


@pytest.mark.parametrize("path", ["/not-mlflow", ""])
async def test_what_is_no_mlflow_is_unavailable(path: str, unused_tcp_port: int) -> None:
    async with MlflowStore(f"http://ana:secret@127.0.0.1:{unused_tcp_port}{path}", timeout_s=1) as store:
        began_s = time.monotonic()
        with pytest.raises(StoreUnavailable) as error:
            await store.get("experiments/search")
        assert "secret" not in str(error.value)
        assert time.monotonic() - began_s < 30


def test_without_an_address_there_is_no_registry(tmp_path: Path) -> None:
    result = hive("", tmp_path, "list")
    assert (result.exit_code, "HIVE_MLFLOW" in result.output) == (1, True)
