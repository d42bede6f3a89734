"""Make the application from settings; importing this has no side effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.engine import HiveApp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.settings import Settings
    from app.topics import TopicSpec

__all__ = ["create_app", "use_uvloop"]


def create_app(settings: Settings, *, outputs: Iterable[TopicSpec] = (), **options: Any) -> HiveApp:
    """Return a Faust application with runs, transactions and committed tables.

    Args:
        settings: The settings.
        outputs: Topics that are only written to; like those that are read, they are created where missing.
        options: `lanes`, the stages that have a committer of their own, and further settings of Faust's own.
    """
    use_uvloop()
    return HiveApp(settings, outputs=outputs, **options)


def use_uvloop() -> None:
    """Have event loops made by uvloop from now on, as workers have."""
    try:
        import uvloop
    except ImportError:  # not on this platform: asyncio's own loop does the same, slower
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
