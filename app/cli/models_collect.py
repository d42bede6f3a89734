"""`hive models collect`: samples of what people have said of plans, as Parquet with a manifest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from app.cli import _render
from app.cli._choices import SPECIALIST
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError
from app.lifecycle import datasets
from app.lifecycle.collect import collect as read_all
from app.lifecycle.collect import rules_of
from app.stores import kafka
from models.lifecycle.dataset import Origin
from models.lifecycle.gather import Rules
from models.lifecycle.quality import NotEnough, check_size
from models.records import SpecialistType

if TYPE_CHECKING:
    from app.lifecycle.collect import Collected
    from app.settings import Settings
    from models.lifecycle.dataset import Manifest
    from models.records import Scalar


@click.command()
@click.argument("specialists", nargs=-1, type=SPECIALIST)
@click.option("--all", "all_of_them", is_flag=True, help="All five specialists.")
@click.option("--days", type=click.FloatRange(0, min_open=True), help="Of how many days. HIVE_COLLECT_DAYS (90).")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    help="Only intentions that were understood so surely. HIVE_COLLECT_MIN_CONFIDENCE (0.7).",
)
@click.option(
    "--min-samples",
    type=click.IntRange(1),
    help="With fewer, nothing is written. HIVE_COLLECT_MIN_SAMPLES (10,000).",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The folder. datasets in HIVE_DATA_DIR by default."
)
@click.option("--simulated", is_flag=True, help="The records are of generated work: say so in the manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifests as JSON.")
def collect(  # noqa: PLR0913 — an option each
    *,
    specialists: tuple[str, ...],
    all_of_them: bool,
    days: float | None,
    min_confidence: float | None,
    min_samples: int | None,
    out: Path | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """Collect the samples of SPECIALISTS: plans, and what people have said of them.

    Ends with 1 if one of them has too few; what the others have is written.
    """
    wanted = list(SpecialistType) if all_of_them else [SpecialistType(name) for name in dict.fromkeys(specialists)]
    if not wanted:
        raise click.UsageError("name specialists, or --all")
    settings = current_settings()
    kafka.check_reachable(settings)
    now = now_ms()
    rules = rules_of(settings, to_ms=now, days=days, min_confidence=min_confidence)
    collected = _read(settings, rules)
    origin = Origin(
        collected_at_ms=now, rules=rules, read=collected.read, simulated=simulated or collected.gatherer.simulated
    )
    written: list[Manifest] = []
    too_few: list[str] = []
    for specialist in wanted:
        gathered = collected.gatherer.gathered(specialist)
        try:
            check_size(len(gathered.samples), min_samples or settings.collect_min_samples, whose=specialist.value)
        except NotEnough as error:
            too_few.append(str(error))
            if not as_json:
                _render.console.print(Text(f"{error}\n  {_fates(gathered.fates)}"))
            continue
        parquet = (out or settings.data_dir / "datasets") / f"{specialist.value}.parquet"
        manifest = datasets.write(parquet, specialist, gathered, origin)
        written.append(manifest)
        if not as_json:
            _render.console.print(_shown(manifest, parquet))
    if as_json:
        click.echo(msgspec.json.encode(written))
    if too_few:
        raise HiveError("; ".join(too_few) if as_json else f"{len(too_few)} of {len(wanted)} specialists: not enough")


def _read(settings: Settings, rules: Rules) -> Collected:
    bar = Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        tasks = {}

        def on_read(source: str, done: int, of: int) -> None:
            if source not in tasks:
                tasks[source] = bar.add_task(source)
            if done == of or done % 500 == 0:
                bar.update(tasks[source], completed=done, total=of)

        return read_all(settings, rules, on_read=on_read)


def _shown(manifest: Manifest, parquet: Path) -> Group:
    n = manifest.samples
    rows: list[list[Scalar]] = [[label, count, f"{count / n:.1%}"] for label, count in manifest.labels.items()]
    bias = (
        f"the threshold of confidence ({manifest.origin.rules.min_confidence:g}) leaves out "
        f"{manifest.bias.left_out:.1%} of the intentions, and moves {manifest.bias.distance:.1%} of the domains' mix"
    )
    lines = [
        _fates(manifest.fates),
        f"labels by {', '.join(f'{how} {count:,}' for how, count in manifest.labelled_by.items())}",
        f"from {_render.when(manifest.first_at_ms)} to {_render.when(manifest.last_at_ms)}"
        + (", simulated" if manifest.origin.simulated else ""),
        bias,
        *(f"quality: {warning}" for warning in manifest.quality.warnings),
        f"{parquet} ({manifest.bytes / 1024:,.0f} KiB, sha256 {manifest.sha256[:12]}…)",
        "",
    ]
    title = f"{manifest.specialist.value}: {n:,} samples"
    return Group(_render.table(title, ["label", "samples", "share"], rows), Text("\n".join(lines)))


def _fates(fates: dict[str, int]) -> str:
    said = [f"{name.replace('_', ' ')} {count:,}" for name, count in fates.items() if count]
    return f"of {sum(fates.values()):,} audit records: {', '.join(said) or 'none'}"
