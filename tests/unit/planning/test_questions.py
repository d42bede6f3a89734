"""Questions that must be answered as their data says, and others that must be refused or asked back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.questions import as_data, score
from models.nlu.words import language, words
from models.planning.grounding import Grounded, Ungrounded, ground_question
from models.records import TaskType
from tests.unit.planning.catalogs import CATALOG, NOW_MS

FILE = Path(__file__).parents[2] / "data" / "questions.yaml"
QUESTIONS = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ANSWERED, REFUSED = QUESTIONS["answered"], QUESTIONS["refused"]

LEAST_RIGHT = 57
"""Of the first sixty, and all that came later; the refusals must all be right."""


def ask(text: str) -> Grounded | Ungrounded:
    return ground_question(text, CATALOG, at_ms=NOW_MS, language=language(words(text), None))


def misses(question: dict[str, Any]) -> list[str]:
    """Say in what the grounding of a question differs from its data."""
    found = ask(question["text"])
    if isinstance(found, Ungrounded):
        return [f"refused: {found}"]
    wrong = []
    queries = [as_data(spec) for spec in found.specs]
    if queries != question["queries"]:
        wrong.append(f"queries {queries}, wanted {question['queries']}")
    last = found.tasks[-1]
    steps = last.parameters["steps"] if last.task_type is TaskType.TRANSFORM else []
    if steps != question.get("steps", []):
        wrong.append(f"steps {steps}, wanted {question.get('steps', [])}")
    if "columns" in question and found.presentation.columns != question["columns"]:
        wrong.append(f"columns {found.presentation.columns}")
    # What is asked; of whom, and who stands in, is another matter.
    asked = {name: it for name, it in found.tasks[0].parameters.items() if name not in ("source", "fallbacks")}
    if "parameters" in question and asked != question["parameters"]:
        wrong.append(f"parameters {asked}")
    if found.presentation.ignored:
        wrong.append(f"left out {found.presentation.ignored}")
    return wrong


def refusal_misses(question: dict[str, Any]) -> list[str]:
    """Say in what the refusal of a question differs from its data."""
    found = ask(question["text"])
    if isinstance(found, Grounded):
        return [f"answered: {[as_data(spec) for spec in found.specs]}"]
    wrong = []
    if found.reason != question["reason"]:
        wrong.append(f"reason {found.reason}")
    if "word" in question and found.word != question["word"]:
        wrong.append(f"word {found.word!r}")
    if "offers" in question and question["offers"] not in found.choices:
        wrong.append(f"offers {found.choices}")
    return wrong


def test_there_are_enough_of_them_in_both_languages_and_over_all_stores() -> None:
    assert len(ANSWERED) >= 60
    assert len(REFUSED) >= 20
    for listed in (ANSWERED, REFUSED):
        spoken = [language(words(question["text"]), None) for question in listed]
        assert min(spoken.count("pt"), spoken.count("en")) >= len(listed) / 5
    kinds = {CATALOG.sources[query["source"]].kind for question in ANSWERED for query in question["queries"]}
    assert kinds == {"mongodb", "neo4j", "kafka", "redis"}


def test_at_least_57_of_60_questions_are_grounded_as_their_data_says() -> None:
    wrong = {question["text"]: found for question in ANSWERED if (found := misses(question))}
    right = len(ANSWERED) - len(wrong)
    for text, found in wrong.items():
        print(text, *found, sep="\n    ")  # noqa: T201 — what a failing run is read for
    print(f"{right} of {len(ANSWERED)} right")  # noqa: T201
    assert right >= LEAST_RIGHT + len(ANSWERED) - 60


@pytest.mark.parametrize("question", REFUSED, ids=lambda question: question["text"])
def test_what_can_not_be_answered_is_refused_with_the_reason(question: dict[str, Any]) -> None:
    assert refusal_misses(question) == []


@pytest.mark.parametrize(("file", "least"), [("questions_first.yaml", 58)])
def test_questions_that_nothing_was_fitted_to_are_planned_as_their_data_says(file: str, least: int) -> None:
    found = score(file, CATALOG)
    for text, reasons in found.wrong.items():
        print(text, *reasons, sep="\n    ")  # noqa: T201
    assert found.right >= least
