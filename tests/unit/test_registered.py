"""A worker follows the registry, and nothing that goes wrong there takes a model from it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest

from app.errors import RegistryRefused, StoreUnavailable
from app.registered import AGAIN_LOOKS, RegisteredModels
from app.stores.registry import ModelVersion
from models.lifecycle.batch_model import BatchModel, checksum, to_bytes
from models.lifecycle.registry import Tag
from models.lifecycle.scorer import Scorer
from models.online.features import NAMES
from models.online.snapshot import Snapshot
from models.records import SpecialistType

if TYPE_CHECKING:
    from pathlib import Path

ANA = SpecialistType.BUSINESS


def packed(tilt: float) -> bytes:
    """Return a model that says the same of all plans, in its own way."""
    wide = len(NAMES)
    arrays = {
        "mean": np.zeros(wide),
        "scale": np.ones(wide),
        "weights0": np.zeros((wide, 4)),
        "bias0": np.array([tilt, 0.0, 0.0, 0.0]),
    }
    snapshot = Snapshot({"kind": "net", "layers": 1, "temperature": 1.0, "classes": [0, 1, 2, 3]}, arrays)
    return to_bytes(BatchModel(Scorer.restored(snapshot, features=wide), family="neural_net", learned=500))


class Registry:
    """What MLflow would say."""

    def __init__(self) -> None:
        self.files = {str(number): packed(float(number)) for number in (1, 2, 3)}
        self.tags = {number: checksum(data) for number, data in self.files.items()}
        self.aliases: dict[str, str] = {}
        self.down = False
        self.fetched: list[str] = []

    async def all_aliases(self) -> dict[SpecialistType, dict[str, str]]:
        if self.down:
            raise StoreUnavailable("mlflow", "nobody is there")
        return {ANA: dict(self.aliases)}

    async def version(self, specialist: SpecialistType, version: str) -> ModelVersion:
        if version not in self.tags:
            raise RegistryRefused("no such version")
        return ModelVersion(specialist=specialist, version=version, at_ms=1, tags={Tag.SHA256: self.tags[version]})

    async def packed(self, version: ModelVersion) -> bytes:
        self.fetched.append(version.version)
        return self.files[version.version]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Gauges:
    def __init__(self) -> None:
        self.up: asyncio.Queue[bool] = asyncio.Queue()
        self.refusals = 0
        self.deciding: str | None = None

    def answered(self, *, yes: bool) -> None:
        self.up.put_nowait(yes)

    def refused(self, specialist: SpecialistType) -> None:
        self.refusals += 1

    def champion(self, specialist: SpecialistType, version: str | None) -> None:
        self.deciding = version


@pytest.fixture
def registry() -> Any:
    return Registry()


@pytest.fixture
def gauges() -> Gauges:
    return Gauges()


@pytest.fixture
def models(tmp_path: Path, gauges: Gauges) -> RegisteredModels:
    return RegisteredModels(tmp_path / "registered", every_s=0.005, gauges=gauges)


def deciding(models: RegisteredModels) -> str | None:
    model = models.champions().get(ANA)
    return None if model is None else model.version


async def test_it_follows_where_the_champion_is(models: RegisteredModels, registry: Any, gauges: Gauges) -> None:
    await models.look(registry)
    assert deciding(models) is None
    registry.aliases = {"champion": "1", "challenger": "2"}
    await models.look(registry)
    assert (deciding(models), gauges.deciding) == ("1", "1")
    challenger = models.of(ANA, "2")
    assert challenger is not None
    assert max(challenger.probabilities(dict.fromkeys(NAMES, 0.0))) > 0.7
    registry.aliases = {"champion": "2", "previous": "1"}
    await models.look(registry)
    registry.aliases = {"champion": "1", "previous": "2"}
    await models.look(registry)
    assert (deciding(models), registry.fetched) == ("1", ["1", "2"]), "a rollback needs no file"
    registry.aliases = {}
    await models.look(registry)
    assert (deciding(models), gauges.deciding, models.of(ANA, "1")) == (None, None, None)


async def test_a_version_that_an_experiment_names_is_fetched(models: RegisteredModels, registry: Any) -> None:
    assert models.of(ANA, "3") is None
    await models.look(registry)
    assert models.of(ANA, "3") is not None
    assert models.of(ANA, "no-such") is None
    await models.look(registry)
    assert models.of(ANA, "no-such") is None


async def test_a_file_that_is_not_the_registered_one_is_not_used(
    models: RegisteredModels, registry: Any, gauges: Gauges
) -> None:
    registry.aliases = {"champion": "1"}
    await models.look(registry)
    good, registry.files["2"] = registry.files["2"], registry.files["3"]
    registry.aliases = {"champion": "2", "previous": "1"}
    for _ in range(3):
        await models.look(registry)
    assert (deciding(models), gauges.refusals) == ("1", 1), "the one before decides, and it is said once"
    registry.files["2"] = good
    for _ in range(AGAIN_LOOKS):
        await models.look(registry)
    assert deciding(models) == "2"


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "champions", "0" * 64])
async def test_a_tag_that_is_no_checksum_is_refused(
    models: RegisteredModels, registry: Any, gauges: Gauges, sha256: str
) -> None:
    registry.tags["1"] = sha256
    registry.aliases = {"champion": "1"}
    await models.look(registry)
    assert (deciding(models), gauges.refusals) == (None, 1)


async def test_a_registry_that_is_down_takes_no_model_away(
    models: RegisteredModels, registry: Any, gauges: Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    registry.aliases = {"champion": "1"}
    await models.start(registry)
    registry.down = True
    while await gauges.up.get():
        pass
    assert not await gauges.up.get()
    assert deciding(models) == "1"
    said = [record for record in caplog.records if "can't be followed" in record.message]
    assert len(said) == 1, "once, however often it is looked"
    registry.down = False
    while not await gauges.up.get():
        pass
    await models.stop()


async def test_a_worker_that_starts_while_it_is_down_has_the_champions_of_its_last_run(
    models: RegisteredModels, registry: Any, gauges: Gauges, tmp_path: Path
) -> None:
    registry.aliases = {"champion": "1", "previous": "2"}
    await models.look(registry)
    registry.down = True
    again = RegisteredModels(tmp_path / "registered", every_s=60, gauges=gauges)
    await again.start(registry)
    await again.stop()
    assert deciding(again) == "1"


@pytest.mark.parametrize("damaged", ["champions", "model"])
async def test_what_is_damaged_in_the_folder_is_fetched_anew(
    models: RegisteredModels, registry: Any, gauges: Gauges, tmp_path: Path, damaged: str
) -> None:
    registry.aliases = {"champion": "1"}
    await models.look(registry)
    name = damaged if damaged == "champions" else registry.tags["1"]
    (tmp_path / "registered" / name).write_bytes(b"\0{")
    again = RegisteredModels(tmp_path / "registered", every_s=60, gauges=gauges)
    await again.start(registry)
    await again.stop()
    assert deciding(again) == "1"
