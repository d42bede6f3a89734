"""Small Faust applications on the engine, for measuring and for breaking."""

from __future__ import annotations

from app.topics import DAY_MS, TopicSpec


def topic(name: str) -> TopicSpec:
    """Return a topic of raw bytes: these applications parse in the agent, as the peers do."""
    return TopicSpec(name=name, key="user", record=None, retention_ms=7 * DAY_MS)
