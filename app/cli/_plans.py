"""What is known of plans, read from their topics: those that were let go, those that are carried out, and the ends."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from app import topics
from app.cli import _opinions
from app.errors import HiveError
from app.stores import kafka
from models.nlu.pii import mask
from models.orchestration import PlanState
from models.orchestration.report import running
from models.records import CognitivePlan, CompletedPlan, Consensus, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Consumer

    from app.settings import Settings

READ_S = 60.0
_HEARD = (topics.PLANS_READY.name, topics.PLANS_STATES.name, topics.PLANS_COMPLETED.name)


class Book:
    """What is known of plans: those that were let go, those that are carried out, and the ends."""

    def __init__(self) -> None:
        self.ready: dict[str, CognitivePlan] = {}
        self.states: dict[str, PlanState] = {}
        self.ends: dict[str, CompletedPlan] = {}
        self.decided: dict[str, Consensus] = {}
        self.gone: set[str] = set()
        """Whose state is deleted: the end comes in the same transaction, though maybe a moment later to a reader."""

    def note(self, found: kafka.Found) -> str | None:
        """Take in a record; return the id of the plan that it is about, None for what is no record of one."""
        with suppress(HiveError, msgspec.MsgspecError):  # anybody's: the stage makes a dead letter of it
            return self._note(found)
        return None

    def _note(self, found: kafka.Found) -> str | None:
        if found.topic == topics.PLANS_STATES.name:
            plan_id = (found.key or b"").decode()
            if found.value is None:
                self.gone.add(plan_id)
            else:
                self.gone.discard(plan_id)
                state = msgspec.json.decode(found.value, type=PlanState)
                if state.plan is not None:
                    self.states[plan_id] = state
            return plan_id
        if found.topic == topics.PLANS_READY.name:
            plan = decode(CognitivePlan, found.value)
            self.ready[plan.plan_id] = plan
            return plan.plan_id
        if found.topic == topics.PLANS_CONSENSUS.name:
            consensus = decode(Consensus, found.value)
            self.decided[consensus.plan_id] = consensus
            return consensus.plan_id
        end = decode(CompletedPlan, found.value)
        if end.plan_id is not None:
            self.ends[end.plan_id] = end
        return end.plan_id

    def show(self, plan_id: str) -> dict[str, Any] | None:
        """Return where a plan stands: its status, its tasks, and when it has ended its outcome and timings.

        What the specialists said of it is there where it was read, as it is for one plan.
        """
        told = self._show(plan_id)
        if told is not None and (consensus := self.decided.get(plan_id)) is not None:
            told["decided"] = _opinions.told(consensus)
        return told

    def _show(self, plan_id: str) -> dict[str, Any] | None:
        if (end := self.ends.get(plan_id)) is not None:
            return {
                "plan_id": plan_id,
                "status": str(end.outcome or end.status),
                "ended": True,
                "question": mask(end.question),
                "began_at": end.submitted_at,
                "ended_at": end.completed_at,
                "error": end.error,
                "answer": end.answer and end.answer.text,
                "tasks": end.tasks or [],
                "timings": end.timings,
            }
        state = self.states.get(plan_id)
        plan = self.ready.get(plan_id) if state is None else state.plan
        if plan is None:
            return None
        asker = plan.metadata.get("asker")
        return {
            "plan_id": plan_id,
            "status": "ready" if state is None else "cancelling" if state.cancelled else "running",
            "ended": False,
            "question": mask(str(asker.get("question", ""))) if isinstance(asker, dict) else "",
            "began_at": plan.created_at,
            "ended_at": None,
            "error": None,
            "answer": None,
            "tasks": running(plan, state),
            "timings": None,
        }


def names(record: kafka.Found, plan_id: str) -> bool:
    """Whether a record may be about a plan, told without decoding it: of long topics hardly any record is."""
    if record.topic in (topics.PLANS_STATES.name, topics.PLANS_CONSENSUS.name):
        return record.key == plan_id.encode()
    return msgspec.json.encode(plan_id) in (record.value or b"")


@contextmanager
def read(
    settings: Settings, only: str | None = None, *, since_ms: int | None = None
) -> Iterator[tuple[Book, Consumer]]:
    """Read what is known of plans, or of one of them, and go on hearing what comes.

    With `since_ms` (epoch) the plans that are carried out, and what has been let go or has ended since then: it costs
    what has happened since then, and not what the topics keep (seven days of plans).
    """
    book = Book()
    with kafka.reader(settings) as consumer:
        heard = _HEARD if only is None else (*_HEARD, topics.PLANS_CONSENSUS.name)
        begin = kafka.required(kafka.starts(consumer, heard), topics.PLANS_STATES.name)
        if since_ms is not None:
            recent = [name for name in heard if name != topics.PLANS_STATES.name]
            begin = {**begin, **kafka.starts_since(consumer, recent, since_ms)}
        for record in kafka.read_to_end(consumer, begin, timeout_s=READ_S):
            if only is None or names(record, only):
                book.note(record)
        yield book, consumer


def hear(book: Book, consumer: Consumer) -> str | None:
    """Take in what comes next; return the id of the plan that it is about, None when nothing comes for a moment."""
    found = kafka.poll(consumer, 0.2)
    return None if found is None else book.note(found)
