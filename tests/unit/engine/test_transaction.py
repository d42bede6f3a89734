"""A stage's transaction on an application that only remembers what it is handed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from faust.types import TP

from app.engine.committer import Columns
from app.engine.run import Generation
from app.engine.transaction import transaction
from app.errors import ConfigurationError, StaleRun, StoreUnavailable
from models.errors import InvalidRecord
from tests.unit.engine.fakes import OUT, FakeApp, batch_of

if TYPE_CHECKING:
    from app.engine.run import Batch


async def test_a_batch_becomes_outputs_changelog_and_offsets() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"1", b"2", first=10)) as tx:
        for record in batch_of(app, b"1", b"2", first=10):
            view = tx.view(app.counts, record)
            view["sum"] = view.get("sum", 0) + record.value
            tx.send(OUT, key="k", value=b"%d" % record.value)
    work, done = app.committer.taken[0]
    assert {TP("in", 0): 12} == work.offsets
    assert [m[:3] for m in work.messages[:2]] == [("out", b"k", b"1"), ("out", b"k", b"2")]
    assert work.messages[2] == ("counts-log", b"sum", b"3", None, 0), "each key once"
    assert "sum" not in app.counts, "the table changes when the commit has succeeded"
    done.set_result(None)
    await asyncio.sleep(0)
    assert app.counts["sum"] == 3
    assert app.noted == [(2, 0)]


async def test_what_cannot_be_decoded_becomes_a_dead_letter_of_the_same_transaction() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"1", b"x", b"broken", b"4")):
        pass
    work, _ = app.committer.taken[0]
    assert [(m[0], m[2]) for m in work.messages] == [("in-dead", b"x"), ("in-dead", b"broken")]
    assert {TP("in", 0): 4} == work.offsets


async def test_a_batch_that_goes_over_the_limit_of_dead_letters_is_not_committed() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"x", b"x", b"x")):
        pass
    [(work, done)] = app.committer.taken
    assert work.notes == {TP("in", 0): "letters 3 3 3"}, "the counts go with the offset"
    done.set_result(None)
    await asyncio.sleep(0)
    async with transaction(batch_of(app, b"x", first=3, after=3)):
        pass
    assert app.committer.taken == [(work, done)]
    [reason] = app.failed
    assert "4 records in a row of in-0 became dead letters, 3 may" in reason
    assert "HIVE_DEAD_LETTERS_IN_A_ROW" in reason


async def test_what_cannot_be_read_where_anybody_writes_does_not_count_but_our_defects_do() -> None:
    app = FakeApp()
    app.open.add("in")
    async with transaction(batch_of(app, *[b"x"] * 10)):
        pass
    assert len(app.committer.taken[0][0].messages) == 10
    async with transaction(batch_of(app, *[b"broken"] * 4, first=10, after=10)):
        pass
    assert [len(app.committer.taken), len(app.failed)] == [1, 1]


async def test_an_error_of_one_record_takes_back_only_what_was_written_for_it() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1", b"0", b"3")
    async with transaction(batch) as tx:
        for record in batch:
            with tx.attempt(record):
                view = tx.view(app.counts, record)
                view["sum"] = view.get("sum", 0) + record.value + 100 * (record.value == 0)
                tx.send(OUT, key="k", value=b"%d" % (12 // record.value))
    work, done = app.committer.taken[0]
    assert [m[0] for m in work.messages] == ["out", "in-dead", "out", "counts-log"]
    done.set_result(None)
    await asyncio.sleep(0)
    assert app.counts["sum"] == 4


async def test_an_attempt_that_fails_takes_back_the_first_write_to_a_table_too() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1")
    async with transaction(batch) as tx:
        for record in batch:
            with tx.attempt(record):
                tx.view(app.counts, record)["sum"] = 1
                raise ValueError("for ever")
    assert [m[0] for m in app.committer.taken[0][0].messages] == ["in-dead"]


async def test_a_table_with_another_number_of_partitions_is_refused_and_ends_the_worker() -> None:
    app = FakeApp()
    app.counts.count = 1

    async def count(batch: Batch) -> None:
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    tx.view(app.counts, record)["sum"] = 1

    with pytest.raises(ConfigurationError, match="counts has 1 partitions and in has 4"):
        await count(batch_of(app, b"1"))
    assert "counts has 1 partitions" in app.failed[0]


async def test_a_record_may_be_sent_to_a_partition_of_its_own() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"1")) as tx:
        tx.send(OUT, key="k", value=b"1", partition=3)
        tx.send(OUT, key="k", value=b"2")
    assert [m[4] for m in app.committer.taken[0][0].messages] == [3, None]


async def test_an_answer_that_is_too_large_is_no_reason_to_stop() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1")
    async with transaction(batch) as tx:
        for record in batch:
            with tx.attempt(record):
                tx.send(OUT, key="k", value=b"x" * OUT.max_message_bytes)
    assert [m[0] for m in app.committer.taken[0][0].messages] == ["in-dead"]


async def test_the_next_batches_see_what_is_being_committed_and_two_at_most_are() -> None:
    app = FakeApp()

    async def count(batch: Batch) -> None:
        async with transaction(batch) as tx:
            for record in batch:
                view = tx.view(app.counts, record)
                view["sum"] = view.get("sum", 0) + record.value

    await count(batch_of(app, b"1"))
    await count(batch_of(app, b"2", first=1, after=1))
    third = asyncio.ensure_future(count(batch_of(app, b"4", first=2, after=2)))
    await asyncio.sleep(0.01)
    sums = [work.messages[-1][2] for work, _ in app.committer.taken]
    assert sums == [b"1", b"3"], "the third waits until the first is committed"
    app.committer.taken[0][1].set_result(None)
    await third
    assert app.counts["sum"] == 1
    assert app.committer.taken[2][0].messages[-1][2] == b"7"
    app.committer.taken[1][1].set_result(None)
    app.committer.taken[2][1].set_result(None)
    await asyncio.sleep(0)
    assert app.counts["sum"] == 7
    assert not app.in_flight["stage"]


async def test_batches_that_are_dropped_one_after_the_other_leave_nothing_behind() -> None:
    app = FakeApp()
    for first, value in enumerate((b"1", b"2")):
        async with transaction(batch_of(app, value, first=first, after=first or None)) as tx:
            for record in batch_of(app, value):
                tx.view(app.counts, record)["sum"] = record.value
    for _, done in app.committer.taken:
        done.set_exception(StaleRun("moved"))
    await asyncio.sleep(0)
    assert dict(app.counts.view(0)) == {}


async def test_work_that_the_committer_drops_changes_no_table() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1")
    async with transaction(batch) as tx:
        for record in batch:
            tx.view(app.counts, record)["sum"] = 1
    app.committer.taken[0][1].set_exception(StaleRun("moved"))
    await asyncio.sleep(0)
    assert len(app.counts) == 0
    assert app.noted == []


async def test_a_batch_whose_partitions_have_moved_on_is_not_handed_over() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"1")):
        app.generation = Generation(2, "me")
    assert app.committer.taken == []
    assert app.failed == []


async def test_an_error_outside_of_an_attempt_ends_the_worker() -> None:
    app = FakeApp()
    with pytest.raises(ZeroDivisionError):
        async with transaction(batch_of(app, b"1")):
            raise ZeroDivisionError
    assert "stage stage failed" in app.failed[0]
    assert app.committer.taken == []


async def test_records_that_were_left_out_end_the_worker() -> None:
    app = FakeApp()
    async with transaction(batch_of(app, b"1")):
        pass
    app.committer.taken[0][1].set_result(None)
    async with transaction(batch_of(app, b"9", first=9, after=8)):
        pass
    assert "left out records" in app.failed[0]


async def test_a_store_that_is_down_is_waited_for_and_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.run.RETRY_FIRST_S", 0.001)
    app = FakeApp()
    tried: list[int] = []

    async def ask(record: Any) -> int:
        tried.append(record.value)
        if tried.count(record.value) < 3:
            raise StoreUnavailable("mongo", "down")
        if record.value == 2:
            raise ValueError("for ever")
        return -int(record.value)

    outcomes = await batch_of(app, b"1", b"2", b"3").map(ask)
    assert [outcome for _, outcome in outcomes if not isinstance(outcome, Exception)] == [-1, -3]
    assert isinstance(outcomes[1][1], ValueError)
    assert "stage" in app.watchdog.paused


async def test_waiting_for_a_store_ends_when_the_partitions_move_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.run.RETRY_FIRST_S", 0.001)
    app = FakeApp()

    async def ask(record: Any) -> int:
        app.generation = Generation(2, "me")
        raise StoreUnavailable("mongo", "down")

    with pytest.raises(StaleRun):
        await batch_of(app, b"1").map(ask)


async def test_columns_are_sent_as_single_records_are_and_leave_out_what_was_rejected() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1", b"broken", b"2")
    async with transaction(batch) as tx:
        tx.send_all(OUT, batch.keys, [b"%d" % value for value in batch.values])
    [(work, _)] = app.committer.taken
    sent = [message for message in work.messages if message[0] == "out"]
    assert sent == [Columns("out", [b"key", b"key"], [b"1", b"2"])]
    assert len([message for message in work.messages if message[0] == "in-dead"]) == 1


async def test_of_columns_with_one_value_that_is_too_large_none_is_sent() -> None:
    app = FakeApp()
    batch = batch_of(app, b"1")
    async with transaction(batch) as tx:
        with pytest.raises(InvalidRecord, match="too-large"):
            tx.send_all(OUT, [b"a", b"b"], [b"1", b"x" * OUT.max_message_bytes])
    [(work, _)] = app.committer.taken
    assert not work.messages


async def test_columns_of_different_lengths_are_a_defect_and_lose_nothing_silently() -> None:
    batch = batch_of(FakeApp(), b"1")
    tx = transaction(batch)
    with pytest.raises(ValueError, match="1 keys and 2 values"):
        tx.send_all(OUT, [b"a"], [b"1", b"2"])
