"""The one list of topics: nothing else spells a topic's name.

All topics of the flow have the same number of partitions and are keyed by the intention's id (the plan's id from
planning on), so that a stage's topics and tables are co-partitioned. The domain is never a key: it would put a whole
topic into one partition. What is learned from has one partition, for there is one learner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from models import records
from models.records import QUERY_TYPES, Domain

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_MS: Final = 86_400_000
MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
OVERHEAD_BYTES: Final = 16 * 1024  # of a record batch with one record: headers, key, framing
DEAD_LETTER_MAX_BYTES: Final = 16 * 1024 * 1024  # a dead letter holds any record, also one that is over the limit


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicSpec:
    """One topic.

    Attributes:
        name: The topic's name.
        key: What its records are keyed by.
        record: The type of its values; ``None`` for raw bytes.
        retention_ms: How long records are kept; ``None`` keeps the newest of each key (compacted).
        max_message_bytes: The largest record batch that the broker takes.
        partitions: ``None`` means the setting ``partitions``, as every co-partitioned topic must. Topics with another
            number are assigned to the workers apart from these.
        dead_letter: Where records go that its stage can't process.
        is_open: Anybody writes here, so what can't be read is the writer's fault: it doesn't count towards the limit
            of dead letters (app/engine/limit.py).
    """

    name: str
    key: str
    record: type[Any] | None
    retention_ms: int | None
    compression: str = "producer"
    max_message_bytes: int = MAX_RECORD_BYTES
    partitions: int | None = None
    dead_letter: str = "intentions.dead-letter"
    is_open: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)

    def takes(self, value: bytes | None) -> bool:
        """Tell whether a value is small enough for the topic."""
        return value is None or len(value) <= self.max_message_bytes - OVERHEAD_BYTES

    def config(self) -> dict[str, str]:
        """Return the topic's settings on the broker."""
        kept = {"cleanup.policy": "compact"} if self.retention_ms is None else {"retention.ms": str(self.retention_ms)}
        return {
            **kept,
            "compression.type": self.compression,
            "max.message.bytes": str(self.max_message_bytes),
            **self.extra,
        }


INTENTIONS_SUBMITTED = TopicSpec(
    name="intentions.submitted",
    key="intention id",
    record=records.Submission,
    retention_ms=7 * DAY_MS,
    is_open=True,
)
_DOMAIN_RETENTION_DAYS = {Domain.INFRASTRUCTURE: 14, Domain.SECURITY: 30, Domain.COMPLIANCE: 30}
INTENTIONS_OF: Final[Mapping[Domain, TopicSpec]] = {
    domain: TopicSpec(
        name=f"intentions.{domain.value.lower()}",
        key="intention id",
        record=records.IntentEnvelope,
        retention_ms=_DOMAIN_RETENTION_DAYS.get(domain, 7) * DAY_MS,
        dead_letter="plans.dead-letter",
    )
    for domain in Domain
}
INTENTIONS_VALIDATION = TopicSpec(
    name="intentions.validation", key="intention id", record=records.IntentEnvelope, retention_ms=7 * DAY_MS
)
INTENTIONS_VALIDATED = TopicSpec(
    name="intentions.validated",
    key="intention id",
    record=records.Validation,
    retention_ms=30 * DAY_MS,
    is_open=True,
)
INTENTIONS_RELEASED = TopicSpec(
    name="intentions.released",
    key="correlation id, on the partition of its submission",
    record=records.Release,
    retention_ms=DAY_MS,
)
INTENTIONS_AUDIT = TopicSpec(
    name="intentions.audit",
    key="intention id",
    record=records.IntentAudit,
    retention_ms=90 * DAY_MS,
    compression="lz4",
)
FEEDBACK_INTENTIONS = TopicSpec(
    name="feedback.intentions",
    key="intention id",
    record=records.Feedback,
    retention_ms=365 * DAY_MS,
    partitions=1,
    is_open=True,
)
LEARNING_EVENTS = TopicSpec(
    name="learning.events", key="model", record=records.LearningEvent, retention_ms=90 * DAY_MS, partitions=1
)
MODELS_SNAPSHOTS = TopicSpec(
    name="models.snapshots",
    key="model",
    record=records.ModelSnapshot,
    retention_ms=None,
    compression="lz4",
    partitions=1,
    # A snapshot may have a megabyte, and only the newest one counts: small segments, cleaned early.
    extra={
        "min.cleanable.dirty.ratio": "0.1",
        "segment.bytes": str(32 * 1024 * 1024),
        "max.compaction.lag.ms": str(3_600_000),
    },
)
_lifecycle_topic = partial(TopicSpec, partitions=1, retention_ms=90 * DAY_MS)
EXPERIMENTS_COMMANDS = _lifecycle_topic(
    name="experiments.commands",
    key="experiment id",
    record=records.ExperimentCommand,
    is_open=True,
    extra={"message.timestamp.type": "LogAppendTime"},  # when one came is not for its sender's clock to say
)
EXPERIMENTS_OBSERVATIONS = _lifecycle_topic(
    name="experiments.observations", key="plan id", record=records.Observation, retention_ms=7 * DAY_MS
)
EXPERIMENTS_STATES = _lifecycle_topic(
    name="experiments.states",
    key="experiment id",
    record=None,
    retention_ms=None,
    extra={"min.cleanable.dirty.ratio": "0.1", "segment.bytes": str(32 * 1024 * 1024)},
)
RETRAINING_COMMANDS = _lifecycle_topic(
    name="retraining.commands",
    key="specialist",
    record=records.RetrainingCommand,
    is_open=True,
    extra={"message.timestamp.type": "LogAppendTime"},
)
RETRAINING_REPORTS = _lifecycle_topic(
    name="retraining.reports", key="specialist", record=records.RetrainingCommand, retention_ms=7 * DAY_MS
)
"""What the system says: not open, so that nobody says it in its name."""
RETRAINING_STATES = _lifecycle_topic(name="retraining.states", key="specialist", record=None, retention_ms=None)
_plan_topic = partial(TopicSpec, key="plan id", dead_letter="plans.dead-letter")
_ticket_topic = partial(TopicSpec, key="plan id", dead_letter="execution.dead-letter")
_fact_topic = partial(TopicSpec, key="intention id", dead_letter="plans.dead-letter")

PLANS_READY = _plan_topic(name="plans.ready", record=records.CognitivePlan, retention_ms=7 * DAY_MS)
PLANS_CONSENSUS = _plan_topic(name="plans.consensus", record=records.Consensus, retention_ms=30 * DAY_MS)
"""What the specialists say of each plan, and what it comes to; what learners need is in it."""
PLANS_APPROVAL_REQUESTS = _plan_topic(
    name="plans.approval-requests", record=records.ApprovalRequest, retention_ms=30 * DAY_MS
)
PLANS_APPROVAL_RESPONSES = _plan_topic(
    name="plans.approval-responses",
    record=records.ApprovalResponse,
    retention_ms=30 * DAY_MS,
    is_open=True,
    extra={"message.timestamp.type": "LogAppendTime"},  # whether one came in time is not for its sender's clock to say
)
PLANS_APPROVAL_OUTCOMES = _plan_topic(
    name="plans.approval-outcomes", record=records.ApprovalOutcome, retention_ms=30 * DAY_MS
)
PLANS_APPROVALS = TopicSpec(name="plans.approvals", key="plan id", record=None, retention_ms=None)
PLANS_STATES = TopicSpec(
    name="plans.states",
    key="plan id",
    record=None,
    retention_ms=None,
    max_message_bytes=3 * MAX_RECORD_BYTES,  # a state holds a plan, which may be as large as any record, and more
    extra={"min.cleanable.dirty.ratio": "0.1", "segment.bytes": str(64 * 1024 * 1024)},
)
PLANS_COMMANDS = _plan_topic(
    name="plans.commands",
    record=records.PlanCommand,
    retention_ms=7 * DAY_MS,
    is_open=True,
    extra={"message.timestamp.type": "LogAppendTime"},  # when one came is not for its sender's clock to say
)
EXECUTION_TICKETS = _ticket_topic(name="execution.tickets", record=records.ExecutionTicket, retention_ms=7 * DAY_MS)
"""What outside workers do."""
EXECUTION_TICKETS_OF: Final[Mapping[str, TopicSpec]] = {
    store: _ticket_topic(name=f"execution.tickets.{store}", record=records.ExecutionTicket, retention_ms=7 * DAY_MS)
    for store in QUERY_TYPES
}
"""Queries, by their type: a store that is down or slow keeps its own waiting, and no others."""
EXECUTION_RESULTS = _ticket_topic(
    name="execution.results", record=records.ExecutionResult, retention_ms=7 * DAY_MS, is_open=True
)
PLANS_OUTCOMES = _plan_topic(name="plans.outcomes", record=records.PlanOutcomeLabel, retention_ms=30 * DAY_MS)
"""What the end of a plan says of it, where its predictions wait for that."""
FEEDBACK_PLANS = _plan_topic(
    name="feedback.plans", record=records.PlanFeedback, retention_ms=365 * DAY_MS, is_open=True
)
LEARNING_PREDICTIONS = _plan_topic(name="learning.predictions", record=records.Consensus, retention_ms=7 * DAY_MS)
"""The consensus without the opinions' reasons: what waits for a label. A topic is read by one stage."""
LEARNING_EXAMPLES = TopicSpec(
    name="learning.examples",
    key="specialist",
    record=records.LearningExample,
    retention_ms=30 * DAY_MS,
    compression="lz4",
    partitions=len(records.SpecialistType),
    dead_letter="plans.dead-letter",
)
"""One partition a specialist: each learner has one owner."""
SPECIALISTS_SNAPSHOTS = TopicSpec(
    name="specialists.snapshots",
    key="specialist and number of the chunk",
    record=None,
    retention_ms=None,
    compression="lz4",
    partitions=len(records.SpecialistType),
    extra=MODELS_SNAPSHOTS.extra,
)
PLANS_COMPLETED = TopicSpec(
    name="plans.completed", key="intention id", record=records.CompletedPlan, retention_ms=7 * DAY_MS
)
LEDGER_FACTS = _fact_topic(name="ledger.facts", record=records.LedgerFact, retention_ms=7 * DAY_MS)
LEDGER_ENTRIES = _fact_topic(name="ledger.entries", key="chain", record=records.LedgerEntry, retention_ms=30 * DAY_MS)
MEMORY_FACTS = _fact_topic(name="memory.facts", record=records.LedgerFact, retention_ms=7 * DAY_MS)
METRICS_FACTS = TopicSpec(
    name="metrics.facts",
    key="plan id",
    record=records.StageFact,
    retention_ms=7 * DAY_MS,
    compression="lz4",
    dead_letter="plans.dead-letter",
)
"""What planning and approvals decided, in few bytes: the rest is counted from topics that are there anyway."""
METRICS_ROLLING = TopicSpec(
    name="metrics.rolling",
    key="source, level and number of the bucket",
    record=records.RollingBucket,
    retention_ms=30 * DAY_MS,
    compression="lz4",
)
"""Buckets of rolling metrics, each once, when it is final."""
WORKERS_ADDRESSES = TopicSpec(
    name="workers.addresses", key="group and worker", record=records.WorkerAddress, retention_ms=None, partitions=1
)
"""Where workers answer each other's questions."""
DEAD_LETTERS_OF: Final[Mapping[str, TopicSpec]] = {
    family: TopicSpec(
        name=f"{family}.dead-letter",
        key="as the original",
        record=None,
        retention_ms=30 * DAY_MS,
        max_message_bytes=DEAD_LETTER_MAX_BYTES,
    )
    for family in ("intentions", "plans", "execution")
}
DEAD_LETTERS: Final = tuple(DEAD_LETTERS_OF.values())
DEAD_LETTERS_COMMANDS = TopicSpec(
    name="dead-letters.commands",
    key="letter, on the partition of the letter",
    record=records.LetterCommand,
    retention_ms=30 * DAY_MS,
    is_open=True,
)
DEAD_LETTERS_HANDLED = TopicSpec(
    name="dead-letters.handled", key="letter, on the partition of the letter", record=None, retention_ms=None
)
SAMPLE_EVENTS = TopicSpec(name="sample.events", key="user", record=None, retention_ms=-1)
"""Kept for ever: the sample may be of any day, and its events have the times of that day."""

TOPICS: Final[tuple[TopicSpec, ...]] = (
    INTENTIONS_SUBMITTED,
    *INTENTIONS_OF.values(),
    INTENTIONS_VALIDATION,
    INTENTIONS_VALIDATED,
    INTENTIONS_RELEASED,
    INTENTIONS_AUDIT,
    PLANS_CONSENSUS,
    PLANS_READY,
    PLANS_APPROVAL_REQUESTS,
    PLANS_APPROVAL_RESPONSES,
    PLANS_APPROVAL_OUTCOMES,
    PLANS_APPROVALS,
    PLANS_STATES,
    PLANS_COMMANDS,
    EXECUTION_TICKETS,
    *EXECUTION_TICKETS_OF.values(),
    EXECUTION_RESULTS,
    PLANS_COMPLETED,
    PLANS_OUTCOMES,
    FEEDBACK_PLANS,
    LEARNING_PREDICTIONS,
    LEARNING_EXAMPLES,
    SPECIALISTS_SNAPSHOTS,
    FEEDBACK_INTENTIONS,
    LEARNING_EVENTS,
    MODELS_SNAPSHOTS,
    EXPERIMENTS_COMMANDS,
    EXPERIMENTS_OBSERVATIONS,
    EXPERIMENTS_STATES,
    RETRAINING_COMMANDS,
    RETRAINING_REPORTS,
    RETRAINING_STATES,
    LEDGER_FACTS,
    LEDGER_ENTRIES,
    MEMORY_FACTS,
    METRICS_FACTS,
    METRICS_ROLLING,
    WORKERS_ADDRESSES,
    *DEAD_LETTERS,
    DEAD_LETTERS_COMMANDS,
    DEAD_LETTERS_HANDLED,
    SAMPLE_EVENTS,
)


def changelog(app_id: str, table: str, *, partitions: int | None = None) -> TopicSpec:
    """Return the changelog topic of a table: compacted, as many partitions as the stage's topics."""
    return TopicSpec(
        name=f"{app_id}-{table}-changelog",
        key="the table's key",
        record=None,
        retention_ms=None,
        partitions=partitions,
        # Compaction decides how long a restore takes: let it run early and on small segments.
        extra={"min.cleanable.dirty.ratio": "0.1", "segment.bytes": str(64 * 1024 * 1024)},
    )
