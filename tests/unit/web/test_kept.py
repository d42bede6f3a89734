"""What the console remembers: the newest, within bounds, the same however often the reader begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from app import topics
from app.stores.kafka import Found
from app.web.kept import SHELVES, Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

AUDIT = topics.INTENTIONS_AUDIT.name
STATES = topics.PLANS_STATES.name
LETTERS = topics.DEAD_LETTERS[0].name


def record(topic: str, key: str, offset: int, value: bytes | None = b"{}", *, partition: int = 0) -> Found:
    return Found(topic, partition, offset, 1_000 + offset, key.encode(), value, [])


def test_of_a_key_the_newest_records_are_kept_and_a_tombstone_takes_all() -> None:
    kept = Kept()
    kinds = kept.take([record(AUDIT, "a", 0), record(AUDIT, "a", 1), record(STATES, "p", 0), record(LETTERS, "a", 0)])
    assert kinds == {"intentions", "letters"}
    assert [found.offset for found in kept.of(AUDIT, "a")] == [0, 1]
    kept.take([record(STATES, "p", 1, None)])
    assert kept.of(STATES, "p") == []
    assert kept.of(AUDIT, "nobody") == []


def test_what_nobody_asked_for_is_not_kept() -> None:
    kept = Kept()
    assert kept.take([record("sample.events", "a", 0)]) == set()
    assert kept.size_bytes == 0


def test_each_dead_letter_counts_whatever_its_key() -> None:
    kept = Kept()
    kept.take([record(LETTERS, "same", offset) for offset in range(3)])
    assert [found.offset for found in kept.newest(LETTERS)] == [2, 1, 0]
    assert kept.of(LETTERS, "0/1")[0].offset == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=40))
def test_reading_again_from_the_beginning_changes_nothing(written: Sequence[tuple[str, int]]) -> None:
    records = [record(AUDIT, key, offset, partition=partition) for offset, (key, partition) in enumerate(written)]
    once, twice = Kept(), Kept()
    once.take(records)
    twice.take(records)
    twice.take(records)
    assert once.all(AUDIT) == twice.all(AUDIT)
    assert once.size_bytes == twice.size_bytes
    assert once.counts == twice.counts


def test_it_stays_within_its_bounds_in_keys_and_in_bytes() -> None:
    kept, shelf = Kept(), SHELVES[AUDIT]
    kept.take(record(AUDIT, str(number), number) for number in range(shelf.keys + 100))
    assert len(kept.newest(AUDIT)) == shelf.keys
    assert kept.of(AUDIT, "0") == [], "the oldest has gone"
    large = bytes(shelf.most_bytes // 4)
    kept.take(record(AUDIT, f"large-{number}", 10_000 + number, large) for number in range(20))
    assert kept.size_bytes <= shelf.most_bytes
    assert kept.of(AUDIT, "large-19"), "the newest is there"


def test_one_record_that_is_larger_than_all_may_be_is_kept_alone() -> None:
    kept, shelf = Kept(), SHELVES[AUDIT]
    kept.take([record(AUDIT, "small", 0), record(AUDIT, "huge", 1, bytes(shelf.most_bytes + 1))])
    assert [found.key for found in kept.newest(AUDIT)] == [b"huge"]
