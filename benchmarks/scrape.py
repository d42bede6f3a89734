"""A real Prometheus scrapes two workers while intentions flow; then every query of every board is asked.

A query has data when some series has a number in it at some time of the last minute, as a panel would show it.
"""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import time
import urllib.parse
import urllib.request
import uuid
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import orjson
import yaml
from confluent_kafka import Producer

from app import topics
from app.cli._workers import Workers
from app.clock import now_ms
from app.deploy.monitoring.all_boards import all_boards
from app.deploy.monitoring.boards import INTERVAL, render
from app.deploy.monitoring.queries import JOB
from app.deploy.monitoring.rules import groups
from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from app.sample.questions import QUESTIONS
from app.settings import Settings
from app.stores.registry import ModelRegistry
from benchmarks.registered import packed, promote
from benchmarks.report import emit, progress
from models.ids import stable_id
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SCRAPE_S: Final = 2
WINDOW: Final = "30s"
RATE_PER_S: Final = 20
START_S: Final = 180.0
STOP_S: Final = 30.0
SHARPNESS: Final = 10.0
QUICK: Final = {"HIVE_HANDOFF_S": "2", "HIVE_SNAPSHOT_AT_MOST_S": "5"}
"""What would take longer than the minute that is looked at."""
_DESTROYS = "apagar os clientes inativos"
_CONFLICT = "atualizar os preços da loja e ajustar os preços da filial"
_WORK = "Configurar auto-scaling para microserviços no Kubernetes"


class NoPrometheus(Exception):
    """There is none on the PATH."""


def run(addresses: Mapping[str, str], data_dir: Path, *, seconds: float, rate_per_s: float = RATE_PER_S) -> bool:
    """Let intentions flow through two workers for so many seconds; print what each panel has."""
    if shutil.which("prometheus") is None:
        raise NoPrometheus("`prometheus` isn't on the PATH: apt-get install prometheus")
    asyncio.run(_champions(addresses))
    ports = [free_port(), free_port()]
    environ = {**addresses, **QUICK, "HIVE_DATA_DIR": str(data_dir)}
    team = Workers.of_faust(ports, environ=environ, log_dir=data_dir, stop_timeout_s=STOP_S)
    prometheus, port = _prometheus(data_dir, ports)
    try:
        team.start(timeout_s=START_S)
        prometheus.start()
        progress(f"two workers are scraped by Prometheus on port {port}")
        began_s = time.time()
        sent = _flow(addresses["HIVE_KAFKA"], seconds, rate_per_s)
        return _report(f"http://127.0.0.1:{port}", began_s, sent)
    finally:
        prometheus.stop(STOP_S)
        team.stop()


async def _champions(addresses: Mapping[str, str]) -> None:
    """Register a model of each specialist, and let it decide."""
    async with ModelRegistry.of(Settings.load(addresses)) as registry:
        for specialist in SpecialistType:
            await promote(registry, specialist, packed(SHARPNESS))


def _prometheus(data_dir: Path, ports: Sequence[int]) -> tuple[ManagedProcess, int]:
    port = free_port()
    (data_dir / "rules.yml").write_text(yaml.safe_dump({"groups": groups()}))
    config = data_dir / "prometheus.yml"
    targets = [f"127.0.0.1:{each}" for each in ports]
    settings = {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": targets}]}],
    }
    config.write_text(yaml.safe_dump(settings))
    argv = (
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data_dir / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    return ManagedProcess("prometheus", argv, log_path=data_dir / "prometheus.log", ready=ready), port


def _flow(kafka: str, seconds: float, rate_per_s: float) -> int:
    """Send questions at a rate, and all kinds of other things once in a while; return how many intentions."""
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "linger.ms": 5})
    texts = _texts()
    began_s, sent = time.monotonic(), 0
    asked: list[str] = []
    while (elapsed_s := time.monotonic() - began_s) < seconds:
        while sent < elapsed_s * rate_per_s:
            asked.append(_submit(producer, next(texts)))
            sent += 1
            if sent % (rate_per_s * 2) == 1:
                _besides(producer, asked[-1])
        producer.poll(0)
        time.sleep(0.02)
    left = producer.flush(10)
    assert not left, f"{left} records were not sent"
    return sent


def _texts() -> Iterator[str]:
    """Return questions, and every tenth something else."""
    others = cycle((_WORK, _CONFLICT, "xyzzy plugh", "How many orders were there yesterday?"))
    for number, question in enumerate(cycle(QUESTIONS)):
        yield next(others) if number % 10 == 0 else question.text


def _submit(producer: Producer, text: str, **more: Any) -> str:
    identity = str(uuid.uuid4())
    _send(producer, topics.INTENTIONS_SUBMITTED.name, identity, {"id": identity, "text": text, **more})
    return identity


def _send(producer: Producer, topic: str, key: str, value: Mapping[str, Any]) -> None:
    producer.produce(topic, orjson.dumps(value), key=key)


def _besides(producer: Producer, asked: str) -> None:
    """Send what a panel is about that questions don't bring: people's words, duplicates, nonsense."""
    at, by = now_ms(), "benchmark"
    producer.produce(topics.INTENTIONS_SUBMITTED.name, b"{", key=str(uuid.uuid4()))
    correlation = str(uuid.uuid4())
    for _ in range(2):
        _submit(producer, QUESTIONS[0].text, correlation_id=correlation)
    _submit(producer, _DESTROYS)  # waits for a person
    plan = stable_id("plan", _submit(producer, _DESTROYS))
    approval = {"plan_id": plan, "decision": "approved", "by": by, "at": at}
    _send(producer, topics.PLANS_APPROVAL_RESPONSES.name, plan, approval)
    plan = stable_id("plan", asked)
    feedback = {"plan_id": plan, "recommendation": "approve", "by": by, "at": at}
    _send(producer, topics.FEEDBACK_PLANS.name, plan, feedback)
    correction = {"intention_id": asked, "text": "zorgblat quux", "domain": "SECURITY", "at": at}
    _send(producer, topics.FEEDBACK_INTENTIONS.name, asked, correction)
    start = {"word": "start", "by": by, "at": at, "specialist": "business"}
    experiment = {**start, "experiment_id": "scraped", "challenger": "v2"}
    _send(producer, topics.EXPERIMENTS_COMMANDS.name, "scraped", experiment)
    _send(producer, topics.RETRAINING_COMMANDS.name, "business", start)


def _report(prometheus: str, began_s: float, sent: int) -> bool:
    """Ask every query; return whether each has data, every rule works and both workers are scraped."""
    without: list[str] = []
    number = 0
    for board in all_boards():
        for panel in render(board)["panels"]:
            for target in panel["targets"]:
                number += 1
                query = target["expr"].replace(INTERVAL, WINDOW)
                series, last = _asked(prometheus, query, since_s=max(began_s, time.time() - 60))
                emit("scrape", board=board.uid, panel=panel["title"], series=series, last=last, query=query)
                if not series:
                    without.append(f"{board.uid}: {panel['title']}")
    rules = [rule for group in _get(prometheus, "rules")["groups"] for rule in group["rules"]]
    broken = {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"}
    firing = sorted(rule["name"] for rule in rules if rule.get("state") in ("firing", "pending"))
    targets = [target["health"] for target in _get(prometheus, "targets")["activeTargets"]]
    emit(
        "scrape",
        intentions=sent,
        seconds=round(time.time() - began_s, 1),
        targets=targets,
        queries=number,
        without_data=without,
        rules=len(rules),
        broken_rules=broken,
        firing_or_pending=firing,
    )
    return not without and not broken and targets == ["up", "up"]


def _asked(prometheus: str, query: str, *, since_s: float) -> tuple[int, float | None]:
    """Return how many series have a number at some time, and the last number of the first of them."""
    now_s = time.time()
    found = _get(prometheus, "query_range", query=query, start=since_s, end=now_s, step=SCRAPE_S)["result"]
    numbers = [[float(value) for _, value in series["values"]] for series in found]
    known = [[value for value in values if not math.isnan(value)] for values in numbers]
    good = [values for values in known if values]
    return len(good), round(good[0][-1], 6) if good else None


def _get(prometheus: str, path: str, **parameters: Any) -> Any:
    asked = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310  (our own)
        return json.loads(answer.read())["data"]
