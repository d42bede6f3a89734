"""What a cell is: a JSON scalar, a time or, kept as it is, something nested. Nothing here needs a data frame."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS: Final = -62_135_596_800_000  # 0001-01-01
_LAST_MS: Final = 253_402_300_799_999  # 9999-12-31
_INT64_BITS: Final = 63

_SCALARS = (str, bool, type(None))


def plain(value: Any) -> Any:  # noqa: PLR0911 — one for each type
    """Return a cell as a JSON value.

    Extended JSON (`$date`, `$numberLong` …) becomes what it says, times become ISO 8601 text in UTC, numbers that are
    none become null, whole numbers beyond 64 bits become floating point.
    """
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _INT64_BITS else _float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        if len(value) == 1:
            [(name, inner)] = value.items()
            reader = _EXTENDED.get(name)
            if reader is not None:
                return reader(inner)
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value if value.tzinfo else value.replace(tzinfo=UTC))
    return _float(value) if isinstance(value, Decimal) else str(value)


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (OverflowError, ValueError, TypeError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> Any:
    try:
        return plain(int(value))
    except (ValueError, TypeError, OverflowError):
        return None


def _date(value: Any) -> str | None:
    at_us = instant_us(plain(value))
    return None if at_us is None else iso(_at(at_us))


_EXTENDED: dict[str, Callable[[Any], Any]] = {
    "$date": _date,
    "$numberLong": _whole,
    "$numberInt": _whole,
    "$numberDouble": _float,
    "$numberDecimal": _float,
    "$oid": str,
}


def iso(at: datetime) -> str:
    """Write a time as the stores' rows have it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _at(at_us: int) -> datetime:
    # Not fromtimestamp: it takes floating point, which loses microseconds.
    seconds, rest_us = divmod(at_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_us)


def instant_us(value: Any) -> int | None:
    """Return the time that a cell says, in µs since 1970: ISO 8601 text (UTC where it names no offset), or epoch ms.

    A date is its midnight; text of less than a date ("2025-07"), and what lies outside of the years 1 to 9999, is none.
    """
    if isinstance(value, str):
        # Every time has its first hyphen there: most text is told apart without a look at the rest.
        if len(value) < 10 or value[4] != "-" or not _INSTANT.fullmatch(value):
            return None
        try:
            at = datetime.fromisoformat(value.replace(",", "."))
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        passed = at - _EPOCH
        return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    if isinstance(value, int | float) and not isinstance(value, bool) and _FIRST_MS <= value <= _LAST_MS:
        return round(value * 1000)
    return None


def canonical(value: Any) -> str:
    """Write a plain cell so that equal ones are written alike: 1 as 1.0, names in order."""
    return msgspec.json.encode(_canonical(value), order="sorted").decode()


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**_INT64_BITS:
        return int(value)
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items()}
    return [_canonical(item) for item in value] if isinstance(value, list) else value
