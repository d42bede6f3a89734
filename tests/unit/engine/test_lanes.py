"""Which committer a stage's work goes to, and that all of them start, settle and stop together."""

from __future__ import annotations

import asyncio
from typing import cast

from app.engine.committer import Committer, Work
from app.engine.lanes import Lanes
from app.engine.run import Generation


class FakeCommitter:
    """Remembers what it was given; settles when it is told to."""

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.taken: list[Work] = []
        self.started = False
        self.settled = asyncio.Event()

    async def start(self) -> None:
        self.started = True

    def submit(self, work: Work) -> asyncio.Future[None]:
        self.taken.append(work)
        return asyncio.get_running_loop().create_future()

    async def settle(self) -> None:
        await self.settled.wait()

    async def stop(self) -> None:
        self.started = False


def _lanes(*own: str) -> tuple[Lanes, dict[str, FakeCommitter]]:
    made: dict[str, FakeCommitter] = {}

    def make(lane: str) -> Committer:
        made[lane] = FakeCommitter(lane)
        return cast("Committer", made[lane])

    return Lanes(make, own), made


async def test_a_stages_work_goes_to_its_own_committer_and_all_else_to_the_shared_one() -> None:
    lanes, made = _lanes("understand")
    for stage in ("understand", "plan", "execute_redis", "understand"):
        lanes.submit(Work(stage, Generation(1, "m"), {}))
    told = {lane: [work.stage for work in each.taken] for lane, each in made.items()}
    assert told == {"": ["plan", "execute_redis"], "-understand": ["understand", "understand"]}


async def test_they_are_started_and_stopped_together() -> None:
    lanes, made = _lanes("understand")
    assert not lanes.started
    made[""].started = True
    assert not lanes.started, "one of two is not enough"
    await lanes.start()
    assert lanes.started
    await lanes.stop()
    assert not any(each.started for each in made.values())


async def test_it_is_settled_when_each_of_them_is() -> None:
    lanes, made = _lanes("understand", "plan")
    settled = asyncio.ensure_future(lanes.settle())
    for committer in made.values():
        await asyncio.sleep(0)
        assert not settled.done()
        committer.settled.set()
    await asyncio.wait_for(settled, 1)


async def test_without_a_lane_there_is_one_committer() -> None:
    lanes, made = _lanes()
    lanes.submit(Work("understand", Generation(1, "m"), {}))
    assert list(made) == [""]
    assert len(made[""].taken) == 1
