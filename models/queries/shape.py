"""What is checked of every query before its type is looked at, and how its parameters become typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from models.errors import QueryRefused

T = TypeVar("T")

_FLAT = frozenset({str, int, float, bool, type(None)})


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the parameters of every query may hold.

    With `columns` the task wants rows, under `documents` of its output; without, what its store gives (domain.md 5.1).
    `source` and `fallbacks` say where the answer may come from; they are the executor's business.
    """

    query_type: str = "mongodb"
    columns: list[str] | None = None
    source: str | None = None
    fallbacks: list[Any] | None = None


def typed(parameters: Mapping[str, Any], kind: type[T]) -> T:
    """Return the parameters as their type; text is never taken for a number, nor a number for text.

    Raises:
        QueryRefused: one is missing, unknown or of another type; says which.
    """
    try:
        return msgspec.convert(dict(parameters), kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        name = path.strip(".`")
        raise QueryRefused(f"{name}: {message}" if name else message, "parameters") from error


def check_shape(value: Any, *, depth: int, size_bytes: int) -> bytes:
    """Check that a value is JSON, not nested too deep and not too long; return it encoded, keys sorted.

    Raises:
        QueryRefused: it isn't.
    """
    try:
        encoded = msgspec.json.encode(value, order="sorted")
    except RecursionError:
        encoded = b""
    except (TypeError, UnicodeEncodeError) as error:
        check_depth(value, depth=depth, what="the query")
        raise QueryRefused(f"the query is no JSON: {error}", "parameters") from error
    if not surely_flat(encoded, depth=depth):
        check_depth(value, depth=depth, what="the query")
    if len(encoded) > size_bytes:
        raise QueryRefused(f"the query has {len(encoded):,} bytes, the limit is {size_bytes:,}", "size")
    return encoded


def surely_flat(encoded: bytes, *, depth: int) -> bool:
    """Tell whether what is encoded has so few brackets that it can't be nested too deep; nothing encoded may be.

    Most values have: to count is much cheaper than to look at every one of their parts.
    """
    return len(encoded) > 0 and encoded.count(b"{") + encoded.count(b"[") <= depth


def check_depth(value: Any, *, depth: int, what: str) -> None:
    """Check how deep a value is nested, without recursion: whoever nests a million levels is to get an answer too.

    Raises:
        QueryRefused: deeper than `depth` levels.
    """
    level = [value]
    for _ in range(depth):
        inner: list[Any] = []
        for item in level:
            if item.__class__ is dict or isinstance(item, Mapping):
                item = item.values()  # noqa: PLW2901
            elif not isinstance(item, list | tuple):
                continue
            # Most are flat: cheaper to leave them out here than to look at them on the next level.
            inner += [each for each in item if each.__class__ not in _FLAT]
        if not inner:
            return
        level = inner
    raise QueryRefused(f"{what} is nested deeper than {depth} levels", "depth")
