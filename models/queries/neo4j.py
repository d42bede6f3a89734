"""A statement of Cypher that reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec

from models.errors import QueryRefused
from models.queries.allowed import Allowed
from models.queries.cypher import Statement, read_only
from models.queries.limits import Limits
from models.queries.shape import Task, typed

_INT64 = range(-(2**63), 2**63)
_NAME = re.compile(r"[^\W\d]\w{0,99}")


class _Parameters(Task, frozen=True, kw_only=True):
    cypher_query: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    parameters: dict[str, Any] | None = None
    limit: Annotated[int, msgspec.Meta(ge=0)] | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Neo4jQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A checked statement as it is to be sent, without comments and escapes, and its parameters."""

    cypher: str
    parameters: dict[str, Any]
    as_rows: bool
    limits: Limits


def parse_neo4j(
    parameters: Mapping[str, Any],
    allowed: Allowed,
    limits: Limits,
    check: Callable[[str, Allowed], Statement] = read_only,
) -> Neo4jQuery:
    """Check a statement and its parameters; `timeout` is in seconds, `check` may remember what it has checked.

    Raises:
        QueryRefused: something is missing, of the wrong type or not allowed.
    """
    asked = typed(parameters, _Parameters)
    given = asked.parameters or {}
    statement = check(asked.cypher_query, allowed)
    for name in given:
        if not _NAME.fullmatch(name):
            raise QueryRefused(f"parameter {name!r} has no name that Cypher can use", "parameters")
    if missing := sorted(statement.parameters - given.keys()):
        raise QueryRefused(f"the statement needs the parameters {', '.join(missing)}", "parameters")
    _check_numbers(given)
    return Neo4jQuery(
        cypher=statement.text,
        parameters=given,
        as_rows=asked.columns is not None,
        limits=limits.lowered(rows=asked.limit, time_s=asked.timeout),
    )


def _check_numbers(value: Any) -> None:
    """Refuse what the protocol has no room for; how deep it is nested has been checked before."""
    if isinstance(value, int) and value not in _INT64:
        raise QueryRefused(f"{value} has more than 64 bits", "parameters")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_numbers(item)
