"""The application: ``faust -A app.main worker -l info``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cache_dir import default_cache_dir
from app.execution import QueryExecutor
from app.factory import create_app
from app.learning import Followed, Follower
from app.observability.pages import serve
from app.observability.pii_log import prepare_logs
from app.seed import plant_seed
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.redis_cache import RedisCache
from app.topics import MODELS_SNAPSHOTS, TOPICS
from app.understanding_cache import SharedReadings
from models.ids import stable_id
from models.intake.nouns import nouns_of
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.online.domain import DOMAIN_MODEL
from models.planning import load_catalog
from tables.actor_rates import ACTOR_RATES
from tables.correlations import CORRELATIONS
from tables.domain_counts import DOMAIN_COUNTS
from tables.lessons import LESSONS
from tables.models import MODELS
from tables.validated import VALIDATED

if TYPE_CHECKING:
    from app.engine import HiveApp

STAGES = [
    "agents.understand",
    "agents.plan",
    "agents.execute",
    "agents.complete",
    "agents.validate",
    "agents.release",
    "agents.learn",
]

settings = Settings.load()
app: HiveApp = create_app(settings, outputs=TOPICS, autodiscover=STAGES)
metrics = serve(app)
domain_counts = app.Table(DOMAIN_COUNTS.name, value_type=DOMAIN_COUNTS.value_type)
correlations = app.Table(CORRELATIONS.name, value_type=CORRELATIONS.value_type)
actor_rates = app.Table(ACTOR_RATES.name, value_type=ACTOR_RATES.value_type)
validated = app.Table(VALIDATED.name, value_type=VALIDATED.value_type)
lessons = app.Table(LESSONS.name, value_type=LESSONS.value_type, partitions=LESSONS.partitions)
models = app.Table(MODELS.name, value_type=MODELS.value_type, changelog=MODELS_SNAPSHOTS)

plant_seed(default_cache_dir())
domain_model = Followed(DOMAIN_MODEL, DomainModel.seeded())
metrics.follow(domain_model)
follower = Follower(
    settings.kafka_client(),
    MODELS_SNAPSHOTS.name,
    {domain_model.name: domain_model},
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


app.before_start(prepare_logs)  # by now Faust has put up its handlers, and nothing has been read yet

mongo = MongoStore(str(settings.mongo), settings.mongo_database, timeout_s=settings.store_timeout_s)
executor = QueryExecutor(settings.worker, {"mongodb": mongo.execute})
