"""What the console's handlers call off the event loop; imported when somebody looks, for it brings the commands in."""

from __future__ import annotations

from app.web import actions, intentions

__all__ = ["actions", "intentions"]
