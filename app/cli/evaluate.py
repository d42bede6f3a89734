"""`hive evaluate`: how good the models are on labelled texts of your own."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import click
import msgspec

from app.cli import _render
from app.cli._state import current_settings
from app.clock import now_ms
from app.errors import HiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.nlu.evaluation import Evaluation
    from models.nlu.model import DomainModel
    from models.records import Scalar

SHOWN_WRONG = 30


class BadFile(click.ClickException):
    """A file that can't be evaluated: one line says why, and the exit code is that of a wrong usage."""

    exit_code = 2


@click.group()
def evaluate() -> None:
    """Measure the models on labelled texts."""


@evaluate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the reliability as PNG.")
@click.option("--live", is_flag=True, help="Measure the newest model of the running system, not the one that ships.")
def nlu(*, file: Path, as_json: bool, plot: Path | None, live: bool) -> None:
    """Measure the understanding on FILE.

    FILE has tab separated columns with a header: text, and expected (or domain), which is one of the seven domains or
    VALIDATION: a text that should go to a person. Other columns are passed over.
    """
    if not (labelled := list(read_labelled(file))):
        raise BadFile(f"{file}: nothing to evaluate: there is no text in it")
    from app.cli._models import domain_model  # trains the model, which takes a second or two
    from models.nlu.evaluation import evaluate as figures
    from models.nlu.evaluation import predict

    model = domain_model(current_settings(), live=live)
    found = figures(predict(model, labelled))
    times_us = _times_us([text for text, _ in labelled], model)
    if plot is not None:
        _draw(found, plot)
    if as_json:
        click.echo(msgspec.json.encode(_as_json(found, times_us, model.version)))
    else:
        _show(found, times_us, model.version)


def read_labelled(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts of a file with their labels.

    Raises:
        BadFile: it is not there, no text with the columns, or a line has no text or an unknown label.
    """
    from models.nlu.evaluation import LABELS

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    columns = rows.fieldnames or []
    label_column = next((name for name in ("expected", "domain") if name in columns), None)
    if "text" not in columns or label_column is None:
        raise BadFile(f"{file}: the first line must name the columns text and expected (or domain), not {columns}")
    for row in rows:
        text, label = (row["text"] or "").strip(), (row[label_column] or "").strip().upper()
        if not text:
            raise BadFile(f"{file}:{rows.line_num}: there is no text")
        if label not in LABELS:
            raise BadFile(f"{file}:{rows.line_num}: {label!r} is no label; allowed: {', '.join(LABELS)}")
        yield text, label


def _times_us(texts: list[str], model: DomainModel) -> tuple[float, float]:
    """Return median and 99th percentile of the CPU time of the whole understanding of a text, nothing kept."""
    from models.nlu import understand
    from models.records import Submission

    at_ms = now_ms()
    taken_us = []
    for text in texts:
        submission = Submission(text=text)
        began_ns = time.thread_time_ns()
        understand(submission, now_ms=at_ms, model=model)
        taken_us.append((time.thread_time_ns() - began_ns) / 1000)
    cuts = quantiles(taken_us * 2, n=100)  # twice: one text alone has no quantiles
    return round(cuts[49], 1), round(cuts[98], 1)


def _as_json(found: Evaluation, times_us: tuple[float, float], version: str) -> dict[str, Any]:
    labels = found.labels
    return {
        "accuracy": round(found.accuracy, 4),
        "n": found.n,
        "ece": round(found.ece, 4),
        "us_p50": times_us[0],
        "us_p99": times_us[1],
        "model_version": version,
        "per_domain": {label: msgspec.to_builtins(scores) for label, scores in found.scores.items()},
        "labels": labels,
        "confusion": {
            label: {other: n for other, n in zip(labels, row, strict=True) if n}
            for label, row in zip(labels, found.confusion, strict=True)
        },
        "reliability": msgspec.to_builtins(found.bins),
        "wrong": [
            {
                "text": item.text,
                "expected": item.expected,
                "predicted": item.predicted,
                "domain": item.domain,
                "confidence": item.confidence,
            }
            for item in found.wrong
        ],
    }


def _show(found: Evaluation, times_us: tuple[float, float], version: str) -> None:
    show = _render.console.print
    right = found.n - len(found.wrong)
    show(
        f"{right} of {found.n} right ({found.accuracy:.1%}) · calibration error {found.ece:.3f} · "
        f"{times_us[0]:.0f} µs a text (p99 {times_us[1]:.0f}) · model {version}\n"
    )
    scores: list[list[Scalar]] = [
        [label, each.n, each.predicted, _share(each.precision), _share(each.recall)]
        for label, each in found.scores.items()
    ]
    show(_render.table("labels", ["label", "texts", "predicted", "precision", "recall"], scores))
    short = [label[:5].lower() for label in found.labels]
    confusion: list[list[Scalar]] = [
        [label, *("·" if n == 0 else str(n) for n in row)]
        for label, row in zip(found.labels, found.confusion, strict=True)
    ]
    show(_render.table("confusion: expected down, predicted across", ["", *short], confusion))
    bins: list[list[Scalar]] = [
        [f"{each.lower:.1f}-{each.upper:.1f}", each.n, f"{each.confidence:.2f}", f"{each.accuracy:.2f}"]
        for each in found.bins
    ]
    show(_render.table("reliability", ["confidence", "texts", "claimed", "right"], bins))
    if found.wrong:
        wrong: list[list[Scalar]] = [
            [item.text, item.expected, item.predicted, f"{item.confidence:.2f}"] for item in found.wrong[:SHOWN_WRONG]
        ]
        left_out = (
            f" (the {SHOWN_WRONG} most confident of {len(found.wrong)})" if len(found.wrong) > SHOWN_WRONG else ""
        )
        show(_render.table(f"wrong{left_out}", ["text", "expected", "predicted", "confidence"], wrong))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _draw(found: Evaluation, target: Path) -> None:
    """Draw how often predictions of each confidence are right, and how many there are.

    Raises:
        HiveError: matplotlib is not installed, or the file can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise HiveError("--plot needs matplotlib: pip install 'neural-hive-mind[plots]'") from error
    figure = Figure(figsize=(6, 7), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    middles = [(each.lower + each.upper) / 2 for each in found.bins]
    upper.plot([0, 1], [0, 1], linestyle="--", color="grey", label="perfectly calibrated")
    upper.bar(middles, [each.accuracy for each in found.bins], width=0.09, color="#4c78a8", label="right")
    claimed = [each.confidence for each in found.bins]
    upper.plot(
        claimed,
        [each.accuracy for each in found.bins],
        "o",
        color="#f58518",
        clip_on=False,
        label="at the mean confidence",
    )
    upper.set(ylabel="share whose domain is right", xlim=(0, 1), ylim=(0, 1.02))
    upper.set_title(f"{found.n} texts, accuracy {found.accuracy:.3f}, calibration error {found.ece:.3f}")
    upper.legend(loc="upper left")
    lower.bar(middles, [each.n for each in found.bins], width=0.09, color="#72b7b2")
    lower.set(xlabel="confidence", ylabel="texts")
    for each, middle in zip(found.bins, middles, strict=True):
        lower.annotate(str(each.n), (middle, each.n), ha="center", va="bottom", fontsize="small")
    lower.margins(y=0.2)
    try:
        figure.savefig(target, format="png", dpi=120)
    except OSError as error:
        raise HiveError(f"{target}: {error.strerror or error}") from error
