"""Server-sent events: what has changed, told to every open page."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from app.errors import BrokerUnavailable
from app.web.watch import FLOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.web.watch import Watch

__all__ = ["Streams"]

MOST: Final = 32
"""So many pages may be open on a worker."""
ALIVE_S: Final = 15.0


class Streams:
    """The open streams of a worker.

    Args:
        watch: What tells of changes.
        flow: Says how much goes through.
    """

    def __init__(self, watch: Watch, flow: Callable[[], dict[str, Any]]) -> None:
        self._watch = watch
        self._flow = flow
        self._open: set[asyncio.Event] = set()
        self._ended = False

    async def end(self, _: web.Application) -> None:
        """Close all of them: the worker stops."""
        self._ended = True
        for event in self._open:
            event.set()

    async def serve(self, request: web.Request, *, until_s: float | None) -> web.StreamResponse:
        """Tell one page of changes until it goes, its session ends or the worker stops.

        Args:
            request: The page's request.
            until_s: When its session ends, epoch seconds.

        Raises:
            BrokerUnavailable: too many are open.
        """
        if len(self._open) >= MOST or self._ended:
            raise BrokerUnavailable("too many pages are open on this worker")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        changed: set[str] = {FLOW}
        event = asyncio.Event()
        event.set()

        def told(kinds: set[str]) -> None:
            changed.update(kinds)
            event.set()

        leave = self._watch.listen(told)
        self._open.add(event)
        try:
            await response.prepare(request)
            await response.write(b"retry: 2000\n\n")
            while not self._ended and (until_s is None or time.time() < until_s):
                try:
                    await asyncio.wait_for(event.wait(), ALIVE_S)
                except TimeoutError:
                    await response.write(b": still here\n\n")  # or the page would not see that the worker is gone
                    continue
                event.clear()
                kinds = sorted(changed)
                changed.clear()
                await response.write(self._frames(kinds))
        except ConnectionResetError:
            pass  # the page has gone
        finally:
            leave()
            self._open.discard(event)
        return response

    def _frames(self, kinds: list[str]) -> bytes:
        frames = b""
        if FLOW in kinds:
            frames += b"event: flow\ndata: " + msgspec.json.encode(self._flow()) + b"\n\n"
        others = [kind for kind in kinds if kind != FLOW]
        if others:
            frames += b"event: changed\ndata: " + msgspec.json.encode(others) + b"\n\n"
        return frames
