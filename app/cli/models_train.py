"""`hive models train`: a model in batch from collected samples."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app.cli import _render
from app.cli._choices import SPECIALIST, SPECIALISTS
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.lifecycle import datasets
from app.lifecycle.training import REPORT, run_of, train_from
from app.stores.registry import ModelRegistry
from models.lifecycle.training import Plan

if TYPE_CHECKING:
    from app.lifecycle.training import Report
    from app.settings import Settings
    from models.records import Scalar

SHOWN = 5


@click.command()
@click.argument("specialists", nargs=-1, type=SPECIALIST)
@click.option("--all", "all_of_them", is_flag=True, help="All whose samples are there.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that `hive models collect` wrote to. datasets in HIVE_DATA_DIR by default.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="For the models. models in HIVE_DATA_DIR."
)
@click.option(
    "--limit-s",
    type=click.FloatRange(0),
    help="No further setting is tried after so long. HIVE_TRAIN_LIMIT_S (120).",
)
@click.option("--most-tried", type=click.IntRange(1), default=18, show_default=True, help="Of settings.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides all that is drawn.")
@click.option("--log", is_flag=True, help="Log the run, with the model, to the registry (HIVE_MLFLOW).")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
def train(  # noqa: PLR0913 — an option each
    *,
    specialists: tuple[str, ...],
    all_of_them: bool,
    data: Path | None,
    out: Path | None,
    limit_s: float | None,
    most_tried: int,
    seed: int,
    log: bool,
    as_json: bool,
) -> None:
    """Train a model for each of SPECIALISTS: three families, tuned, calibrated, and measured on the newest samples.

    The same samples, seed and number of settings give the same file, to the bit.
    """
    settings = current_settings()
    folder, target = data or settings.data_dir / "datasets", out or settings.data_dir / "models"
    there = [name for name in SPECIALISTS if (folder / f"{name}.parquet").exists()] if all_of_them else []
    wanted = there or list(dict.fromkeys(specialists))
    if all_of_them and not there:
        raise HiveError(f"{folder}: there are no samples; `hive models collect --all` writes them")
    if not wanted:
        raise click.UsageError("name specialists, or --all")
    plan = Plan(seed=seed, limit_s=settings.train_limit_s if limit_s is None else limit_s, most_tried=most_tried)
    reports: list[Report] = []
    for name in wanted:
        parquet, model = folder / f"{name}.parquet", target / f"{name}.hive"
        report, packed = train_from(parquet, plan)
        datasets.write_file(model, packed)
        datasets.write_file(model.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(report)))
        reports.append(report)
        run_id = _log(settings, report, parquet, packed) if log else None
        if not as_json:
            _render.console.print(_shown(report, model, run_id))
    if as_json:
        click.echo(msgspec.json.encode(reports))


def _log(settings: Settings, report: Report, parquet: Path, packed: bytes) -> str:
    run = run_of(report, parquet, name=report.sha256[:16], at_ms=now_ms())

    async def logged() -> str:
        async with ModelRegistry.of(settings) as registry:
            return await registry.log(report.specialist, run, packed)

    return asyncio.run(logged())


def _shown(report: Report, model: Path, run_id: str | None) -> Group:
    figures = report.figures
    title = f"{report.specialist.value}: {report.family.replace('_', ' ')}, the best of {len(report.tried)} settings"
    rows: list[list[Scalar]] = [
        [label, of.support, f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.f1:.3f}"]
        for label, of in figures.classes.items()
    ]
    columns = ["label", "samples", "precision", "recall", "f1"]
    counted = [f"{name} {fall:.3f}" for name, fall in list(report.importances.items())[:SHOWN] if fall > 0.0]
    measured = (
        f"accuracy {figures.accuracy:.3f} (chance {report.chance:.3f}), f1 {figures.f1:.3f}, "
        f"mean confidence {figures.confidence_mean:.3f}, calibration error {figures.ece:.3f}"
    )
    parts = (
        f"trained on {report.parts['train']:,}, tuned on {report.parts['tune']:,}, "
        f"tested on the newest {report.parts['test']:,}{', simulated' if report.simulated else ''}"
    )
    lines = [
        measured,
        parts,
        f"what counts most: {', '.join(counted) or 'nothing'}",
        f"{model} (sha256 {report.sha256[:12]}…), of the samples {report.data_sha256[:12]}…, {report.cpu_s:.0f} s",
        *([f"run {run_id}: {REPORT} has all of it"] if run_id else []),
        "",
    ]
    return Group(_render.table(title, columns, rows), Text("\n".join(lines)))
