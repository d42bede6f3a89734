"""FalkorDB over Redis' protocol: Cypher with parameters in, values that PackStream can carry out."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from app.embedded.bolt.packstream import Structure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redis.asyncio import Redis

_NAME = re.compile(r"[^\W\d]\w*")
_EMPTY_KEY = "empty key"
_ERRORS = (
    ("errMsg: Invalid input", "Neo.ClientError.Statement.SyntaxError"),
    ("empty query", "Neo.ClientError.Statement.SyntaxError"),
    ("more than one statement", "Neo.ClientError.Statement.SyntaxError"),
    ("Missing parameters", "Neo.ClientError.Statement.ParameterMissing"),
    ("timed out", "Neo.ClientError.Transaction.TransactionTimedOut"),
    ("read-only queries", "Neo.ClientError.Statement.AccessMode"),
    ("unique constraint violation", "Neo.ClientError.Schema.ConstraintValidationFailed"),
    ("loading the dataset", "Neo.TransientError.General.DatabaseUnavailable"),
)
_OTHER_ERROR = "Neo.ClientError.Statement.ExecutionFailed"
_COUNTERS = {"Indices created": "indexes-added", "Indices deleted": "indexes-removed"}
_DAY_S = 86_400
_PLAIN: dict[int, Callable[[Any], Any]] = {
    1: lambda _: None,
    2: bytes.decode,
    3: int,
    4: lambda value: value == b"true",
    5: float,
    11: lambda point: Structure(0x58, (4326, float(point[1]), float(point[0]))),
    12: lambda vector: [float(item) for item in vector],
    13: lambda seconds: Structure(0x64, (seconds, 0)),
    14: lambda seconds: Structure(0x44, (seconds // _DAY_S,)),
    15: lambda seconds: Structure(0x74, (seconds % _DAY_S * 1_000_000_000,)),
    16: lambda seconds: Structure(0x45, (0, 0, seconds, 0)),
}
"""Types of values in a compact reply, and what they are for Bolt; the others hold further values."""


class Refused(Exception):
    """What a driver gets instead of rows: a Neo4j status code and a text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Table:
    """The answer to a statement."""

    columns: list[str]
    rows: list[list[Any]]
    counters: Mapping[str, int]


@dataclass
class Graph:
    """One graph of a FalkorDB.

    Args:
        redis: The server.
        name: The key that the graph is kept under.
    """

    redis: Redis
    name: str
    _names: dict[str, list[str]] = field(default_factory=dict)

    async def run(
        self, cypher: str, parameters: Mapping[str, Any], *, read_only: bool = False, timeout_ms: int | None = None
    ) -> Table:
        """Run one statement.

        Args:
            cypher: The statement.
            parameters: Its parameters.
            read_only: Refuse it when it writes.
            timeout_ms: How long it may read; writing isn't limited.

        Raises:
            Refused: it isn't run, or failed.
        """
        command = "GRAPH.RO_QUERY" if read_only else "GRAPH.QUERY"
        limit = () if timeout_ms is None else ("TIMEOUT", timeout_ms)
        reply = await self._call(command, _with_parameters(cypher, parameters), "--compact", *limit)
        if len(reply) == 1:
            return Table([], [], _counters(reply[0]))
        header, rows, statistics = reply
        return Table(
            [column.decode() for _, column in header],
            [[await self._value(cell) for cell in row] for row in rows],
            _counters(statistics),
        )

    async def _call(self, command: str, *arguments: str | int) -> Any:
        send: Callable[..., Awaitable[Any]] = self.redis.execute_command
        try:
            try:
                return await send(command, self.name, *arguments)
            except ResponseError as exc:
                if _EMPTY_KEY not in str(exc):
                    raise
                # The graph isn't there yet. For Neo4j a database without nodes is no error, so make it one.
                await send("GRAPH.QUERY", self.name, "RETURN 1")
                return await send(command, self.name, *arguments)
        except ResponseError as exc:
            code = next((code for text, code in _ERRORS if text in str(exc)), _OTHER_ERROR)
            raise Refused(code, str(exc)) from exc
        except (Disconnected, NoAnswer) as exc:
            raise Refused("Neo.TransientError.General.DatabaseUnavailable", str(exc)) from exc

    async def _name(self, kind: str, number: int) -> str:
        """Return a label, relationship type or property key by the number that replies use for it."""
        if number >= len(self._names.get(kind, ())):
            _, rows, _ = await self._call("GRAPH.RO_QUERY", f"CALL db.{kind}()", "--compact")
            self._names[kind] = [row[0][1].decode() for row in rows]
        return self._names[kind][number]

    async def _value(self, cell: list[Any]) -> Any:
        kind, value = cell
        if kind in _PLAIN:
            return _PLAIN[kind](value)
        composite = {6: self._list, 7: self._relationship, 8: self._node, 9: self._path, 10: self._map}.get(kind)
        if composite is None:
            raise Refused(_OTHER_ERROR, f"FalkorDB answers with a value of the unknown type {kind}")
        return await composite(value)

    async def _list(self, value: list[Any]) -> list[Any]:
        return [await self._value(item) for item in value]

    async def _map(self, value: list[Any]) -> dict[str, Any]:
        pairs = zip(value[::2], value[1::2], strict=True)
        return {key.decode(): await self._value(item) for key, item in pairs}

    async def _properties(self, properties: list[list[Any]]) -> dict[str, Any]:
        return {
            await self._name("propertyKeys", key): await self._value([kind, item]) for key, kind, item in properties
        }

    async def _node(self, value: list[Any]) -> Structure:
        number, labels, properties = value
        names = [await self._name("labels", label) for label in labels]
        return Structure(0x4E, (number, names, await self._properties(properties), str(number)))

    async def _relationship(self, value: list[Any]) -> Structure:
        number, kind, start, end, properties = value
        name = await self._name("relationshipTypes", kind)
        fields = (number, start, end, name, await self._properties(properties))
        return Structure(0x52, (*fields, str(number), str(start), str(end)))

    async def _path(self, value: list[Any]) -> Structure:
        nodes, relationships = [await self._value(part) for part in value]
        unbound, steps = [], []
        for step, relationship in enumerate(relationships):
            number, start, _, name, properties = relationship.fields[:5]
            unbound.append(Structure(0x72, (number, name, properties, str(number))))
            forwards = start == nodes[step].fields[0]
            steps += [step + 1 if forwards else -step - 1, step + 1]
        return Structure(0x50, (nodes, unbound, steps))


def _with_parameters(cypher: str, parameters: Mapping[str, Any]) -> str:
    if not parameters:
        return cypher
    for name in parameters:
        if not _NAME.fullmatch(name):
            raise Refused("Neo.ClientError.Statement.ParameterMissing", f"FalkorDB takes no parameter named {name!r}")
    return f"CYPHER {' '.join(f'{name}={_literal(value)}' for name, value in parameters.items())} {cypher}"


def _literal(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """Write a parameter as Cypher: FalkorDB takes parameters as a part of the text only."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case str() if "\0" not in value:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case dict() if not any("`" in key or "\0" in key for key in value):
            return f"{{{', '.join(f'`{key}`: {_literal(item)}' for key, item in value.items())}}}"
    what = f"the {type(value).__name__} {value!r}" if not isinstance(value, Structure) else "dates, times and points"
    raise Refused("Neo.ClientError.Statement.TypeError", f"FalkorDB can't take {what} as a parameter")


def _counters(statistics: list[bytes]) -> dict[str, int]:
    counted = {}
    for line in statistics:
        name, _, count = line.decode().partition(": ")
        if count.isdecimal() and not name.startswith("Cached"):
            counted[_COUNTERS.get(name, name.lower().replace(" ", "-"))] = int(count)
    return counted
