"""Through a real worker that is killed: what is said of plans becomes labels, and each specialist learns them once."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from app import topics
from app.cli import main
from app.clock import now_ms
from app.engine.admin import create_missing
from app.settings import Settings
from app.specialists import Specialists
from benchmarks import learning, organisation
from models.deliberation.scoring import NO_LADDERS, consensus_of
from models.online.labels import Label, examples_of
from models.online.ladder_state import to_bytes
from models.online.specialists import learn, new_ladder
from models.records import LabelSource, LearningExample, SpecialistType
from tables.ladders import Chunk, chunks_of, partition_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack

PLANS = 60
KILLS = 1
LEARNED_S = 90.0


def snapshots(group: learning.Group) -> dict[str, Chunk]:
    """The first parts of the newest."""
    return {who.value: parts[0] for who, parts in learning.newest_snapshots(group).items() if parts}


def learned(group: learning.Group, mine: set[str]) -> list[LearningExample]:
    """Wait until all labels of our plans are examples, and all examples are in a snapshot."""
    deadline_s = time.monotonic() + LEARNED_S
    while True:
        given = group.examples()
        labelled = [each for _, _, each in given if each.label is not None and each.plan_id in mine]
        ends = {partition: offset + 1 for partition, offset, _ in given}
        known = snapshots(group)
        reached = [known[who.value].next_offset if who.value in known else 0 for who in SpecialistType]
        if len(labelled) >= len(mine) * len(SpecialistType) and reached == [ends.get(at, 0) for at in range(5)]:
            return labelled
        assert time.monotonic() < deadline_s, f"{len(labelled)} labelled, {reached} of {ends}"
        time.sleep(0.2)


def hive(group: learning.Group, *arguments: str) -> Any:
    return CliRunner().invoke(main, arguments, env={"HIVE_KAFKA": group.kafka}, catch_exceptions=False)


def leave_a_ladder(kafka: str) -> None:
    """Leave what another group had on the topic: a ladder that has learned what is none of this group's examples."""
    create_missing(Settings(kafka=kafka), topics.TOPICS)
    state, case, at_ms = new_ladder(SpecialistType.BUSINESS), next(organisation.cases(7, 1)), now_ms()
    label = Label(case.label, LabelSource.FEEDBACK, at_ms, SpecialistType.BUSINESS)
    (example,) = examples_of(consensus_of(case.plan, now_ms=at_ms, ladders=NO_LADDERS), label, light=False)
    learn(state, [(0, example)])
    producer = Producer({"bootstrap.servers": kafka})
    for number, chunk in enumerate(chunks_of(to_bytes(state), learned=1, next_offset=0, at_ms=at_ms)):
        key, partition = f"{SpecialistType.BUSINESS.value}/{number}", partition_of(SpecialistType.BUSINESS)
        producer.produce(topics.SPECIALISTS_SNAPSHOTS.name, msgspec.json.encode(chunk), key, partition)
    producer.flush(10)


@pytest.mark.timeout(300)
def test_labels_are_learned_once_whatever_is_killed_and_every_worker_scores_with_them(
    real_stack: Stack, tmp_path: Path
) -> None:
    leave_a_ladder(real_stack.addresses["HIVE_KAFKA"])
    group = learning.Group(real_stack.addresses, tmp_path, every_s=0.05, full_per_s=2.0)
    specialists, follower = learning.followed(group)
    seed = random.randrange(10**6)  # it is in the plans' ids
    drawn = list(organisation.cases(seed, PLANS))
    mine = {case.plan.plan_id for case in drawn}
    group.start()
    try:
        for at, case in enumerate(drawn):
            group.judge(case, specialists)
            group.label(case)
            if at % (PLANS // (KILLS + 1)) == 10:
                group.producer.flush(10)
                time.sleep(random.uniform(0, 0.5))
                group.again()
        group.label(drawn[0])  # a label that comes twice
        group.producer.flush(10)
        labelled = learned(group, mine)
        assert len(labelled) == PLANS * len(SpecialistType), "each label once"
        assert {(each.plan_id, each.label) for each in labelled} == {(case.plan.plan_id, case.label) for case in drawn}
        assert {each.light for each in labelled} == {True, False}, "of too many, the dearest learners learn a part"
        assert _told(group, "light") > 0, "and it is told of how many they don't"
        _follow(specialists, snapshots(group))
        assert learning.differing(group, specialists) == []

        another = next(organisation.cases(seed + 1, 1))
        group.judge(another, specialists)
        group.producer.flush(10)
        plan_id = another.plan.plan_id
        word = "conditional"
        assert hive(group, "feedback", plan_id, "--recommendation", word, "--by", "ana").exit_code == 0
        deadline_s = time.monotonic() + LEARNED_S
        while not [e for _, _, e in group.examples() if e.plan_id == plan_id and e.label and e.label.value == word]:
            assert time.monotonic() < deadline_s, "feedback was not taken"
            time.sleep(0.2)
        shown = hive(group, "drift", "status", "--json")
        assert shown.exit_code == 0
        standing = {each["specialist"]: each for each in msgspec.json.decode(shown.stdout)}
        assert set(standing) == {who.value for who in SpecialistType}
        assert all(each["learned"] >= PLANS for each in standing.values())
    finally:
        follower.stop()
        group.worker.stop(20)


def _told(group: learning.Group, effort: str) -> float:
    """What the worker tells of the examples that it has taught since it started."""
    found = re.findall(rf'examples_learned_total{{[^}}]*effort="{effort}"[^}}]*}} (\S+)', group.metrics())
    return sum(map(float, found))


def _follow(specialists: Specialists, newest: dict[str, Chunk]) -> None:
    """Wait until what scores has the newest snapshots."""
    deadline_s = time.monotonic() + LEARNED_S
    wanted = {name: chunk.version for name, chunk in newest.items()}
    while {who.value: scoring.version for who, scoring in specialists.current().items()} != wanted:
        assert time.monotonic() < deadline_s, wanted
        time.sleep(0.1)
