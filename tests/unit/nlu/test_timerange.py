"""Time ranges in words, with the edges of months and years."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu.entities.dates import AHEAD, COMPARING, HEADS, find_dates
from models.nlu.entities.scan import Scan
from models.nlu.timerange import TimeRange, reference_ms
from models.nlu.words import Word, Words, words

NOW = datetime(2025, 11, 22, 15, 30, tzinfo=UTC)  # a Saturday


def find_time_range(plain_words: list[str], *, at_ms: int) -> TimeRange | None:
    """Return the first time range that the words (plain, in order) name, relative to `at_ms`, or None."""
    places = [at for at, word in enumerate(plain_words) if word in HEADS or word[:1].isdecimal()]
    if not places:
        return None
    scan = Scan(Words.of(" ".join(plain_words), _placed(plain_words)), at_ms)
    scan.looks_ahead = not AHEAD.isdisjoint(plain_words)
    scan.compares = not COMPARING.isdisjoint(plain_words)
    found, _ = find_dates(scan, places)
    if not found:
        return None
    moment, (start, end) = found[0]
    return TimeRange(start * 1000, end * 1000, moment.first, moment.last)


def _placed(plain_words: list[str]) -> list[Word]:
    """The words with their places in the text that they make, joined by blanks."""
    placed: list[Word] = []
    start = 0
    for word in plain_words:
        placed.append(Word(word, word, start, start + len(word)))
        start += len(word) + 1
    return placed


def range_of(text: str, at: datetime = NOW) -> tuple[str, str] | None:
    found = find_time_range([word.plain for word in words(text)], at_ms=int(at.timestamp() * 1000))
    return (f"{found.start:%Y-%m-%dT%H:%M}", f"{found.end:%Y-%m-%dT%H:%M}") if found else None


def day_range(start: str, end: str) -> tuple[str, str]:
    return f"{start}T00:00", f"{end}T00:00"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("vendas de hoje", "2025-11-22", "2025-11-23"),
        ("logins de ontem", "2025-11-21", "2025-11-22"),
        ("anteontem", "2025-11-20", "2025-11-21"),
        ("yesterday's logins", "2025-11-21", "2025-11-22"),
        ("esta semana", "2025-11-17", "2025-11-24"),
        ("semana passada", "2025-11-10", "2025-11-17"),
        ("na última semana", "2025-11-10", "2025-11-17"),
        ("mês passado", "2025-10-01", "2025-11-01"),
        ("MES PASSADO", "2025-10-01", "2025-11-01"),
        ("last month", "2025-10-01", "2025-11-01"),
        ("no último trimestre", "2025-07-01", "2025-10-01"),
        ("trimestre anterior", "2025-07-01", "2025-10-01"),
        ("last quarter", "2025-07-01", "2025-10-01"),
        ("trimestre atual", "2025-10-01", "2026-01-01"),
        ("neste semestre", "2025-07-01", "2026-01-01"),
        ("este ano", "2025-01-01", "2026-01-01"),
        ("this year", "2025-01-01", "2026-01-01"),
        ("ano passado", "2024-01-01", "2025-01-01"),
        ("em março de 2025", "2025-03-01", "2025-04-01"),
        ("março/2024", "2024-03-01", "2024-04-01"),
        ("in March", "2025-03-01", "2025-04-01"),
        ("in December", "2024-12-01", "2025-01-01"),
        ("Q1 de 2024", "2024-01-01", "2024-04-01"),
        ("Q4", "2025-10-01", "2026-01-01"),
        ("em 2024", "2024-01-01", "2025-01-01"),
    ],
)
def test_calendar_ranges_are_whole(text: str, start: str, end: str) -> None:
    assert range_of(text) == day_range(start, end)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("últimos 30 dias", "2025-10-23T00:00"),
        ("nos últimos sete dias", "2025-11-15T00:00"),
        ("last 7 days", "2025-11-15T00:00"),
        ("últimas duas semanas", "2025-11-08T00:00"),
        ("últimos 6 meses", "2025-05-22T00:00"),
        ("past two quarters", "2025-05-22T00:00"),
        ("last 24 hours", "2025-11-21T15:30"),
        ("desde janeiro", "2025-01-01T00:00"),
        ("since last month", "2025-10-01T00:00"),
        ("desde março de 2024", "2024-03-01T00:00"),
    ],
)
def test_running_ranges_end_now(text: str, start: str) -> None:
    assert range_of(text) == (start, "2025-11-22T15:30")


@pytest.mark.parametrize(
    "text",
    [
        "sales may drop",
        "march on",
        "os últimos 5 incidentes",
        "last 5 deployments",
        "erro 500",
        "top 10 produtos",
        "últimos 0 dias",
        "last 99999999 years",
        "last 999999999999999999999 days",
        "servidor 2024x",
        "",
    ],
)
def test_what_is_no_range_is_left_alone(text: str) -> None:
    assert range_of(text) is None


def test_month_ends_are_cut_to_the_shorter_month() -> None:
    at = datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert range_of("last 1 month", at) == ("2024-02-29T00:00", "2024-03-31T12:00")
    assert range_of("last month", at) == day_range("2024-02-01", "2024-03-01")


def test_the_first_quarter_looks_back_over_the_year() -> None:
    assert range_of("último trimestre", datetime(2026, 1, 31, tzinfo=UTC)) == day_range("2025-10-01", "2026-01-01")


def test_the_words_of_the_range_are_told() -> None:
    found = find_time_range(["receita", "do", "mes", "passado"], at_ms=0)
    assert found is not None
    assert (found.first, found.last) == (2, 3)


@pytest.mark.parametrize(
    ("timestamp_ms", "expected"),
    [
        (None, 42),
        (0, 42),
        (16_725_225_600_000, 42),
        (1_700_000_000_000, 1_700_000_000_000),
    ],
)
def test_a_clock_out_of_its_mind_does_not_move_yesterday(timestamp_ms: int | None, expected: int) -> None:
    assert reference_ms(timestamp_ms, now_ms=42) == expected


VOCABULARY = (
    "ultimo ultimos last past 1 7 30 999 dois ten dia dias days mes months trimestre year ano de em in desde since "
    "marco may 2024 1999 q1 q4 ontem today este this passado vendas"
)
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=300, deadline=None)
@given(found=st.lists(WORDS, max_size=8), at=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
def test_any_range_has_a_length_and_lies_within_the_text(found: list[str], at: datetime) -> None:
    at_ms = int(at.replace(tzinfo=UTC).timestamp() * 1000)
    span = find_time_range(found, at_ms=at_ms)
    if span is not None:
        assert span.start_ms < span.end_ms
        assert 0 <= span.first <= span.last < len(found)
        assert span.start <= span.last_instant < span.end
