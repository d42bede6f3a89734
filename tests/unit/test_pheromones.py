"""Trails in Redis: written once whatever is delivered again, and read from memory whatever becomes of Redis."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import StoreUnavailable
from app.pheromones import Pheromones
from models.deliberation.weights import EVEN, Signal, judged, weight_of
from models.records import Domain, Recommendation, SpecialistType

NOW_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT


class Redis:
    """Sorted sets, and a switch."""

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, int]] = {}
        self.down = False

    async def run(self, commands: list[list[Any]]) -> list[Any]:
        self._check()
        for verb, key, *rest in commands:
            members = self.sets.setdefault(key, {})
            if verb == "ZADD":
                members.update(dict(zip(rest[1::2], rest[::2], strict=True)))
            elif verb == "ZREMRANGEBYRANK":
                for member in sorted(members, key=lambda one: (members[one], one))[: len(members) + rest[1] + 1]:
                    del members[member]
        return []

    async def read(self, commands: list[list[Any]]) -> list[Any]:
        self._check()
        return [[member.encode() for member in self.sets.get(command[1], ())] for command in commands]

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("redis", "no answer")


def trails_in(redis: Redis, *, now_ms: int = NOW_MS) -> Pheromones:
    return Pheromones(redis, scope="test", clock=lambda: now_ms)  # type: ignore[arg-type] # as much of it as is used


def signal(number: int, *, right: bool, at_ms: int = NOW_MS) -> Signal:
    said = APPROVE if right else REJECT
    return judged(
        f"p-{number}", SpecialistType.BUSINESS, Domain.SECURITY, said=said, confidence=0.9, label=APPROVE, at_ms=at_ms
    )


async def weight_after(*signals: Signal, now_ms: int = NOW_MS) -> float:
    trails = trails_in(Redis(), now_ms=now_ms)
    await trails.reinforce(signals)
    await trails.refresh()
    return weight_of(trails.trails(Domain.SECURITY)[SpecialistType.BUSINESS])


async def test_a_weight_rises_and_falls_with_the_record_and_time_takes_it_back() -> None:
    good = [signal(number, right=True) for number in range(5)]
    bad = [signal(number, right=False) for number in range(5)]
    assert await weight_after(*good) > 0.2 > await weight_after(*bad)
    assert 0.2 < await weight_after(*good, now_ms=NOW_MS + 5 * HOUR_MS) < await weight_after(*good)
    assert await weight_after(*bad) < await weight_after(*bad, now_ms=NOW_MS + 5 * HOUR_MS) < 0.2


async def test_what_is_delivered_again_changes_nothing_and_of_two_labels_the_newer_counts() -> None:
    good = [signal(number, right=True) for number in range(5)]
    assert await weight_after(*good, *good) == await weight_after(*good)
    corrected = [signal(number, right=False, at_ms=NOW_MS + 1) for number in range(5)]
    assert await weight_after(*good, *corrected, now_ms=NOW_MS + 1) == await weight_after(*corrected, now_ms=NOW_MS + 1)


async def test_a_trail_is_bounded() -> None:
    redis = Redis()
    await trails_in(redis).reinforce([signal(number, right=True, at_ms=NOW_MS + number) for number in range(1_000)])
    [members] = redis.sets.values()
    assert len(members) == 128
    assert min(members.values()) == NOW_MS + 872, "the newest are kept"


async def test_without_redis_what_was_known_stays_and_a_label_is_to_be_tried_again() -> None:
    redis = Redis()
    trails = trails_in(redis)
    assert trails.trails(Domain.SECURITY) == EVEN
    await trails.reinforce([signal(1, right=True)])
    await trails.refresh()
    known = trails.trails(Domain.SECURITY)
    assert known != EVEN
    assert trails.trails(Domain.BUSINESS)[SpecialistType.BUSINESS] == EVEN[SpecialistType.BUSINESS]
    redis.down = True
    with pytest.raises(StoreUnavailable):
        await trails.refresh()
    with pytest.raises(StoreUnavailable):
        await trails.reinforce([signal(2, right=True)])
    assert trails.trails(Domain.SECURITY) == known


async def test_what_others_have_written_there_counts_for_nothing() -> None:
    redis = Redis()
    trails = trails_in(redis)
    redis.sets["pheromones:test:business:SECURITY"] = {"no signal": 1}
    await trails.refresh()
    assert trails.trails(Domain.SECURITY)[SpecialistType.BUSINESS] == EVEN[SpecialistType.BUSINESS]
