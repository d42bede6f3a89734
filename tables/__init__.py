"""What remembers: one file a changelog-backed table, with its key, its value, its size bound and its rule of update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Dated", "OrderedView", "TableSpec", "forget"]

V = TypeVar("V")

D = TypeVar("D", bound="Dated")


class Dated(Protocol):
    """A value that knows its event time."""

    @property
    def at_ms(self) -> int:
        """Return it, in epoch milliseconds."""
        ...


class OrderedView(Protocol[V]):
    """What a rule of update needs of a table's view (``app.engine.tables.TableView``)."""

    def get(self, key: str, /) -> V | None:
        """Return a value, or ``None``."""

    def __getitem__(self, key: str, /) -> V: ...

    def __setitem__(self, key: str, value: V, /) -> None: ...

    def __delitem__(self, key: str, /) -> None: ...

    def __iter__(self) -> Iterator[str]: ...

    def oldest(self) -> Iterator[str]:
        """Yield the committed keys, what was written longest ago in front; deleting them meanwhile is allowed."""
        ...

    @property
    def size(self) -> int:
        """Return how many keys are committed."""
        ...


@dataclass(frozen=True, slots=True)
class TableSpec(Generic[V]):
    """A table: its name (of which the changelog's is made), what its values are, and its number of partitions.

    ``None`` partitions are as many as the topics of the flow have.
    """

    name: str
    value_type: type[V]
    partitions: int | None = None


def forget(
    view: OrderedView[D], *, before_ms: int, most: int, on_forgotten: Callable[[D], object] | None = None
) -> int:
    """Delete what is older than a time, and what is too much, from the front; return how many.

    Event times rise but for small disorder, so the first value that is young enough ends the search: what an older one
    hides behind is found in a later call.
    """
    gone = 0
    for key in view.oldest():
        if view.size - gone <= most and view[key].at_ms >= before_ms:
            break
        if on_forgotten is not None:
            on_forgotten(view[key])
        del view[key]
        gone += 1
    return gone
