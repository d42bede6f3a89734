"""Health that means something: live is "the watchdog sees no reason to end it", ready is "it processes records"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.engine import HiveApp

__all__ = ["live", "ready"]


def live(app: HiveApp) -> dict[str, Any]:
    """Return whether the event loop turns, and how late it is.

    That this is answered at all shows that it turns; a worker that is stuck is ended by its watchdog.
    """
    return {"live": True, "worker": app.settings.worker, "event_loop_lag_s": round(app.watchdog.lag_s, 3)}


def ready(app: HiveApp) -> tuple[bool, dict[str, Any]]:
    """Return whether the worker processes records, and what it waits for if not.

    A stage that waits for a store does not make the worker unready: the others go on, and sending its partitions to
    another worker would not bring the store back.
    """
    waits = []
    if not app.committer.started:
        waits.append("kafka")
    if app.rebalancing:
        waits.append("rebalance")
    if not app.ready:
        waits.append("tables")
    return not waits, {
        "ready": not waits,
        "waits_for": waits,
        "worker": app.settings.worker,
        "generation": app.generation.number,
        "partitions": 0 if waits else len(app.consumer.assignment()),
        "paused": dict(app.watchdog.paused),
    }
