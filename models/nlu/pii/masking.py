"""Texts with the personal data taken out."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from models.nlu.pii.find import find_pii
from models.nlu.pii.spans import TAG_OF, PiiSpan

if TYPE_CHECKING:
    from collections.abc import Sequence


def mask(text: str, spans: Sequence[PiiSpan] | None = None) -> str:
    """Put "[EMAIL]", "[CPF]", … in the place of personal data: of the spans given, or else of all that is found.

    Masking a masked text changes nothing. Spans must be in order and not overlap, as `find_pii` returns them.
    """
    if spans is None:
        spans = find_pii(text)
    if not spans:
        return text
    parts: list[str] = []
    done = 0
    for kind, start, end in spans:
        parts += text[done:start], TAG_OF[kind]
        done = end
    parts.append(text[done:])
    return "".join(parts)


def mask_with_map(text: str, spans: Sequence[PiiSpan]) -> tuple[str, Shift]:
    """Mask the spans, and return with the text what moves offsets of it into the masked one."""
    return mask(text, spans), Shift(spans)


class Shift:
    """Moves places in a text to where they are in the masked text.

    >>> spans = find_pii("de ana@example.com para hoje")
    >>> masked, shift = mask_with_map("de ana@example.com para hoje", spans)
    >>> start, end = shift(24, 28)  # hoje
    >>> masked, masked[start:end]
    ('de [EMAIL] para hoje', 'hoje')
    """

    __slots__ = ("_ends", "_masked_ends", "_spans")

    def __init__(self, spans: Sequence[PiiSpan]) -> None:
        """Take the spans that were masked."""
        self._spans = spans
        self._ends = [span.end for span in spans]
        self._masked_ends: list[int] = []
        grown = 0
        for kind, start, end in spans:
            grown += len(TAG_OF[kind]) - (end - start)
            self._masked_ends.append(end + grown)

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        """Return where `start` to `end` stand; what reaches into a masked span then holds the whole of its tag."""
        passed, begun = self._passed(start)
        moved_start = self._moved(self._spans[passed].start if begun else start, passed)
        passed, begun = self._passed(end)
        return moved_start, self._masked_ends[passed] if begun else self._moved(end, passed)

    def _passed(self, offset: int) -> tuple[int, bool]:
        """Return how many spans end at the offset or before, and whether it is inside the next one."""
        passed = bisect_right(self._ends, offset)
        return passed, passed < len(self._spans) and offset > self._spans[passed].start

    def _moved(self, offset: int, passed: int) -> int:
        return offset + (self._masked_ends[passed - 1] - self._ends[passed - 1] if passed else 0)
