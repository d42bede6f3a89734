from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ResponseError

from app.embedded.bolt.graph import Graph, Refused
from app.embedded.bolt.packstream import Structure, pack, unpack
from app.embedded.bolt.session import MAGIC, Message, Session

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
)


class Redis:
    """Answers by a script, and remembers what it was asked."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[Any, ...]] = []

    async def execute_command(self, *command: Any) -> Any:
        self.asked.append(command)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def graph(*replies: Any) -> Graph:
    return Graph(Redis(*replies), "g")  # type: ignore[arg-type]


def asked(of: Graph) -> list[tuple[Any, ...]]:
    assert isinstance(of.redis, Redis)
    return of.redis.asked


@given(VALUES)
def test_what_is_packed_can_be_unpacked(value: Any) -> None:
    assert unpack(pack(value)) == value


@pytest.mark.parametrize("size", [0, 15, 16, 255, 256, 65_535, 65_536])
def test_sizes_at_their_limits_survive(size: int) -> None:
    for value in ("x" * size, b"x" * size, [1] * size, {str(n): n for n in range(size)}):
        assert unpack(pack(value)) == value


def test_structures_survive() -> None:
    assert unpack(pack(Structure(0x4E, (1, ["A"], {"x": 1})))) == Structure(0x4E, (1, ["A"], {"x": 1}))


@given(st.binary(max_size=50))
def test_garbage_is_a_value_error_at_worst(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(data)


@pytest.mark.parametrize("value", [2**63, object()])
def test_what_packstream_has_no_type_for_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        pack(value)


async def test_parameters_become_a_prefix_of_the_statement() -> None:
    falkor = graph([[b"Nodes created: 1", b"Cached execution: 1"]])

    table = await falkor.run("CREATE (:N {v: $v})", {"v": 'a"\\', "w": [1, {"x y": None}]}, timeout_ms=50)

    statement = 'CYPHER v="a\\"\\\\" w=[1, {`x y`: null}] CREATE (:N {v: $v})'
    assert asked(falkor) == [("GRAPH.QUERY", "g", statement, "--compact", "TIMEOUT", 50)]
    assert (table.rows, table.counters) == ([], {"nodes-created": 1})


@pytest.mark.parametrize(
    "parameters",
    [
        {"v": float("nan")},
        {"v": float("inf")},
        {"v": "a\0b"},
        {"v": {"a`": 1}},
        {"v": b"x"},
        {"v": Structure(0x44, (1,))},
    ],
)
async def test_parameters_that_falkordb_can_not_take_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="can't take"):
        await graph().run("RETURN $v", parameters)


async def test_a_parameter_can_not_smuggle_in_a_statement_by_its_name() -> None:
    with pytest.raises(Refused, match="no parameter named"):
        await graph().run("RETURN 1", {"a=1 MATCH (n) DELETE n //": 1})


async def test_a_graph_that_is_not_there_yet_is_an_empty_one() -> None:
    falkor = graph(ResponseError("Invalid graph operation on empty key"), [[]], [[[1, b"n"]], [], []])

    table = await falkor.run("MATCH (n) RETURN n", {}, read_only=True)

    assert [command[0] for command in asked(falkor)] == ["GRAPH.RO_QUERY", "GRAPH.QUERY", "GRAPH.RO_QUERY"]
    assert (table.columns, table.rows) == (["n"], [])


async def test_names_are_asked_for_when_a_number_is_new() -> None:
    node = [[[1, b"n"]], [[[8, [7, [1], []]]]], []]
    falkor = graph(node, [[], [[[2, b"A"]], [[2, b"B"]]], []], node)

    first = await falkor.run("MATCH (n) RETURN n", {})
    second = await falkor.run("MATCH (n) RETURN n", {})

    assert first.rows == second.rows == [[Structure(0x4E, (7, ["B"], {}, "7"))]]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("errMsg: Invalid input 'R'", "Neo.ClientError.Statement.SyntaxError"),
        ("Query timed out", "Neo.ClientError.Transaction.TransactionTimedOut"),
        ("Redis is loading the dataset in memory", "Neo.TransientError.General.DatabaseUnavailable"),
        ("Division by zero", "Neo.ClientError.Statement.ExecutionFailed"),
    ],
)
async def test_errors_get_the_code_that_drivers_know(said: str, code: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        await graph(ResponseError(said)).run("RETURN 1", {})

    assert caught.value.code == code


class Client:
    """The other end of a session, without a driver."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, tag: Message, *fields: Any) -> tuple[int, Any]:
        data = pack(Structure(tag, fields))
        self.writer.write(len(data).to_bytes(2, "big") + data + b"\0\0")
        size = int.from_bytes(await self.reader.readexactly(2), "big")
        answer = unpack(await self.reader.readexactly(size))
        await self.reader.readexactly(2)
        return answer.tag, answer.fields[0] if answer.fields else None


async def connect(offer: bytes, *replies: Any) -> tuple[Client, bytes, asyncio.Server]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(reader, writer, lambda _: graph(*replies)).serve()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(offer.ljust(20, b"\0"))
    return Client(reader, writer), await reader.readexactly(4), server


@pytest.mark.parametrize("offer", [b"\0\0\0\5", b"\0\x08\x08\5", b"\0\0\0\4\0\0\0\5"])
async def test_a_version_that_both_know_is_agreed_on(offer: bytes) -> None:
    client, answer, server = await connect(MAGIC + offer)
    client.writer.close()
    server.close()

    assert answer == b"\0\0\0\5"


@pytest.mark.parametrize("opening", [MAGIC + b"\0\0\4\4", MAGIC + b"\0\2\x08\5", b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_speaks_something_else_is_turned_away(opening: bytes) -> None:
    client, answer, server = await connect(opening)
    end = await client.reader.read()
    client.writer.close()
    server.close()

    assert (answer, end) == (bytes(4), b"")


async def test_after_a_failure_all_is_ignored_until_reset() -> None:
    client, _, server = await connect(MAGIC + b"\0\0\0\5", ResponseError("Division by zero"))

    tags = [
        (await client.ask(Message.HELLO, {}))[0],
        (await client.ask(Message.RUN, "RETURN 1/0", {}, {}))[0],
        (await client.ask(Message.PULL, {"n": -1}))[0],
        (await client.ask(Message.RESET))[0],
        (await client.ask(Message.BEGIN, {}))[0],
    ]
    client.writer.close()
    server.close()

    assert tags == [Message.SUCCESS, Message.FAILURE, Message.IGNORED, Message.SUCCESS, Message.SUCCESS]


async def test_a_message_that_is_not_known_is_a_failure() -> None:
    client, _, server = await connect(MAGIC + b"\0\0\0\5")

    tag, answer = await client.ask(Message.RUN, 1, 2, 3)
    client.writer.close()
    server.close()

    assert (tag, answer["code"]) == (Message.FAILURE, "Neo.ClientError.Request.Invalid")
