"""One fault run from start to verdict."""

from __future__ import annotations

import sys
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from statistics import median
from threading import Event
from typing import TYPE_CHECKING

from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from app.topics import changelog
from benchmarks.cluster import Cluster
from benchmarks.faults import trace
from benchmarks.faults.check import Verdict, check
from benchmarks.faults.fleet import Fleet
from benchmarks.faults.load import inputs, produce
from benchmarks.faults.plan import Kind, Plan, schedule
from benchmarks.faults.watch import Watcher
from benchmarks.job import Job
from benchmarks.report import emit, progress

if TYPE_CHECKING:
    from pathlib import Path

    from app.embedded.stack import Stack
    from benchmarks.faults.trace import Hit

APP = "benchmarks.apps.count"
PARTITIONS = 4
TICK_S = 0.05
STANDSTILL_S = 120.0


class StandsStill(Exception):
    """The workers no longer move on although nothing disturbs them."""


@dataclass
class Done:
    """What was done in a run, and what it cost."""

    kills: list[Hit] = field(default_factory=list)
    stops: list[Hit] = field(default_factory=list)
    broker_kills: list[Future[None]] = field(default_factory=list)


class FaultRun:
    """Run the plan's faults while its records flow through `benchmarks.apps.count`."""

    def __init__(self, plan: Plan, servers: Stack, data_dir: Path) -> None:
        run_id = f"faults-{plan.seed}-{uuid.uuid4().hex[:6]}"
        self._plan = plan
        self._servers = servers
        self._rng = Random(plan.seed)
        bootstrap = servers.addresses["HIVE_KAFKA"]
        self._cluster = Cluster(bootstrap)
        self._job = Job(bootstrap=bootstrap, source=f"{run_id}-in", target=f"{run_id}-out", group=run_id)
        self._run_dir = data_dir / run_id
        self._run_dir.mkdir(parents=True)
        self._fleet = Fleet(self._worker)
        self._done = Done()
        self._broker_thread: ThreadPoolExecutor

    def run(self) -> Verdict:
        """Do it all, print the result, and return the verdict.

        Raises:
            StandsStill: The workers stopped moving.
            KafkaException: The input could not be produced.
        """
        began = time.monotonic()
        for topic in (self._job.source, self._job.target):
            self._cluster.create(topic, PARTITIONS)
        watcher = Watcher(self._job.bootstrap, self._job.target, PARTITIONS)
        stop = Event()
        with ThreadPoolExecutor(2) as pool, ThreadPoolExecutor(1) as self._broker_thread:
            watching = pool.submit(watcher.run, stop)
            load = pool.submit(self._produce, stop)
            try:
                self._disturb(load, watching)
                self._drain(watching)
                flowed_s = time.monotonic() - began
            finally:
                stop.set()
                self._fleet.stop()
        progress("checking")
        verdict = check(
            self._cluster,
            source=self._job.source,
            target=self._job.target,
            changelog=changelog(self._job.group, "totals").name,
        )
        self._report(verdict, watcher, flowed_s)
        return verdict

    def _produce(self, stop: Event) -> None:
        plan, job = self._plan, self._job
        records = inputs(plan.seed, plan.records)
        produce(job.bootstrap, job.source, records, per_s=plan.records / plan.duration_s, stop=stop)

    def _worker(self, name: str) -> ManagedProcess:
        trace_path = {"BENCH_TRACE": str(self._run_dir / f"{name}.trace")}
        return ManagedProcess(
            name,
            (sys.executable, "-m", "faust", "-A", APP, "worker", "-l", "info", "--without-web"),
            env=self._job.worker_environment(self._run_dir, worker=name, web_port=free_port()) | trace_path,
            log_path=self._run_dir / f"{name}.log",
        )

    def _disturb(self, load: Future[None], watching: Future[None]) -> None:
        self._fleet.scale(1)
        began = time.monotonic()
        pending = schedule(self._plan)
        while pending or not load.done():
            self._fleet.tend()
            _raise_from(load, watching, *self._done.broker_kills)
            if pending and time.monotonic() - began >= pending[0].at_s:
                self._inflict(pending.pop(0).kind)
            time.sleep(TICK_S)
        load.result()

    def _inflict(self, kind: Kind) -> None:
        match kind:
            case Kind.KILL:
                self._done.kills.append(self._fleet.kill(self._rng))
            case Kind.STOP:
                self._done.stops.append(self._fleet.pause(self._rng, self._plan.stop_s))
            case Kind.BROKER_KILL:
                self._done.broker_kills.append(self._broker_thread.submit(self._kill_broker))
            case Kind.SCALE_UP:
                self._fleet.scale(3)
            case Kind.SCALE_DOWN:
                self._fleet.scale(2)

    def _kill_broker(self) -> None:
        # In a thread of its own: other faults go on while the broker is away; a second kill waits for its start.
        progress("SIGKILL broker")
        self._servers.kill("kafka")
        self._servers.start("kafka")
        progress("broker is back")

    def _drain(self, watching: Future[None]) -> None:
        """Wait until every input record's offset is committed and no transaction is open."""
        for killed in self._done.broker_kills:
            killed.result()
        progress("all produced; waiting for the workers")
        before: dict[int, int] = {}
        moved_at = time.monotonic()
        while True:
            self._fleet.tend()
            _raise_from(watching)
            committed = self._cluster.committed(self._job.group, self._job.source)
            if self._fleet.undisturbed and committed == self._cluster.end_offsets(self._job.source):
                break
            if committed != before:
                before, moved_at = committed, time.monotonic()
            elif time.monotonic() - moved_at > STANDSTILL_S:
                raise StandsStill(f"committed {committed} of {self._cluster.end_offsets(self._job.source)}")
            time.sleep(TICK_S * 4)
        while self._cluster.end_offsets(self._job.target) != self._cluster.end_offsets(self._job.target, stable=True):
            time.sleep(TICK_S)

    def _report(self, verdict: Verdict, watcher: Watcher, flowed_s: float) -> None:
        attempts = trace.read(sorted(self._run_dir.glob("*.trace")))
        waits = [s for hit in self._done.kills if (s := trace.recovery_s(hit, attempts, watcher)) is not None]
        stops = [s for hit in self._done.stops if (s := trace.recovery_s(hit, attempts, watcher)) is not None]
        emit(
            "faults",
            seed=self._plan.seed,
            records=self._plan.records,
            kills=len(self._done.kills),
            stops=len(self._done.stops),
            broker_kills=len(self._done.broker_kills),
            **verdict.fields(),
            redelivered=sum(attempt.records for attempt in attempts) - self._plan.records,
            worker_exits=self._fleet.exits,
            recovery_p50_s=_rounded(median(waits)) if waits else None,
            recovery_max_s=_rounded(max(waits, default=None)),
            stop_recovery_max_s=_rounded(max(stops, default=None)),
            elapsed_s=_rounded(flowed_s),
        )


def _raise_from(*futures: Future[None]) -> None:
    for future in futures:
        if future.done():
            future.result()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
