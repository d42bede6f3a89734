"""What remembers: one file a changelog-backed table, with its key, its value, its size bound and its rule of update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["TableSpec"]

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class TableSpec(Generic[V]):
    """A table: its name (of which the changelog's is made) and what its values are."""

    name: str
    value_type: type[V]
