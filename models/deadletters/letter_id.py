"""How a dead letter is named."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Self

from models.errors import InvalidRecord

__all__ = ["LetterId"]

_ID: Final = re.compile(r"([a-z][a-z-]{0,31})/(\d{1,9})/(\d{1,18})", re.ASCII)


class LetterId(NamedTuple):
    """Where a letter lies: the family of its topic (``plans`` for ``plans.dead-letter``), partition and offset.

    Written ``plans/2/17``: short enough for a column of a table, and there is only one such letter.
    """

    family: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` writes.

        Raises:
            InvalidRecord: it is no such id.
        """
        match = _ID.fullmatch(text)
        if match is None:
            raise InvalidRecord("invalid-field", f"letter: {text!r} is no id of a dead letter, such as plans/2/17")
        return cls(match[1], int(match[2]), int(match[3]))

    def __str__(self) -> str:
        return f"{self.family}/{self.partition}/{self.offset}"
