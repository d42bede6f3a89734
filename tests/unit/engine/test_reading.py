"""A topic is read by one stage: offsets are committed for a group's partition, not for a stage's."""

from __future__ import annotations

import pytest

from app import topics
from app.errors import ConfigurationError
from app.factory import create_app
from app.settings import Settings


def test_two_stages_on_one_topic_are_refused_at_the_start() -> None:
    app = create_app(Settings())
    app.run_topic(topics.PLANS_READY, topics.PLANS_COMMANDS)
    with pytest.raises(ConfigurationError, match=r"plans\.ready is read by another stage"):
        app.run_topic(topics.PLANS_READY)
