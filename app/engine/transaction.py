"""A stage's transaction: outputs, table changes, dead letters and source offsets, all of it or nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self, TypeVar

from faust.types import TP

from app.engine.committer import Columns, Work
from app.engine.deadletters import dead_letter
from app.engine.tracing import PROCESSED, with_context
from app.errors import ConfigurationError, StaleRun, StoreUnavailable
from models.deadletters import is_again
from models.errors import InvalidRecord
from models.records import encode

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence
    from contextvars import Token
    from types import TracebackType

    from app.engine.committer import Message
    from app.engine.run import Batch, Record
    from app.engine.tables import Table, TableView
    from app.engine.tracing import Span
    from app.topics import TopicSpec

__all__ = ["Transaction", "transaction"]

logger = logging.getLogger(__name__)

V = TypeVar("V")


class Transaction:
    """What a stage writes for one batch.

    Leaving the block hands it to the committer; while that is at work, the stage may already decide on the next
    batch, whose views read through what is in flight. When the partitions have moved on meanwhile, all of it is
    dropped: their new owner does the work. Any other exception ends the process, before anything is committed.
    """

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._app = batch.app
        self._messages: list[Message | Columns] = []
        self._views: dict[tuple[str, int], TableView[Any]] = {}
        self._changes: dict[tuple[str, int], Mapping[bytes, bytes | None]] = {}
        self._letters: dict[TP, dict[int, bool]] = {}
        self._spans: dict[tuple[str, int, int], Span] = {}
        self._span: Span | None = None
        self.dead_letters = 0

    def send(
        self,
        topic: TopicSpec,
        *,
        key: str | bytes | None,
        value: Any,
        headers: list[tuple[str, bytes | None]] | None = None,
        partition: int | None = None,
    ) -> None:
        """Send a record: bytes as they are, anything else encoded; its key says where to, unless a partition is given.

        Raises:
            InvalidRecord: it is larger than its topic takes.
        """
        raw_key = key.encode() if isinstance(key, str) else key
        raw = value if value is None or isinstance(value, bytes) else encode(value)
        _check_size(topic, raw)
        if self._span is not None:
            headers = with_context(headers, self._span.context)
        self._messages.append((topic.name, raw_key, raw, headers, partition))

    def send_all(self, topic: TopicSpec, keys: Sequence[bytes | None], values: Sequence[bytes]) -> None:
        """Send many records, given as columns of bytes; each key says where its record goes.

        Raises:
            InvalidRecord: one is larger than its topic takes; none of them is sent.
        """
        _check_size(topic, max(values, key=len, default=None))
        if len(keys) != len(values):
            raise ValueError(f"{len(keys)} keys and {len(values)} values")
        self._messages.append(Columns(topic.name, keys, values))

    def view(self, table: Table[V], record: Record) -> TableView[V]:
        """Return the view of a table's partition that the record's partition is co-partitioned with.

        Raises:
            ConfigurationError: the record's topic has another number of partitions than the table.
        """
        slot = (table.name, record.partition)
        view = self._views.get(slot)
        if view is None:
            if (count := self._app.partitions_of(record.topic)) != table.count:
                raise ConfigurationError(
                    f"table {table.name} has {table.count} partitions and {record.topic} has {count}: no co-partition"
                )
            view = self._views[slot] = table.view(record.partition)
            view.mark()  # an attempt that makes the view must be able to take back what it writes
        return view

    def dead_letter(self, record: Record, error: Exception) -> None:
        """Set a record aside that can't be processed, ever."""
        self._dead_letter(record.raw, error)

    def attempt(self, record: Record) -> Attempt:
        """Return a block in which any error makes a dead letter of the record, and takes back what was written for it.

        A store that is down, or a wrong set-up, is no such error: it comes out of the block.
        """
        return Attempt(self, record)

    def follow(self, record: Record | None) -> None:
        """Let what is sent from here on carry the context of a record that is followed; None: of none."""
        tracer = self._app.span_tracer
        if record is None or tracer is None:
            self._span = None  # nothing else where nobody follows: this is on every record's way
            return
        place = (record.topic, record.partition, record.offset)
        span = self._spans.get(place) or tracer.begin(record, self._batch)
        if span is not None:
            self._spans[place] = span
        self._span = span

    async def __aenter__(self) -> Self:
        for run in self._batch.runs:
            for raw, error in run.rejected:
                self._dead_letter(raw, error)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self._end_spans(error)
            if isinstance(error, StaleRun):
                return True
            if isinstance(error, Exception):
                logger.error("stage failed stage=%s", self._batch.stage, exc_info=error)
                self._app.fail(f"stage {self._batch.stage} failed: {error!r}")
            return False
        try:
            await self._commit()
        except StaleRun as exc:
            self._end_spans(exc)
            logger.info("dropped, to be done by the new owner: %s", exc)
        return True

    async def _commit(self) -> None:
        batch, app = self._batch, self._app
        await batch.earlier()
        if batch.stale:
            raise StaleRun(f"{batch.stage}: {batch.size} records")
        for run in batch.runs:
            if not app.delivery.follows(run):
                app.fail(
                    f"stage {batch.stage} left out records before {run.tp.topic}-{run.tp.partition}@{run.next_offset}"
                )
        if (over := self._over_the_limit()) is not None:
            app.fail(over)
            return
        for (name, partition), view in self._views.items():
            changes = view.changes()
            table = app.hive_tables[name]
            table.hand_over(partition, changes)
            self._changes[name, partition] = changes
            self._messages.extend((table.changelog, key, value, None, partition) for key, value in changes.items())
        offsets = {run.tp: run.next_offset for run in batch.runs}
        notes = {tp: note for tp in offsets if (note := app.limit.note(tp)) is not None}
        done = app.committer.submit(Work(batch.stage, batch.generation, offsets, self._messages, notes))
        done.add_done_callback(self._settle)
        app.in_flight[batch.stage].append(done)

    def _over_the_limit(self) -> str | None:
        for run in self._batch.runs:
            why = self._app.limit.add(run, self._letters.get(run.tp, {}))
            if why is not None:
                return (
                    f"{why}: mend the cause and start again, where the records still are; HIVE_DEAD_LETTERS_IN_A_ROW "
                    "and HIVE_DEAD_LETTERS_SHARE are the limits"
                )
        return None

    def _settle(self, done: asyncio.Future[None]) -> None:
        error = done.exception()
        self._app.in_flight[self._batch.stage].remove(done)
        for (name, partition), changes in self._changes.items():
            self._app.hive_tables[name].settle(partition, changes, committed=error is None)
        self._end_spans(error)
        if error is None:
            self._app.committed(self._batch, dead_letters=self.dead_letters)
        else:
            logger.info("dropped, to be done by the new owner: %s", error)

    def _end_spans(self, error: BaseException | None) -> None:
        for span in self._spans.values():
            if error is not None:
                span.failed(error)
            span.end()
        self._spans.clear()

    def _dead_letter(self, raw: Any, error: Exception) -> None:
        topic = self._app.dead_letter_topic(raw.topic())
        logger.warning(
            "dead letter topic=%s partition=%d offset=%d %s: %s",
            raw.topic(),
            raw.partition(),
            raw.offset(),
            type(error).__name__,
            error,
        )
        self._messages.append(dead_letter(raw, error, topic=topic, stage=self._batch.stage))
        self.dead_letters += 1
        # What can't be read where anybody writes is the writer's fault; what had been a letter before was counted then.
        is_ours = not (isinstance(error, InvalidRecord) and self._app.is_open(raw.topic()))
        counts = is_ours and not is_again(raw.headers() or (), raw.topic())
        self._letters.setdefault(TP(raw.topic(), raw.partition()), {})[raw.offset()] = counts


class Attempt:
    """One record's part of a transaction, which can be taken back."""

    __slots__ = ("_before", "_record", "_sent", "_transaction")

    def __init__(self, transaction: Transaction, record: Record) -> None:
        self._transaction = transaction
        self._record = record

    def __enter__(self) -> None:
        self._before: Token[Record | None] = PROCESSED.set(self._record)
        self._transaction.follow(self._record)
        self._sent = len(self._transaction._messages)  # noqa: SLF001 — a part of it
        for view in self._transaction._views.values():  # noqa: SLF001
            view.mark()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        PROCESSED.reset(self._before)
        span = self._transaction._span  # noqa: SLF001
        self._transaction.follow(None)
        if not isinstance(error, Exception) or isinstance(error, StoreUnavailable | StaleRun | ConfigurationError):
            return False
        if span is not None:
            span.failed(error)
        del self._transaction._messages[self._sent :]  # noqa: SLF001
        for view in self._transaction._views.values():  # noqa: SLF001
            view.undo()
        self._transaction.dead_letter(self._record, error)
        return True


def _check_size(topic: TopicSpec, value: bytes | None) -> None:
    if value is not None and not topic.takes(value):
        raise InvalidRecord(
            "too-large", f"{len(value):,} bytes for {topic.name}, which takes {topic.max_message_bytes:,}"
        )


def transaction(batch: Batch) -> Transaction:
    """Return the transaction of a batch, for an ``async with`` block."""
    return Transaction(batch)
