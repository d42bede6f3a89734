"""What a worker and the process that carries a step out say to each other, as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from models.lifecycle.hands import Order, Trained

__all__ = ["Done", "Task"]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: `step` is `collect`, `train` or `validate`, and with the last two goes what came before."""

    step: str
    order: Order
    trained: Trained | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of it: a result, or why there is none, and whether there will never be one."""

    result: dict[str, Any] = {}
    error: str | None = None
    final: bool = False
