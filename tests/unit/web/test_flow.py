"""Rates and lag out of looks at the ends of the topics."""

from __future__ import annotations

import pytest

from app import topics
from app.web.flow import SAMPLES, Meter

SUBMITTED = topics.INTENTIONS_SUBMITTED.name
AUDIT = topics.INTENTIONS_AUDIT.name


def test_nothing_is_told_before_the_first_look_and_no_rate_before_the_second() -> None:
    meter = Meter()
    assert meter.flow() == []
    meter.take(10.0, {SUBMITTED: 500}, {SUBMITTED: 3}, {})
    [flow] = meter.flow()
    assert (flow.name, flow.per_s, flow.history, flow.total, flow.lag) == (SUBMITTED, 0.0, [], 500, 3)


def test_a_rate_is_that_of_the_last_ten_seconds() -> None:
    meter = Meter()
    for look in range(20):
        meter.take(look * 2.0, {SUBMITTED: 1_000 if look < 10 else 1_000 + (look - 9) * 8}, {}, {})
    [flow] = meter.flow()
    assert flow.per_s == pytest.approx(4.0)
    assert flow.history[0] == 0.0
    assert flow.history[-1] == pytest.approx(4.0)
    assert not flow.is_counted


def test_what_is_read_is_counted_without_the_marks_of_transactions() -> None:
    meter = Meter()
    meter.take(0.0, {AUDIT: 100}, {}, {AUDIT: 50})
    meter.take(2.0, {AUDIT: 120}, {}, {AUDIT: 60})
    [flow] = meter.flow()
    assert (flow.per_s, flow.is_counted, flow.total) == (5.0, True, 120)


def test_a_topic_that_is_made_anew_has_no_negative_rate_and_memory_is_bounded() -> None:
    meter = Meter()
    for look in range(3 * SAMPLES):
        meter.take(float(look), {SUBMITTED: 1_000 - look}, {}, {})
    [flow] = meter.flow()
    assert min(flow.history) >= 0.0
    assert len(flow.history) == SAMPLES - 1


def test_topics_come_in_the_order_of_the_list_and_only_those_that_there_are() -> None:
    meter = Meter()
    meter.take(0.0, {AUDIT: 1, "unlisted": 4, SUBMITTED: 1}, {}, {})
    assert [flow.name for flow in meter.flow()] == [SUBMITTED, AUDIT]
