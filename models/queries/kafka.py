"""A bounded read of a topic: by offset, by time, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from models.errors import QueryRefused
from models.queries.allowed import Allowed
from models.queries.limits import Limits
from models.queries.shape import Task, typed

DEFAULT_RECORDS = 100

_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_EpochMs = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_800_000)]


class _Parameters(Task, frozen=True, kw_only=True):
    topic: str
    partition: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    offset: _Whole | None = None
    from_ms: _EpochMs | None = None
    to_ms: _EpochMs | None = None
    key: str | None = None
    limit: _Whole | None = None
    max_messages: _Whole | None = None
    timeout_ms: Annotated[int, msgspec.Meta(ge=1)] | None = None


class KafkaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records of a topic to read.

    With `offset` the first `limit` from there on, in each partition's order; else the newest `limit` of those in the
    period (record times in ms, the end exclusive) and with the key, oldest first.
    """

    topic: str
    partition: int | None
    offset: int | None
    from_ms: int | None
    to_ms: int | None
    key: bytes | None
    as_rows: bool
    limits: Limits


def parse_kafka(parameters: Mapping[str, Any], allowed: Allowed, limits: Limits) -> KafkaQuery:
    """Check the parameters of a read.

    Raises:
        QueryRefused: something is missing, of the wrong type or not allowed.
    """
    asked = typed(parameters, _Parameters)
    if asked.offset is not None and (asked.from_ms is not None or asked.to_ms is not None):
        raise QueryRefused("offset goes with neither from_ms nor to_ms: read from an offset, or a period", "parameters")
    if asked.from_ms is not None and asked.to_ms is not None and asked.from_ms > asked.to_ms:
        raise QueryRefused("from_ms is later than to_ms", "parameters")
    rows = next((n for n in (asked.limit, asked.max_messages) if n is not None), DEFAULT_RECORDS)
    return KafkaQuery(
        topic=allowed.topic(asked.topic),
        partition=asked.partition,
        offset=asked.offset,
        from_ms=asked.from_ms,
        to_ms=asked.to_ms,
        key=None if asked.key is None else asked.key.encode(),
        as_rows=asked.columns is not None,
        limits=limits.lowered(rows=rows, time_s=None if asked.timeout_ms is None else asked.timeout_ms / 1000),
    )
