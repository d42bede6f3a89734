"""A bounded read of keys: fixed operations, each with the commands that its store knows to be harmless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from models.errors import QueryRefused
from models.queries.allowed import Allowed
from models.queries.limits import Limits
from models.queries.shape import Task, typed

MOST_KEYS = 1000
MOST_KEY_BYTES = 1024
SCAN_COUNT = 100

Value = Literal["string", "integer", "json", "hash", "zset"]
Operation = Literal["get", "mget", "hash", "zset", "scan", "keys"]
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Parameters(Task, frozen=True, kw_only=True):
    operation: Operation = "get"
    key: str | None = None
    keys: list[str] | None = None
    pattern: str | None = None
    limit: _Whole | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    fetch_values: bool = False
    order: Literal["asc", "desc"] = "desc"
    key_pattern: str | None = None
    value: Value | None = None


class RedisQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys to read, and how.

    `keys` are those of get (one), mget, hash and zset (one); `glob` is that of scan. `key_pattern` is the listed
    pattern whose variables become columns of the rows.
    """

    operation: Literal["get", "mget", "hash", "zset", "scan"]
    keys: tuple[str, ...]
    glob: str
    fetch_values: bool
    descending: bool
    count: int
    key_pattern: str | None
    value: Value | None
    as_rows: bool
    limits: Limits


def parse_redis(parameters: Mapping[str, Any], allowed: Allowed, limits: Limits) -> RedisQuery:
    """Check the parameters of a read; `keys` (KEYS) is carried out as a scan.

    Raises:
        QueryRefused: something is missing, of the wrong type or not allowed.
    """
    asked = typed(parameters, _Parameters)
    scans = asked.operation in ("scan", "keys")
    keys = () if scans else _keys(asked)
    glob = (asked.pattern or "*") if scans else ""
    for text in (*keys, glob):
        if "\0" in text or len(text.encode()) > MOST_KEY_BYTES:
            raise QueryRefused(f"a key has at most {MOST_KEY_BYTES} bytes and no zero byte", "parameters")
    for key in keys:
        allowed.key(key)
    if asked.key_pattern is not None and asked.key_pattern not in allowed.keys:
        raise QueryRefused(f"key pattern {asked.key_pattern!r} is not open to queries", "not-listed")
    return RedisQuery(
        operation="scan" if asked.operation == "keys" else asked.operation,
        keys=keys,
        glob=allowed.glob(glob) if scans else "",
        fetch_values=asked.fetch_values,
        descending=asked.order == "desc",
        count=asked.count or SCAN_COUNT,
        key_pattern=asked.key_pattern,
        value=asked.value,
        as_rows=asked.columns is not None,
        limits=limits.lowered(rows=asked.limit),
    )


def _keys(asked: _Parameters) -> tuple[str, ...]:
    given = tuple(asked.keys or ()) + (() if asked.key is None else (asked.key,))
    if not given:
        raise QueryRefused(f"operation {asked.operation} needs `key` or `keys`", "parameters")
    if asked.operation in ("get", "zset") and len(given) > 1:
        raise QueryRefused(f"operation {asked.operation} takes one key, not {len(given)}", "parameters")
    if len(given) > MOST_KEYS:
        raise QueryRefused(f"{len(given):,} keys are more than the {MOST_KEYS:,} that one query may name", "size")
    return given
