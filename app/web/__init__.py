"""The console: what a worker shows to people, and what they may do there (docs/decisions/0015-console.md)."""

from __future__ import annotations

from app.web.console import serve_console

__all__ = ["serve_console"]
