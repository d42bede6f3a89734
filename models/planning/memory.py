"""What is remembered of earlier intentions, as planning uses it, and what it had to do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from models.nlu.pii import mask
from models.nlu.words import Word, is_stop_word, plain, plain_words, stem, words
from models.records import CompletedPlan, CompletionStatus, Domain, IntentEnvelope, LedgerFact
from models.records.base import Count, EpochMs

__all__ = [
    "CONSTRAINTS",
    "FAILED",
    "NOTHING",
    "RECALL",
    "Recalled",
    "Similar",
    "keys_of",
    "remembered",
    "similar_of",
]

MOST_KEYS = 12
"""Words and things of a text that are compared; more make no difference and cost a longer query."""

_UNCOMPARED = frozenset({"TIME_RANGE", "TOP_N", "GROUP_BY", "NUMBER"})
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


def keys_of(envelope: IntentEnvelope, found: list[Word] | None = None) -> tuple[str, ...]:
    """Return what intentions are compared by: the stems of their keywords and the values of their entities.

    They are plain and sorted, so that the same words in another order are the same keys. `found` are the words of the
    intention's text, where they have been read already.
    """
    intent = envelope.intent
    # They are kept for long, so nothing personal may be one: only what the masked text still has.
    masked = intent.processed_text or mask(intent.text)
    known = {word.plain for word in (words(masked) if found is None or masked != intent.text else found)}
    keys: dict[str, None] = {}
    for keyword in intent.keywords:
        for word in keyword.split():
            bare = plain(word)
            if bare in known and not is_stop_word(bare):
                keys[stem(bare)] = None
    for entity in intent.entities:
        if entity.entity_type not in _UNCOMPARED and known.issuperset(plain_words(entity.value)):
            keys[f"{entity.entity_type.lower()}:{plain(entity.value)}"] = None
    return tuple(sorted(list(keys)[:MOST_KEYS]))


REMEMBER: Final = """
MERGE (i:Intent {id: $id})
SET i.text = $text, i.domain = $domain, i.plan_id = $plan_id, i.timestamp = $at, i.keywords = $keys
WITH i
UNWIND $keys AS key
MERGE (e:Entity {key: key})
MERGE (i)-[:CONTAINS]->(e)
"""
END: Final = "MERGE (i:Intent {id: $id}) SET i.outcome = $outcome"
RECALL: Final = """
MATCH (e:Entity)<-[:CONTAINS]-(i:Intent)
WHERE e.key IN $keys AND i.id <> $id
WITH i, count(e) AS shared
WHERE shared * 2 >= $of
RETURN i.id AS intent_id, i.text AS text, i.domain AS domain, i.plan_id AS plan_id, i.outcome AS outcome,
       i.timestamp AS at, shared
ORDER BY shared DESC, at DESC
LIMIT 5
"""
"""Intentions that share at least half of the words and things; the most alike first, of equals the newest."""

CONSTRAINTS: Final = (
    ("CREATE CONSTRAINT intent_id IF NOT EXISTS FOR (i:Intent) REQUIRE i.id IS UNIQUE", "Intent", "id"),
    ("CREATE CONSTRAINT entity_key IF NOT EXISTS FOR (e:Entity) REQUIRE e.key IS UNIQUE", "Entity", "key"),
)
"""Each with the label and the property to index where the server knows no such constraint (FalkorDB)."""


def remembered(fact: LedgerFact) -> tuple[str, dict[str, Any]] | None:
    """Return the statement, with its parameters, that remembers a fact; None for one that is nothing to remember.

    Both statements may be run again: they say how it is, and add nothing.
    """
    if fact.completed is not None:
        return END, {"id": fact.intent_id, "outcome": _ending(fact.completed)}
    plan = fact.plan or (fact.requested.plan if fact.requested is not None else None)
    keys = plan.metadata.get("keys") if plan is not None else None
    if plan is None or not keys:
        return None
    asker = plan.metadata.get("asker", {})
    text = mask(str(asker.get("question", "")))
    domain = plan.original_domain.value
    known = {"id": fact.intent_id, "text": text, "domain": domain, "plan_id": plan.plan_id}
    return REMEMBER, {**known, "at": fact.at, "keys": list(keys)}


def _ending(completed: CompletedPlan) -> str:
    """How it ended: what a person said where one was asked, else the status."""
    said = completed.decision in ("rejected", "expired") and completed.status is CompletionStatus.FAILED
    return str(completed.decision) if said else completed.status.value


def similar_of(rows: Sequence[Mapping[str, Any]], of: int) -> list[Similar]:
    """Read the rows that RECALL returns."""
    return [msgspec.convert({**row, "of": of}, Similar) for row in rows]
