"""Rolling metrics through a real worker: counted once, asked for while they are counted."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from app import topics
from models.ids import stable_id
from tests.broker.cluster import answers, get, new_group, read, submit, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.embedded.stack import Stack

STAGES = "understand,plan,execute,orchestrate,observe"
COUNTED_S = 20.0


def _asked(port: int, query: str) -> dict[str, Any]:
    status, text = get(port, f"/tables/rolling?{query}")
    assert status == 200, text
    return dict(json.loads(text))


def _counts(port: int, query: str = "window=1h") -> dict[str, int]:
    return {row["stage"]: row["count"] for row in _asked(port, query)["rows"]}


def _until(holds: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + COUNTED_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def with_counts(port: int, wanted: dict[str, int]) -> None:
    """Wait until the stages have been counted like this; say how they were, if not in time."""
    deadline_s = time.monotonic() + COUNTED_S
    while (counts := _counts(port)) != wanted and time.monotonic() < deadline_s:
        time.sleep(0.1)
    assert counts == wanted


def leave_a_plan(addresses: Mapping[str, str], folder: Path) -> None:
    """Leave what another group has begun: a plan whose tasks nobody takes up, and whose time comes."""
    kafka = addresses["HIVE_KAFKA"]
    folder.mkdir()
    with worker(addresses, folder, HIVE_STAGES="understand,plan,orchestrate") as (process, _):
        plan = stable_id("plan", submit(kafka, "Configurar auto-scaling para microserviços no Kubernetes")).encode()
        begun = read(kafka, [topics.PLANS_STATES.name], lambda found: any(each.key() == plan for each in found))
        assert begun[-1].value() is not None
        process.kill()


@pytest.mark.real
def test_what_the_stages_did_is_counted_once_and_stands_after_a_kill(real_stack: Stack, tmp_path: Path) -> None:
    kafka = real_stack.addresses["HIVE_KAFKA"]
    leave_a_plan(real_stack.addresses, tmp_path / "another")
    settings = {"HIVE_STAGES": STAGES, "HIVE_WORKER": "the-same", "HIVE_APP_ID": new_group(kafka, "rolling")}
    settings["HIVE_HANDOFF_S"] = "0"  # the time of what was left has come
    wanted = {"understand": 3, "plan": 3, "deliberate": 15, "execute": 3, "answer": 3}
    with worker(real_stack.addresses, tmp_path, **settings) as (process, port):
        ended = answers(kafka, {submit(kafka, "Quantos clientes ativos por segmento?") for _ in range(3)})
        with_counts(port, wanted)
        process.kill()
    with worker(real_stack.addresses, tmp_path, **settings) as (_, port):
        for window in ("1h", "24h"):
            assert _counts(port, f"window={window}") == wanted
        (row,) = _asked(port, "window=1h&stage=answer&by=domain,outcome&points=true")["rows"]
        assert (row["domain"], {row["outcome"]}) == ("BUSINESS", {told["outcome"] for told in ended.values()})
        assert sum(row["points"]) == row["count"] == 3
        assert 0 < row["latency_ms"]["p50"] <= row["latency_ms"]["p99"]
        (row,) = _asked(port, "window=1h&stage=execute&by=query_type")["rows"]
        assert (row["query_type"], row["count"]) == ("mongodb", 3)
        status, text = get(port, "/tables/rolling?window=2m")
        assert status == 400
        assert "1m, 5m, 1h, 24h" in json.loads(text)["error"]
        with worker(real_stack.addresses, tmp_path, **{**settings, "HIVE_WORKER": "another"}) as (second, at):
            _until(lambda: get(port, "/tables/rolling")[0] == 200 and len(_asked(port, "")["workers"]) == 2)
            for asked in (port, at):
                told = _asked(asked, "window=1h")
                assert told["workers"] == ["another", "the-same"]
                assert {row["stage"]: row["count"] for row in told["rows"]} == wanted, "any worker answers for all"
            second.kill()
            status, text = get(port, "/tables/rolling")
            assert status == 503
            told = json.loads(text)
            assert "another" in told["error"]
            assert "another" in told["unanswered"]
            assert told["missing_partitions"]
