"""Grounding of a question that one query on one source answers; `models.planning.grounding` answers all."""

from __future__ import annotations

from models.nlu.words import Word
from models.planning.catalog import Catalog
from models.planning.grounding import Filter, Group, QuerySpec, Ungrounded, ground_question
from models.planning.grounding.spec import Unit

__all__ = ["Filter", "Group", "QuerySpec", "Ungrounded", "Unit", "ground"]


def ground(found: list[Word], catalog: Catalog, *, at_ms: int, language: str = "pt") -> QuerySpec | Ungrounded:
    """Find the source, measure, groups, filters, period and order that the words ask for."""
    text = " ".join(word.text for word in found)
    answer = ground_question(text, catalog, at_ms=at_ms, language=language)
    if isinstance(answer, Ungrounded):
        return answer
    return answer.specs[0]._replace(ignored=tuple(answer.presentation.ignored))
