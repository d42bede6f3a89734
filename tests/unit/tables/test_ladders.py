"""Snapshots in chunks: what is read is what was written, whole, or nothing."""

from __future__ import annotations

import random

import pytest

from app.engine.tables import Table
from app.specialists import Specialists
from models.errors import InvalidSnapshot
from models.online import served
from models.online.features import NAMES, SCHEMA
from models.online.serving import served_of
from models.online.specialists import new_ladder
from models.records import SpecialistType
from tables import ladders
from tables.ladders import LADDERS, Chunk, chunks_of, joined, partition_of, read, served_key, write

WHO = SpecialistType.EVOLUTION


def cut(data: bytes) -> list[Chunk]:
    return chunks_of(data, learned=3, next_offset=7, at_ms=1)


@pytest.mark.parametrize("sizes", [[10, 35, 5], [40, 9], [1]])
def test_the_newest_snapshot_is_read_whole_and_nothing_of_the_one_before_stays(
    sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladders, "CHUNK_BYTES", 10)
    table = Table(LADDERS.name, changelog="c", value_type=LADDERS.value_type, count=5)
    assert read(table.view(0), WHO) == []
    for size in sizes:
        data = random.Random(size).randbytes(size)
        view = table.view(0)
        write(view, WHO, cut(data))
        changes = view.changes()
        table.hand_over(0, changes)
        table.settle(0, changes, committed=True)
        assert joined(read(table.view(0), WHO)) == data
        assert len(table) == -(-size // 10)


def test_parts_of_two_snapshots_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladders, "CHUNK_BYTES", 10)
    one, other = cut(b"a" * 25), cut(b"b" * 25)
    for parts in ([], one[:2], [one[0], other[1], one[2]]):
        with pytest.raises(InvalidSnapshot):
            joined(parts)
    monkeypatch.setattr(ladders, "MOST_CHUNKS", 2)
    with pytest.raises(InvalidSnapshot, match="allowed"):
        cut(b"a" * 25)


def test_each_specialist_has_a_partition_of_its_own() -> None:
    assert sorted(map(partition_of, SpecialistType)) == list(range(LADDERS.partitions or 0))


def test_a_worker_scores_with_a_snapshot_once_all_of_its_parts_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladders, "CHUNK_BYTES", 1_000)
    state = new_ladder(WHO)
    state.ladder.learn(dict.fromkeys(NAMES, 0.5), "approve")
    chunks = cut(served.to_bytes(served_of(state.ladder, schema=SCHEMA, names=NAMES)))
    assert len(chunks) > 1
    specialists, refused = Specialists(), list[str]()
    specialists.on_refused = refused.append
    for number, chunk in enumerate(chunks):
        assert specialists.current() == {}
        assert specialists.put(WHO, number, chunk)
    [(who, scoring)] = specialists.current().items()
    assert (who, scoring.version, scoring.ladder.learned) == (WHO, chunks[0].version, 1)

    foreign = chunks_of(b"no ladder", learned=1, next_offset=2, at_ms=1)
    assert not specialists.put(WHO, 0, foreign[0])
    part = specialists.followed(f"{served_key(WHO)}/0")
    assert part is not None
    assert not part.take(b"{")
    assert [specialists.followed(key) for key in ("", WHO, f"{WHO}/0", f"served:{WHO}/x", "served:no/0")] == [None] * 5
    assert refused == [WHO.value, WHO.value]
    assert specialists.current()[WHO] is scoring, "what can't be used leaves the one before"
