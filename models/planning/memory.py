"""What is remembered of earlier intentions, as planning uses it, and what it had to do without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from models.nlu.words import is_stop_word, plain, stem
from models.records import CompletionStatus, Domain, IntentEnvelope
from models.records.base import Count, EpochMs

__all__ = ["FAILED", "NOTHING", "Recalled", "Similar", "keys_of"]

MOST_KEYS = 12
"""Words and things of a text that are compared; more make no difference and cost a longer query."""

FAILED = frozenset({CompletionStatus.FAILED.value, "rejected", "expired"})
"""Ends that speak against a similar plan."""


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier intention: how many of the words and things it shares, of how many, and how it ended.

    `outcome` is a status of `plans.completed`, or None while it has not ended.
    """

    intent_id: str
    text: str
    shared: Count
    of: Annotated[int, msgspec.Meta(ge=1)]
    domain: Domain | None = None
    plan_id: str | None = None
    outcome: str | None = None
    at: EpochMs | None = None

    @property
    def likeness(self) -> float:
        """Which share of the words and things is the same."""
        return round(min(self.shared / self.of, 1.0), 4)


class Recalled(msgspec.Struct, frozen=True):
    """Similar intentions, the most similar first, and in one line each what could not be asked, and why."""

    similar: Sequence[Similar] = ()
    without: Sequence[str] = ()


NOTHING = Recalled()


def keys_of(envelope: IntentEnvelope) -> tuple[str, ...]:
    """Return what intentions are compared by: the stems of their keywords and the values of their entities.

    They are plain and sorted, so that the same words in another order are the same keys.
    """
    keys = dict.fromkeys(
        stem(plain(word)) for keyword in envelope.intent.keywords for word in keyword.split() if not is_stop_word(word)
    )
    for entity in envelope.intent.entities:
        if entity.entity_type not in ("TIME_RANGE", "TOP_N", "GROUP_BY", "NUMBER"):
            keys[f"{entity.entity_type.lower()}:{plain(entity.value)}"] = None
    return tuple(sorted(list(keys)[:MOST_KEYS]))
