"""The application: ``faust -A app.main worker -l info``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.execution import executor_for
from app.factory import create_app
from app.observability.pages import serve
from app.settings import Settings
from app.topics import TOPICS
from models.planning import load_catalog
from models.queries import allowed_by
from tables.domain_counts import DOMAIN_COUNTS

if TYPE_CHECKING:
    from app.engine import HiveApp

STAGES = ["agents.understand", "agents.plan", "agents.execute", "agents.complete"]

settings = Settings.load()
app: HiveApp = create_app(settings, outputs=TOPICS, autodiscover=STAGES)
metrics = serve(app)
domain_counts = app.Table(DOMAIN_COUNTS.name, value_type=DOMAIN_COUNTS.value_type)

catalog = load_catalog(settings.catalog.read_text(encoding="utf-8"), source=str(settings.catalog))
executor = executor_for(settings, allowed_by(catalog))
executor.observers.append(metrics.query)
