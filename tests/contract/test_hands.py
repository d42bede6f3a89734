"""The hands of retraining on real servers: every step, each of them twice, as after a kill; and what ends a round."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app import topics
from app.clock import now_ms
from app.engine.admin import create_missing
from app.lifecycle.hands import ChildHands, hands
from app.lifecycle.training import DATA, REPORT
from app.lifecycle.validate import PAGE
from app.settings import Secret, Settings
from app.stores.registry import ModelRegistry
from benchmarks.audited import AuditedWorld
from benchmarks.collector import store
from models.errors import HiveError
from models.lifecycle.hands import Order, StepFailed
from models.lifecycle.registry import Alias, Tag
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from app.embedded.stack import Stack

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

RECORDS = 2_400
WHO = SpecialistType.ARCHITECTURE
"""Of whom no other test puts models into the registry."""


@pytest.fixture
def settings(embedded_stack: Stack, mlflow: str, tmp_path: Path) -> Settings:
    environ = {
        **embedded_stack.addresses,
        "HIVE_MLFLOW": mlflow,
        "HIVE_DATA_DIR": str(tmp_path),
        "HIVE_COLLECT_MIN_SAMPLES": str(RECORDS // 6),
        "HIVE_TRAIN_LIMIT_S": "0",
    }
    return Settings.load(environ)


def test_a_round_by_hand_in_which_every_step_is_done_twice(settings: Settings) -> None:
    world = AuditedWorld(
        RECORDS, seed=1, now_ms=time.time_ns() // 1_000_000, different=RECORDS, scope=uuid.uuid4().hex, whose=(WHO,)
    )
    store(world, settings)
    order = Order(round_id=uuid.uuid4().hex, specialist=WHO, since_ms=now_ms())
    ours = hands(settings)
    collected = ours.collect(order)
    assert collected.samples >= world.fates["usable"]
    assert collected.simulated
    trained = ours.train(order, collected)
    assert ours.train(order, collected) == trained
    assert ours.collect(order) == collected
    # On another machine, that has nothing of this round but what the registry has.
    elsewhere = ChildHands(replace(settings, data_dir=settings.data_dir / "elsewhere"))
    validated = elsewhere.validate(order, trained)
    assert validated.passed, validated.missed
    assert validated.metrics["accuracy_above"] > 0.0, "it is better than those that approve everything"
    registered = ours.register(order, trained, validated)
    assert elsewhere.register(order, trained, validated) == registered
    assert registered.champion is None
    aliases, tags, files = _asked(settings, lambda registry: _seen(registry, registered.version))
    assert aliases == {Alias.CHALLENGER: registered.version}
    assert (tags[Tag.ROUND], tags[Tag.SIMULATED], tags[Tag.VALIDATION]) == (order.round_id, "true", "passed")
    assert all(files), "the samples, the report and the page are in the run"
    promoted = ours.promote(order, registered)
    assert ours.promote(order, registered) == promoted
    assert (promoted.version, promoted.previous) == (registered.version, None)
    assert _asked(settings, lambda registry: registry.aliases(WHO)) == {Alias.CHAMPION: registered.version}
    down = hands(replace(settings, mlflow=Secret("http://127.0.0.1:1")))
    with pytest.raises(HiveError, match="mlflow is unavailable") as refused:
        down.validate(order, trained)
    assert not isinstance(refused.value, StepFailed), "it is tried again"
    # The next one is held against it, and is withdrawn.
    following = ours.register(replace_id(order), trained, validated)
    assert following.champion == registered.version
    ours.withdraw(order, following)
    assert _asked(settings, lambda registry: registry.aliases(WHO)) == {Alias.CHAMPION: registered.version}


def replace_id(order: Order) -> Order:
    return Order(round_id=uuid.uuid4().hex, specialist=order.specialist, since_ms=order.since_ms)


def test_what_can_never_work_ends_a_round(settings: Settings) -> None:
    create_missing(settings, [topics.INTENTIONS_AUDIT, topics.FEEDBACK_PLANS])
    order = Order(round_id=uuid.uuid4().hex, specialist=WHO, since_ms=now_ms())
    with pytest.raises(StepFailed, match="of 10,000,000; wait, or lower"):
        hands(replace(settings, collect_min_samples=10_000_000)).collect(order)
    with pytest.raises(StepFailed, match="set HIVE_MLFLOW"):
        hands(replace(settings, mlflow=Secret("")))


async def _seen(registry: ModelRegistry, number: str) -> tuple[dict[str, str], dict[str, str], list[bytes]]:
    version = await registry.version(WHO, number)
    files = [await registry.run_file(version.run_id, path) for path in (DATA, REPORT, PAGE)]
    return await registry.aliases(WHO), version.tags, files


def _asked(settings: Settings, work: Callable[[ModelRegistry], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with ModelRegistry.of(settings) as registry:
            return await work(registry)

    return asyncio.run(run())
