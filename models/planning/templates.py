"""What kinds of work consist of: a template of tasks for each type, and patterns that are more exact.

They stand in `templates.yaml`, beside this file.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

from models.planning.intent_types import IntentType
from models.planning.objectives import Objective
from models.records import TaskType

__all__ = ["PATTERNS", "TEMPLATES", "Pattern", "Step", "best_pattern", "pattern_score"]

PATTERN_FROM = 0.8
"""The objective and the keyword: an objective and a thing alone ("create a user report") are too little."""

_OBJECTIVE_WEIGHT, _KEYWORD_WEIGHT, _THING_WEIGHT = 0.5, 0.3, 0.2


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One task of a template; `after` are names of steps before it."""

    name: str
    task_type: TaskType = msgspec.field(name="type")
    duration_ms: int = msgspec.field(name="ms")
    capabilities: tuple[str, ...] = msgspec.field(name="can")
    aspect: Literal["architecture", "security", "quality", "performance"]
    pt: str
    en: str
    after: tuple[str, ...] = ()


class Pattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pattern of work: which objectives, words and things speak for it, and how much dearer it makes the work."""

    things: str
    factor: float
    steps: tuple[Step, ...]
    all_of: frozenset[Objective] = frozenset()
    any_of: frozenset[Objective] = frozenset()
    keywords: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    templates: dict[IntentType, tuple[Step, ...]]
    patterns: dict[str, Pattern]


def _load() -> _File:
    text = files("models.planning").joinpath("templates.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), _File)


_FILE = _load()
TEMPLATES = _FILE.templates
PATTERNS = _FILE.patterns


def _any_word(listed: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(listed.split()) + r")\b")


_THINGS = {name: _any_word(pattern.things) for name, pattern in PATTERNS.items()}
_KEYWORDS = {name: _any_word(pattern.keywords) for name, pattern in PATTERNS.items() if pattern.keywords is not None}


def pattern_score(name: str, there: frozenset[Objective], plain_text: str) -> float:
    """Return 0.5 * objectives + 0.3 * keyword + 0.2 * thing; a part that a pattern does not ask for is met.

    All of `all_of` must be there, of `any_of` one; without them it is no such work, whatever the words are.
    """
    pattern = PATTERNS[name]
    if not pattern.all_of <= there or (pattern.any_of and pattern.any_of.isdisjoint(there)):
        return 0.0
    keyword = name not in _KEYWORDS or _KEYWORDS[name].search(plain_text) is not None
    thing = _THINGS[name].search(plain_text) is not None
    return _OBJECTIVE_WEIGHT + _KEYWORD_WEIGHT * keyword + _THING_WEIGHT * thing


def best_pattern(there: frozenset[Objective], plain_text: str) -> tuple[str, float] | None:
    """Return the name of the pattern with the best score and that score, or None when none reaches 0.8."""
    name, score = max(((name, pattern_score(name, there, plain_text)) for name in PATTERNS), key=lambda pair: pair[1])
    return (name, score) if score >= PATTERN_FROM else None
