"""Records a second through one process of each engine: consume, parse JSON, produce.

Measured the same way for all, from outside: the target topic stamps each batch with the broker's clock when it is
appended, and the rate is what was appended after the first stamp, divided by the time from the first to the last.
Start-up, group joining and the first batch count for nobody.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.embedded.process import ManagedProcess
from benchmarks import records
from benchmarks.job import Job
from benchmarks.peers_env import peers_python
from benchmarks.report import emit, progress

if TYPE_CHECKING:
    from benchmarks.cluster import Cluster

PARTITIONS = 4
POLL_S = 0.25
TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 15.0
ALO, EOS = "at-least-once", "exactly-once"
OURS, OURS_TABLE = "neural-hive-mind", "neural-hive-mind-table"
TARGETS = {"quix-eos": 4.0, "confluent-kafka": 0.4, "confluent-kafka-tuned": 0.4}
TABLE_TARGET = 0.4


class Incomplete(Exception):
    """An engine did not copy what it was given."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A program that does the job; `records` is what keeps it busy for five seconds or more."""

    name: str
    guarantee: str
    records: int
    argv: tuple[str, ...]


def engines() -> list[Engine]:
    """Return all engines, in the order in which they run."""
    ours, quix = (sys.executable, "-m"), (str(peers_python()), "-m", "benchmarks.peers.quix")
    worker = ("worker", "-l", "warn", "--without-web")
    return [
        Engine(
            name=OURS,
            guarantee=EOS,
            records=2_000_000,
            argv=(*ours, "faust", "-A", "benchmarks.apps.passthrough", *worker),
        ),
        Engine(
            name="confluent-kafka",
            guarantee=ALO,
            records=800_000,
            argv=(*ours, "benchmarks.peers.confluent"),
        ),
        Engine(
            name="confluent-kafka-tuned",
            guarantee=ALO,
            records=2_000_000,
            argv=(*ours, "benchmarks.peers.confluent", "tuned"),
        ),
        Engine(name="quix-eos", guarantee=EOS, records=300_000, argv=(*quix, EOS)),
        Engine(
            name=OURS_TABLE,
            guarantee=EOS,
            records=800_000,
            argv=(*ours, "faust", "-A", "benchmarks.apps.table", *worker),
        ),
        Engine(name="aiokafka", guarantee=ALO, records=300_000, argv=(*ours, "benchmarks.peers.aiokafka")),
        Engine(name="quix-alo", guarantee=ALO, records=300_000, argv=(*quix, ALO)),
        Engine(
            name="faust",
            guarantee=ALO,
            records=5_000,
            argv=(*ours, "faust", "-A", "benchmarks.peers.faust_stock", *worker),
        ),
    ]


def run(cluster: Cluster, data_dir: Path, *, repeats: int = 2, only: str = "") -> bool:
    """Measure every engine `repeats` times, in turns; return whether the targets are met."""
    chosen = [engine for engine in engines() if not only or engine.name in only.split(",")]
    sources = {size: f"bench-in-{size}" for size in sorted({engine.records for engine in chosen})}
    for size, topic in sources.items():
        progress(f"filling {topic}")
        cluster.create(topic, PARTITIONS)
        records.fill(cluster.bootstrap, topic, size)
    rates: dict[str, list[float]] = {engine.name: [] for engine in chosen}
    for _ in range(repeats):
        for engine in chosen:
            rate = measure(cluster, engine, source=sources[engine.records], data_dir=data_dir)
            rates[engine.name].append(rate)
            progress(f"{engine.name}: {rate:,.0f} records/s")
    return report(chosen, {name: median(found) for name, found in rates.items()})


def measure(cluster: Cluster, engine: Engine, *, source: str, data_dir: Path) -> float:
    """Run one engine over `source` and return its records a second."""
    run_id = f"bench-{engine.name}-{uuid.uuid4().hex[:8]}"
    job = Job(bootstrap=cluster.bootstrap, source=source, target=f"{run_id}-out", group=run_id)
    cluster.create(job.target, PARTITIONS, {"message.timestamp.type": "LogAppendTime"})
    (data_dir / run_id).mkdir(parents=True)
    env = job.worker_environment(data_dir / run_id)
    process = ManagedProcess(engine.name, engine.argv, env=env, log_path=data_dir / run_id / "log")
    process.start()
    try:
        wait_until_copied(cluster, job.target, engine.records, process)
    finally:
        process.stop(STOP_TIMEOUT_S)
    rate = rate_of(cluster, job.target, engine.records)
    cluster.delete([job.target])
    return rate


def wait_until_copied(cluster: Cluster, target: str, count: int, process: ManagedProcess) -> None:
    """Wait until `count` records are on `target` and no transaction is open there."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        ends = cluster.end_offsets(target)
        if sum(ends.values()) >= count and ends == cluster.end_offsets(target, stable=True):
            return
        if not process.alive or time.monotonic() > deadline:
            state = "still runs" if process.alive else f"ended with code {process.exit_code}"
            raise Incomplete("\n".join([f"{process.name} {state} at {ends}", *process.log_lines()]))
        time.sleep(POLL_S)


def rate_of(cluster: Cluster, target: str, count: int) -> float:
    """Return the rate that the append times of `target` tell."""
    appended: Counter[int] = Counter(message.timestamp()[1] for message in cluster.scan(target))
    found = sum(appended.values())
    if found < count:
        raise Incomplete(f"{target}: {found:,} of {count:,} records")
    first, last = min(appended), max(appended)
    return (found - appended[first]) / (last - first) * 1_000


def report(chosen: list[Engine], rates: dict[str, float]) -> bool:
    """Print rates and ratios; return whether each ratio meets its target."""
    for engine in chosen:
        name = "passthrough-table" if engine.name == OURS_TABLE else "passthrough"
        emit(
            name,
            engine=OURS if engine.name == OURS_TABLE else engine.name,
            records_per_s=round(rates[engine.name]),
            records=engine.records,
            guarantee=engine.guarantee,
        )
    if OURS not in rates:
        return True
    met = [_ratio(peer, rates[OURS] / rates[peer], target) for peer, target in TARGETS.items() if peer in rates]
    if OURS_TABLE in rates:
        met.append(_ratio("without-table", rates[OURS_TABLE] / rates[OURS], TABLE_TARGET))
    return all(met)


def _ratio(versus: str, ratio: float, target: float) -> bool:
    met = ratio >= target
    emit("passthrough-ratio", vs=versus, ratio=round(ratio, 2), target=target, met=met)
    return met
