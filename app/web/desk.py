"""What the console's handlers call off the event loop; imported when somebody looks, for it brings the commands in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.web import actions, intentions, learning, waiting

if TYPE_CHECKING:
    from app.settings import Settings
    from app.web.kept import Kept

__all__ = ["actions", "counts", "intentions", "learning", "waiting"]

MOST: Final = 1_000


def counts(kept: Kept, settings: Settings) -> dict[str, int]:
    """Return how much waits for a person, by view."""
    return {
        "approvals": len(intentions.approvals(kept, limit=MOST)),
        "validation": len(waiting.unsure(kept, limit=MOST)),
        "letters": len(waiting.letters(kept, settings, limit=MOST)),
        "experiments": sum(state.is_open for state in learning.known(kept).values()),
    }
