"""What all records share: the base class, field types and enums of the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

import msgspec

EXTRA_KEY = "$extra"
"""Key under which the codec hands unknown fields to a record; it never appears on the wire."""

EpochMs = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Milliseconds since 1970-01-01T00:00Z, within what every JSON reader keeps exact."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number of things, or of milliseconds."""

Ratio = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
"""A score between 0 and 1."""

MAX_ID_CHARS = 256

RecordId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARS)]
"""An id: never empty, and short enough for a key or a header."""

FreeMap = dict[str, Any]
"""A map whose keys belong to its writer: they are never renamed."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all that travels; fields are snake_case on the wire.

    `extra` holds the fields that this version doesn't know, under the names they came with, so that passing
    a record on never loses what a newer writer has put in. It is UNSET (falsy) when there are none.
    """

    extra: dict[str, Any] | msgspec.UnsetType = msgspec.field(name=EXTRA_KEY, default=msgspec.UNSET)


class WireEnum(StrEnum):
    """An enum read without regard to case, with `-` as `_`, and written as it is declared."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        wanted = value.strip().replace("-", "_").casefold()
        return next((member for member in cls if member.value.casefold() == wanted), None)


class Domain(WireEnum):
    """The seven domains of an intention."""

    BUSINESS = "BUSINESS"
    TECHNICAL = "TECHNICAL"
    INFRASTRUCTURE = "INFRASTRUCTURE"
    SECURITY = "SECURITY"
    BEHAVIOR = "BEHAVIOR"
    OPERATIONAL = "OPERATIONAL"
    COMPLIANCE = "COMPLIANCE"


class Priority(WireEnum):
    """How urgent the asker says it is."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class SecurityLevel(WireEnum):
    """Who may see the answer, from everybody to a named few."""

    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"
    CONFIDENTIAL = "CONFIDENTIAL"
    RESTRICTED = "RESTRICTED"


class DeliveryMode(WireEnum):
    """How often a record may arrive."""

    AT_MOST_ONCE = "AT_MOST_ONCE"
    AT_LEAST_ONCE = "AT_LEAST_ONCE"
    EXACTLY_ONCE = "EXACTLY_ONCE"


class Durability(WireEnum):
    """Whether a record survives a restart."""

    TRANSIENT = "TRANSIENT"
    PERSISTENT = "PERSISTENT"


class Consistency(WireEnum):
    """Whether a reader sees the newest write."""

    EVENTUAL = "EVENTUAL"
    STRONG = "STRONG"


class RiskBand(WireEnum):
    """The risk score in four words; lower case on the wire."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Recommendation(WireEnum):
    """What a specialist, or all of them together, say about a plan."""

    APPROVE = "approve"
    REJECT = "reject"
    REVIEW_REQUIRED = "review_required"
    CONDITIONAL = "conditional"


class SpecialistType(WireEnum):
    """The five specialists."""

    BUSINESS = "business"
    TECHNICAL = "technical"
    BEHAVIOR = "behavior"
    EVOLUTION = "evolution"
    ARCHITECTURE = "architecture"


class Qos(Record, frozen=True, kw_only=True):
    """How a record is to be delivered; RESTRICTED intentions need consistency STRONG."""

    delivery_mode: DeliveryMode = DeliveryMode.EXACTLY_ONCE
    durability: Durability = Durability.PERSISTENT
    consistency: Consistency = Consistency.STRONG
