"""Reads that are asked for at the same moment go to Redis together: one message, one answer, on one connection.

What a client spends on a small read is not the read but its message: a call of the system each way, a connection from
the pool, a timer. Reads of the queries that are under way at once share them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Command = Sequence[str | int]
    Send = Callable[[list[Command]], Awaitable[list[Any]]]
    """Sends commands in one message, and returns what came of each: its answer, or its error."""

__all__ = ["Together"]

MOST = 256
"""Commands of one message."""


class Together:
    """Collects commands until the event loop comes round, and sends them.

    Args:
        send: Sends commands in one message, within its own time.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    def ask(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """Return what will be the answers of commands, or the error of one of them, or of the message."""
        loop = asyncio.get_running_loop()
        answers: asyncio.Future[list[Any]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((commands, answers))
        return answers

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        message: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        size = 0
        for one in waiting:
            if message and size + len(one[0]) > MOST:
                self._start(message)
                message, size = [], 0
            message.append(one)
            size += len(one[0])
        self._start(message)

    def _start(self, message: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]]) -> None:
        task = asyncio.create_task(self._exchange(message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _exchange(self, message: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]]) -> None:
        try:
            found = await self._send([command for commands, _ in message for command in commands])
        except Exception as error:  # noqa: BLE001 — whoever asked is to get it, whatever it is
            for _, answers in message:
                if not answers.done():  # who has gone meanwhile has cancelled it
                    answers.set_exception(error)
            return
        at = 0
        for commands, answers in message:
            own = found[at : at + len(commands)]
            at += len(commands)
            if answers.done():
                continue
            if (wrong := next((one for one in own if isinstance(one, Exception)), None)) is not None:
                answers.set_exception(wrong)
            else:
                answers.set_result(own)
