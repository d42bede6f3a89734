"""What was said of each plan, until its label has come and for a while after.

Key: the plan's id. Value: the consensus and the labels. Bound: the setting ``label_ttl_s``, and :data:`MOST` plans a
partition; what leaves without a label is counted as missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.online.labels import Prediction
from tables import TableSpec

if TYPE_CHECKING:
    from tables import OrderedView

__all__ = ["MOST", "PREDICTIONS", "expire"]

MOST: Final = 5_000
PREDICTIONS: Final = TableSpec("predictions", Prediction)


def expire(view: OrderedView[Prediction], *, before_ms: int) -> tuple[int, int]:
    """Delete what is too old, or too much, from the front; return how many, and how many of them had no label."""
    gone = missing = 0
    for key in view.oldest():
        prediction = view[key]
        if view.size - gone <= MOST and prediction.at_ms >= before_ms:
            break
        missing += prediction.is_missing
        del view[key]
        gone += 1
    return gone, missing
