"""One Bolt 5.0 connection: messages in, messages out (https://neo4j.com/docs/bolt/current/bolt/message/)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from app.embedded.bolt.graph import Graph, Refused
from app.embedded.bolt.packstream import Structure, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"\x60\x60\xb0\x17"
VERSION = (5, 0)
AGENT = "Neo4j/5.0.0"
"""What drivers want to hear: they refuse other products."""
CHUNK_BYTES = 0xFFFF
_REQUEST_INVALID = "Neo.ClientError.Request.Invalid"


class Message(IntEnum):
    """The tags of messages, of both sides."""

    HELLO = 0x01
    GOODBYE = 0x02
    RESET = 0x0F
    RUN = 0x10
    BEGIN = 0x11
    COMMIT = 0x12
    ROLLBACK = 0x13
    DISCARD = 0x2F
    PULL = 0x3F
    SUCCESS = 0x70
    RECORD = 0x71
    IGNORED = 0x7E
    FAILURE = 0x7F


@dataclass
class Session:
    """The state of a connection, and its two ends.

    Args:
        graph_of: Gives the graph of a database's name.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    graph_of: Callable[[str | None], Graph]
    _failed: bool = False
    _transaction: Mapping[str, Any] | None = None
    _written: bool = False
    _rows: list[list[Any]] = field(default_factory=list)
    _summary: dict[str, Any] = field(default_factory=dict)

    async def serve(self) -> None:
        """Answer until the other side says goodbye or is gone."""
        try:
            if await self._shake_hands():
                while await self._answer(unpack(await self._receive())):
                    await self.writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            return  # gone, or it doesn't speak Bolt: there is nobody to tell
        finally:
            self.writer.close()

    async def _shake_hands(self) -> bool:
        offers = await self.reader.readexactly(20)
        known = offers[:4] == MAGIC and any(_offers(offers[at : at + 4]) for at in range(4, 20, 4))
        self.writer.write(bytes([0, 0, VERSION[1], VERSION[0]]) if known else bytes(4))
        return known

    async def _receive(self) -> bytes:
        message = b""
        while True:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
            if size:
                message += await self.reader.readexactly(size)
            elif message:
                return message  # an empty chunk before a message only keeps the connection alive

    def _send(self, tag: int, *fields: Any) -> None:
        data = pack(Structure(tag, fields))
        for at in range(0, len(data), CHUNK_BYTES):
            chunk = data[at : at + CHUNK_BYTES]
            self.writer.write(len(chunk).to_bytes(2, "big") + chunk)
        self.writer.write(b"\0\0")

    async def _answer(self, message: Any) -> bool:
        """Answer one message; return whether another may follow."""
        if not isinstance(message, Structure) or message.tag == Message.GOODBYE:
            return False
        if message.tag == Message.RESET:
            self._failed, self._transaction, self._rows = False, None, []
            self._send(Message.SUCCESS, {})
        elif self._failed:
            self._send(Message.IGNORED)
        else:
            try:
                self._send(Message.SUCCESS, await self._do(message.tag, message.fields))
            except Refused as exc:
                self._failed = True
                self._send(Message.FAILURE, {"code": exc.code, "message": exc.message})
        return True

    async def _do(self, tag: int, fields: tuple[Any, ...]) -> dict[str, Any]:  # noqa: PLR0911 - one for each
        match tag, fields:
            case (Message.HELLO, _):
                return {"server": AGENT, "connection_id": f"bolt-{id(self):x}"}
            case (Message.RUN, (str(cypher), dict(parameters), dict(extra))):
                return await self._run(cypher, parameters, extra)
            case (Message.PULL, (dict(extra),)):
                return self._pull(extra.get("n", -1))
            case (Message.DISCARD, _):
                self._rows = []
                return self._summary
            case (Message.BEGIN, (dict(extra),)):
                self._transaction, self._written = extra, False
                return {}
            case (Message.COMMIT, _):
                self._transaction = None
                return {}
            case (Message.ROLLBACK, _):
                return self._roll_back()
        raise Refused(_REQUEST_INVALID, f"FalkorDB's Bolt front knows no message {tag:#04x} with {len(fields)} fields")

    async def _run(self, cypher: str, parameters: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
        options = extra if self._transaction is None else self._transaction
        graph = self.graph_of(options.get("db"))
        table = await graph.run(
            cypher, parameters, read_only=options.get("mode") == "r", timeout_ms=options.get("tx_timeout")
        )
        writes = any(table.counters.values())
        self._written |= writes
        self._rows = table.rows[::-1]
        self._summary = {"type": "rw" if writes else "r", "t_last": 0, "db": graph.name}
        if writes:
            self._summary["stats"] = dict(table.counters) | {"contains-updates": True}
        return {"fields": table.columns, "t_first": 0}

    def _pull(self, count: int) -> dict[str, Any]:
        while self._rows and count:
            self._send(Message.RECORD, self._rows.pop())
            count -= 1
        return {"has_more": True} if self._rows else self._summary

    def _roll_back(self) -> dict[str, Any]:
        self._transaction = None
        if self._written:
            raise Refused(
                "Neo.ClientError.Transaction.TransactionHookFailed",
                "FalkorDB can't undo what this transaction has written: there, each statement is its own transaction",
            )
        return {}


def _offers(offer: bytes) -> bool:
    """Tell whether an offered range of versions, `00 range minor major`, holds ours."""
    _, below, minor, major = offer
    return major == VERSION[0] and minor - below <= VERSION[1] <= minor
