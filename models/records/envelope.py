"""The intent envelope: an intention that has been understood."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from models.errors import InvalidRecord
from models.records.base import (
    Consistency,
    Count,
    Domain,
    EpochMs,
    FreeMap,
    Priority,
    Qos,
    Ratio,
    Record,
    RecordId,
    SecurityLevel,
    WireEnum,
)

MAX_TEXT_CHARS = 10_000
"""Longest text of an intention, in characters, blanks at its ends not counted."""


class ActorType(WireEnum):
    """What kind of asker it is."""

    HUMAN = "HUMAN"
    SYSTEM = "SYSTEM"
    SERVICE = "SERVICE"
    BOT = "BOT"


class Channel(WireEnum):
    """By which door the intention came in."""

    WEB = "WEB"
    MOBILE = "MOBILE"
    API = "API"
    VOICE = "VOICE"
    CHAT = "CHAT"


class Actor(Record, frozen=True, kw_only=True):
    """Who asks."""

    id: RecordId
    actor_type: ActorType = ActorType.HUMAN
    name: str | None = None


class Entity(Record, frozen=True, kw_only=True):
    """Something named in the text; `start` and `end` are character offsets in the original text."""

    entity_type: str
    value: str
    confidence: Ratio
    start: Count | None = None
    end: Count | None = None


class Intent(Record, frozen=True, kw_only=True):
    """What is asked, and how it was understood."""

    text: str
    domain: Domain
    classification: str | None = None
    original_language: str | None = None
    processed_text: str | None = None
    entities: list[Entity] = msgspec.field(default_factory=list)
    keywords: list[str] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        check_text(self.text)


class Geolocation(Record, frozen=True, kw_only=True):
    """Where the asker is."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None


class Context(Record, frozen=True, kw_only=True):
    """Where the intention comes from."""

    session_id: str | None = None
    user_id: str | None = None
    tenant_id: str | None = None
    channel: Channel | None = None
    user_agent: str | None = None
    client_ip: str | None = None
    geolocation: Geolocation | None = None


class Constraints(Record, frozen=True, kw_only=True):
    """What the asker demands of the execution."""

    priority: Priority = Priority.NORMAL
    deadline: EpochMs | None = None
    max_retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 3
    timeout_ms: Count | None = None
    required_capabilities: list[str] = msgspec.field(default_factory=list)
    security_level: SecurityLevel = SecurityLevel.INTERNAL


class IntentEnvelope(Record, frozen=True, kw_only=True):
    """An understood intention, as it travels on `intentions.{domain}`."""

    id: RecordId
    actor: Actor
    intent: Intent
    confidence: Ratio
    timestamp: EpochMs
    version: str = "1.0.0"
    correlation_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    context: Context | None = None
    constraints: Constraints | None = None
    qos: Qos | None = None
    schema_version: int = 1
    metadata: FreeMap = msgspec.field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        check_restricted(self.constraints, self.qos)


def check_text(text: str) -> None:
    """Raise InvalidRecord unless the text has 1 to 10,000 characters between its outer blanks."""
    length = len(text.strip())
    if not length:
        raise InvalidRecord("empty-text", "the text of the intention is empty: say what is wanted")
    if length > MAX_TEXT_CHARS:
        raise InvalidRecord(
            "text-too-long", f"the text has {length} characters, {MAX_TEXT_CHARS} are allowed: shorten it"
        )


def check_restricted(constraints: Constraints | None, qos: Qos | None) -> None:
    """Raise InvalidRecord when RESTRICTED is asked for without consistency STRONG."""
    if constraints is None or constraints.security_level is not SecurityLevel.RESTRICTED:
        return
    if qos is None or qos.consistency is not Consistency.STRONG:
        raise InvalidRecord(
            "invalid-field", "qos.consistency: must be STRONG, since constraints.security_level is RESTRICTED"
        )
