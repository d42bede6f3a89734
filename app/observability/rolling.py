"""Rolling metrics, asked for while they are counted: any worker answers for all, each for the partitions it holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from app.clock import now_ms
from app.errors import PartsMissing
from models.rolling.reading import InvalidQuestion, Partial, ask, cells_between, merged, rows_of, totals
from tables.rolling import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.engine import HiveApp
    from app.engine.tables import Table
    from app.peers import Peers
    from models.records import WorkerAddress
    from models.rolling.cells import Bucket
    from models.rolling.levels import Level
    from models.rolling.reading import Question
    from tables.rolling import Clock

__all__ = ["RollingMetrics", "serve"]

ANSWER_S: Final = 2.0
"""How long another worker may take to answer."""
HERE: Final = "/tables/rolling/here"
_ENCODER: Final = msgspec.json.Encoder()
_PARTIAL: Final = msgspec.json.Decoder(Partial)


class RollingMetrics:
    """Answers questions about the tables of rolling metrics.

    Args:
        app: The application.
        buckets: The table.
        clocks: The table of clocks.
        peers: Where the other workers are.
        counts: Whether the stage runs here that fills them.
    """

    def __init__(
        self, app: HiveApp, buckets: Table[Bucket], clocks: Table[Clock], peers: Peers, *, counts: bool
    ) -> None:
        self._app = app
        self._counts = counts
        self._buckets = buckets
        self._clocks = clocks
        self._peers = peers

    async def answer(self, question: Question) -> dict[str, Any]:
        """Return the answer of all workers together, ready for JSON.

        Raises:
            PartsMissing: nobody has answered for some partitions; the error names the workers that did not answer.
        """
        at_ms = now_ms()
        parts = await self._parts(question, at_ms)
        told = rows_of(question, merged(parts), now_ms=at_ms)
        return {**told, "partitions": self._buckets.count, "workers": sorted(part.worker for part in parts)}

    async def here(self, question: Question, at_ms: int) -> Partial:
        """Return what this worker holds of an answer; nothing while partitions are being assigned."""
        app = self._app
        told = Partial(worker=app.settings.worker, generation=app.generation.number)
        if not (self._counts and app.ready):
            return told
        # Taken on the loop, between two commits; decoded off it, for there may be megabytes of it.
        slots, partitions = question.slots(at_ms), sorted(self._buckets.partitions)
        found = list(self._found(question, slots))
        clocks = [self._clocks.decode(raw) for held in self._clocks.partitions.values() for raw in held.values()]
        decode = self._buckets.decode
        sums = await asyncio.to_thread(
            lambda: totals(question, slots, ((slot, decode(raw).cells) for slot, raw in found))
        )
        told.partitions, told.cells, told.points = partitions, sums.cells, sums.points
        told.late, told.early = sum(clock.late for clock in clocks), sum(clock.early for clock in clocks)
        return told

    def _found(self, question: Question, slots: range) -> Iterator[tuple[int, bytes]]:
        for partition, held in self._buckets.partitions.items():
            for source, raw in self._clocks.partitions.get(partition, {}).items():
                watermark_ms = self._clocks.decode(raw).watermark_ms
                yield from cells_between(question, slots, watermark_ms, _Held(held, source.decode()))

    async def _parts(self, question: Question, at_ms: int) -> list[Partial]:
        app = self._app
        parts = [await self.here(question, at_ms)]
        if (whole := self._whole(parts)) is not None:
            return whole
        unanswered: dict[str, str] = {}
        me = (app.settings.app_id, app.settings.worker)
        # Who counts asks its own group only, for another one counts the same; who does not asks any that does.
        peers = self._peers.of(me[0] if self._counts else None, now_ms=at_ms)
        others = [peer for peer in peers if (peer.app_id, peer.worker) != me]
        asked = {asyncio.create_task(self._ask(peer, question, at_ms)): peer for peer in others}
        waiting = set(asked)
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    try:
                        parts.append(task.result())
                    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
                        unanswered[asked[task].worker] = f"{asked[task].url}: {error or type(error).__name__}"
                if (whole := self._whole(parts)) is not None:
                    return whole
        finally:
            for task in waiting:
                task.cancel()
        raise PartsMissing(self._missing(parts), unanswered)

    async def _ask(self, peer: WorkerAddress, question: Question, at_ms: int) -> Partial:
        asked = {**question.asked(), "at_ms": str(at_ms)}
        limit = aiohttp.ClientTimeout(total=ANSWER_S)
        async with self._app.http_client.get(f"{peer.url}{HERE}", params=asked, timeout=limit) as found:
            found.raise_for_status()
            return _PARTIAL.decode(await found.read())

    def _whole(self, parts: list[Partial]) -> list[Partial] | None:
        """Return the parts that make up the whole, all of one generation; None while some are missing."""
        newest = _newest(parts)
        return None if self._missing(newest) else newest

    def _missing(self, parts: list[Partial]) -> list[int]:
        held = {partition for part in _newest(parts) for partition in part.partitions}
        return [partition for partition in range(self._buckets.count) if partition not in held]


class _Held:
    """Looks up the stored buckets of one source and partition."""

    def __init__(self, held: Mapping[bytes, bytes], source: str) -> None:
        self._held = held
        self._source = source

    def __call__(self, level: Level, slot: int) -> bytes | None:
        return self._held.get(key_of(self._source, level, slot).encode())


def _newest(parts: list[Partial]) -> list[Partial]:
    """Return the parts of the newest generation: who still believes in an older one has lost its partitions."""
    holding = [part for part in parts if part.partitions]
    newest = max((part.generation for part in holding), default=-1)
    return [part for part in holding if part.generation == newest]


def serve(app: HiveApp, rolling: RollingMetrics) -> None:
    """Add the page ``/tables/rolling``, and the one by which workers ask each other."""

    @app.page("/tables/rolling", name="rolling")
    async def _rolling(self: Any, request: Any) -> Any:
        try:
            return self.json(await rolling.answer(ask(dict(request.query))))
        except InvalidQuestion as error:
            return self.json({"error": str(error)}, status=400)
        except PartsMissing as error:
            told = {"error": str(error), "missing_partitions": error.partitions, "unanswered": error.unanswered}
            return self.json(told, status=503, headers={"Retry-After": "1"})

    @app.page(HERE, name="rolling-here")
    async def _here(self: Any, request: Any) -> Any:
        asked = dict(request.query)
        try:
            at_ms = int(asked.pop("at_ms", ""))
            question = ask(asked)
        except (InvalidQuestion, ValueError) as error:
            return self.json({"error": f"this page is for workers, ask /tables/rolling: {error}"}, status=400)
        return self.bytes(_ENCODER.encode(await rolling.here(question, at_ms)), content_type="application/json")
