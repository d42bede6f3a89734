"""Rolling metrics under kills: a simulated week of events while workers are SIGKILLed and scaled.

Audits, facts and answers with event times over seven days come in within a minute or two, most of them out of order by
less than the lateness, some late, some from a clock that is a day ahead. Workers that run `observe` are killed and
scaled meanwhile. Afterwards everything is recomputed from the three topics: every bucket that was sent, every one that
the table holds, and what a worker answers.
"""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from app import topics
from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from app.engine.admin import create_missing
from app.settings import Settings
from benchmarks.cluster import Cluster
from benchmarks.faults.fleet import Fleet
from benchmarks.faults.recomputed import numbers_of
from benchmarks.faults.rolling_events import SOURCES, records
from benchmarks.faults.rolling_judge import judge
from benchmarks.faults.stores import StoodStill
from benchmarks.records import Filler
from benchmarks.report import emit, progress
from benchmarks.servers import READY_TIMEOUT_S, hive_worker, is_ready
from models.records import RollingBucket, StageFact, decode
from models.rolling.cells import Bucket, Cell, Series
from models.rolling.facts import facts_of
from models.rolling.levels import LEVELS
from tables.rolling import ROLLING

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.faults.recomputed import Numbers
    from benchmarks.faults.rolling_judge import Outcome, Place
    from models.rolling.facts import Fact

STANDSTILL_S: Final = 120.0
TICK_S: Final = 0.2
OPEN: Final = 3
"""The most open buckets of a level, source and partition: the lateness spans two minutes at the most, and a part."""


@dataclass(frozen=True, kw_only=True)
class RollingPlan:
    """How much of what, in one run.

    Attributes:
        records: Records that tell of events, evenly over `duration_s`.
        kill_every_s: Seconds from one SIGKILL of a worker to the next, about.
        scales: How many workers there are in each stretch of the run.
    """

    seed: int
    records: int = 67_000
    duration_s: float = 90.0
    kill_every_s: float = 6.0
    scales: tuple[int, ...] = (1, 2, 3, 1, 2)


class RollingRun:
    """One run, all of it decided by its seed but for the moments that the machine decides."""

    def __init__(self, plan: RollingPlan, kafka: str, data_dir: Path) -> None:
        self._plan = plan
        self._chance = Random(plan.seed + 1)
        self._run_dir = data_dir / f"rolling-{plan.seed}-{uuid.uuid4().hex[:6]}"
        self._run_dir.mkdir(parents=True)
        self._app_id = self._run_dir.name
        self._cluster = Cluster(kafka)
        self._settings = Settings.load({"HIVE_KAFKA": kafka, "HIVE_APP_ID": self._app_id})
        self._ports: dict[str, int] = {}
        self._fleet = Fleet(self._worker)
        self._kills = 0

    def _worker(self, name: str) -> ManagedProcess:
        port = self._ports[name] = free_port()
        env = {
            "HIVE_KAFKA": self._settings.kafka,
            "HIVE_APP_ID": self._app_id,
            "HIVE_WEB_PORT": str(port),
            "HIVE_STAGES": "observe",
            "HIVE_SESSION_TIMEOUT_S": "8",
        }
        return hive_worker(name, env, self._run_dir)  # not waited for: it may be killed as it starts

    def run(self) -> Outcome:
        """Do it all, print the result, and return it.

        Raises:
            StoodStill: the records are not worked off although all workers are up.
        """
        began_s = time.monotonic()
        create_missing(self._settings, topics.TOPICS)
        try:
            self._fleet.scale(self._plan.scales[0])
            self._wait_ready("worker-1")  # the faults begin when there is something to disturb
            until_ms = time.time_ns() // 1_000_000
            self._disturb(until_ms)
            self._drain()
            for name in self._names():  # one may have been killed last, and another one have done the rest
                self._wait_ready(name)
            rss_mb = max(self._rss_mb())
            answers = [self._answer(name) for name in self._names()]
        finally:
            self._fleet.stop()
        progress("checking")
        held = self._held()
        outcome, told = judge(self._logs(), self._sent(), held, answers, now_ms=until_ms)
        emit(
            "rolling-faults",
            seed=self._plan.seed,
            records=self._plan.records,
            kills=self._kills,
            scales=list(self._plan.scales),
            worker_exits=self._fleet.exits,
            **asdict(outcome),
            **told,
            keys_most=max(Counter(at for at, _, _ in held).values()),
            keys_bound=sum(level.kept + OPEN for level in LEVELS),
            rss_max_mb=round(rss_mb),
            elapsed_s=round(time.monotonic() - began_s, 1),
        )
        return outcome

    # What is done

    def _disturb(self, until_ms: int) -> None:
        plan, filler = self._plan, Filler(self._settings.kafka)
        coming = records(plan.seed, plan.records, until_ms=until_ms)
        began_s, sent, stretch, next_kill_s = time.monotonic(), 0, 0, plan.kill_every_s
        while (passed_s := time.monotonic() - began_s) < plan.duration_s or sent < plan.records:
            while sent < plan.records and sent <= passed_s / plan.duration_s * plan.records:
                topic, key, value = next(coming)
                filler.put(topic.name, key.encode(), value)
                sent += 1
            wanted = min(int(passed_s / plan.duration_s * len(plan.scales)), len(plan.scales) - 1)
            if wanted != stretch:
                stretch = wanted
                progress(f"{plan.scales[stretch]} workers")
                self._fleet.scale(plan.scales[stretch])
            elif passed_s >= next_kill_s:
                next_kill_s = passed_s + plan.kill_every_s * self._chance.uniform(0.5, 1.5)
                self._fleet.kill(self._chance)
                self._kills += 1
            self._fleet.tend()
            time.sleep(TICK_S)
        filler.flush()

    def _wait_ready(self, name: str) -> None:
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while not is_ready(self._ports[name]):
            if time.monotonic() > deadline_s:
                raise StoodStill(f"{name} does not become ready")
            self._fleet.tend()
            time.sleep(TICK_S)

    def _drain(self) -> None:
        deadline_s = time.monotonic() + STANDSTILL_S
        while not (self._fleet.undisturbed and self._done()):
            if time.monotonic() > deadline_s:
                raise StoodStill("records are left although all workers are up")
            self._fleet.tend()
            time.sleep(TICK_S)

    def _done(self) -> bool:
        for topic in SOURCES:
            committed = self._cluster.committed(self._app_id, topic.name)
            ends = self._cluster.end_offsets(topic.name)
            if any(end and committed.get(partition, 0) < end for partition, end in ends.items()):
                return False
        return True

    def _names(self) -> list[str]:
        return [f"worker-{number + 1}" for number in range(self._plan.scales[-1])]

    def _rss_mb(self) -> list[float]:
        found = []
        for name in self._names():
            text = self._get(name, "/metrics")
            line = next(row for row in text.splitlines() if row.startswith("process_resident_memory_bytes "))
            found.append(float(line.split()[1]) / 2**20)
        return found

    def _answer(self, name: str) -> dict[str, Any]:
        deadline_s = time.monotonic() + STANDSTILL_S
        while True:
            try:
                found = self._get(name, "/tables/rolling?window=24h&by=stage,domain,specialist,query_type,outcome")
                return cast("dict[str, Any]", json.loads(found))
            except OSError as error:  # partitions are still being assigned, or a worker has not said yet where it is
                if time.monotonic() > deadline_s:
                    raise StoodStill(f"{name} has no whole answer: {error}") from error
                time.sleep(TICK_S)

    def _get(self, name: str, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[name]}{path}", timeout=10) as answer:
            return cast("bytes", answer.read()).decode()

    # What is judged

    def _logs(self) -> dict[tuple[str, int], list[Fact]]:
        logs: dict[tuple[str, int], list[Fact]] = {}
        for topic in SOURCES:
            for message in self._cluster.scan(topic.name):
                at = topic.name, cast("int", message.partition())
                record = decode(cast("type[StageFact]", topic.record), message.value())
                logs.setdefault(at, []).extend(facts_of(record))
        return logs

    def _sent(self) -> dict[Place, tuple[dict[str, Numbers], int]]:
        found: dict[Place, tuple[dict[str, Numbers], int]] = {}
        for message in self._cluster.scan(topics.METRICS_ROLLING.name):
            bucket = decode(RollingBucket, message.value())
            name = next(level.name for level in LEVELS if level.length_ms == bucket.length_ms)
            place = ((bucket.source, bucket.partition), name, bucket.start // bucket.length_ms)
            cells = {
                Series(each.stage, each.domain, each.specialist, each.query_type, each.outcome).key: Cell(
                    each.count, each.failed, each.scored, each.confidence_ppm, each.latency_ms, each.bins
                )
                for each in bucket.series
            }
            found[place] = numbers_of(cells), found.get(place, ({}, 0))[1] + 1
        return found

    def _held(self) -> dict[Place, dict[str, Numbers]]:
        kept: dict[tuple[int, bytes], bytes | None] = {}
        for message in self._cluster.scan(f"{self._app_id}-{ROLLING.name}-changelog"):
            kept[cast("int", message.partition()), cast("bytes", message.key())] = message.value()
        found: dict[Place, dict[str, Numbers]] = {}
        for (partition, key), raw in kept.items():
            if raw is not None:
                source, level, slot = key.decode().split("/")
                bucket = msgspec.json.decode(raw, type=Bucket)
                found[(source, partition), level, int(slot)] = numbers_of(bucket.cells)
        return found
