"""Hands for the broker tests: what they make are files named after the round, and they are slow enough to be killed."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import msgspec

from models.lifecycle.hands import Collected, Order, Promoted, Registered, Trained, Validated

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

M = TypeVar("M", bound=msgspec.Struct)
SLOW_S = 0.2


class FileHands:
    """Keeps a registry in a folder; the file `champion` holds the version that is it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _once(self, order: Order, step: str, made: M) -> M:
        with (self.folder / "calls").open("a", encoding="utf-8") as calls:
            calls.write(f"{step}\n")
        time.sleep(SLOW_S)
        path = self.folder / f"{order.round_id}-{step}"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(made))
            fresh.replace(path)
        return msgspec.json.decode(path.read_bytes(), type=type(made))

    def champion(self) -> str:
        path = self.folder / "champion"
        return path.read_text(encoding="utf-8") if path.exists() else "1"

    def calls(self) -> dict[str, int]:
        """How often each step was begun."""
        return dict(Counter((self.folder / "calls").read_text(encoding="utf-8").split()))

    def collect(self, order: Order) -> Collected:
        return self._once(order, "collect", Collected(samples=12_000, dataset="d", sha256="abc", simulated=True))

    def train(self, order: Order, collected: Collected) -> Trained:
        assert collected.samples == 12_000
        return self._once(order, "train", Trained(run_id="run", family="forest"))

    def validate(self, order: Order, trained: Trained) -> Validated:
        assert trained.run_id == "run"
        return self._once(order, "validate", Validated(passed=True, metrics={"f1": 0.8}))

    def register(self, order: Order, trained: Trained, validated: Validated) -> Registered:
        assert trained.family == "forest"
        assert validated.passed
        return self._once(order, "register", Registered(version=f"v-{order.round_id[:8]}", champion=self.champion()))

    def promote(self, order: Order, registered: Registered) -> Promoted:
        made = self._once(order, "promote", Promoted(version=registered.version, previous=registered.champion))
        (self.folder / "champion").write_text(made.version, encoding="utf-8")
        return made

    def withdraw(self, order: Order, registered: Registered) -> None:
        self._once(order, "withdraw", registered)


def hands(settings: Settings) -> FileHands:
    """What HIVE_RETRAIN_HANDS names."""
    return FileHands(settings.data_dir / "registry")
