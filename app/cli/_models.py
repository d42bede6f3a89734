"""The models that a command works with: the one that ships, or the newest that the running system has learned."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app import topics
from app.cache_dir import default_cache_dir
from app.errors import HiveError
from app.learning import Followed
from app.seed import plant_seed
from app.stores import kafka
from models.intake.nouns import nouns_of
from models.nlu.model import DomainModel
from models.online.domain import DOMAIN_MODEL
from models.planning import load_catalog

if TYPE_CHECKING:
    from app.settings import Settings
    from models.nlu.entities import Vocabulary
    from models.planning.catalog import Catalog

READ_S = 60.0


def domain_model(settings: Settings, *, live: bool) -> DomainModel:
    """Return the shipped model, or the newest on `models.snapshots`.

    Raises:
        BrokerUnavailable: Kafka does not answer.
        HiveError: there is no snapshot that can be used.
    """
    followed = Followed(DOMAIN_MODEL, _shipped())
    if not live:
        return followed.model
    name = topics.MODELS_SNAPSHOTS.name
    kafka.check_reachable(settings)
    with kafka.reader(settings) as consumer:
        places = kafka.required(kafka.starts(consumer, [name]), name)
        ours = [found.value for found in kafka.read_to_end(consumer, places, timeout_s=READ_S) if _is_domain(found)]
    newest = ours[-1] if ours else None
    if newest is None or not followed.take(newest):
        raise HiveError(f"nothing that can be used is on {name}: nobody has taught the model; leave --live out")
    return followed.model


def _is_domain(found: kafka.Found) -> bool:
    return found.key == DOMAIN_MODEL.encode()


def nouns(settings: Settings) -> Vocabulary:
    """Return the nouns of the catalog that is set."""
    return nouns_of(catalog(settings))


def catalog(settings: Settings) -> Catalog:
    """Return the catalog that is set."""
    return load_catalog(settings.catalog.read_text(encoding="utf-8"), source=str(settings.catalog))


@cache
def _shipped() -> DomainModel:
    plant_seed(default_cache_dir())
    return DomainModel.seeded()
