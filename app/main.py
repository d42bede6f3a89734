"""The application: ``faust -A app.main worker -l info``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.execution import QueryExecutor
from app.factory import create_app
from app.observability.pages import serve
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.topics import PLANS_APPROVALS, TOPICS
from models.planning import load_catalog
from tables.approvals import APPROVAL_PLANS, APPROVALS
from tables.domain_counts import DOMAIN_COUNTS

if TYPE_CHECKING:
    from app.engine import HiveApp

STAGES = ["agents.understand", "agents.plan", "agents.approve", "agents.execute", "agents.complete"]

settings = Settings.load()
app: HiveApp = create_app(settings, outputs=TOPICS, autodiscover=STAGES)
metrics = serve(app)
domain_counts = app.Table(DOMAIN_COUNTS.name, value_type=DOMAIN_COUNTS.value_type)
approvals = app.Table(APPROVALS.name, value_type=APPROVALS.value_type, changelog=PLANS_APPROVALS)
approval_plans = app.Table(APPROVAL_PLANS.name, value_type=APPROVAL_PLANS.value_type)

catalog = load_catalog(settings.catalog.read_text(encoding="utf-8"), source=str(settings.catalog))
mongo = MongoStore(str(settings.mongo), settings.mongo_database, timeout_s=settings.store_timeout_s)
executor = QueryExecutor(settings.worker, {"mongodb": mongo.execute})
