"""Rolling metrics, asked for while they are counted: what this worker holds of an answer, and the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.clock import now_ms
from models.rolling.reading import InvalidQuestion, Partial, ask, cells_between, rows_of, totals
from tables.rolling import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine import HiveApp
    from app.engine.tables import Table
    from models.rolling.cells import Bucket, Cells
    from models.rolling.levels import Level
    from models.rolling.reading import Question
    from tables.rolling import Clock

__all__ = ["RollingMetrics", "serve"]


class RollingMetrics:
    """Answers questions about the tables of rolling metrics.

    Args:
        app: The application.
        buckets: The table.
        clocks: The table of clocks.
    """

    def __init__(self, app: HiveApp, buckets: Table[Bucket], clocks: Table[Clock]) -> None:
        self._app = app
        self._buckets = buckets
        self._clocks = clocks

    def here(self, question: Question, at_ms: int) -> Partial:
        """Return what this worker holds of an answer; nothing while partitions are being assigned."""
        app = self._app
        told = Partial(worker=app.settings.worker, generation=app.generation.number)
        if not app.ready:
            return told
        slots = question.slots(at_ms)
        found = totals(question, slots, self._found(question, slots))
        told.partitions = sorted(self._buckets.partitions)
        told.cells, told.points = found.cells, found.points
        for held in self._clocks.partitions.values():
            for raw in held.values():
                clock = self._clocks.decode(raw)
                told.late += clock.late
                told.early += clock.early
        return told

    def _found(self, question: Question, slots: range) -> Iterator[tuple[int, Cells]]:
        for partition, held in self._buckets.partitions.items():
            for source, raw in self._clocks.partitions.get(partition, {}).items():
                name, watermark_ms = source.decode(), self._clocks.decode(raw).watermark_ms

                def cells(level: Level, slot: int, held: dict[bytes, bytes] = held, name: str = name) -> Cells | None:
                    raw = held.get(key_of(name, level, slot).encode())
                    return None if raw is None else self._buckets.decode(raw).cells

                yield from cells_between(question, slots, watermark_ms, cells)


def serve(app: HiveApp, rolling: RollingMetrics) -> None:
    """Add the page ``/tables/rolling``."""

    @app.page("/tables/rolling", name="rolling")
    async def _rolling(self: Any, request: Any) -> Any:
        try:
            question = ask(dict(request.query))
        except InvalidQuestion as error:
            return self.json({"error": str(error)}, status=400)
        at_ms = now_ms()
        return self.json(rows_of(question, rolling.here(question, at_ms), now_ms=at_ms))
