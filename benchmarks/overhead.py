"""What being measured costs: the same burst of intentions with all metrics on, scraped, and with none.

The worker understands and plans, from readings that are in its cache: the least work for each count. It is judged by
the CPU time of the worker, which is what bounds its throughput, and of that by the least of all bursts: what else
runs on the machine only ever adds to it. The medians, and what the clock says, are printed too.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
from confluent_kafka import Producer

from app import topics
from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from app.sample.questions import QUESTIONS
from benchmarks.latency import cpu_s
from benchmarks.report import emit, progress
from benchmarks.servers import is_ready, leave_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cluster import Cluster

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = 0.97
STAGES: Final = "understand,plan"
READ: Final = (topics.INTENTIONS_SUBMITTED, *topics.INTENTIONS_OF.values())
WARM_UP: Final = 2_000
BURSTS: Final = 4
"""Of each worker."""
SCRAPE_S: Final = 5.0
"""Three times as often as the service monitor of `k8s/` has it."""
START_S: Final = 120.0
DONE_S: Final = 120.0
ORDER: Final = ("on", "off", "off", "on")
"""So that a machine that gets slower, or quicker, treats both alike."""
APPS: Final = {"on": "app.main", "off": "benchmarks.apps.quiet"}


class NeverDone(Exception):
    """A worker did not start, or did not work off what was sent."""


@dataclass(frozen=True)
class Burst:
    """What one burst took: the worker's CPU seconds, and seconds by the clock."""

    cpu_s: float
    seconds: float


def run(cluster: Cluster, data_dir: Path, *, intentions: int, rounds: int) -> bool:
    """Measure both, in turn; print what they do in a second, and the share that is left with metrics."""
    found: dict[str, list[Burst]] = {"on": [], "off": []}
    for number, way in enumerate(ORDER * rounds):
        with _worker(cluster, data_dir, way, number) as (worker, group):
            _burst(cluster, group, worker, WARM_UP)
            bursts = [_burst(cluster, group, worker, intentions) for _ in range(BURSTS)]
        found[way] += bursts
        progress(f"{way}: {[round(burst.cpu_s / intentions * 1e6) for burst in bursts]} µs of CPU an intention")
    cpu = {way: min(burst.cpu_s for burst in bursts) for way, bursts in found.items()}
    middle = {way: statistics.median(burst.cpu_s for burst in bursts) for way, bursts in found.items()}
    wall = {way: statistics.median(burst.seconds for burst in bursts) for way, bursts in found.items()}
    share = cpu["off"] / cpu["on"]
    emit(
        "overhead",
        intentions=intentions,
        stages=STAGES,
        cpu_us={way: [round(burst.cpu_s / intentions * 1e6, 1) for burst in bursts] for way, bursts in found.items()},
        per_core_s={way: round(intentions / seconds) for way, seconds in cpu.items()},
        per_s={way: round(intentions / seconds) for way, seconds in wall.items()},
        share=round(share, 4),
        share_by_medians=round(middle["off"] / middle["on"], 4),
        share_by_clock=round(wall["off"] / wall["on"], 4),
        target=TARGET,
        met=share >= TARGET,
    )
    return share >= TARGET


@contextmanager
def _worker(cluster: Cluster, data_dir: Path, way: str, number: int) -> Iterator[tuple[ManagedProcess, str]]:
    """Run a worker of a group of its own that begins at the ends, scraped where it is measured."""
    port, group = free_port(), f"overhead-{uuid.uuid4().hex[:8]}"
    environ = {
        "HIVE_KAFKA": cluster.bootstrap,
        "HIVE_APP_ID": group,
        "HIVE_WORKER": f"worker-{number}",
        "HIVE_STAGES": STAGES,
        "HIVE_WEB_PORT": str(port),
        "HIVE_RECALL_MS": "0",
        "HIVE_DATA_DIR": str(data_dir),
    }
    argv = (sys.executable, "-m", "faust", "-A", APPS[way], "worker", "-l", "warn", "--web-port", str(port))
    worker = ManagedProcess(
        f"worker-{way}",
        argv,
        env=environ,
        cwd=ROOT,
        log_path=data_dir / f"worker-{number}-{way}.log",
        ready=lambda: is_ready(port),
        start_timeout_s=START_S,
    )
    stopped = threading.Event()
    leave_behind(cluster.bootstrap, group)
    worker.start()
    scraping = threading.Thread(target=_scrape, args=(port, stopped), daemon=True)
    try:
        if way == "on":
            scraping.start()
        yield worker, group
    finally:
        stopped.set()
        if way == "on":
            scraping.join()
        worker.stop(30)


def _scrape(port: int, stopped: threading.Event) -> None:
    while not stopped.wait(SCRAPE_S):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            answer.read()


def _burst(cluster: Cluster, group: str, worker: ManagedProcess, intentions: int) -> Burst:
    """Send intentions at once, and wait until both stages have committed what came of them."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "partitioner": "murmur2_random", "linger.ms": 5})
    texts = itertools.cycle(question.text for question in QUESTIONS)
    before_s, began_s = cpu_s(worker.pid or 0), time.monotonic()
    for text in itertools.islice(texts, intentions):
        identity = str(uuid.uuid4())
        body = orjson.dumps({"id": identity, "text": text})
        producer.produce(topics.INTENTIONS_SUBMITTED.name, body, key=identity)
        producer.poll(0)
    if producer.flush(30):
        raise NeverDone("not all intentions were sent")
    deadline_s = began_s + DONE_S
    # In the order of the flow: what a stage has committed is there for the next.
    for spec in READ:
        while not _is_done(cluster, group, spec.name):
            if time.monotonic() > deadline_s or not worker.alive:
                raise NeverDone("\n".join(worker.log_lines()))
            time.sleep(0.1)
    return Burst(cpu_s(worker.pid or 0) - before_s, time.monotonic() - began_s)


def _is_done(cluster: Cluster, group: str, topic: str) -> bool:
    committed = cluster.committed(group, topic)
    # Behind the last record of a topic that is written in transactions stands the marker of its commit.
    ends = cluster.end_offsets(topic, stable=True)
    return all(committed.get(partition, 0) >= end - 1 for partition, end in ends.items())
