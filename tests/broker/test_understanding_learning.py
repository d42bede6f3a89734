"""People correct domains, and the system learns it: once, on every worker, whatever is killed in between."""

from __future__ import annotations

import json
import random
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from confluent_kafka import Consumer, TopicPartition

from app.cli import main
from app.embedded.ports import free_port
from models.records import ModelSnapshot
from tests.broker.cluster import get, producer, read, worker_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.embedded.process import ManagedProcess
    from app.embedded.stack import Stack

LESSONS = 200
CHUNK = 10
PARTITIONS = 4
CHAOS_S = 0.3
LEARNED_S = 60.0
VERBS = ("recalibrar", "inspecionar", "alinhar", "desmontar", "purgar", "check", "align", "flush")
THINGS = ("o quantômetro", "a zorvalha", "o bicletrão", "the zorgmeter", "a frangédula")
PLACES = ("do setor", "da ala", "no hangar", "of bay", "do pátio")


def said(number: int) -> str:
    """One of a hundred and more sentences about things that nobody has heard of."""
    chosen = random.Random(number)
    words = (chosen.choice(VERBS), chosen.choice(THINGS), chosen.choice(PLACES), str(number))
    return " ".join(words)


class Team:
    """Two workers of one group."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.kafka = stack.addresses["HIVE_KAFKA"]
        self.group = f"learn-{free_port()}"
        settings = {"HIVE_APP_ID": self.group, "HIVE_SNAPSHOT_EVERY_S": "0.1"}
        self.workers = [worker_process(stack.addresses, folder, settings) for _ in range(2)]

    def metrics(self, name: str) -> list[float | None]:
        found = [
            re.search(rf"^neural_hive_{name} ([\d.e+]+)$", get(p, "/metrics")[1], re.MULTILINE) for _, p in self.workers
        ]
        return [float(match[1]) if match else None for match in found]

    def learner(self) -> ManagedProcess:
        """The one whose stage has learned something."""
        counts = self.metrics(r'records_total\{stage="learn"\}')
        return self.workers[max(range(2), key=lambda at: counts[at] or 0)][0]

    def settled(self) -> int:
        """Wait until what other tests have said is learned, or refused; return how many lessons that makes."""
        said = read(self.kafka, ["feedback.intentions"], lambda _: False, timeout_s=3)
        end = said[-1].offset() + 1 if said else 0
        reader = Consumer({"bootstrap.servers": self.kafka, "group.id": self.group})
        feedback = TopicPartition("feedback.intentions", 0)
        deadline_s = time.monotonic() + LEARNED_S
        while end and (done := reader.committed([feedback], timeout=10)[0].offset) < end:
            assert time.monotonic() < deadline_s, f"{done} of {end}"
            time.sleep(0.05)
        reader.close()
        newest = snapshot(self.kafka)
        return newest.learned if newest else 0

    def wait_learned(self, count: int, *, everybody: bool = False) -> None:
        """Wait until a worker, or each, scores with a model that was taught so often."""
        deadline_s = time.monotonic() + LEARNED_S
        while True:
            found = self.metrics(r'model_learned\{model="nlu.domain"\}')
            if (all if everybody else any)(learned == count for learned in found):
                return
            assert time.monotonic() < deadline_s, f"{found} instead of {count}"
            time.sleep(0.05)


@pytest.fixture
def team(real_stack: Stack, tmp_path: Path) -> Iterator[Team]:
    made = Team(real_stack, tmp_path)
    try:
        for process, _ in made.workers:
            process.spawn()
        for process, _ in made.workers:
            process.wait_ready()
        yield made
    finally:
        for process, _ in made.workers:
            process.stop(timeout_s=30)


def snapshot(kafka: str) -> ModelSnapshot | None:
    """The newest one."""
    found = read(kafka, ["models.snapshots"], lambda _: False, timeout_s=3)
    return msgspec.json.decode(found[-1].value(), type=ModelSnapshot) if found else None


def audits(kafka: str, texts: list[str]) -> dict[str, dict[str, Any]]:
    """Submit texts, spread over all partitions; return what was decided on each, by its text."""
    to = producer(kafka)
    ids = {str(uuid.uuid4()): text for text in texts}
    for number, (identity, text) in enumerate(ids.items()):
        body = json.dumps({"id": identity, "text": text})
        to.produce("intentions.submitted", body, key=identity, partition=number % PARTITIONS)
    assert to.flush(10) == 0

    def ours(messages: list[Any]) -> dict[str, dict[str, Any]]:
        keyed = {m.key().decode(): m for m in messages}
        return {ids[key]: json.loads(m.value()) for key, m in keyed.items() if key in ids}

    return ours(read(kafka, ["intentions.audit"], lambda found: len(ours(found)) == len(ids)))


@pytest.mark.timeout(400)
def test_200_corrections_move_unseen_texts_on_every_worker_and_are_learned_once_through_kills(team: Team) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    unseen = [said(10_000 + number) for number in range(20)]
    asked = audits(team.kafka, unseen)
    assert sum(found["domain"] == "COMPLIANCE" for found in asked.values()) < 10, "nobody knows these words yet"
    learned_before = team.settled()

    to = producer(team.kafka)
    chunks = LESSONS // CHUNK
    kills = chance.sample(range(1, chunks, 2), 3)
    for chunk in range(chunks):
        for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
            body = {"intention_id": f"f{number}", "text": said(number), "domain": "COMPLIANCE", "at": 1, "by": "ana"}
            to.produce("feedback.intentions", json.dumps(body), key=f"f{number}")
        assert to.flush(10) == 0
        if chunk in kills:  # while it reads, learns, packs or commits
            time.sleep(chance.random() * CHAOS_S)
            killed = team.learner()
            killed.kill()
            killed.spawn()
        else:
            team.wait_learned(learned_before + (chunk + 1) * CHUNK)
    for process, _ in team.workers:
        process.wait_ready()

    wanted = learned_before + LESSONS
    team.wait_learned(wanted, everybody=True)
    after = snapshot(team.kafka)
    assert after is not None
    events = [json.loads(m.value()) for m in read(team.kafka, ["learning.events"], lambda _: False, timeout_s=2)]
    steps = [event for event in events if event.get("model") == after.model and "learned" in event]
    ours = [step for step in steps if step["learned"] > learned_before]
    assert sum(event["examples"] for event in ours) == LESSONS, f"seed {seed}: each was learned once"
    assert (after.learned, after.next_offset) == (wanted, ours[-1]["next_offset"])

    asked_live = CliRunner().invoke(main, ["understand", unseen[0], "--live", "--json"], env={"HIVE_KAFKA": team.kafka})
    told = json.loads(asked_live.stdout)
    assert (told["model_version"], told["domain"]) == (after.version, "COMPLIANCE")

    moved = audits(team.kafka, unseen)
    assert {found["model_version"] for found in moved.values()} == {after.version}
    assert sum(found["domain"] == "COMPLIANCE" for found in moved.values()) >= 19, moved
