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
    if question_id in _OF_STORES:
        return _OF_STORES[question_id](data, now)
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


def _failed_logins(all_of: Collections, now: datetime) -> list[Row]:
    today = _midnight(now)
    day = _between(all_of["access_log"], "at", today - timedelta(days=1), today)
    return [[sum(d["action"] == "login" and d["outcome"] == "failure" for d in day)]]


def _top_products(all_of: Collections, now: datetime) -> list[Row]:
    this_year = [d for d in all_of["sales"] if d["date"].year == now.year]
    return _largest(_sums(this_year, "product"))[:5]


def _revenue_by_month(all_of: Collections, now: datetime) -> list[Row]:
    months: dict[str, float] = defaultdict(float)
    for document in all_of["sales"]:
        if document["date"].year == now.year:
            months[f"{document['date']:%Y-%m}"] += document["amount"]
    return [[month, months[month]] for month in sorted(months)]


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


def _services_by_team(data: SampleData, _now: datetime) -> list[Row]:
    return _largest(_counts((node for node in data.graph.nodes if node["label"] == "Service"), "team"))


def _events_by_kind(data: SampleData, now: datetime) -> list[Row]:
    end = now.replace(microsecond=0)
    start = end - timedelta(hours=6)
    return _largest(_counts((d for d in data.events if start <= datetime.fromisoformat(d["at"]) < end), "kind"))


def _sessions_by_channel(data: SampleData, _now: datetime) -> list[Row]:
    return _largest(_counts(data.sessions.values(), "channel"))


def _incidents_of_dependents(data: SampleData, now: datetime) -> list[Row]:
    dependents = {start for start, kind, end in data.graph.edges if (kind, end) == ("DEPENDS_ON", "auth")}
    recent = _between(data.collections["incidents"], "opened_at", _midnight(now) - timedelta(days=90), now)
    return [[sum(document["service"] in dependents for document in recent)]]


def _sessions_of_the_denied(data: SampleData, now: datetime) -> list[Row]:
    recent = _between(data.collections["access_log"], "at", _midnight(now) - timedelta(days=90), now)
    denied = {d["user"] for d in recent if d["action"] == "login" and d["outcome"] == "denied"}
    found = sorted((one for one in data.sessions.values() if one["user"] in denied), key=lambda one: one["user"])
    return [[one["user"], datetime.fromisoformat(one["started_at"]), one["channel"], one["pages"]] for one in found]


def _sales_counters(data: SampleData, _now: datetime) -> list[Row]:
    """Counted from the sales themselves: the counters agree with them."""
    counts = _counts(data.collections["sales"], "region")
    return [[region, counts[region]] for region in ("Norte", "Sul")]


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
    "failed-logins": _failed_logins,
    "top-products": _top_products,
    "revenue-by-month": _revenue_by_month,
    "resolution-time": _resolution_time,
    "latest-failed-deployments": _latest_failed_deployments,
}

_OF_STORES: dict[str, Callable[[SampleData, datetime], list[Row]]] = {
    "services-by-team": _services_by_team,
    "events-by-kind": _events_by_kind,
    "sessions-by-channel": _sessions_by_channel,
    "incidents-of-dependents": _incidents_of_dependents,
    "sessions-of-the-denied": _sessions_of_the_denied,
    "sales-counters": _sales_counters,
}
