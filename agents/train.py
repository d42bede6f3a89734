"""train: ``learning.examples`` → ``specialists.snapshots``, ``learning.events``. Each learner has one owner.

A snapshot is written in the transaction that commits the offsets of what it has learned, so that nothing is learned
twice or left out, whatever is killed: what is in memory counts only as long as it is what the newest snapshot holds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.ladder_rules import ladder_rules
from app.main import app, ladders, metrics, settings
from models.online import served
from models.online.features import NAMES, SCHEMA
from models.online.ladder_state import from_bytes, to_bytes
from models.online.serving import served_of
from models.online.specialists import learn, new_ladder, settings_of
from models.records import SpecialistType
from tables.ladders import Chunk, chunks_of, joined, read, served_key, write

if TYPE_CHECKING:
    from app.engine import Record, Transaction
    from models.online.ladder_state import LadderState
    from models.online.specialists import Step

logger = logging.getLogger(__name__)

RUN = 200
MOST = 5_000
"""Examples of one step: some seconds' work."""
REST = 10
"""Packing takes at most the tenth part of the time: a ladder that has grown is published less often."""

RULES: Final = ladder_rules(settings)
SPECIALISTS: Final = tuple(SpecialistType)
_held: dict[SpecialistType, tuple[str, LadderState]] = {}
"""What is in memory, and the version of the snapshot that it is."""


@app.agent(app.run_topic(topics.LEARNING_EXAMPLES, run_records=RUN))
async def train(stream: Any) -> None:
    """Teach each specialist's ladder, and publish it; what comes in the meantime goes into the next snapshot."""
    async for batch in runs(stream, most=MOST):
        began_s = time.monotonic()
        async with transaction(batch) as tx:
            by_partition: dict[int, list[Record]] = {}
            for record in batch:
                by_partition.setdefault(record.partition, []).append(record)
            for records in by_partition.values():
                await _train(tx, records)
        packing_s = time.monotonic() - began_s
        await asyncio.sleep(min(max(settings.snapshot_every_s, REST * packing_s), settings.snapshot_at_most_s))


async def _train(tx: Transaction, records: list[Record]) -> None:
    specialist = SPECIALISTS[records[0].partition]
    view = tx.view(ladders, records[0])
    parts = read(view, specialist.value)
    # Off the loop: learning and packing take long, and other stages have answers to give.
    step, chunks, serving, state = await asyncio.to_thread(_taught, specialist, parts, records)
    write(view, specialist.value, chunks)
    write(view, served_key(specialist), serving)
    _held[specialist] = (chunks[0].version, state)
    metrics.trained(specialist.value, step)
    for event in step.events:
        tx.send(topics.LEARNING_EVENTS, key=specialist.value, value=event)
    by_offset = {record.offset: record for record in records}
    for offset, error in step.refused:
        tx.dead_letter(by_offset[offset], error)


def _taught(
    specialist: SpecialistType, parts: list[Chunk], records: list[Record]
) -> tuple[Step, list[Chunk], list[Chunk], LadderState]:
    before = _state(specialist, parts)
    fresh = [(record.offset, record.value) for record in records if record.offset >= before.next_offset]
    step = learn(before, fresh)
    after = before._replace(next_offset=max(before.next_offset, records[-1].offset + 1))
    cut = partial(chunks_of, learned=after.ladder.learned, next_offset=after.next_offset, at_ms=now_ms())
    chunks = cut(to_bytes(after))
    serving = served.to_bytes(served_of(after.ladder, schema=SCHEMA, names=NAMES))
    return step, chunks, cut(serving, version=chunks[0].version), after


def _state(specialist: SpecialistType, parts: list[Chunk]) -> LadderState:
    held = _held.pop(specialist, None)  # while it learns it is no snapshot's any more
    if not parts:
        return new_ladder(specialist, RULES)
    if held is not None and held[0] == parts[0].version:
        return held[1]
    try:
        state = from_bytes(joined(parts), schema=SCHEMA)
        if state.ladder.adopt(settings_of(specialist, RULES)):
            logger.info("the learner of %s goes on by other thresholds", specialist.value)
    except ValueError as unreadable:
        logger.warning("the snapshot of %s can't be used, it is learned anew: %s", specialist.value, unreadable)
        return new_ladder(specialist, RULES)._replace(next_offset=parts[0].next_offset)
    return state
