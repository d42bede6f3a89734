"""JSON to records and back: lenient in what it reads, strict in what it writes.

In come camelCase or snake_case and fields nobody here knows (kept in `extra`, at every level); out goes
snake_case. Whatever bytes come in, `decode` returns a record or raises InvalidRecord, and every record that
it returns can be encoded again: a record that passes here can't become a poison pill further down.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from threading import Lock
from types import UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from models.errors import InvalidRecord
from models.records.base import EXTRA_KEY, Record, WireEnum

try:
    import orjson
except ImportError:  # an interpreter without a wheel of it: the standard library does the same, slower
    orjson = None  # type: ignore[assignment]

__all__ = ["MAX_DEPTH", "MAX_RECORD_BYTES", "decode", "encode"]

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""Largest record, as `max.message.bytes` of the topics."""

MAX_DEPTH = 100
"""Deepest nesting: what MongoDB stores, and far from every parser's recursion limit."""

R = TypeVar("R", bound=Record)

# Possessive, and the closing quote optional: an unterminated string must not make the scan quadratic.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_encoder = msgspec.json.Encoder()


def decode(kind: type[R], data: bytes | None) -> R:
    """Read a record of this kind.

    Raises:
        InvalidRecord: the bytes are no such record; its reason says in one word why.
    """
    if data is None:
        raise InvalidRecord("tombstone", f"the record has no value, a {kind.__name__} was expected")
    if len(data) > MAX_RECORD_BYTES:
        raise InvalidRecord("too-large", f"the record has {len(data)} bytes, {MAX_RECORD_BYTES} are allowed")
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(data)
    try:
        # The common case: snake_case and nothing unknown goes straight from bytes to the record.
        record: R = _decoder(kind).decode(data)
    except ValueError:  # all of msgspec's errors, and bytes that aren't UTF-8
        return _decode_leniently(kind, data)
    return record


def encode(record: Record) -> bytes:
    """Write a record as snake_case JSON, with its unknown fields back in their places."""
    data = _encoder.encode(record)
    if EXTRA_KEY.encode() in data:
        return _encoder.encode(_builtins(record))
    return data


class _Field(NamedTuple):
    name: str  # on the wire
    shape: dict[str, _Field] | None  # of the record in it, or of each record in its list
    allowed: type[WireEnum] | None


_Shape = dict[str, _Field]  # by each name under which a field may come in


_BUILDING = Lock()


@cache
def _decoder(kind: type[Record]) -> msgspec.json.Decoder[Any]:
    # msgspec (0.22) hands a type that one thread is still looking into to others as if it were done: they crash on it.
    with _BUILDING:
        return msgspec.json.Decoder(kind)


@cache
def _shape(kind: type[Record]) -> _Shape:
    fields: _Shape = {}
    hints = get_type_hints(kind)
    for info in msgspec.structs.fields(kind):
        if info.name == "extra":
            continue
        inner = _inner(hints[info.name])
        field = _Field(
            info.name,
            _shape(inner) if issubclass(inner, Record) else None,
            inner if issubclass(inner, WireEnum) else None,
        )
        head, *rest = info.name.split("_")
        fields[info.name] = fields[head + "".join(part.title() for part in rest)] = field
    return fields


def _inner(hint: Any) -> type[Any]:
    """The class in `X`, `X | None` or `list[X]`; object for anything else."""
    if get_origin(hint) in (Union, UnionType, list):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    return hint if isinstance(hint, type) else object


def _decode_leniently(kind: type[R], data: bytes) -> R:
    try:
        raw = _loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidRecord("not-json", f"the record is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise InvalidRecord("not-an-envelope", f"a JSON object was expected, not {type(raw).__name__}")
    try:
        return msgspec.convert(_renamed(raw, _shape(kind)), kind)
    except msgspec.ValidationError as error:
        raise InvalidRecord("invalid-field", _explain(kind, str(error))) from error


def _loads(data: bytes) -> Any:
    if orjson is not None:
        return orjson.loads(data)
    value = json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses lone surrogates, as orjson does
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _renamed(raw: dict[str, Any], shape: _Shape) -> dict[str, Any]:
    """Return the object with the names of this record's fields, and everything else under EXTRA_KEY."""
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, value in raw.items():
        field = shape.get(key)
        if field is None:
            unknown[key] = value
        elif field.shape is None:
            known[field.name] = value
        elif isinstance(value, dict):
            known[field.name] = _renamed(value, field.shape)
        elif isinstance(value, list):
            inner = field.shape
            known[field.name] = [_renamed(v, inner) if isinstance(v, dict) else v for v in value]
        else:
            known[field.name] = value
    if unknown:
        known[EXTRA_KEY] = unknown
    return known


def _explain(kind: type[Record], message: str) -> str:
    """Turn msgspec's message into `which.field: what is wrong (what is allowed)`."""
    match = _PATH.search(message)
    if match is None:
        return message
    path, problem = match[1], message[: match.start()]
    shape: _Shape | None = _shape(kind)
    allowed: type[WireEnum] | None = None
    for part in re.sub(r"\[[^\]]*\]", "", path).split("."):
        field = shape.get(part) if shape else None
        shape, allowed = (field.shape, field.allowed) if field else (None, None)
    hint = f"; allowed: {', '.join(allowed)}" if allowed else ""
    return f"{path}: {problem}{hint}" if path else f"{problem}{hint}"


def _check_depth(data: bytes) -> None:
    depth = 0
    for match in _BRACKET.finditer(_STRINGS.sub(b"", data)):
        depth += 1 if match[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidRecord("too-deep", f"the record has more than {MAX_DEPTH} levels: flatten it")


def _builtins(value: Any) -> Any:
    if isinstance(value, list):
        return [_builtins(item) for item in value]
    if not isinstance(value, Record):
        return value
    known = {name: _builtins(getattr(value, name)) for name in value.__struct_fields__ if name != "extra"}
    return {**value.extra, **known} if value.extra else known
