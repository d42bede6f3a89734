"""One question to one source: who asks what is being asked already gets that answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Asking"]

Output = dict[str, Any]


class Asking:
    """Questions that are under way."""

    def __init__(self) -> None:
        self._under_way: dict[Any, asyncio.Future[Output] | None] = {}

    async def ask(self, question: Any, wait_s: float, call: Callable[[], Awaitable[Output]]) -> Output:
        """Ask, or wait for the answer of whoever asks the same; an error is everybody's.

        Whoever asks first does so itself, without a task of its own: most questions are asked by one.

        Raises:
            TimeoutError: somebody else has asked, and there was no answer for so long.
        """
        until_s: float | None = None
        while question in self._under_way:
            loop = asyncio.get_running_loop()
            until_s = loop.time() + wait_s if until_s is None else until_s
            answer = self._under_way[question]
            if answer is None:
                answer = self._under_way[question] = loop.create_future()
            try:
                async with asyncio.timeout_at(until_s):
                    return await asyncio.shield(answer)
            except asyncio.CancelledError:
                if not answer.cancelled():
                    raise  # it is this one that is no longer wanted; else it was who asked: somebody else has to
        self._under_way[question] = None
        try:
            output = await call()
        except BaseException as error:
            answer = self._under_way.pop(question)
            if answer is not None:
                if isinstance(error, Exception):
                    answer.set_exception(error)
                    answer.exception()  # all who wait may have gone
                else:
                    answer.cancel()
            raise
        answer = self._under_way.pop(question)
        if answer is not None:
            answer.set_result(output)
        return output
