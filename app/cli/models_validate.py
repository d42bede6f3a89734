"""`hive models validate`: is a model good enough, and no worse than the champion? The exit status says so too."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from msgspec.structs import replace
from rich.console import Group
from rich.text import Text

from app.cli import _registry, _render
from app.cli._people import by_option
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError, RegistryRefused
from app.lifecycle import datasets
from app.lifecycle.contenders import champion_of, fetch_samples
from app.lifecycle.training import importances_of
from app.lifecycle.validate import ITSELF, Contender, Validation, files_of
from app.lifecycle.validate import validate as hold
from app.stores.registry import ModelRegistry, ModelVersion
from models.lifecycle.registry import Alias, Tag

if TYPE_CHECKING:
    from models.records import Scalar, SpecialistType

REFUSED: Final = 1
"""The exit status of a model that has not passed."""


@click.command()
@click.argument("name", type=_registry.NAME)
@click.argument("version", required=False)
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A data set (Parquet, with its manifest beside it); the one that it was trained from by default.",
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page here too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@by_option()
def validate(
    *, name: SpecialistType, version: str | None, data: Path | None, html: Path | None, as_json: bool, by: str
) -> None:
    """Validate a version, the challenger by default, beside the champion.

    It is tested on the newest 15 % of the time, which training has not seen. The report goes to the version's run, and
    what came of it to the version: only what has passed may become the champion. Ends with 1 when it has not.
    """
    settings = current_settings()
    with tempfile.TemporaryDirectory() as folder:

        async def found() -> tuple[ModelVersion, Validation]:
            async with ModelRegistry.of(settings) as registry:
                return await _validated(registry, (name, version), data, Path(folder), by)

        candidate, report = asyncio.run(found())
    files = files_of(report)
    if html is not None:
        datasets.write_file(html, next(each for path, each in files.items() if path.endswith(".html")))
    click.echo(msgspec.json.encode(report)) if as_json else _render.console.print(_shown(report))
    details: dict[str, Any] = {
        "passed": report.verdict.passed,
        "missed": report.verdict.missed,
        "data_sha256": report.data_sha256,
    }
    _registry.tell(settings, name, "model_validated", candidate.version, by=by, details=details)
    if not report.verdict.passed:
        click.get_current_context().exit(REFUSED)


async def _validated(
    registry: ModelRegistry, wanted: tuple[SpecialistType, str | None], data: Path | None, folder: Path, by: str
) -> tuple[ModelVersion, Validation]:
    """Validate a version, and write at it what came of it."""
    specialist, number = wanted
    number = number or (await registry.aliases(specialist)).get(Alias.CHALLENGER)
    if number is None:
        raise HiveError(f"{specialist.value} has no challenger: name a version; hive models list")
    version = await registry.version(specialist, number)
    parquet = data or await _fetch(registry, version, folder / "samples.parquet")
    champion = await champion_of(registry, specialist, beside=number)
    candidate = Contender(name=f"version {number}", packed=await registry.packed(version))
    found = await asyncio.to_thread(hold, candidate, champion, parquet, at_ms=now_ms(), by=by)
    if found.specialist is not specialist:
        raise HiveError(f"the data set is of {found.specialist.value}, the model of {specialist.value}")
    if version.run_id:
        found = replace(found, importances=await importances_of(registry, version.run_id))
        await registry.add_files(version.run_id, files_of(found))
    await registry.tag(specialist, number, Tag.VALIDATION, "passed" if found.verdict.passed else "refused")
    return version, found


async def _fetch(registry: ModelRegistry, version: ModelVersion, parquet: Path) -> Path:
    """Fetch the data set that a version was trained from."""
    try:
        await fetch_samples(registry, version.run_id, parquet)
    except RegistryRefused as refused:
        raise HiveError(f"version {version.version} has no data set in its run: name one by --data") from refused
    return parquet


def _shown(report: Validation) -> Group:
    verdict, figures = report.verdict, report.verdict.figures
    least = verdict.thresholds
    rows: list[list[Scalar]] = [
        [measure, f"{value:.4f}", f"{wanted:.2f}", "yes" if value >= wanted - 1e-9 else "no"]
        for measure, value, wanted in [
            ("confidence (mean)", figures.confidence_mean, least.confidence_mean),
            ("F1 (macro)", figures.f1, least.f1),
            ("accuracy", figures.accuracy, least.accuracy),
            ("precision, least of the labels", figures.precision_min, least.precision_min),
            ("recall, least of the labels", figures.recall_min, least.recall_min),
        ]
    ]
    found = verdict.comparison
    beside = "nothing to hold it against"
    if found is not None:
        spread = f"[{found.accuracy_low:+.4f}, {found.accuracy_high:+.4f}]"
        whom = report.champion if report.champion == ITSELF else f"the champion, {report.champion}"
        beside = f"accuracy {found.accuracy:+.4f} {spread} against {whom}"
    title = f"{report.specialist.value}, {report.candidate}: {'passed' if verdict.passed else 'refused'}"
    lines = [f"tested on {figures.samples:,} samples; {beside}", *verdict.missed]
    return Group(_render.table(title, ["measure", "is", "at least", "reached"], rows), Text("\n".join(lines)))
