"""``query_type`` redis: get, mget, hash, zset and scan."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from app.errors import QueryRefused
from app.execution.rows import MASK, Rows
from app.execution.runner import StoreRunner
from app.execution.texts import decoded, text_or_base64
from app.stores.redis import RedisStore
from models.queries import parse_redis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.queries import Allowed, Limits, RedisQuery

BATCH_KEYS = 100
MEMORY_FACTOR = 3
"""How much more memory a hash or sorted set takes in Redis than its names and values have bytes, about."""
MISSING = b"none"
_READABLE = frozenset({b"string", b"hash", b"zset"})
_KINDS = {name: frozenset({b"string"}) for name in ("string", "integer", "json", "get", "mget")} | {
    name: frozenset({name.encode()}) for name in ("hash", "zset")
}
"""What a key has to hold for an operation, or for what the catalog says of it."""


class RedisRunner(StoreRunner[RedisStore]):
    """Runs the reads of tasks on keys.

    The output of get is `key`, `value` (decoded where it is JSON) and `exists`; of mget and hash `values` by key and
    `count`; of zset `members` with their scores and `count`; of scan `keys`, `count`, `pattern`, and the
    `values` by key with `fetch_values`. For a task that names its `columns` it is `documents` instead: the variables of
    `key_pattern`, and the entries of a JSON object or hash, `member` and `score`, or `value`. All have `truncated`.
    Bytes that are no text are `{"base64": …}`.
    """

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Run one read."""
        query = parse_redis(parameters, self._allowed, limits)
        return await _Run(self._store, self._allowed, query).run()


class _Run:
    """One read under way."""

    def __init__(self, store: RedisStore, allowed: Allowed, query: RedisQuery) -> None:
        self._store = store
        self._allowed = allowed
        self._query = query
        self._masked = allowed.masked_of(query.keys)
        self._rows = Rows(query.limits, self._masked)
        self._deadline_s = time.monotonic() + query.limits.time_s
        self._complete = True

    async def run(self) -> dict[str, Any]:
        query = self._query
        keys = list(query.keys)
        if query.operation == "scan":
            keys = await self._scanned()
            if query.as_rows and not query.fetch_values:
                for key in keys:
                    self._rows.add(self._parts(key))
                return self._output()
            if not query.as_rows and not query.fetch_values:
                return self._keys(keys)
        values = await (self._one(keys[0]) if query.operation == "get" else self._values(keys))
        if query.as_rows:
            return self._as_rows(values)
        return self._native(keys, values)

    # Rows

    def _as_rows(self, values: dict[str, Any]) -> dict[str, Any]:
        for key, value in values.items():
            parts = self._parts(key)
            for row in _rows_of(value):
                if not self._rows.add(parts | row):
                    return self._output()
        return self._output()

    def _output(self) -> dict[str, Any]:
        rows = self._rows
        return self._more({"documents": rows.rows, "count": len(rows.rows)})

    def _more(self, output: dict[str, Any]) -> dict[str, Any]:
        output["truncated"] = self._rows.truncated or not self._complete
        if self._query.operation == "scan":
            output["complete"] = self._complete
        return output

    def _parts(self, key: str) -> dict[str, str]:
        pattern = self._query.key_pattern
        return {} if pattern is None else self._allowed.parts_of(pattern, key)

    # As Redis has it

    def _native(self, keys: list[str], values: dict[str, Any]) -> dict[str, Any]:
        query = self._query
        rows = self._rows
        shown = {key: self._shown(value) for key, value in values.items()}
        rows.add(shown)  # for its size, its depth and what is masked in it
        shown = rows.rows[0] if rows.rows else {}
        if query.operation == "get":
            key = keys[0]
            return {
                "key": key,
                "value": shown.get(key),
                "exists": key in shown,
                "count": len(shown),
                "truncated": False,
            }
        if query.operation == "zset":
            members = shown.get(keys[0], [])
            return self._more({"key": keys[0], "members": members, "count": len(members), "exists": keys[0] in shown})
        if query.operation == "scan":
            listed = self._keys(keys)
            if self._hides(keys):  # the keys themselves say what is not to be seen
                shown = {f"{MASK}{number}": value for number, value in enumerate(shown.values(), 1)}
            return listed | {"values": shown}
        return {"values": shown, "count": len(shown), "truncated": False}

    def _keys(self, keys: list[str]) -> dict[str, Any]:
        shown = [MASK] * len(keys) if self._hides(keys) else keys
        return self._more({"keys": shown, "count": len(keys), "pattern": self._query.glob})

    def _hides(self, keys: list[str]) -> bool:
        """Tell whether a part of a key is masked."""
        return bool(self._masked) and any(
            self._masked.intersection(self._allowed.parts_of(pattern, key))
            for key in keys
            for pattern in self._allowed.patterns_of(key)
        )

    def _shown(self, value: Any) -> Any:
        """Return a value as it stands under its key; one that is no object is the field `value`."""
        if isinstance(value, _Members):
            return _rows_of(value)
        return MASK if "value" in self._masked and not isinstance(value, dict) else value

    # Reading

    async def _scanned(self) -> list[str]:
        """Return the listed keys that match, in order; SCAN may give one more than once."""
        found: dict[str, None] = {}
        scanned = 0
        async for raw in self._store.scan(self._query.glob, self._query.count):
            scanned += 1
            if scanned > self._query.limits.scanned or time.monotonic() > self._deadline_s:
                self._complete = False
                break
            key, encoding = text_or_base64(raw)
            pattern = self._query.key_pattern
            listed = self._allowed.pattern_of(key)
            if encoding == "base64" or listed is None or (pattern is not None and listed != pattern):
                continue
            if len(found) >= self._query.limits.rows and key not in found:
                self._rows.truncated = True
                break
            found[key] = None
        return sorted(found)

    async def _values(self, keys: list[str]) -> dict[str, Any]:
        """Return the values of those keys that are there, each measured before it is fetched."""
        values: dict[str, Any] = {}
        room = self._query.limits.size_bytes
        for start in range(0, len(keys), BATCH_KEYS):
            if time.monotonic() > self._deadline_s:
                self._complete = False
                break
            kinds = await self._kinds(keys[start : start + BATCH_KEYS])
            there = [key for key, kind in kinds.items() if kind != MISSING]
            room -= await self._size_bytes({key: kinds[key] for key in there})
            if room < 0:
                raise QueryRefused(
                    f"the values have more than {self._query.limits.size_bytes:,} bytes: ask for fewer keys", "size"
                )
            answers = await self._store.read([self._command(kinds[key], key) for key in there])
            values |= {
                key: self._value(kinds[key], answer)
                for key, answer in zip(there, answers, strict=True)
                if answer is not None
            }
        return values

    async def _one(self, key: str) -> dict[str, Any]:
        """Return the value of one key, in one round trip: so much of it as may be in an answer, and a byte more."""
        most_bytes = self._query.limits.size_bytes
        [raw] = await self._store.read([("GETRANGE", key, 0, most_bytes)])
        if len(raw) > most_bytes:
            raise QueryRefused(f"the value has more than {most_bytes:,} bytes", "size")
        if not raw and not (await self._store.read([("EXISTS", key)]))[0]:
            return {}
        return {key: self._value(b"string", raw)}

    async def _kinds(self, keys: list[str]) -> dict[str, bytes]:
        """Return what the keys hold, which has to be what is asked for."""
        kinds = dict(zip(keys, await self._store.read([("TYPE", key) for key in keys]), strict=True))
        wanted = _KINDS.get(self._query.value or self._query.operation, _READABLE)
        for key, kind in kinds.items():
            if kind != MISSING and kind not in wanted:
                expected = " or ".join(sorted(item.decode() for item in wanted))
                raise QueryRefused(f"key {key!r} holds a {kind.decode()}, not a {expected}", "parameters")
        return kinds

    async def _size_bytes(self, kinds: dict[str, bytes]) -> int:
        """Return what the answers will have, about: of sorted sets only the part that is asked for."""
        commands = [("STRLEN", key) if kind == b"string" else ("MEMORY", "USAGE", key) for key, kind in kinds.items()]
        sizes = dict(zip(kinds, await self._store.read(commands), strict=True))
        sets = [key for key, kind in kinds.items() if kind == b"zset"]
        cards = dict(zip(sets, await self._store.read([("ZCARD", key) for key in sets]), strict=True))
        total = 0
        for key, kind in kinds.items():
            size = int(sizes[key] or 0)
            if kind != b"string":
                size = size * min(self._query.limits.rows + 1, cards.get(key, 1) or 1) // (cards.get(key, 1) or 1)
                size //= MEMORY_FACTOR
            total += size
        return total

    def _command(self, kind: bytes, key: str) -> tuple[str | int, ...]:
        if kind == b"zset":
            return (
                "ZREVRANGE" if self._query.descending else "ZRANGE",
                key,
                0,
                self._query.limits.rows,  # one more than wanted, so that a cut result is known to be one
                "WITHSCORES",
            )
        return ("GET" if kind == b"string" else "HGETALL", key)

    def _value(self, kind: bytes, answer: Any) -> Any:
        if kind == b"string":
            return _text(answer) if self._query.value == "string" else _decoded(answer)
        if kind == b"hash":
            return {str(_text(name)): _decoded(value) for name, value in answer.items()}
        if len(answer) > self._query.limits.rows:
            self._rows.truncated = True
        return _Members((_text(member), float(score)) for member, score in answer[: self._query.limits.rows])


class _Members(list[tuple[Any, float]]):
    """The members of a sorted set with their scores."""


def _rows_of(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, _Members):
        return [{"member": member, "score": score} for member, score in value]
    return [value if isinstance(value, dict) else {"value": value}]


def _decoded(raw: bytes) -> Any:
    value, encoding = decoded(raw)
    return {"base64": value} if encoding == "base64" else value


def _text(raw: bytes) -> Any:
    text, encoding = text_or_base64(raw)
    return {"base64": text} if encoding == "base64" else text
