"""`hive understand`: what a text is taken for, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group
from rich.text import Text

from app.cli import _render
from app.cli._state import current_settings
from app.clock import now_ms

if TYPE_CHECKING:
    from models.nlu.explain import Explanation, Speaks
    from models.nlu.reading import Reading
    from models.records import Scalar

MOST_REASONS = 100
MOST_WORDS = 12
SAID = 3


@click.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--language", help="Such as pt-BR or en; found out from the text when not given.")
@click.option("--live", is_flag=True, help="Ask the newest model of the running system, not the one that ships.")
def understand(*, text: str, as_json: bool, language: str | None, live: bool) -> None:
    """Explain what TEXT is taken for.

    Nothing is sent: domain and confidence, what is named in it, what is personal, and which words spoke for what.
    """
    from app.cli._models import domain_model, nouns  # these train the model, which takes a second or two
    from models.nlu.explain import explain
    from models.nlu.pii import find_pii
    from models.nlu.reading import read
    from models.nlu.words import composed
    from models.records import Submission

    question = Submission(text=text).question  # refuses what the system would refuse
    settings = current_settings()
    model = domain_model(settings, live=live)
    reading = read(question, asked=language, at_ms=now_ms(), model=model, vocabulary=nouns(settings))
    explanation = explain(question, model, most=MOST_REASONS)
    personal = [(span.kind.value, span.start, span.end) for span in find_pii(composed(question))]
    if as_json:
        click.echo(msgspec.json.encode(_as_json(reading, explanation, personal)))
    else:
        _render.console.print(_tables(reading, explanation, personal))


def _as_json(reading: Reading, explanation: Explanation, personal: list[tuple[str, int, int]]) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(explanation),
        "language": reading.language,
        "language_supported": reading.language_supported,
        "keywords": reading.keywords,
        "entities": msgspec.to_builtins(reading.entities),
        "pii": [{"kind": kind, "start": start, "end": end} for kind, start, end in personal],
    }


def _tables(reading: Reading, explanation: Explanation, personal: list[tuple[str, int, int]]) -> Group:
    domain = f"{explanation.domain}/{explanation.subcategory}"
    language = reading.language if reading.language_supported else f"{reading.language}, which is not supported"
    about: list[list[Scalar]] = [
        ["domain", f"{domain} with confidence {explanation.confidence:.2f}"],
        ["second", f"{explanation.second}, {explanation.margin:.2f} behind"],
        ["goes to", f"intentions.{explanation.domain.lower()}" if _is_sent(explanation) else "intentions.validation"],
        ["language", language],
        ["keywords", ", ".join(reading.keywords)],
        ["model", explanation.model_version],
    ]
    parts: list[Any] = [_render.table(explanation.text, ["", "it is taken for"], about)]
    if explanation.route == "domain_requires_validation":
        parts.append(Text("the confidence is below 0.5: it is acted on with caution\n", style="yellow"))
    if reading.entities:
        found: list[list[Scalar]] = [
            [entity.entity_type, entity.value, _place(reading.text, entity.start, entity.end)]
            for entity in reading.entities
        ]
        parts.append(_render.table("named in it", ["what", "value", "where"], found))
    if personal:
        masked: list[list[Scalar]] = [[kind, f"{start}-{end}"] for kind, start, end in personal]
        parts.append(_render.table("personal, masked in all that travels", ["kind", "characters"], masked))
    return Group(*parts, _spoken(explanation))


def _is_sent(explanation: Explanation) -> bool:
    return explanation.route != "validation"


def _place(text: str, start: int | None, end: int | None) -> str:
    return text[start:end] if start is not None and end is not None else ""


def _spoken(explanation: Explanation) -> Group:
    """Lay out how loudly each word speaks for the best label, and by what: itself, its pieces, the rules."""
    loudest = sorted(explanation.words.items(), key=lambda pair: -abs(pair[1]))[:MOST_WORDS]
    rows: list[list[Scalar]] = []
    for word, weight in loudest:
        said = [speaks for speaks in explanation.speaks if speaks.word == word][:SAID]
        rows.append([word, f"{weight:+.2f}", _bar(weight), "  ".join(map(_said, said))])
    return _render.table(f"what speaks for {explanation.best} (+) and against it (-)", ["word", "", "", "by"], rows)


def _bar(weight: float) -> str:
    return ("█" if weight > 0 else "░") * min(12, round(abs(weight) * 3))


def _said(speaks: Speaks) -> str:
    return f"{speaks.kind} {speaks.what} {speaks.weight:+.2f}"
