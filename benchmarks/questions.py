"""How many questions that nothing was fitted to are planned as their data says: see tests/data/README.md.

A question's data is what a reader of the catalog expects, written as `as_data` writes a query: `queries` (in any
order; `or` is another reading that is as good), `columns` of the answer, `steps` the kinds of those of the last task.
Where the way to the answer is the planner's to choose, `reads` has what each source is narrowed down by.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from models.nlu import to_envelope, understand
from models.nlu.phrases import Order
from models.nlu.words import language, words
from models.planning import Catalog, load_catalog, make_plan
from models.planning.grounding import Grounded, QuerySpec, Ungrounded, Way, ground_question
from models.records import CognitivePlan, Submission

ROOT = Path(__file__).parents[1]
CATALOG = ROOT / "app" / "sample" / "catalog.yaml"
DATA = ROOT / "tests" / "data"
AT_MS = int(datetime(2025, 11, 22, 15, 30, tzinfo=UTC).timestamp() * 1000)
SETS = ("questions_first.yaml",)


class Score(NamedTuple):
    """How many of a set are right, and what is wrong with the others: text to reasons."""

    right: int
    of: int
    wrong: dict[str, list[str]]


def score(file: str, catalog: Catalog | None = None) -> Score:
    """Plan the questions of one set."""
    catalog = catalog or load_catalog(CATALOG.read_text(encoding="utf-8"), source=str(CATALOG))
    data = yaml.safe_load((DATA / file).read_text(encoding="utf-8"))
    found = dict(_checked(data, catalog))
    wrong = {text: reasons for text, reasons in found.items() if reasons}
    return Score(len(found) - len(wrong), len(found), wrong)


def _checked(data: dict[str, Any], catalog: Catalog) -> Iterator[tuple[str, list[str]]]:
    for question in data["answered"]:
        yield question["text"], answer_misses(question, catalog)
    for text in data["refused"]:
        made = plan_of(text, catalog)
        yield text, ["answered"] if made.tasks else []
    for text in data["approval"]:
        yield text, [] if plan_of(text, catalog).requires_approval else ["would be done without approval"]


def plan_of(text: str, catalog: Catalog) -> CognitivePlan:
    """Understand and plan a text, as the stages do."""
    submission = Submission(text=text, id="i-1")
    envelope = to_envelope(submission, understand(submission, now_ms=AT_MS), fallback_id="", now_ms=AT_MS)
    return make_plan(envelope, catalog, now_ms=AT_MS)


def answer_misses(question: dict[str, Any], catalog: Catalog) -> list[str]:
    """Say in what the plan for a question differs from its data."""
    text = question["text"]
    found = ground_question(text, catalog, at_ms=AT_MS, language=language(words(text), None))
    if isinstance(found, Ungrounded):
        return [f"refused: {found}"]
    made = plan_of(text, catalog)
    if [task.parameters for task in made.tasks] != [task.parameters for task in found.tasks]:
        return [f"grounded, but the plan is another: {made.reasoning_summary}"]
    wrong = _query_misses(question, found)
    kinds = [step["op"] for step in found.tasks[-1].parameters.get("steps", [])]
    if kinds != question.get("steps", kinds):
        wrong.append(f"steps {kinds}")
    if found.presentation.columns != question.get("columns", found.presentation.columns):
        wrong.append(f"columns {found.presentation.columns}")
    return wrong


def _query_misses(question: dict[str, Any], found: Grounded) -> list[str]:
    queries = [as_data(spec) for spec in found.specs]
    if "reads" in question:
        narrowed = {one["source"]: {name: one[name] for name in ("where", "period") if name in one} for one in queries}
        return [] if narrowed == question["reads"] else [f"reads {narrowed}"]
    wanted = [question["queries"], question.get("or")]
    alike = any(other is not None and _unordered(queries) == _unordered(other) for other in wanted)
    return [] if alike else [f"queries {queries}"]


def _unordered(queries: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(_sorted_values(query).items())) for query in queries)


def _sorted_values(query: dict[str, Any]) -> dict[str, Any]:
    where = {name: {how: sorted(map(str, listed)) for how, listed in it.items()} for name, it in _where(query)}
    return query | {"where": sorted(where.items())}


def _where(query: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(query.get("where", {}).items())


def as_data(spec: QuerySpec) -> dict[str, Any]:
    """Write a query as the files do, leaving out what is as usual."""
    where: dict[str, Any] = {wanted.dimension: {wanted.operator: list(wanted.values)} for wanted in spec.filters}
    for item in spec.comparisons:
        where[f"{item.field} (of group)" if item.of_group else item.field] = {item.operator: list(item.values)}
    measured = spec.operation in ("aggregate", "count") and spec.way is None
    span = spec.time_range
    data: dict[str, Any] = {
        "source": spec.source.name,
        "operation": spec.operation,
        "measure": spec.measure.name if measured else None,
        "groups": [group.name for group in spec.groups],
        "where": where,
        "period": f"{_moment(span.start)}/{_moment(span.end)}" if span else None,
        "limit": spec.limit if spec.limit < spec.source.row_limit else None,
        "order": spec.order.value if spec.order is not Order.LARGEST else None,
        "sort": list(spec.sort or ()),
        "way": _way(spec.way) if spec.way else None,
    }
    return {name: value for name, value in data.items() if value}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%dT%H:%M}"


def _way(way: Way) -> dict[str, Any]:
    data = {"relationship": way.relationship.name, "forward": way.forward, "names": list(way.names), "hops": way.hops}
    return data | ({"between": True} if way.between else {})
