"""What a MongoDB task may ask for: parsed, checked and converted before anything is sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bson import ObjectId
from bson.errors import InvalidId

from app.errors import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

ROW_LIMIT = 1000
MAX_DEPTH = 32
OPERATIONS = ("find", "aggregate", "count")


def _names(*lines: str) -> frozenset[str]:
    return frozenset(f"${name}" for line in lines for name in line.split())


# Reading one collection is all that a task may do: nothing that writes ($out, $merge), runs code ($where,
# $function, $accumulator) or reaches into another collection ($lookup, $unionWith).
STAGES = _names("match group sort limit skip project addFields set unset unwind count sortByCount bucket replaceRoot")
OPERATORS = _names(
    # compare and combine
    "eq ne gt gte lt lte in nin and or nor not exists type regex options size all elemMatch",
    "expr mod cond ifNull switch cmp literal",
    # accumulate
    "sum avg min max first last push addToSet stdDevPop stdDevSamp count",
    # arithmetic, text, arrays
    "add subtract multiply divide abs round floor ceil trunc concat toLower toUpper substrCP toString toInt",
    "toLong toDouble toDate slice arrayElemAt filter map reduce isArray concatArrays",
    # dates
    "dateTrunc dateToString dateToParts dateDiff dateAdd dateSubtract",
    "year month week dayOfMonth dayOfWeek dayOfYear hour minute",
)
# Extended JSON for what JSON has no word for.
_SCALARS = ("$date", "$oid")


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoQuery:
    """A checked read of one collection, with dates and ids as the driver wants them."""

    collection: str
    operation: str
    filter: dict[str, Any] = field(default_factory=dict)
    projection: dict[str, Any] | None = None
    sort: list[tuple[str, int]] = field(default_factory=list)
    skip: int = 0
    limit: int = ROW_LIMIT
    pipeline: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def parse(cls, parameters: Mapping[str, Any]) -> MongoQuery:
        """Check a task's parameters; keys that are not the query's (`columns`, …) are left alone.

        Raises:
            QueryRefused: something is missing, of the wrong type or not allowed.
        """
        operation = parameters.get("operation", "find")
        if operation not in OPERATIONS:
            raise QueryRefused(f"operation {operation!r} is not one of {', '.join(OPERATIONS)}")
        projection = parameters.get("projection")
        return cls(
            collection=_collection(parameters.get("collection")),
            operation=operation,
            filter=_document("filter", parameters.get("filter") or {}),
            projection=_document("projection", projection) if projection else None,
            sort=_sort(parameters.get("sort") or {}),
            skip=_whole("skip", parameters.get("skip") or 0),
            limit=min(_whole("limit", parameters.get("limit") or ROW_LIMIT), ROW_LIMIT),
            pipeline=_pipeline(parameters.get("pipeline") or [], required=operation == "aggregate"),
        )


def _collection(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise QueryRefused("collection is missing")
    if name.startswith("system.") or "$" in name or "\0" in name:
        raise QueryRefused(f"collection {name!r} is not open to queries")
    return name


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise QueryRefused(f"{name} is no whole number of at least 0: {value!r}")
    return value


def _document(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QueryRefused(f"{name} is no document: {value!r}")
    converted: dict[str, Any] = _convert(value)
    return converted


def _sort(value: object) -> list[tuple[str, int]]:
    """Take `{"field": -1}` or `[["field", -1]]`."""
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list):
        raise QueryRefused(f"sort is neither a document nor a list of pairs: {value!r}")
    for pair in pairs:
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str) and pair[1] in (1, -1)):
            raise QueryRefused(f"sort takes a field and 1 or -1, not {pair!r}")
    return [(name, int(direction)) for name, direction in pairs]


def _pipeline(stages: object, *, required: bool) -> list[dict[str, Any]]:
    if not isinstance(stages, list) or (required and not stages):
        raise QueryRefused("pipeline is no list of stages")
    return [_stage(stage) for stage in stages]


def _stage(stage: object) -> dict[str, Any]:
    if not isinstance(stage, dict) or len(stage) != 1:
        raise QueryRefused(f"a stage is a document with one key, not {stage!r}")
    [(name, body)] = stage.items()
    if name not in STAGES:
        raise QueryRefused(f"stage {name} is not allowed")
    return {name: _convert(body)}


def _convert(value: Any, depth: int = 0) -> Any:
    """Copy a JSON value with its extended scalars converted; refuse every operator that is not allowed."""
    if depth > MAX_DEPTH:
        raise QueryRefused(f"the query is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [_convert(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in _SCALARS:
        return _scalar(value)
    for key in value:
        if not isinstance(key, str) or (key.startswith("$") and key not in OPERATORS):
            raise QueryRefused(f"operator {key} is not allowed")
    return {key: _convert(item, depth + 1) for key, item in value.items()}


def _scalar(value: dict[str, Any]) -> dt.datetime | ObjectId:
    [(kind, text)] = value.items()
    try:
        if kind == "$oid":
            return ObjectId(text)
        moment = dt.datetime.fromisoformat(text)
        utc = moment.astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, InvalidId) as error:
        raise QueryRefused(f"{value!r} can't be read: {error}") from error
    if moment.tzinfo is None:
        raise QueryRefused(f"{value!r} needs an offset, such as Z: it would mean another time on each machine")
    return utc
