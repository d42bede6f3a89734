"""Which partitions of which tables an assignment restores, when topics differ in their number of partitions."""

from __future__ import annotations

from typing import Any

import pytest
from faust.types import TP

from app.engine.hive import HiveApp
from app.engine.restore import Restored
from app.engine.run import Generation
from app.settings import Settings
from app.topics import TopicSpec

MANY = TopicSpec(name="many", key="k", record=None, retention_ms=1)
ONE = TopicSpec(name="one", key="k", record=None, retention_ms=1, partitions=1)
LISTED = TopicSpec(name="snapshots", key="k", record=None, retention_ms=None, partitions=1)


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What has been read from which changelog."""
    asked: list[tuple[str, list[int]]] = []

    def restore(_: Any, topic: str, partitions: list[int], **__: Any) -> Restored:
        asked.append((topic, partitions))
        return Restored({partition: {b"k": b"1"} for partition in partitions}, 1, 0.0)

    monkeypatch.setattr("app.engine.hive.restore", restore)
    monkeypatch.setattr(HiveApp, "_is_current", lambda *_: True)
    return asked


async def test_a_table_goes_with_the_topics_that_have_as_many_partitions(restored: list[tuple[str, list[int]]]) -> None:
    app = HiveApp(Settings(app_id="t", partitions=4), outputs=(MANY, ONE, LISTED))
    flow = app.Table("flow", value_type=int)
    single = app.Table("single", value_type=int, changelog=LISTED)
    assert (flow.count, single.count, single.changelog) == (4, 1, "snapshots")

    await app._restore_tables({TP("many", 2), TP("many", 3), TP("one", 0)}, Generation(1, "me"))
    assert restored == [("t-flow-changelog", [2, 3]), ("snapshots", [0])]

    # Partition 0 of the many was another worker's all the time: what this one holds of it must not be taken for a copy.
    restored.clear()
    await app._restore_tables({TP("many", 0), TP("many", 3), TP("one", 0)}, Generation(2, "me"))
    assert restored == [("t-flow-changelog", [0])]
    assert ({0, 3}, {0}) == (set(flow.partitions), set(single.partitions))


async def test_what_another_may_have_written_meanwhile_is_read_again(restored: list[tuple[str, list[int]]]) -> None:
    app = HiveApp(Settings(app_id="t", partitions=4), outputs=(MANY, ONE))
    app.Table("flow", value_type=int)
    await app._restore_tables({TP("many", 1)}, Generation(1, "me"))
    await app._restore_tables({TP("many", 1)}, Generation(3, "me"))
    assert restored == [("t-flow-changelog", [1])] * 2


async def test_partitions_that_are_lost_are_given_up(restored: list[tuple[str, list[int]]]) -> None:
    app = HiveApp(Settings(app_id="t", partitions=4), outputs=(MANY, ONE))
    flow = app.Table("flow", value_type=int)
    await app._restore_tables({TP("many", 1), TP("many", 2)}, Generation(1, "me"))
    await app._restore_tables({TP("many", 2)}, Generation(2, "me"))
    assert {2} == set(flow.partitions)
    assert len(restored) == 1
