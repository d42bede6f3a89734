"""`hive evaluate stream`: the learners and the drift policy on any table of rows, in the order of its lines."""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from app.cli import _render
from app.cli.evaluate import BadFile
from app.errors import HiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.online.stream_evaluation import StreamEvaluation
    from models.records import Scalar

_KINDS = "logistic,quick,tree,forest"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--label", required=True, help="The column to predict.")
@click.option("--drop", multiple=True, help="A column to leave out; may be given several times.")
@click.option("--delay", type=click.IntRange(min=0), default=0, show_default=True, help="Rows that a label comes late.")
@click.option("--rungs", default=_KINDS, show_default=True, help="The learners, separated by commas.")
@click.option("--seed", default=0, show_default=True, help="Of all chance.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the rolling accuracy as PNG.")
def stream(  # noqa: PLR0913 — one for each option
    *,
    file: Path,
    label: str,
    drop: tuple[str, ...],
    delay: int,
    rungs: str,
    seed: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Measure the learners on FILE, a CSV whose lines come one after the other.

    Each row is predicted when it comes and learned when its label does. Columns are numbers or categories; empty cells
    and `?` are missing values; a row without a label is predicted and not learned.
    """
    from models.online.ladder import Ladder, LadderSettings
    from models.online.stream_evaluation import StreamEvaluation

    rows = read_rows(file, label=label, drop=drop)
    kinds = tuple(each.strip() for each in rungs.split(",") if each.strip())
    try:
        evaluation = StreamEvaluation(Ladder(file.stem, LadderSettings(kinds=kinds, seed=seed)), delay=delay)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--rungs") from error
    us_per_row = _walk(evaluation, rows, file)
    if not evaluation.measures.since_start().n:
        raise BadFile(f"{file}: nothing to evaluate: there is no row with a label in it")
    told = _as_json(evaluation, us_per_row, delay)
    if plot is not None:
        draw(evaluation, plot, title=f"{file.name}, labels {delay} rows late" if delay else file.name)
    if as_json:
        click.echo(msgspec.json.encode(told))
    else:
        _show(told, evaluation)


def read_rows(file: Path, *, label: str, drop: tuple[str, ...] = ()) -> Iterator[tuple[dict[str, str], str, int]]:
    """Yield the cells of each row by column, its label, and how many bytes have been read about.

    The first line names the columns, separated by commas, semicolons or tabs.

    Raises:
        BadFile: it is not there, no text, has no such columns, or a row with more or fewer cells than columns.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            delimiter = max(",;\t", key=first.count)
            columns = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
            _check_columns(file, columns, label, drop)
            taken = [(at, name) for at, name in enumerate(columns) if name != label and name not in drop]
            label_at = columns.index(label)
            rows = csv.reader(lines, delimiter=delimiter)
            read = len(first)
            for cells in rows:
                if not cells:
                    continue
                if len(cells) != len(columns):
                    raise BadFile(f"{file}:{rows.line_num + 1}: {len(cells)} cells, but {len(columns)} columns")
                read += sum(map(len, cells)) + len(cells)
                yield {name: cells[at] for at, name in taken}, cells[label_at].strip(), read
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{file}: {getattr(error, 'strerror', None) or error}") from error


def _check_columns(file: Path, columns: list[str], label: str, drop: tuple[str, ...]) -> None:
    if len(set(columns)) != len(columns):
        twice = next(name for name, count in Counter(columns).items() if count > 1)
        raise BadFile(f"{file}: two columns are called {twice!r}")
    for name in (label, *drop):
        if name not in columns:
            raise BadFile(f"{file}: there is no column {name!r}; there are: {', '.join(columns)[:300] or 'none'}")
    if label in drop:
        raise BadFile(f"{file}: {label!r} is to be predicted and can't be dropped")
    if len(set(columns) - {label, *drop}) == 0:
        raise BadFile(f"{file}: no column is left to predict {label!r} from")


def _walk(evaluation: StreamEvaluation, rows: Iterator[tuple[dict[str, str], str, int]], file: Path) -> float:
    """Take all rows; return the CPU time of this thread for one, reading left out, in microseconds."""
    spent_ns = 0
    try:
        size = file.stat().st_size
    except OSError:
        size = 0  # what is wrong with it is said when it is read
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=size, label=file.name, file=sys.stderr, hidden=hidden) as bar:
        shown = 0
        for cells, label, read in rows:
            began_ns = time.thread_time_ns()
            try:
                evaluation.take(cells, label)
            except ValueError as error:
                raise BadFile(f"{file}: {error}") from error
            spent_ns += time.thread_time_ns() - began_ns
            if evaluation.rows % 100 == 0:
                bar.update(read - shown)
                shown = read
    return spent_ns / 1000 / max(evaluation.rows, 1)


def _as_json(evaluation: StreamEvaluation, us_per_row: float, delay: int) -> dict[str, Any]:
    ladder = evaluation.ladder
    actions = Counter(event.action.value for event in evaluation.events)
    sources = Counter(event.source.value for event in evaluation.events if event.level.value == "warning")
    return {
        **_rounded(msgspec.structs.asdict(evaluation.measures.since_start())),
        "rolling": _rounded(msgspec.structs.asdict(evaluation.measures.rolling())),
        "drifts": evaluation.drifts,
        "warnings": dict(sorted(sources.items())),
        "actions": {name: count for name, count in sorted(actions.items()) if name != "none"},
        "champion": ladder.champion,
        "rungs": _rounded(ladder.accuracies),
        "rows": evaluation.rows,
        "unlabelled": evaluation.unlabelled,
        "categorical": sorted(evaluation.encoder.categorical),
        "missing": dict(sorted(evaluation.encoder.missing.items())),
        "delay": delay,
        "us_per_row": round(us_per_row, 1),
    }


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def _show(told: dict[str, Any], evaluation: StreamEvaluation) -> None:
    show = _render.console.print
    show(
        f"{told['n']:,} rows · labels {told['delay']} rows late · {told['us_per_row']:.0f} µs a row · "
        f"champion {told['champion']}\n"
    )
    names = (
        "accuracy",
        "no_change",
        "majority",
        "kappa",
        "kappa_temporal",
        "macro_f1",
        "geometric_mean",
        "log_loss",
        "ece",
    )
    figures: list[list[Scalar]] = [
        [name.replace("_", " "), _figure(told[name]), _figure(told["rolling"][name])] for name in names
    ]
    show(_render.table("figures", ["", "since the start", f"newest {told['rolling']['n']:,}"], figures))
    rungs: list[list[Scalar]] = [[kind, _figure(accuracy)] for kind, accuracy in told["rungs"].items()]
    show(_render.table("rungs", ["learner", "accuracy"], rungs))
    drifts: list[list[Scalar]] = [
        [at, event.detector, _figure(event.before), _figure(event.after), event.action.value, _movers(event.movers)]
        for at, event in zip(evaluation.drifts, _drift_events(evaluation), strict=True)
    ]
    if drifts:
        columns = ["row", "detector", "error before", "after", "what was done", "moved most"]
        show(_render.table("drifts", columns, drifts))
    else:
        show("no drift")


def _drift_events(evaluation: StreamEvaluation) -> list[Any]:
    from models.online.stream_evaluation import is_drift

    return [event for event in evaluation.events if is_drift(event)]


def _movers(movers: list[Any]) -> str:
    return ", ".join(shift.name for shift in movers[:3])


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def draw(evaluation: StreamEvaluation, target: Path, *, title: str) -> None:
    """Draw the rolling accuracy beside that of the newest known label, with the drifts.

    Raises:
        HiveError: matplotlib is not installed, or the file can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise HiveError("--plot needs matplotlib: pip install 'neural-hive-mind[plots]'") from error
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    axes = figure.subplots()
    rows = [point.row for point in evaluation.curve]
    axes.plot(rows, [point.no_change for point in evaluation.curve], color="#b0b0b0", label="always the newest label")
    axes.plot(rows, [point.accuracy for point in evaluation.curve], color="#4c78a8", label="champion")
    for number, at in enumerate(evaluation.drifts):
        axes.axvline(at, color="#e45756", linewidth=1, linestyle="--", label="" if number else "drift")
    figures = evaluation.measures.since_start()
    axes.set(xlabel="rows", ylabel="accuracy of the newest 1,000", ylim=(0, 1.02), xlim=(0, max(evaluation.rows, 1)))
    axes.set_title(f"{title}: accuracy {figures.accuracy:.3f}, no change {figures.no_change:.3f}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    try:
        figure.savefig(target, format="png", dpi=120)
    except OSError as error:
        raise HiveError(f"{target}: {error.strerror or error}") from error
