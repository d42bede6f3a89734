"""Following the snapshots on a real broker: the newest before work begins, every new one, and no bad one."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Self

import msgspec
import pytest

from app.learning import Followed, Follower
from app.settings import Settings
from app.topics import MODELS_SNAPSHOTS, TopicSpec
from models.records import ModelSnapshot
from tests.broker.cluster import producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.embedded.stack import Stack


class Number:
    """A model that is a number."""

    def __init__(self, version: str) -> None:
        self.version = version

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        if not data.isdigit():
            raise ValueError("no number")
        return cls(data.decode())


class Topic:
    """A topic of snapshots of the test's own."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self._to = producer(settings.kafka)

    def put(self, *values: bytes, model: str = "n") -> None:
        for data in values:
            snapshot = ModelSnapshot(
                model=model, version=data.decode(), seed="s", learned=1, at=1, next_offset=1, data=data
            )
            self.put_raw(msgspec.json.encode(snapshot), model=model)

    def put_raw(self, value: bytes | None, *, model: str | None = "n") -> None:
        self._to.produce(self.name, value, key=model)
        assert self._to.flush(10) == 0


@pytest.fixture
def topic(stack: Stack, request: pytest.FixtureRequest) -> Topic:
    from app.engine import admin

    settings = Settings.load(stack.addresses)
    name = f"snapshots-{abs(hash(request.node.nodeid))}"
    spec = TopicSpec(name=name, key="model", record=None, retention_ms=None, partitions=1, extra=MODELS_SNAPSHOTS.extra)
    admin.create_missing(settings, [spec])
    return Topic(settings, name)


@pytest.fixture
def follow(topic: Topic) -> Iterator[Callable[[Followed[Number]], Follower]]:
    made: list[Follower] = []

    def make(followed: Followed[Number]) -> Follower:
        follower = Follower(topic.settings.kafka_client(), topic.name, {followed.name: followed}.get, patience_s=20)
        made.append(follower)
        return follower

    yield make
    for follower in made:
        follower.stop()


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


async def test_the_newest_is_there_when_the_start_is_over_and_later_ones_follow(
    topic: Topic, follow: Callable[[Followed[Number]], Follower]
) -> None:
    topic.put(b"1", b"2", b"3")
    topic.put(b"9", model="another")
    followed = Followed("n", Number("shipped"))
    await follow(followed).start()
    assert followed.model.version == "3"
    topic.put(b"4")
    until(lambda: followed.model.version == "4")
    model, snapshot = followed.now
    assert snapshot is not None
    assert model.version == snapshot.version == "4"


async def test_an_empty_topic_leaves_the_model_that_is_shipped(follow: Callable[[Followed[Number]], Follower]) -> None:
    followed = Followed("n", Number("shipped"))
    began_s = time.monotonic()
    await follow(followed).start()
    assert time.monotonic() - began_s < 15, "nothing is waited for"
    assert (followed.model.version, followed.now[1]) == ("shipped", None)


async def test_a_bad_snapshot_is_logged_counted_and_passed_over(
    topic: Topic, follow: Callable[[Followed[Number]], Follower], caplog: pytest.LogCaptureFixture
) -> None:
    refused: list[int] = []
    followed = Followed("n", Number("shipped"))
    followed.on_refused = lambda: refused.append(1)
    topic.put(b"1")
    await follow(followed).start()
    with caplog.at_level(logging.WARNING):
        for number, bad in enumerate((b"nonsense", b"{}", b"\xff" * 100, b"null"), start=1):
            topic.put_raw(bad)
            until(lambda number=number: len(refused) == number)  # type: ignore[misc]
    topic.put(b"no number")
    until(lambda: len(refused) == 5)
    assert followed.model.version == "1"
    assert "snapshot refused model=n" in caplog.text
    topic.put_raw(None)
    topic.put_raw(b"1", model=None)
    topic.put(b"2")
    until(lambda: followed.model.version == "2")
