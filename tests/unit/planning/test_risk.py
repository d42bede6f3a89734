"""Risk: what it comes from, that each factor raises it, and when a person is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.planning.destructive import Severity
from models.planning.risk import Circumstances, assess, band_of, floored, needs_approval
from models.records import Priority, RiskBand, SecurityLevel

CIRCUMSTANCES = st.builds(
    Circumstances,
    priority=st.sampled_from(Priority),
    level=st.sampled_from(SecurityLevel),
    tasks=st.integers(0, 20),
    pii=st.booleans(),
    confidence=st.floats(0, 1),
    work_ms=st.integers(0, 30_000),
    waiting_ms=st.integers(0, 15_000),
    writes=st.integers(0, 10),
    production=st.booleans(),
    credentials=st.booleans(),
    unattended=st.booleans(),
    similar=st.just(10),
    similar_failed=st.integers(0, 10),
    severity=st.sampled_from(Severity),
)


@given(CIRCUMSTANCES, CIRCUMSTANCES)
def test_no_factor_lowers_the_risk(one: Circumstances, other: Circumstances) -> None:
    """Taking the worse of two in every respect is never less risky than either: monotone in all factors at once."""
    priorities, levels = list(Priority), list(SecurityLevel)
    worse = Circumstances(
        priority=max(one.priority, other.priority, key=priorities.index),
        level=max(one.level, other.level, key=levels.index),
        tasks=max(one.tasks, other.tasks),
        pii=one.pii or other.pii,
        confidence=min(one.confidence, other.confidence),
        work_ms=max(one.work_ms, other.work_ms),
        waiting_ms=max(one.waiting_ms, other.waiting_ms),
        writes=max(one.writes, other.writes),
        production=one.production or other.production,
        credentials=one.credentials or other.credentials,
        unattended=one.unattended or other.unattended,
        similar=10,
        similar_failed=max(one.similar_failed, other.similar_failed),
        severity=max(one.severity, other.severity),
    )
    assert assess(worse).score >= max(assess(one).score, assess(other).score)


CALM = Circumstances(Priority.LOW, SecurityLevel.PUBLIC)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("priority", list(Priority)),
        ("level", list(SecurityLevel)),
        ("tasks", [1, 5, 10, 15]),
        ("pii", [False, True]),
        ("confidence", [1.0, 0.5, 0.1]),
        ("work_ms", [0, 5_000, 20_000]),
        ("waiting_ms", [0, 5_000, 10_000]),
        ("writes", [0, 1, 2, 5]),
        ("production", [False, True]),
        ("credentials", [False, True]),
        ("unattended", [False, True]),
        ("similar_failed", [0, 1, 3]),
        ("severity", [Severity.NONE, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]),
    ],
)
def test_every_factor_raises_the_risk(field: str, values: list[Any]) -> None:
    about = CALM._replace(similar=3)
    changes: list[dict[str, Any]] = [{field: value} for value in values]
    scores = [assess(about._replace(**change)).score for change in changes]
    assert scores == sorted(set(scores))


@given(CIRCUMSTANCES)
def test_score_matrix_and_factors_lie_between_0_and_1(about: Circumstances) -> None:
    risk = assess(about)
    assert all(0 <= value <= 1 for value in (risk.score, *risk.factors.values(), *risk.matrix.values()))
    assert risk.matrix.keys() == {"business", "security", "operational", "overall"}
    assert risk.band is band_of(risk.score)


@given(CIRCUMSTANCES)
def test_what_destroys_is_always_looked_at_first(about: Circumstances) -> None:
    risk = assess(about)
    if about.severity is not Severity.NONE:
        assert risk.band in (RiskBand.HIGH, RiskBand.CRITICAL)
        assert needs_approval(risk, about.severity)
    else:
        assert needs_approval(risk, about.severity) == (risk.score >= 0.7)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0.0, "low"), (0.3999, "low"), (0.4, "medium"), (0.7, "high"), (0.8999, "high"), (0.9, "critical")],
)
def test_bands(score: float, band: str) -> None:
    assert band_of(score).value == band


@pytest.mark.parametrize(
    ("priority", "floor"),
    [(Priority.LOW, 0.7), (Priority.NORMAL, 0.7), (Priority.HIGH, 0.8), (Priority.CRITICAL, 0.9)],
)
def test_the_floor_of_what_destroys(priority: Priority, floor: float) -> None:
    assert floored(0.5, priority, Severity.LOW) == floor
    assert floored(0.95, priority, Severity.LOW) == 0.95
    assert floored(0.3, priority, Severity.NONE) == 0.3


def test_much_that_is_risky_needs_approval_without_destroying_anything() -> None:
    worst = Circumstances(
        Priority.CRITICAL, SecurityLevel.RESTRICTED, 15, pii=True, confidence=0.5, work_ms=20_000, waiting_ms=10_000,
        writes=9, production=True, credentials=True,
    )  # fmt: skip
    risk = assess(worst)
    assert risk.score >= 0.7
    assert needs_approval(risk, Severity.NONE)


def test_a_lone_query_never_needs_approval() -> None:
    worst = Circumstances(
        Priority.CRITICAL, SecurityLevel.RESTRICTED, 1, pii=True, confidence=0.3, work_ms=500, unattended=True,
        similar=9, similar_failed=9,
    )  # fmt: skip
    assert not needs_approval(assess(worst), Severity.NONE)


def test_the_reasons_name_what_counts_most_first() -> None:
    risk = assess(CALM._replace(pii=True, production=True, severity=Severity.CRITICAL))
    assert risk.reasons[0].startswith("destructive (critical): at least 0.9")
    assert risk.reasons[1:] == ("environment 1.00", "pii 0.80")
