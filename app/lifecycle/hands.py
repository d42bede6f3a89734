"""The hands of retraining: what takes time is done in child processes, what is asked of the registry here.

`HIVE_RETRAIN_HANDS` names :func:`hands`, unless it is set to others.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from app.errors import ConfigurationError, RegistryRefused
from app.lifecycle.task import Done, Task
from app.stores.registry import ModelRegistry
from models.errors import HiveError
from models.lifecycle.hands import Collected, Order, Promoted, Registered, StepFailed, Trained, Validated
from models.lifecycle.registry import Alias, Change, PromotionRefused, Stage, Tag

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings

__all__ = ["ChildHands", "end_children", "hands"]

logger = logging.getLogger(__name__)
R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")
_PATIENCE_S: Final = 3_600.0
"""A child that takes longer is ended, and its step tried again."""


_children: set[subprocess.Popen[bytes]] = set()
_ended = threading.Event()


class ChildHands:
    """Carries the steps of rounds out; any number of them may, at once and again.

    Args:
        settings: Where everything is.

    Raises:
        StepFailed: there is no registry.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.mlflow:
            raise StepFailed("there is no model registry to put a candidate into: set HIVE_MLFLOW")
        self._settings = settings

    def collect(self, order: Order) -> Collected:
        """Gather the samples of a specialist."""
        return self._child(Task(step="collect", order=order), Collected)

    def train(self, order: Order, collected: Collected) -> Trained:
        """Train a candidate, and log its run to the registry."""
        logger.info("training specialist=%s samples=%d", order.specialist.value, collected.samples)
        return self._child(Task(step="train", order=order), Trained)

    def validate(self, order: Order, trained: Trained) -> Validated:
        """Hold the candidate against the thresholds and the champion."""
        return self._child(Task(step="validate", order=order, trained=trained), Validated)

    def register(self, order: Order, trained: Trained, validated: Validated) -> Registered:
        """Put the candidate into the registry as `challenger`."""

        async def work(registry: ModelRegistry) -> Registered:
            tags = {
                Tag.FAMILY: trained.family,
                Tag.ROUND: order.round_id,
                Tag.VALIDATION: "passed" if validated.passed else "refused",
                **await self._about_data(registry, trained),
            }
            version = await registry.register(order.specialist, trained.run_id, tags=tags)
            await registry.promote(order.specialist, version.version, Stage.STAGING, by=f"round {order.round_id}")
            champion = (await registry.aliases(order.specialist)).get(Alias.CHAMPION)
            return Registered(version=version.version, champion=champion)

        return self._ask(work)

    @staticmethod
    async def _about_data(registry: ModelRegistry, trained: Trained) -> dict[Tag, str]:
        told = {each["key"]: each["value"] for each in (await registry.store.run(trained.run_id))["data"]["tags"]}
        return {tag: told[tag.value] for tag in (Tag.DATA, Tag.SIMULATED) if tag.value in told}

    def promote(self, order: Order, registered: Registered) -> Promoted:
        """Make the challenger the champion."""

        async def work(registry: ModelRegistry) -> Promoted:
            by = f"round {order.round_id}"
            await registry.promote(order.specialist, registered.version, Stage.PRODUCTION, by=by)
            return Promoted(version=registered.version, previous=registered.champion)

        return self._ask(work)

    def withdraw(self, order: Order, registered: Registered) -> None:
        """Take the alias `challenger` away."""

        async def work(registry: ModelRegistry) -> None:
            aliases = await registry.aliases(order.specialist)
            if aliases.get(Alias.CHALLENGER) == registered.version:
                await registry.change(order.specialist, [Change(Alias.CHALLENGER, None)])

        self._ask(work)

    def _ask(self, work: Callable[[ModelRegistry], Awaitable[T]]) -> T:
        async def run() -> T:
            async with ModelRegistry.of(self._settings) as registry:
                return await work(registry)

        try:
            return asyncio.run(run())
        except (PromotionRefused, RegistryRefused, ConfigurationError) as error:
            raise StepFailed(str(error)) from error

    def _child(self, task: Task, kind: type[R]) -> R:
        """Have a step carried out by a child.

        Raises:
            StepFailed: it will never work.
            HiveError: it may work later.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "app.lifecycle.step"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environ(self._settings),
        ) as child:
            _children.add(child)
            try:
                told, _ = child.communicate(msgspec.json.encode(task), timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
            finally:
                _children.discard(child)
        if _ended.is_set():
            raise asyncio.CancelledError  # the worker stops: its successor begins the step again
        if child.returncode != 0:
            raise HiveError(f"its process ended with {child.returncode}: the worker's log says more")
        done = msgspec.json.decode(told, type=Done)
        if done.error is None:
            return msgspec.convert(done.result, kind)
        if done.final:
            raise StepFailed(done.error)
        raise HiveError(done.error)


def end_children() -> None:
    """End what is being carried out: the worker stops."""
    _ended.set()
    for child in list(_children):
        child.terminate()


def _environ(settings: Settings) -> dict[str, str]:
    """Return the environment of a child, in which it has the same settings."""
    ours = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        if each.name != "sources" and value != each.default:
            ours[f"HIVE_{each.name.upper()}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return {**os.environ, **ours}


def hands(settings: Settings) -> ChildHands:
    """Make them, as `HIVE_RETRAIN_HANDS` does by default."""
    return ChildHands(settings)
