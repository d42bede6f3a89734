"""The checks of a VALIDATE: what holds, what fails, on which column, and why."""

from __future__ import annotations

from typing import Any

import pytest

from models.transform import TransformError, check

NOW_MS = 1_735_689_600_000  # 2025-01-01
ROWS: list[dict[str, Any]] = [
    {"user": "ana", "n": 1, "at": "2024-12-31T23:59:00Z", "ok": True, "name": "***"},
    {"user": "bia", "n": 2.5, "at": {"$date": NOW_MS - 90_000}, "ok": None, "name": "***"},
    {"user": "ana", "n": None, "at": NOW_MS - 120_000, "inner": [{"email": "x"}]},
]


@pytest.mark.parametrize(
    "item",
    [
        {"check": "not_empty"},
        {"check": "not_empty", "least": 3},
        {"check": "complete"},
        {"check": "complete", "cut_at": 4},
        {"check": "schema", "columns": {"user": "string", "n": "number", "at": "date", "ok": "boolean"}},
        {"check": "schema", "columns": {}, "required": ["user", "at"]},
        {"check": "range", "column": "n", "least": 1, "most": 2.5},
        {"check": "range", "column": "at", "least": "2024-12-31", "most": "2025-01-01"},
        {"check": "freshness", "column": "at", "max_age_s": 60},
        {"check": "unique", "columns": ["user", "n"]},
        {"check": "policy", "forbidden": ["name", "ip"], "most": 3},
    ],
)
def test_what_holds(item: dict[str, Any]) -> None:
    [found] = check(ROWS, [item], now_ms=NOW_MS)
    assert (found.check, found.passed, found.column, found.failed, found.detail) == (item["check"], True, None, 0, "")


@pytest.mark.parametrize(
    ("item", "column", "failed", "says"),
    [
        ({"check": "not_empty", "least": 4}, None, 0, "3 rows, at least 4"),
        ({"check": "complete", "cut_at": 3}, None, 0, "only 3 rows could be read, and there may be more"),
        ({"check": "schema", "columns": {"n": "integer"}}, "n", 1, "row 2 has 2.5"),
        ({"check": "schema", "columns": {"ok": "number"}}, "ok", 1, "row 1 has true"),
        ({"check": "schema", "columns": {"user": "date"}}, "user", 3, 'row 1 has "ana"'),
        ({"check": "schema", "columns": {}, "required": ["ok"]}, "ok", 2, "row 2 first"),
        ({"check": "range", "column": "n", "least": 2}, "n", 1, "row 1 has 1"),
        ({"check": "range", "column": "n", "most": 2}, "n", 1, "in ..2: row 2"),
        ({"check": "range", "column": "at", "least": "2024-12-31T23:58:15Z"}, "at", 1, "row 3 has"),
        ({"check": "freshness", "column": "at", "max_age_s": 59}, "at", 0, "60 s old, 59 s are allowed"),
        ({"check": "freshness", "column": "user", "max_age_s": 59}, "user", 0, "no time in any row"),
        ({"check": "unique", "columns": ["user"]}, "user", 1, "row 3 first"),
        ({"check": "policy", "forbidden": ["email"]}, "email", 1, "may not be in the answer"),
        ({"check": "policy", "most": 2}, None, 1, "3 rows, 2 are allowed"),
    ],
)
def test_what_fails_says_on_what(item: dict[str, Any], column: str | None, failed: int, says: str) -> None:
    [found] = check(ROWS, [item], now_ms=NOW_MS)
    assert (found.check, found.passed, found.column, found.failed) == (item["check"], False, column, failed)
    assert says in found.detail


def test_rows_that_were_cut_are_not_complete_however_few_they_are() -> None:
    [found] = check(ROWS, [{"check": "complete", "cut_at": 1000}], now_ms=NOW_MS, cut=True)
    assert not found.passed


def test_every_check_is_made_and_every_column_told() -> None:
    items: list[dict[str, Any]] = [
        {"check": "not_empty", "least": 9},
        {"check": "schema", "columns": {"n": "string", "user": "number"}},
        {"check": "policy", "forbidden": ["user", "n"], "most": 0},
        {"check": "unique", "columns": ["at"]},
    ]
    found = check(ROWS, items, now_ms=NOW_MS)
    assert [(one.check, one.column, one.passed) for one in found] == [
        ("not_empty", None, False),
        ("schema", "n", False),
        ("schema", "user", False),
        ("policy", "user", False),
        ("policy", "n", False),
        ("policy", None, False),
        ("unique", None, True),
    ]


@pytest.mark.parametrize(
    "items",
    [
        [],
        "not_empty",
        [{"check": "not_empty"}] * 51,
        [{"check": "nice"}],
        [{"check": "not_empty", "least": 0}],
        [{"check": "range", "column": "n"}],
        [{"check": "range", "column": "n", "least": "small"}],
        [{"check": "freshness", "column": "at", "max_age_s": 0}],
        [{"check": "unique", "columns": []}],
        [{"check": "schema", "columns": {"n": "decimal"}}],
    ],
)
def test_what_is_no_check_is_refused(items: Any) -> None:
    with pytest.raises(TransformError) as refused:
        check(ROWS, items, now_ms=NOW_MS)
    assert refused.value.reason == "checks"
