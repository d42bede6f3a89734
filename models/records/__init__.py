"""What travels on the topics: one file a record, typed and validated (schemas: snake_case JSON)."""

from __future__ import annotations

from models.records.approval import ApprovalDecision, ApprovalOutcome, ApprovalRequest, ApprovalResponse
from models.records.audit import Guess, IntentAudit, IntentOutcome
from models.records.base import (
    Consistency,
    DeliveryMode,
    Domain,
    Durability,
    Priority,
    Qos,
    Recommendation,
    Record,
    RiskBand,
    SecurityLevel,
    SpecialistType,
)
from models.records.codec import MAX_DEPTH, MAX_RECORD_BYTES, decode, encode
from models.records.command import CommandKind, PlanCommand
from models.records.completed import (
    Answer,
    CompletedPlan,
    CompletionStatus,
    PlanOutcome,
    Scalar,
    TaskReport,
    TaskStatus,
)
from models.records.consensus import Consensus, SpecialistForecast
from models.records.decision import ConsensusMethod, ConsensusMetrics, ConsolidatedDecision, SpecialistVote
from models.records.drift import DriftAction, DriftEvent, DriftSource, FeatureShift
from models.records.envelope import (
    MAX_TEXT_CHARS,
    Actor,
    ActorType,
    Channel,
    Constraints,
    Context,
    Entity,
    Geolocation,
    Intent,
    IntentEnvelope,
)
from models.records.experiment import (
    Arm,
    ExperimentCommand,
    ExperimentEvent,
    ExperimentRules,
    ExperimentWord,
    Exposure,
    Observation,
    Scored,
)
from models.records.feedback import Feedback, FeedbackSource, Release, Validation
from models.records.judgement import LabelSource, LearningExample, PlanFeedback, PlanOutcomeLabel
from models.records.learning import Drift, LearningEvent, ModelSnapshot
from models.records.ledger import FactKind, LedgerEntry, LedgerFact
from models.records.letter import LetterAction, LetterCommand
from models.records.opinion import (
    Explainability,
    FeatureImportance,
    Mitigation,
    ReasoningFactor,
    SpecialistOpinion,
)
from models.records.plan import ApprovalStatus, CognitivePlan, PlanStatus, PlanTask, TaskType
from models.records.result import ExecutionResult, ResultStatus, TaskOutcome
from models.records.retraining import RetrainingCommand, RetrainingEvent, RetrainingWord
from models.records.rolling import RollingBucket, RollingSeries
from models.records.stage_fact import StageFact
from models.records.submission import Submission, SubmittedIntent
from models.records.ticket import QUERY_TYPES, ExecutionTicket, Sla, TicketQos, TicketStatus
from models.records.worker import WorkerAddress

__all__ = [
    "MAX_DEPTH",
    "MAX_RECORD_BYTES",
    "MAX_TEXT_CHARS",
    "QUERY_TYPES",
    "Actor",
    "ActorType",
    "Answer",
    "ApprovalDecision",
    "ApprovalOutcome",
    "ApprovalRequest",
    "ApprovalResponse",
    "ApprovalStatus",
    "Arm",
    "Channel",
    "CognitivePlan",
    "CommandKind",
    "CompletedPlan",
    "CompletionStatus",
    "Consensus",
    "ConsensusMethod",
    "ConsensusMetrics",
    "Consistency",
    "ConsolidatedDecision",
    "Constraints",
    "Context",
    "DeliveryMode",
    "Domain",
    "Drift",
    "DriftAction",
    "DriftEvent",
    "DriftSource",
    "Durability",
    "Entity",
    "ExecutionResult",
    "ExecutionTicket",
    "ExperimentCommand",
    "ExperimentEvent",
    "ExperimentRules",
    "ExperimentWord",
    "Explainability",
    "Exposure",
    "FactKind",
    "FeatureImportance",
    "FeatureShift",
    "Feedback",
    "FeedbackSource",
    "Geolocation",
    "Guess",
    "Intent",
    "IntentAudit",
    "IntentEnvelope",
    "IntentOutcome",
    "LabelSource",
    "LearningEvent",
    "LearningExample",
    "LedgerEntry",
    "LedgerFact",
    "LetterAction",
    "LetterCommand",
    "Mitigation",
    "ModelSnapshot",
    "Observation",
    "PlanCommand",
    "PlanFeedback",
    "PlanOutcome",
    "PlanOutcomeLabel",
    "PlanStatus",
    "PlanTask",
    "Priority",
    "Qos",
    "ReasoningFactor",
    "Recommendation",
    "Record",
    "Release",
    "ResultStatus",
    "RetrainingCommand",
    "RetrainingEvent",
    "RetrainingWord",
    "RiskBand",
    "RollingBucket",
    "RollingSeries",
    "Scalar",
    "Scored",
    "SecurityLevel",
    "Sla",
    "SpecialistForecast",
    "SpecialistOpinion",
    "SpecialistType",
    "SpecialistVote",
    "StageFact",
    "Submission",
    "SubmittedIntent",
    "TaskOutcome",
    "TaskReport",
    "TaskStatus",
    "TaskType",
    "TicketQos",
    "TicketStatus",
    "Validation",
    "WorkerAddress",
    "decode",
    "encode",
]
