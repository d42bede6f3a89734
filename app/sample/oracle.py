"""The right answers to `app.sample.questions`, computed from the generated documents alone.

Nothing here knows catalogs, time ranges or pipelines: each answer is plain Python over lists, so that a test
which compares a real answer with it fails when any part of the way is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from app.sample.generate import Document, SampleData

Row = list[Any]


def expected(question_id: str, data: SampleData, *, now: datetime) -> list[Row]:
    """Return the rows of the answer to a question, in the order of the answer, floats unrounded.

    Raises:
        KeyError: there is no such question.
    """
    return _ANSWERS[question_id](data.collections, now)


def same_rows(actual: list[Row], wanted: list[Row]) -> bool:
    """Say whether two answers agree: cell by cell, sums and averages to a cent."""
    if len(actual) != len(wanted):
        return False
    return all(
        len(left) == len(right) and all(map(_same, left, right)) for left, right in zip(actual, wanted, strict=True)
    )


def _same(actual: object, wanted: object) -> bool:
    if isinstance(actual, str) and isinstance(wanted, datetime):
        return datetime.fromisoformat(actual) == wanted
    if isinstance(wanted, float) and isinstance(actual, int | float):
        return abs(actual - wanted) <= 0.011
    return actual == wanted


Collections = dict[str, list[Document]]


def _sales_by_region(all_of: Collections, now: datetime) -> list[Row]:
    first_month = (now.month - 1) // 3 * 3 + 1
    end = datetime(now.year, first_month, 1, tzinfo=now.tzinfo)
    year, month = (now.year, first_month - 3) if first_month > 1 else (now.year - 1, 10)
    start = datetime(year, month, 1, tzinfo=now.tzinfo)
    return _largest(_sums(_between(all_of["sales"], "date", start, end), "region"))


def _open_critical_incidents(all_of: Collections, _now: datetime) -> list[Row]:
    wanted = [d for d in all_of["incidents"] if d["severity"] == "critical" and d["status"] == "open"]
    return _largest(_counts(wanted, "service"))


def _failed_logins(all_of: Collections, now: datetime) -> list[Row]:
    today = _midnight(now)
    day = _between(all_of["access_log"], "at", today - timedelta(days=1), today)
    return [[sum(d["action"] == "login" and d["outcome"] == "failure" for d in day)]]


def _top_products(all_of: Collections, now: datetime) -> list[Row]:
    this_year = [d for d in all_of["sales"] if d["date"].year == now.year]
    return _largest(_sums(this_year, "product"))[:5]


def _active_customers(all_of: Collections, _now: datetime) -> list[Row]:
    return _largest(_counts((d for d in all_of["customers"] if d["active"]), "segment"))


def _deployments_by_status(all_of: Collections, now: datetime) -> list[Row]:
    month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    wanted = (d for d in all_of["deployments"] if (d["date"].year, d["date"].month) == month)
    return _largest(_counts(wanted, "status"))


def _revenue_by_month(all_of: Collections, now: datetime) -> list[Row]:
    months: dict[str, float] = defaultdict(float)
    for document in all_of["sales"]:
        if document["date"].year == now.year:
            months[f"{document['date']:%Y-%m}"] += document["amount"]
    return [[month, months[month]] for month in sorted(months)]


def _denied_by_country(all_of: Collections, now: datetime) -> list[Row]:
    recent = _between(all_of["access_log"], "at", _midnight(now) - timedelta(days=90), now)
    return _largest(_counts((d for d in recent if d["outcome"] == "denied"), "country"))


def _resolution_time(all_of: Collections, now: datetime) -> list[Row]:
    months = now.year * 12 + now.month - 1 - 6
    start = _midnight(now).replace(year=months // 12, month=months % 12 + 1, day=1)
    month_end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    start = start.replace(day=min(now.day, month_end.day))
    minutes: dict[str, list[int]] = defaultdict(list)
    for document in _between(all_of["incidents"], "opened_at", start, now):
        if document["minutes_to_resolve"] is not None:
            minutes[document["severity"]].append(document["minutes_to_resolve"])
    return _largest({severity: sum(found) / len(found) for severity, found in minutes.items()})


def _latest_failed_deployments(all_of: Collections, _now: datetime) -> list[Row]:
    wanted = [d for d in all_of["deployments"] if d["status"] == "failed" and d["environment"] == "production"]
    newest = sorted(wanted, key=lambda d: d["date"], reverse=True)[:5]
    return [[d["date"], d["service"], d["version"], d["environment"], d["status"], d["author"]] for d in newest]


def _average_ticket_online(all_of: Collections, now: datetime) -> list[Row]:
    end = _midnight(now).replace(day=1)
    start = (end - timedelta(days=1)).replace(day=1)
    amounts = [d["amount"] for d in _between(all_of["sales"], "date", start, end) if d["channel"] == "online"]
    return [[sum(amounts) / len(amounts)]]


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _between(documents: list[Document], field: str, start: datetime, end: datetime) -> list[Document]:
    return [document for document in documents if start <= document[field] < end]


def _counts(documents: Iterable[Document], field: str) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for document in documents:
        counts[document[field]] += 1
    return counts


def _sums(documents: Iterable[Document], field: str) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for document in documents:
        sums[document[field]] += document["amount"]
    return sums


def _largest(values: dict[str, int] | dict[str, float]) -> list[Row]:
    return [[name, value] for name, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))]


_ANSWERS: dict[str, Callable[[Collections, datetime], list[Row]]] = {
    "sales-by-region": _sales_by_region,
    "open-critical-incidents": _open_critical_incidents,
    "failed-logins": _failed_logins,
    "top-products": _top_products,
    "active-customers": _active_customers,
    "deployments-by-status": _deployments_by_status,
    "revenue-by-month": _revenue_by_month,
    "denied-by-country": _denied_by_country,
    "resolution-time": _resolution_time,
    "latest-failed-deployments": _latest_failed_deployments,
    "average-ticket-online": _average_ticket_online,
}
