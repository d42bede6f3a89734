"""Numbers as a line of bars, one character each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"


def sparkline(values: Sequence[float]) -> str:
    """Draw values from 0 to the greatest of them; a value of 0 is a dot, so that little is told from nothing."""
    top = max(values, default=0)
    return "".join(_BARS[min(7, int(value / top * 8))] if value > 0 else _NOTHING for value in values)
