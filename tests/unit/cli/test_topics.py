from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.engine import admin
from app.engine.admin import Difference
from app.stores import kafka
from app.topics import TOPICS


def topics(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["topics", *arguments])


def broker_says(monkeypatch: pytest.MonkeyPatch, *differences: Difference) -> None:
    monkeypatch.setattr(kafka, "check_reachable", lambda _: None)
    monkeypatch.setattr(admin, "compare", lambda *_: list(differences))


def test_the_list_names_every_topic() -> None:
    listed = json.loads(topics("--json").stdout)

    assert [topic["name"] for topic in listed] == [spec.name for spec in TOPICS]


def test_a_difference_ends_with_1_and_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    broker_says(monkeypatch, Difference("plans.ready", "partitions", "4", "3"))

    result = topics("--check")

    assert (result.exit_code, "plans.ready" in result.stdout) == (1, True)


def test_a_broker_that_keeps_its_settings_to_itself_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    broker_says(monkeypatch, Difference("plans.ready", "retention.ms", "1", "not reported"))

    result = topics("--check")

    assert (result.exit_code, "does not report: retention.ms" in result.stderr) == (0, True)


def test_differences_are_there_as_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    broker_says(monkeypatch, Difference("plans.ready", "topic", "exists", "missing"))

    [found] = json.loads(topics("--check", "--json").stdout)["differences"]

    assert found == {"topic": "plans.ready", "what": "topic", "listed": "exists", "found": "missing"}
