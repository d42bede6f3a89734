"""A read of one collection, with every operator in it looked at, however deep it lies."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from bson import ObjectId
from bson.errors import InvalidId

from models.errors import QueryRefused
from models.queries.allowed import NOTHING, Allowed
from models.queries.limits import Limits
from models.queries.shape import Task, typed

Operation = Literal["find", "aggregate", "count", "distinct"]


def _names(*lines: str) -> frozenset[str]:
    return frozenset(f"${name}" for line in lines for name in line.split())


# Reading is all that a task may do: nothing that writes ($out, $merge), runs code ($where, $function, $accumulator),
# looks at the server ($currentOp, $collStats) or turns names of fields into values ($objectToArray, $getField).
STAGES = _names(
    "match group sort limit skip project addFields set unset unwind count sortByCount bucket bucketAuto",
    "replaceRoot replaceWith sample facet lookup unionWith",
)
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
_SCALARS = ("$date", "$oid")
"""Extended JSON for what JSON has no word for."""
_EQUALITY = _names("eq in ne nin")
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class _Parameters(Task, frozen=True, kw_only=True):
    collection: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    operation: Operation = "find"
    filter: dict[str, Any] | None = None
    projection: dict[str, Any] | None = None
    sort: dict[str, Literal[1, -1]] | list[tuple[str, Literal[1, -1]]] | None = None
    skip: _Whole | None = None
    limit: Annotated[int, msgspec.Meta(ge=0)] | None = None
    pipeline: list[dict[str, Any]] | None = None
    field: Annotated[str, msgspec.Meta(min_length=1)] | None = None


class MongoQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A checked read of one collection, with dates and ids as the driver wants them."""

    collection: str
    operation: Operation
    filter: dict[str, Any]
    projection: dict[str, Any] | None
    sort: list[tuple[str, int]]
    skip: int
    pipeline: list[dict[str, Any]]
    field: str
    masked: frozenset[str]
    limits: Limits


def parse_mongodb(parameters: Mapping[str, Any], allowed: Allowed | None, limits: Limits) -> MongoQuery:
    """Check the parameters of a read; without `allowed`, of any collection: for this system's own.

    Raises:
        QueryRefused: something is missing, of the wrong type or not allowed.
    """
    asked = typed(parameters, _Parameters)
    if asked.operation == "aggregate" and not asked.pipeline:
        raise QueryRefused("aggregate needs a `pipeline` with a stage at least", "parameters")
    if asked.operation == "distinct" and not asked.field:
        raise QueryRefused("distinct needs the `field` whose values are asked for", "parameters")
    check = _Check(allowed, limits.depth)
    collection = check.collection(asked.collection)
    pipeline = check.pipeline(asked.pipeline or [], 0)
    query = MongoQuery(
        collection=collection,
        operation=asked.operation,
        filter=check.value(asked.filter or {}, 0),
        projection=check.value(asked.projection, 0) if asked.projection else None,
        sort=list(asked.sort.items()) if isinstance(asked.sort, dict) else list(asked.sort or []),
        skip=asked.skip or 0,
        pipeline=pipeline,
        field=asked.field or "",
        masked=check.masked,
        limits=limits.lowered(rows=asked.limit or None),
    )
    check.path(query.field)
    for name, _ in query.sort:
        check.path(name)
    return query


class _Check:
    """Copies JSON with its extended scalars converted; refuses every name with a `$` that isn't listed."""

    def __init__(self, allowed: Allowed | None, depth: int) -> None:
        self._allowed = allowed
        self._depth = depth
        listed = None if allowed is None else allowed.operators
        self._stages = STAGES if listed is None else STAGES & listed
        self._operators = OPERATORS if listed is None else OPERATORS & listed
        self.masked: frozenset[str] = NOTHING

    def collection(self, name: object) -> str:
        if not isinstance(name, str) or not name or name.startswith("system.") or "$" in name or "\0" in name:
            raise QueryRefused(f"collection {name!r} is not open to queries", "not-listed")
        if self._allowed is None:
            return name
        self.masked |= self._allowed.masked(self._allowed.collection(name))
        return name

    def pipeline(self, stages: object, depth: int) -> list[dict[str, Any]]:
        if not isinstance(stages, list):
            raise QueryRefused(f"a pipeline is a list of stages, not {_short(stages)}", "parameters")
        self._check_depth(depth)
        self._join(stages)
        return [self._stage(stage, depth + 1) for stage in stages]

    def _join(self, stages: list[Any]) -> None:
        # Before the other stages are looked at: what they may do depends on what is masked anywhere.
        for stage in stages:
            if isinstance(stage, dict):
                for name in ("$lookup", "$unionWith"):
                    if name in stage:
                        body = stage[name]
                        self.collection(body.get("from", body.get("coll")) if isinstance(body, dict) else body)

    def _stage(self, stage: object, depth: int) -> dict[str, Any]:
        if not isinstance(stage, dict) or len(stage) != 1:
            raise QueryRefused(f"a stage is a document with one key, not {_short(stage)}", "parameters")
        [(name, body)] = stage.items()
        if name not in self._stages:
            raise QueryRefused(f"stage {name} is not allowed", _reason(name))
        if name == "$facet":
            return {name: {self._key(key): self.pipeline(inner, depth + 1) for key, inner in _document(body).items()}}
        if name in ("$lookup", "$unionWith"):
            return {name: self._joined(body, depth)}
        return {name: self.value(body, depth)}

    def _joined(self, body: Any, depth: int) -> Any:
        """Check a stage that reads another collection, which has been looked up already."""
        if isinstance(body, str):
            return body
        checked = dict(_document(body))
        inner = checked.pop("pipeline", [])
        names = {"from", "coll", "localField", "foreignField", "let", "as"}
        if unknown := checked.keys() - names or {name for name in ("from", "coll") if name in checked} == {
            "from",
            "coll",
        }:
            raise QueryRefused(f"a join takes {', '.join(sorted(names))} and pipeline, not {unknown}", "parameters")
        return self.value(checked, depth) | ({"pipeline": self.pipeline(inner, depth + 1)} if inner else {})

    def value(self, value: Any, depth: int) -> Any:
        self._check_depth(depth)
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            self.path(value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and next(iter(value)) in _SCALARS:
            return _scalar(value)
        for key, item in value.items():
            self._key(key)
            if self._is_masked(key) and isinstance(item, dict) and not item.keys() <= _EQUALITY:
                raise QueryRefused(f"{key} is sensitive: it can be compared for equality only", "not-listed")
        return {key: self.value(item, depth + 1) for key, item in value.items()}

    def path(self, path: str) -> None:
        """Refuse to compute with, or to rename, what is masked under its own name only."""
        if self._is_masked(path):
            raise QueryRefused(f"{path.lstrip('$')} is sensitive: it can't be computed with or sorted by", "not-listed")

    def _is_masked(self, path: str) -> bool:
        return bool(self.masked) and not self.masked.isdisjoint((path.lstrip("$"), *path.lstrip("$").split(".")))

    def _key(self, key: object) -> str:
        if not isinstance(key, str) or "\0" in key:
            raise QueryRefused(f"{key!r} is no name of a field", "parameters")
        # "＄where" is the name of a field to MongoDB, and to what stands before it perhaps an operator.
        if unicodedata.normalize("NFKC", key).lstrip().startswith("$") and key not in self._operators:
            raise QueryRefused(f"operator {key} is not allowed", _reason(key))
        return key

    def _check_depth(self, depth: int) -> None:
        if depth > self._depth:
            raise QueryRefused(f"the query is nested deeper than {self._depth} levels", "depth")


def _reason(name: object) -> Literal["writes", "operator"]:
    return "writes" if name in ("$out", "$merge") else "operator"


def _document(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QueryRefused(f"{_short(value)} is no document", "parameters")
    return value


def _short(value: object) -> str:
    return repr(value)[:100]


def _scalar(value: dict[str, Any]) -> dt.datetime | ObjectId:
    [(kind, text)] = value.items()
    try:
        if kind == "$oid":
            return ObjectId(text)
        moment = dt.datetime.fromisoformat(text)
        utc = moment.astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, InvalidId) as error:
        raise QueryRefused(f"{value!r} can't be read: {error}", "parameters") from error
    if moment.tzinfo is None:
        raise QueryRefused(
            f"{value!r} needs an offset, such as Z: it would mean another time on each machine", "parameters"
        )
    return utc
