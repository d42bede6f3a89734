"""The application: ``faust -A app.main worker -l info``."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from app.cache_dir import default_cache_dir
from app.challengers import Challengers
from app.circuit import Circuit
from app.clock import now_ms, rehearses
from app.decisions import Decisions
from app.drift_events import DriftEvents
from app.execution import executor_for
from app.experiments import Experiments
from app.factory import create_app
from app.learning import Followed, Follower
from app.ledger import Ledger
from app.lifecycle.hands import end_children
from app.observability.deliberation import DeliberationMetrics
from app.observability.flow import FlowMetrics
from app.observability.lifecycle import LifecycleMetrics
from app.observability.logs import JsonFormatter, RecordFilter
from app.observability.pages import serve
from app.observability.pii_log import PiiFilter
from app.observability.registry import RegistryMetrics
from app.observability.rolling import RollingMetrics
from app.observability.rolling import serve as serve_rolling
from app.peers import Peers
from app.pheromones import Pheromones
from app.recall import RECALL_TIMEOUT_S, Recaller
from app.registered import REGISTRY_TIMEOUT_S, RegisteredModels
from app.retraining import RetrainingEvents
from app.seed import plant_seed
from app.settings import Settings
from app.specialists import Specialists
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from app.stores.redis import RedisStore
from app.stores.redis_cache import RedisCache
from app.stores.registry import ModelRegistry
from app.topics import (
    DEAD_LETTERS_HANDLED,
    EXPERIMENTS_STATES,
    MODELS_SNAPSHOTS,
    PLANS_APPROVALS,
    PLANS_STATES,
    RETRAINING_STATES,
    SPECIALISTS_SNAPSHOTS,
    TOPICS,
    WORKERS_ADDRESSES,
)
from app.understanding_cache import SharedReadings
from app.web import serve_console
from models.ids import stable_id
from models.intake.nouns import nouns_of
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.online.domain import DOMAIN_MODEL
from models.planning import load_catalog
from models.queries import allowed_by
from tables.actor_rates import ACTOR_RATES, LEARNING_RATES
from tables.approvals import APPROVAL_PLANS, APPROVALS
from tables.correlations import CORRELATIONS
from tables.dead_letters import DEAD_LETTERS
from tables.domain_counts import DOMAIN_COUNTS
from tables.experiments import EXPERIMENT_UNITS, EXPERIMENTS, EXPOSED_PLANS
from tables.ladders import LADDERS
from tables.ledger_heads import LEDGER_HEADS
from tables.lessons import LESSONS
from tables.models import MODELS
from tables.plans import PLANS, TASK_OUTPUTS
from tables.plans_ended import PLANS_ENDED
from tables.predictions import PREDICTIONS
from tables.retraining import RETRAINING
from tables.rolling import ROLLING, ROLLING_CLOCKS
from tables.validated import VALIDATED

if TYPE_CHECKING:
    from app.engine import HiveApp

STAGES = (
    "understand",
    "plan",
    "approve",
    "record",
    "keep",
    "archive",
    "remember",
    "execute",
    "orchestrate",
    "validate",
    "reprocess",
    "learn",
    "label",
    "train",
    "compare",
    "retrain",
    "observe",
)

settings = Settings.load()
app: HiveApp = create_app(
    settings,
    outputs=TOPICS,
    lanes=settings.lanes_of(STAGES),
    autodiscover=[f"agents.{name}" for name in settings.stages_of(STAGES)],
)
metrics = serve(app)
flow_metrics = FlowMetrics(app, metrics)
console = serve_console(app)
deliberation_metrics = DeliberationMetrics(metrics)
LifecycleMetrics(app, metrics)
dead_letters = app.Table(DEAD_LETTERS.name, value_type=DEAD_LETTERS.value_type, changelog=DEAD_LETTERS_HANDLED)
domain_counts = app.Table(DOMAIN_COUNTS.name, value_type=DOMAIN_COUNTS.value_type)
approvals = app.Table(APPROVALS.name, value_type=APPROVALS.value_type, changelog=PLANS_APPROVALS)
approval_plans = app.Table(APPROVAL_PLANS.name, value_type=APPROVAL_PLANS.value_type)
plans = app.Table(PLANS.name, value_type=PLANS.value_type, changelog=PLANS_STATES)
plans_ended = app.Table(PLANS_ENDED.name, value_type=PLANS_ENDED.value_type)
task_outputs = app.Table(TASK_OUTPUTS.name, value_type=TASK_OUTPUTS.value_type)
correlations = app.Table(CORRELATIONS.name, value_type=CORRELATIONS.value_type)
actor_rates = app.Table(ACTOR_RATES.name, value_type=ACTOR_RATES.value_type)
validated = app.Table(VALIDATED.name, value_type=VALIDATED.value_type)
ledger_heads = app.Table(LEDGER_HEADS.name, value_type=LEDGER_HEADS.value_type)
lessons = app.Table(LESSONS.name, value_type=LESSONS.value_type, partitions=LESSONS.partitions)
experiments = app.Table(EXPERIMENTS.name, value_type=EXPERIMENTS.value_type, changelog=EXPERIMENTS_STATES)
experiment_units = app.Table(EXPERIMENT_UNITS.name, value_type=EXPERIMENT_UNITS.value_type, partitions=1)
exposed_plans = app.Table(EXPOSED_PLANS.name, value_type=EXPOSED_PLANS.value_type, partitions=1)
retraining = app.Table(RETRAINING.name, value_type=RETRAINING.value_type, changelog=RETRAINING_STATES)
predictions = app.Table(PREDICTIONS.name, value_type=PREDICTIONS.value_type)
learning_rates = app.Table(LEARNING_RATES.name, value_type=LEARNING_RATES.value_type)
ladders = app.Table(LADDERS.name, value_type=LADDERS.value_type, changelog=SPECIALISTS_SNAPSHOTS)
models = app.Table(MODELS.name, value_type=MODELS.value_type, changelog=MODELS_SNAPSHOTS)
rolling = app.Table(ROLLING.name, value_type=ROLLING.value_type)
rolling_clocks = app.Table(ROLLING_CLOCKS.name, value_type=ROLLING_CLOCKS.value_type)

plant_seed(default_cache_dir())
domain_model = Followed(DOMAIN_MODEL, DomainModel.seeded())
metrics.follow(domain_model)
follower = Follower(
    settings.kafka_client(),
    MODELS_SNAPSHOTS.name,
    {domain_model.name: domain_model}.get,
    patience_s=settings.transaction_timeout_ms / 1000 * 3,
)
app.before_start(follower.start)
app.after_stop(follower.stop)

catalog_text = settings.catalog.read_text(encoding="utf-8")
catalog = load_catalog(catalog_text, source=str(settings.catalog))
readings = ReadingCache(settings.nlu_cache_size, vocabulary=nouns_of(catalog))
metrics.watch_cache(readings)
shared_readings: SharedReadings | None = None
if settings.nlu_cache_redis:
    shared_readings = SharedReadings(
        RedisCache(settings.redis, timeout_s=1.0),
        readings,
        ttl_s=settings.nlu_cache_ttl_s,
        scope=stable_id("catalog", catalog_text),
        count=metrics.cache_operation,
        corrupt=metrics.cache_corruption,
    )
    app.before_start(shared_readings.start)
    app.after_stop(shared_readings.stop)


async def _prepare_logs() -> None:
    for handler in logging.getLogger().handlers:
        handler.addFilter(RecordFilter())
        handler.addFilter(PiiFilter())
        if settings.log_format == "json":
            handler.setFormatter(JsonFormatter())
    if clock := rehearses():
        logging.getLogger(__name__).warning("this is a rehearsal: it is %d by the clock %s", now_ms(), clock)


app.before_start(_prepare_logs)  # by now Faust has put up its handlers, and nothing has been read yet

if settings.trace_share:
    from app.observability.tracing import Tracing

    tracing = Tracing(settings, is_open=app.is_open)
    app.span_tracer = tracing
    app.after_stop(tracing.stop)

peers = Peers()
peers_follower = Follower(
    settings.kafka_client(), WORKERS_ADDRESSES.name, peers.followed, patience_s=settings.transaction_timeout_ms / 1000
)
app.before_start(peers_follower.start)
app.after_stop(peers_follower.stop)
rolling_metrics = RollingMetrics(app, rolling, rolling_clocks, peers, counts="observe" in settings.stages_of(STAGES))
serve_rolling(app, rolling_metrics)
console.rolling = rolling_metrics

graph = GraphStore.of(settings)
recaller = Recaller(
    GraphStore.of(settings, timeout_s=RECALL_TIMEOUT_S),
    RedisStore.of(settings, timeout_s=RECALL_TIMEOUT_S),
    deadline_s=settings.recall_ms / 1000,
    graph_circuit=Circuit(clock=time.monotonic),
    redis_circuit=Circuit(clock=time.monotonic),
)
specialists = Specialists()
specialists.on_refused = metrics.refused
pheromones = Pheromones(RedisStore.of(settings, timeout_s=RECALL_TIMEOUT_S), scope=settings.app_id, clock=now_ms)
specialists_follower = Follower(
    settings.kafka_client(),
    SPECIALISTS_SNAPSHOTS.name,
    specialists.followed,
    patience_s=settings.transaction_timeout_ms / 1000 * 3,
)
if settings.learned_opinions:
    app.before_start(specialists_follower.start)
    app.after_stop(specialists_follower.stop)
registered = RegisteredModels(
    settings.data_dir / "registered" / settings.worker,
    every_s=settings.registry_every_s,
    gauges=RegistryMetrics(metrics.registry),
)
challengers = Challengers(specialists)
challengers.registered = registered.of
routing = Experiments(challengers.of)
if settings.learned_opinions and "plan" in settings.stages_of(STAGES):
    routing_follower = routing.follower(settings.kafka_client(), patience_s=settings.transaction_timeout_ms / 1000 * 3)
    app.before_start(routing_follower.start)
    app.after_stop(routing_follower.stop)
    if settings.mlflow and settings.registry_every_s:
        app.before_start(partial(registered.start, ModelRegistry.of(settings, timeout_s=REGISTRY_TIMEOUT_S)))
        app.after_stop(registered.stop)
app.before_start(pheromones.start)
app.after_stop(pheromones.stop)
ledger = Ledger(MongoStore.of(settings))
retraining_events = RetrainingEvents(MongoStore.of(settings))
app.after_stop(end_children)
drift_events = DriftEvents(MongoStore.of(settings), kept_s=settings.drift_events_kept_s)
decisions = Decisions(MongoStore.of(settings))


async def _import_transform() -> None:
    """The first TRANSFORM would import it, half a second, while others wait for the loop."""
    await asyncio.to_thread(import_module, "models.transform.engine")


if "orchestrate" in settings.stages_of(STAGES):
    app.before_start(_import_transform)
executor = executor_for(settings, allowed_by(catalog))
executor.observers.append(metrics.query)
executor.link_observers.append(metrics.asked)
metrics.watch_circuits(executor.circuits)
