"""The ledger's chains: what an entry is made of, and whether a chain is whole.

There is one chain a partition, so that workers never race for the end of one: the head of a chain is a value in a
table, written in the transaction that writes the entry. The same record delivered again therefore never makes a second
entry, and nothing else can write into the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from models.nlu.pii import mask
from models.records import CognitivePlan, FactKind, LedgerEntry, LedgerFact

__all__ = ["GENESIS", "Head", "Verdict", "append", "explanation", "step", "verify"]

GENESIS: Final = "0" * 64
"""What the first entry of a chain follows."""

_TEXTS: Final = frozenset(
    {"question", "text", "description", "subject", "source", "target", "reasoning_summary", "error"}
)
"""Fields that hold an asker's words: personal data is masked in them."""


class Head(msgspec.Struct, frozen=True):
    """The end of a chain: how many entries it has, and the hash of the last."""

    entries: int = 0
    hash: str = GENESIS


class Verdict(NamedTuple):
    """What came of looking at a chain: how many entries are right, and what is wrong with the next, or None."""

    chain: str
    entries: int
    head: str
    problem: str | None = None


def append(head: Head, chain: str, fact: LedgerFact) -> tuple[LedgerEntry, Head]:
    """Make the next entry of a chain, and the head that follows."""
    kind, plan_id, by, body = _told(fact)
    unsigned = {
        "chain": chain,
        "sequence": head.entries,
        "previous": head.hash,
        "kind": kind.value,
        "at": fact.at,
        "body": _canonical(_masked(body)).decode(),
        "intent_id": fact.intent_id,
        "plan_id": plan_id,
        "by": by,
        "schema_version": 1,
    }
    entry = msgspec.convert({**unsigned, "hash": _digest(unsigned)}, LedgerEntry)
    return entry, Head(head.entries + 1, entry.hash)


def step(verdict: Verdict, entry: LedgerEntry) -> Verdict:
    """Look at the next entry of a chain of which the entries before are right."""
    problem = _problem(entry, verdict)
    if problem is not None:
        return verdict._replace(problem=problem)
    return verdict._replace(entries=verdict.entries + 1, head=entry.hash)


def verify(entries: Iterable[LedgerEntry], chain: str) -> Verdict:
    """Look whether the entries of a chain, in their order, are all there and unchanged."""
    verdict = Verdict(chain, 0, GENESIS)
    for entry in entries:
        verdict = step(verdict, entry)
        if verdict.problem is not None:
            break
    return verdict


def _problem(entry: LedgerEntry, before: Verdict) -> str | None:
    if entry.chain != before.chain:
        return f"entry {entry.sequence} belongs to {entry.chain}"
    if entry.sequence != before.entries:
        return f"entry {before.entries} is missing: {entry.sequence} follows"
    if entry.previous != before.head:
        return f"entry {entry.sequence} does not follow the one before"
    unsigned = {name: value for name, value in msgspec.to_builtins(entry).items() if name not in ("hash", "$extra")}
    return f"entry {entry.sequence} was changed" if _digest(unsigned) != entry.hash else None


def explanation(plan: CognitivePlan) -> dict[str, Any]:
    """Return why a plan is as it is: the record that its explainability token stands for; nothing personal is in it."""
    about = plan.metadata
    matrix = plan.risk_matrix or {}
    parts = {name: score for name, score in matrix.items() if name != "overall"}
    told = {
        "token": plan.explainability_token,
        "plan_id": plan.plan_id,
        "intent_id": plan.intent_id,
        "version": plan.version,
        "summary": plan.reasoning_summary,
        "asker": {name: about.get("asker", {}).get(name) for name in ("question", "language", "domain", "confidence")},
        "planning": about.get("planning", {}),
        "risk_factors": plan.risk_factors,
        "risk_reasons": about.get("risk_reasons", []),
        "risk_matrix": {
            "entity_id": plan.plan_id,
            "entity_type": "plan",
            "assessments": parts,
            "overall_score": plan.risk_score,
            "overall_band": plan.risk_band.value,
            "highest_risk_domain": max(parts, key=parts.__getitem__, default=None),
            "created_at": plan.created_at,
        },
        "destructive": about.get("destructive"),
        "similar": about.get("similar", []),
        "without": about.get("without", []),
        "created_at": plan.created_at,
    }
    masked: dict[str, Any] = _masked(told)
    return masked


def _told(fact: LedgerFact) -> tuple[FactKind, str | None, str | None, dict[str, Any]]:
    """What an entry holds of a fact: kind, plan, person, and the record itself, answers without their rows."""
    if fact.plan is not None:
        return FactKind.PLAN, fact.plan.plan_id, fact.plan.approved_by, msgspec.to_builtins(fact.plan)
    if fact.requested is not None:
        return FactKind.APPROVAL_REQUESTED, fact.requested.plan_id, None, msgspec.to_builtins(fact.requested)
    if fact.approval is not None:
        return FactKind.APPROVAL, fact.approval.plan_id, fact.approval.by, msgspec.to_builtins(fact.approval)
    assert fact.completed is not None  # noqa: S101 — the record itself checks that one is given
    body = msgspec.to_builtins(fact.completed)
    answer = body.pop("answer", None)
    body["rows"] = len(answer["rows"]) if answer else 0  # what the data says is not for the ledger to keep
    return FactKind.COMPLETED, fact.completed.plan_id, None, body


def _masked(value: Any, *, text: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item, text=key in _TEXTS) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, text=text) for item in value]
    return mask(value) if text and isinstance(value, str) else value


def _canonical(value: Any) -> bytes:
    """Write JSON in one way only: keys sorted, no blanks."""
    return msgspec.json.encode(value, order="sorted")


def _digest(unsigned: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(unsigned)).hexdigest()
