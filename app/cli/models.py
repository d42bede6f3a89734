"""`hive models`: the registered models of the specialists, and which of them decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app.cli import _registry, _render
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.stores.mlflow import NewRun, pairs_of
from app.stores.registry import ModelRegistry, ModelVersion, every_standing
from models.lifecycle.batch_model import checksum, from_bytes
from models.lifecycle.registry import Alias, Stage, Tag, model_name
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from app.settings import Settings
    from models.lifecycle.registry import Change
    from models.records import Scalar

SHOWN: Final = 5
_STAGES: Final = {Alias.CHAMPION: Stage.PRODUCTION.value, Alias.CHALLENGER: Stage.STAGING.value}

T = TypeVar("T")


class _About(msgspec.Struct, frozen=True):
    """What is known of a model that was trained elsewhere."""

    params: dict[str, Any] = {}
    metrics: dict[str, float] = {}
    data_sha256: str = ""
    simulated: bool = True


@click.group()
def models() -> None:
    """Look at registered models, promote one, go back.

    Production is what the alias `champion` points to, Staging what `challenger` does.
    """


@models.command(name="list")
@click.argument("name", required=False, type=_registry.NAME)
@click.option("--all", "every", is_flag=True, help="Also older versions that nothing points to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, name: SpecialistType | None, every: bool, as_json: bool) -> None:
    """List the versions of all specialists, or of one, the newest first."""
    wanted = list(SpecialistType) if name is None else [name]
    found = _with(current_settings(), lambda registry: every_standing(registry, wanted))
    listed = [
        (version, _pointing(aliases, version.version))
        for aliases, versions in found.values()
        for place, version in enumerate(versions)
        if every or place < SHOWN or version.version in aliases.values()
    ]
    if as_json:
        click.echo(msgspec.json.encode([_as_json(version, pointing) for version, pointing in listed]))
        return
    rows: list[list[Scalar]] = [
        [
            version.specialist.value,
            version.version,
            ", ".join(pointing) or "–",
            version.tags.get(Tag.FAMILY, "–").replace("_", " "),
            version.tags.get(Tag.VALIDATION, "not yet"),
            _render.when(version.at_ms)[:10],
        ]
        for version, pointing in listed
    ]
    columns = ["specialist", "version", "aliases", "family", "validation", "registered"]
    count = sum(len(versions) for _, versions in found.values())
    more = f", {len(rows)} of them shown (--all)" if len(rows) < count else ""
    _render.console.print(_render.table(f"{count} models{more}", columns, rows, whole="specialist"))


@models.command()
@click.argument("name", type=_registry.NAME)
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, name: SpecialistType, version: str | None, as_json: bool) -> None:
    """Show a version, the champion by default: how it was trained, what was measured, and what it is made of."""

    async def found(registry: ModelRegistry) -> tuple[ModelVersion, list[str], dict[str, str], dict[str, float]]:
        aliases = await registry.aliases(name)
        wanted = version or aliases.get(Alias.CHAMPION)
        if wanted is None:
            raise HiveError(f"{name.value} has no champion in the registry: name a version; hive models list")
        shown = await registry.version(name, wanted)
        return shown, _pointing(aliases, shown.version), *await registry.details(shown)

    shown, pointing, params, metrics = _with(current_settings(), found)
    if as_json:
        more = {"run_id": shown.run_id, "params": params, "metrics": metrics}
        click.echo(msgspec.json.encode({**_as_json(shown, pointing), **more}))
        return
    head = f"{model_name(name)}, version {shown.version}" + (f": {', '.join(pointing)}" if pointing else "")
    facts = [
        f"registered {_render.when(shown.at_ms)}, run {shown.run_id}",
        *(f"{tag.value} {shown.tags[tag]}" for tag in Tag if shown.tags.get(tag)),
    ]
    parts: list[Any] = [Text(head, style="bold"), Text("\n".join(facts)), Text()]
    if metrics:
        measured: list[list[Scalar]] = [[key, f"{value:.4g}"] for key, value in sorted(metrics.items())]
        parts.append(_render.table("measured", ["metric", "value"], measured))
    if params:
        how: list[list[Scalar]] = [[*pair] for pair in sorted(params.items())]
        parts.append(_render.table("trained with", ["parameter", "value"], how))
    _render.console.print(Group(*parts))


@models.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def aliases(*, as_json: bool) -> None:
    """Show what the aliases of each specialist point to."""
    found = _with(current_settings(), lambda registry: registry.all_aliases())
    if as_json:
        click.echo(msgspec.json.encode({each.value: found.get(each, {}) for each in SpecialistType}))
        return
    rows: list[list[Scalar]] = [
        [each.value, *(found.get(each, {}).get(alias, "–") for alias in Alias)] for each in SpecialistType
    ]
    heads = ["specialist", *(alias.value for alias in Alias)]
    title = "versions: the champion is Production, the challenger Staging"
    _render.console.print(_render.table(title, heads, rows, whole="specialist"))


@models.command()
@click.argument("file", required=False, type=click.File("rb"))
@click.option("--run", "run_id", help="The run that `hive models train --log` has logged, instead of a file.")
@click.option("--specialist", required=True, type=_registry.NAME, help="Whose model it is.")
@click.option("--about", type=click.File("rb"), help="JSON: params, metrics, data_sha256, simulated (true).")
@by_option()
def register(*, file: Any, run_id: str | None, specialist: SpecialistType, about: Any, by: str) -> None:
    """Register a trained model; it decides nothing before it is promoted.

    The same file or run is registered once.
    """
    if (file is None) == (run_id is None):
        raise click.UsageError("give a file or --run")

    async def made(registry: ModelRegistry) -> ModelVersion:
        if run_id is not None:
            return await _of_run(registry, specialist, run_id)
        return await _of_file(registry, specialist, file.read(), _about(about), by)

    settings = current_settings()
    version = _with(settings, made)
    family = version.tags.get(Tag.FAMILY, "a model").replace("_", " ")
    click.echo(f"{model_name(specialist)} version {version.version}: {family}; hive models validate is next")
    details = {"sha256": version.sha256, "run_id": version.run_id}
    _registry.tell(settings, specialist, "model_registered", version.version, by=by, details=details)


async def _of_run(registry: ModelRegistry, specialist: SpecialistType, run_id: str) -> ModelVersion:
    packed = await registry.run_file(run_id)
    family = from_bytes(packed, sha256=checksum(packed), version="").model_type
    logged = pairs_of((await registry.store.run(run_id))["data"].get("tags", []))
    if logged.get("specialist") not in (None, specialist.value):
        raise HiveError(f"run {run_id} is of {logged['specialist']}, not of {specialist.value}")
    tags = {tag: logged[tag] for tag in (Tag.DATA, Tag.SIMULATED, Tag.ROUND) if tag in logged}
    return await registry.register(specialist, run_id, tags={Tag.FAMILY: family, **tags})


async def _of_file(
    registry: ModelRegistry, specialist: SpecialistType, packed: bytes, known: _About, by: str
) -> ModelVersion:
    sha256 = checksum(packed)
    family = from_bytes(packed, sha256=sha256, version="").model_type
    tags = {Tag.FAMILY: family, Tag.SIMULATED: str(known.simulated).lower()}
    if known.data_sha256:
        tags[Tag.DATA] = known.data_sha256
    run = NewRun(
        name=sha256[:16],
        at_ms=now_ms(),
        params={name: str(value) for name, value in known.params.items()},
        metrics=known.metrics,
        tags={"registered_by": by},
    )
    return await registry.register(specialist, await registry.log(specialist, run, packed), tags=tags)


@models.command()
@click.argument("name", type=_registry.NAME)
@click.argument("version")
@click.option(
    "--to",
    "stage",
    required=True,
    type=click.Choice([each.value for each in Stage], case_sensitive=False),
    help="Production decides; Staging is what an experiment may try.",
)
@by_option()
def promote(*, name: SpecialistType, version: str, stage: str, by: str) -> None:
    """Promote a version; workers follow within seconds.

    Production takes only what has passed `hive models validate`. The champion before stays as `previous`.
    """
    settings = current_settings()
    to = Stage(stage)
    changes = _with(settings, lambda registry: registry.promote(name, version, to, by=by))
    if not changes:
        click.echo(f"version {version} of {name.value} is {to.value} already")
        return
    click.echo(f"version {version} of {name.value} is {to.value} now{_before(changes)}")
    _registry.tell(settings, name, "model_promoted", version, by=by, details={"stage": to.value, **_changed(changes)})


@models.command()
@click.argument("name", type=_registry.NAME)
@click.option("--to", "version", help="Any version that was the champion; the one before by default.")
@click.option("--reason", default="", help="Why.")
@by_option()
def rollback(*, name: SpecialistType, version: str | None, reason: str, by: str) -> None:
    """Make the champion before the champion again; workers follow within seconds."""
    settings = current_settings()
    changes = _with(settings, lambda registry: registry.rollback(name, version, by=by))
    if not changes:
        click.echo(f"version {version} of {name.value} is the champion already")
        return
    now = next(change.version for change in changes if change.alias is Alias.CHAMPION)
    click.echo(f"version {now} of {name.value} is Production again{_before(changes)}")
    details = {"reason": reason, **_changed(changes)}
    _registry.tell(settings, name, "model_rolled_back", str(now), by=by, details=details)


def _with(settings: Settings, work: Callable[[ModelRegistry], Awaitable[T]]) -> T:
    async def run() -> T:
        async with ModelRegistry.of(settings) as registry:
            return await work(registry)

    return asyncio.run(run())


def _pointing(aliases: Mapping[str, str], version: str) -> list[str]:
    return [alias.value for alias in Alias if aliases.get(alias) == version]


def _as_json(version: ModelVersion, pointing: list[str]) -> dict[str, Any]:
    return {
        "name": model_name(version.specialist),
        "specialist": version.specialist.value,
        "version": version.version,
        "aliases": pointing,
        "stage": next((_STAGES[alias] for alias in Alias if alias.value in pointing and alias in _STAGES), None),
        "registered_at": version.at_ms,
        "tags": version.tags,
    }


def _before(changes: list[Change]) -> str:
    before = next((change.version for change in changes if change.alias is Alias.PREVIOUS), None)
    return "" if before is None else f"; version {before} was, and is kept as previous"


def _changed(changes: list[Change]) -> dict[str, Any]:
    return {"aliases": {change.alias.value: change.version for change in changes}}


def _about(file: Any) -> _About:
    if file is None:
        return _About()
    try:
        return msgspec.json.decode(file.read(), type=_About)
    except msgspec.MsgspecError as error:
        raise HiveError(f"{file.name}: {error}") from error
