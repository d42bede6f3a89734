"""The edges of retraining: what the settings say, what carries the steps out, and its events in MongoDB."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.errors import ConfigurationError, QueryRefused
from models.lifecycle.hands import Hands, StepFailed
from models.lifecycle.retraining import Rules
from models.records import ExperimentRules, RetrainingEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.settings import Settings
    from app.stores.mongo import MongoStore

__all__ = ["EVENTS", "RetrainingEvents", "experiment_rules", "hands_of", "rules_of"]

EVENTS: Final = "ml_retraining_events"
_INDEXES: Final = {EVENTS: (("specialist", "at", "number"), ("round_id", "number"))}


def experiment_rules(settings: Settings) -> ExperimentRules:
    """Return by what experiments are judged.

    Raises:
        ConfigurationError: the settings of the stages are wrong.
    """
    try:
        return ExperimentRules(
            traffic=tuple(map(int, settings.experiment_traffic.split(","))),
            hours=tuple(map(float, settings.experiment_hours.split(","))),
            least_units=tuple(map(int, settings.experiment_least_units.split(","))),
        )
    except ValueError as error:
        raise ConfigurationError(f"experiment_traffic, experiment_hours, experiment_least_units: {error}") from error


def rules_of(settings: Settings) -> Rules:
    """Return by what rounds go.

    Raises:
        ConfigurationError: the settings of the stages are wrong.
    """
    return Rules(
        threshold=settings.retrain_threshold,
        interval_ms=round(settings.retrain_interval_s * 1000),
        cooldown_ms=round(settings.retrain_cooldown_s * 1000),
        approval_ms=round(settings.retrain_approval_s * 1000),
        automatic=settings.retrain_automatic,
        automatic_after=settings.retrain_automatic_after,
        backoff_ms=round(settings.retrain_retry_s * 1000),
        experiment=experiment_rules(settings),
    )


def hands_of(settings: Settings) -> Hands:
    """Make what carries the steps out.

    Raises:
        StepFailed: there is none, or it can't be made.
    """
    module, _, name = settings.retrain_hands.partition(":")
    if not module or not name:
        raise StepFailed("nothing carries the steps out: set HIVE_RETRAIN_HANDS=package.module:callable")
    try:
        hands: Hands = getattr(import_module(module), name)(settings)
    except (ImportError, AttributeError) as error:
        raise StepFailed(f"HIVE_RETRAIN_HANDS={settings.retrain_hands}: {error}") from error
    return hands


class RetrainingEvents:
    """Keeps the events of rounds, each once: its id follows from its round and its number.

    Args:
        mongo: Where they are kept.
    """

    def __init__(self, mongo: MongoStore) -> None:
        self._mongo = mongo

    async def keep(self, events: Iterable[RetrainingEvent]) -> None:
        """Write events that are not there yet.

        Raises:
            StoreUnavailable: MongoDB does not answer: to be tried again.
        """
        await self._mongo.ensure_indexes(_INDEXES)
        documents: list[dict[str, Any]] = [{"_id": event.event_id, **msgspec.to_builtins(event)} for event in events]
        try:
            await self._mongo.insert_new(EVENTS, documents)
        except QueryRefused:  # what hands brought has names or numbers that it does not take: no reason to stand still
            as_text = [{**each, "details": msgspec.json.encode(each["details"]).decode()} for each in documents]
            await self._mongo.insert_new(EVENTS, as_text)
