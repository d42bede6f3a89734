"""What was said of each plan, until its label has come and for a while after.

Key: the plan's id. Value: the consensus and the labels. Bound: the setting ``label_ttl_s``, and :data:`MOST` plans a
partition; what leaves without a label is counted as missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.online.labels import Prediction
from tables import TableSpec, forget

if TYPE_CHECKING:
    from tables import OrderedView

__all__ = ["MOST", "PREDICTIONS", "expire"]

MOST: Final = 5_000
PREDICTIONS: Final = TableSpec("predictions", Prediction)


def expire(view: OrderedView[Prediction], *, before_ms: int) -> int:
    """Forget what is too old, or too much; return how many never got a label."""
    gone: list[Prediction] = []
    forget(view, before_ms=before_ms, most=MOST, on_forgotten=gone.append)
    return sum(prediction.is_missing for prediction in gone)
