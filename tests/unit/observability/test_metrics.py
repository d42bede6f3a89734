"""What a worker shows of the models it scores with, and of the cache."""

from __future__ import annotations

import re

import msgspec
import pytest
from prometheus_client import generate_latest

from app.engine import HiveApp
from app.learning import Followed
from app.observability.declared import METRICS
from app.observability.metrics import WorkerMetrics
from app.settings import Settings
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.online.domain import DOMAIN_MODEL, Example, teach
from models.records import Domain, Drift, Feedback, LearningEvent


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics(HiveApp(Settings(app_id="t")))


def shown(metrics: WorkerMetrics) -> dict[str, float]:
    metrics.refresh()
    lines = generate_latest(metrics.registry).decode().splitlines()
    found = [re.fullmatch(r"neural_hive_(\S+) (\S+)", line) for line in lines]
    return {match[1]: float(match[2]) for match in found if match}


async def test_the_model_in_use_is_shown_with_its_version_and_age(metrics: WorkerMetrics) -> None:
    followed = Followed(DOMAIN_MODEL, DomainModel.seeded())
    metrics.follow(followed)
    shipped = followed.model.version
    before = shown(metrics)
    assert before['model_learned{model="nlu.domain"}'] == 0
    assert before[f'model_info{{model="nlu.domain",seed="{shipped}",version="{shipped}"}}'] == 1
    assert before['snapshots_refused_total{model="nlu.domain"}'] == 0
    assert not any(name.startswith("model_age_seconds") for name in before)

    feedback = Feedback(intention_id="i", text="zorgblat", domain=Domain.SECURITY, at=1)
    taught = teach(None, [Example(0, 1, feedback)], kept=list, now_ms=1_000)
    assert taught is not None
    assert followed.take(msgspec.json.encode(taught.snapshot))
    after = shown(metrics)
    assert after['model_learned{model="nlu.domain"}'] == 1
    version = taught.snapshot.version
    assert [name for name in after if name.startswith("model_info")] == [
        f'model_info{{model="nlu.domain",seed="{shipped}",version="{version}"}}'
    ]
    assert after['model_age_seconds{model="nlu.domain"}'] > 0

    assert not followed.take(b"nonsense")
    assert shown(metrics)['snapshots_refused_total{model="nlu.domain"}'] == 1
    assert followed.model.version == version


async def test_hits_and_misses_are_counted_once(metrics: WorkerMetrics) -> None:
    cache, model = ReadingCache(), DomainModel.seeded()
    metrics.watch_cache(cache)
    for _ in range(3):
        cache.read("vendas por dia", asked=None, at_ms=1_800_000_000_000, model=model)
        shown(metrics)
    found = shown(metrics)
    assert found['nlu_cache_operations_total{operation="get",status="hit",tier="local"}'] == 2
    assert found['nlu_cache_operations_total{operation="get",status="miss",tier="local"}'] == 1


async def test_the_learner_shows_accuracy_and_drift(metrics: WorkerMetrics) -> None:
    event = LearningEvent(
        model="m", version="v", seed="s", at=1, examples=1, mistaken=0, learned=1, accuracy=0.75, drift=Drift.DRIFT
    )
    metrics.learned(event)
    found = shown(metrics)
    assert (found['model_accuracy{model="m"}'], found['model_drift{model="m"}']) == (0.75, 2)


async def test_what_is_counted_by_name_is_listed(metrics: WorkerMetrics) -> None:
    metrics.intention("BUSINESS", "domain")
    metrics.intention("BUSINESS", "domain")
    metrics.turned_away("duplicate")
    metrics.cache_operation("get", "hit", 3)
    metrics.cache_corruption("int")
    found = shown(metrics)
    assert found['intentions_total{domain="BUSINESS",route="domain"}'] == 2
    assert found['turned_away_total{reason="duplicate"}'] == 1
    assert found['nlu_cache_operations_total{operation="get",status="hit",tier="shared"}'] == 3
    assert found['nlu_cache_corruption_total{reason="int"}'] == 1
    assert len({metric.name for metric in METRICS}) == len(METRICS)
