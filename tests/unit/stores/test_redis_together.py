"""Reads that are asked for at once: one message, and each gets its own answer or error."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.stores.redis_together import MOST, Together


class Server:
    """Answers a command with its key, in upper case."""

    def __init__(self) -> None:
        self.messages: list[int] = []
        self.down: Exception | None = None

    async def send(self, commands: list[Any]) -> list[Any]:
        self.messages.append(len(commands))
        await asyncio.sleep(0)
        if self.down is not None:
            raise self.down
        return [ValueError(key) if key.startswith("wrong") else key.upper() for _, key in commands]


async def test_what_is_asked_for_at_once_is_one_message_and_each_gets_its_answers() -> None:
    server = Server()
    together = Together(server.send)
    asked = [[("GET", f"k{n}-{m}") for m in range(n % 3 + 1)] for n in range(20)]
    answers = await asyncio.gather(*map(together.ask, asked))
    assert answers == [[key.upper() for _, key in commands] for commands in asked]
    assert server.messages == [sum(map(len, asked))]


async def test_an_error_is_of_whoever_asked_for_it() -> None:
    together = Together(Server().send)
    found = await asyncio.gather(*(together.ask([("GET", key)]) for key in ("a", "wrong", "b")), return_exceptions=True)
    assert (found[0], str(found[1]), found[2]) == (["A"], "wrong", ["B"])


async def test_a_message_that_fails_fails_for_all_of_it_and_the_next_is_another() -> None:
    server = Server()
    together = Together(server.send)
    server.down = OSError("gone")
    found = await asyncio.gather(*(together.ask([("GET", "a")]) for _ in range(5)), return_exceptions=True)
    assert [str(error) for error in found] == ["gone"] * 5
    server.down = None
    assert await together.ask([("GET", "a")]) == ["A"]


async def test_who_no_longer_waits_takes_nothing_from_the_others() -> None:
    together = Together(Server().send)
    one, two = (asyncio.ensure_future(together.ask([("GET", key)])) for key in "ab")
    await asyncio.sleep(0)
    one.cancel()
    assert await two == ["B"]
    with pytest.raises(asyncio.CancelledError):
        await one


async def test_a_message_is_bounded() -> None:
    server = Server()
    together = Together(server.send)
    await asyncio.gather(*(together.ask([("GET", str(n))] * 100) for n in range(10)))
    assert max(server.messages) <= MOST
    assert sum(server.messages) == 1000
