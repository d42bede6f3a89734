"""The learners' states: the newest snapshot of each model.

Key: the model's name. Value: its snapshot. Bound: one key a model. Its changelog is the topic ``models.snapshots``,
which every worker follows to score with the newest model. One partition: there is one learner.
"""

from __future__ import annotations

from typing import Final

from models.records import ModelSnapshot
from tables import TableSpec

__all__ = ["MODELS"]

MODELS: Final = TableSpec("models", ModelSnapshot, partitions=1)
