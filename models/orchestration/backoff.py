"""How long a task waits before it is tried again."""

from __future__ import annotations

from models.ids import stable_id
from models.orchestration.state import Rules

__all__ = ["backoff_ms"]


def backoff_ms(ticket_id: str, attempts: int, rules: Rules) -> int:
    """Return the back-off after so many attempts: twice as long each time, and up to half of it taken off.

    What is taken off follows from the ticket's id, so that tickets that failed together don't come back together, and
    the same event gives the same state.
    """
    whole = min(rules.retry_most_ms, rules.retry_ms << min(max(attempts - 1, 0), 20))
    share = int(stable_id("back-off", ticket_id)[:8], 16) / 0xFFFFFFFF
    return round(whole * (1 - share / 2))
