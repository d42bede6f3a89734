"""The root of the one tree of errors.

HiveError
├── InvalidRecord   a record that can never be processed: dead letter, never a retry
├── CatalogError    the catalog file is wrong: fix the named line, then start again
├── InvalidSnapshot a model can't be restored from these bytes: take an older one, or start from the examples
├── InvalidReading  what a cache gave back is no reading of a text: count it, and read the text anew
├── QueryRefused    a query that is wrong or forbidden, now and later: never sent, never a retry
├── TransformError  steps or checks on rows that can't be carried out: the same for the same rows, never a retry
└── (app.errors adds the errors of the edges: stores, queries, configuration)
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "CatalogError",
    "HiveError",
    "InvalidReading",
    "InvalidRecord",
    "InvalidSnapshot",
    "QueryRefused",
    "Reason",
    "TransformError",
    "TransformReason",
]

Reason = Literal[
    "parameters", "unsupported", "not-listed", "operator", "writes", "depth", "size", "slow", "server", "limit"
]
"""Why a query is refused, stable for metrics.

Its parameters are wrong or missing; nothing here can do it; it names what the catalog doesn't list; it uses what isn't
allowed; it writes; it or its answer is nested too deep, or too large; it takes too long; the server says no; its asker
has had enough for now, and may come back in a minute.
"""

TransformReason = Literal["steps", "checks", "input", "size", "keys"]
"""Why rows can't be worked on, stable for metrics.

The steps or the checks are malformed; the rows of a task are missing or are none; a table would become too large; rows
that are to be set against each other have no key of their own.
"""


class HiveError(Exception):
    """Base of every error that this system raises on purpose."""


class InvalidRecord(HiveError):
    """Say that a record can never be processed, whoever tries and how often.

    Attributes:
        reason: short code, stable for metrics and headers: tombstone, too-large, too-deep, not-json,
            not-an-envelope, empty-text, text-too-long, invalid-field.
        detail: one sentence for a person: which field, what was found, what is allowed.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class CatalogError(HiveError):
    """Say which line of which catalog can't be used, and what to do.

    Attributes:
        source: the file the catalog came from, as given by the caller.
        line: 1-based line, or None when the catalog as a whole is wrong.
        detail: what is wrong and what would be right.
    """

    def __init__(self, source: str, line: int | None, detail: str) -> None:
        super().__init__(source, line, detail)
        self.source = source
        self.line = line
        self.detail = detail

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.detail}"


class InvalidSnapshot(HiveError, ValueError):
    """Say that bytes are no snapshot of the model that they should be of; the message names the field and the fault."""


class InvalidReading(HiveError):
    """Say that what a cache gave back can't be used; the message begins with the type that was found."""


class QueryRefused(HiveError):
    """Say that a query is wrong or forbidden, now and later.

    Attributes:
        detail: one sentence for a person: what is wrong and what would be right.
        reason: short code, stable for metrics.
    """

    def __init__(self, detail: str, reason: Reason = "server") -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason: Reason = reason


class TransformError(HiveError):
    """Say which step can't be carried out, and why.

    Attributes:
        detail: one sentence for a person: what is wrong and what would be right.
        reason: short code, stable for metrics.
        place: of the step or check in its list, 0 is the first; None when it is none of them.
    """

    def __init__(self, detail: str, reason: TransformReason, place: int | None = None) -> None:
        super().__init__(detail, reason, place)
        self.detail = detail
        self.reason: TransformReason = reason
        self.place = place

    def __str__(self) -> str:
        what = "check" if self.reason == "checks" else "step"
        return self.detail if self.place is None else f"{what} {self.place + 1}: {self.detail}"
