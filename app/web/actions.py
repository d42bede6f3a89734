"""What people do at the console: the same words on the same topics as those of the command line, with their names.

Everything here blocks, and waits until a worker has carried out what was said.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from app import topics
from app.cli import _letters, _people
from app.cli.approvals import tell as tell_approval
from app.cli.experiment import say as say_to_experiment
from app.clock import now_ms
from app.errors import HiveError
from app.letters import fetch
from app.stores import kafka
from app.web import intentions, learning
from models.records import (
    Actor,
    ActorType,
    ApprovalDecision,
    ApprovalResponse,
    Domain,
    ExperimentWord,
    LetterAction,
    LetterCommand,
    Submission,
    Validation,
    decode,
    encode,
)

if TYPE_CHECKING:
    from app.settings import Settings
    from app.web.kept import Kept
    from models.deadletters import LetterId

__all__ = ["Ask", "Decide", "Handle", "Place", "Say", "ask", "decide", "handle", "place", "say"]

Reason = Annotated[str, msgspec.Meta(max_length=2_000)]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An intention."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said about a plan."""

    decision: ApprovalDecision
    reason: Reason | None = None


class Handle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with a dead letter."""

    action: LetterAction
    reason: Reason | None = None
    again: bool = False


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which domain an intention has."""

    domain: Domain


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word to an experiment."""

    word: ExperimentWord
    reason: Reason | None = None


def ask(settings: Settings, said: Ask, *, by: str) -> dict[str, Any]:
    """Submit an intention; return its id."""
    submission = Submission(id=str(uuid.uuid4()), text=said.text, actor=Actor(id=by, actor_type=ActorType.HUMAN))
    assert submission.id is not None  # noqa: S101 — given one line above
    kafka.send(settings, topics.INTENTIONS_SUBMITTED.name, submission.id, encode(submission))
    return {"intention_id": submission.id}


def decide(settings: Settings, kept: Kept, plan_id: str, said: Decide, *, by: str) -> dict[str, Any]:
    """Approve, reject, revert or republish a plan.

    Raises:
        HiveError: it changed nothing, and why.
    """
    if intentions.approval_of(kept, plan_id) is None:
        raise HiveError(f"no plan {plan_id} has asked for an approval")
    if said.decision is ApprovalDecision.EXPIRED:
        raise HiveError("only time lets an approval expire")
    fields = {"plan_id": plan_id, "decision": said.decision, "by": by, "at": now_ms(), "reason": said.reason}
    told = tell_approval(settings, decode(ApprovalResponse, msgspec.json.encode(fields)))
    if not told.applied:
        raise HiveError(f"{plan_id} was not {said.decision.value}: {told.why}")
    return {"plan_id": plan_id, "decision": told.decision.value, "by": told.by}


def handle(settings: Settings, letter: LetterId, said: Handle, *, by: str) -> dict[str, Any]:
    """Send a dead letter again, or have done with it.

    Raises:
        HiveError: it is not there, can't be sent again, or somebody was first.
    """
    if said.action is LetterAction.RETRY:
        raise HiveError("only time has a letter tried again; say replay or drop")
    record = fetch(settings, [letter]).get(letter)
    if record is None:
        raise HiveError(f"there is no dead letter {letter}")
    found = _letters.letter_of(record, _letters.states(settings), partitions=settings.partitions)
    if not found.is_left and found.state and not said.again:
        raise HiveError(f"{letter} has been {found.status} by {found.state.by}")
    if said.action is LetterAction.REPLAY and isinstance(found.to, str):
        raise HiveError(f"{letter} can't be sent again: {found.to}")
    fields = {"letter": str(letter), "by": by, "at": now_ms(), **msgspec.to_builtins(said)}
    _letters.tell(settings, [decode(LetterCommand, msgspec.json.encode(fields))], each=lambda _: None)
    return {"letter": str(letter), "action": said.action.value, "by": by}


def place(settings: Settings, intention_id: str, said: Place, *, by: str) -> dict[str, Any]:
    """Say which domain a waiting intention has; it goes on there, and is learned.

    Raises:
        HiveError: it does not wait, or no worker has taken it up.
    """
    item = next((item for item in _people.waiting(settings) if item.envelope.id == intention_id), None)
    if item is None:
        raise HiveError(f"{intention_id} does not wait")
    word = Validation(intention_id=intention_id, domain=said.domain, by=by, at=now_ms(), envelope=item.envelope)
    decision = _people.tell(settings, [word])[intention_id]
    return {"intention_id": intention_id, "domain": decision.domain, "by": decision.by}


def say(settings: Settings, kept: Kept, name: str, said: Say, *, by: str) -> dict[str, Any]:
    """Say a word to an experiment that there is.

    Raises:
        HiveError: there is none, or the word changed nothing.
    """
    if name not in learning.known(kept):
        raise HiveError(f"there is no experiment {name}")
    if said.word not in _WORDS:
        raise HiveError(f"say one of {', '.join(word.value for word in _WORDS)}")
    event = say_to_experiment(settings, name, said.word, by, reason=said.reason)
    return {"experiment_id": name, "status": event["status"], "by": by}


_WORDS = (ExperimentWord.EXPAND, ExperimentWord.PAUSE, ExperimentWord.RESUME, ExperimentWord.STOP)
