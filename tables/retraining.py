"""Where the retraining of each specialist stands.

Key: the specialist. Value: its round, the last ten that have ended, and what has drifted. Bound: five keys. Its
changelog is the listed topic ``retraining.states``, so that the command line can read it. One partition, as the words
to it and the learners' events have.
"""

from __future__ import annotations

from typing import Final

from models.lifecycle.retraining import Retraining
from tables import TableSpec

__all__ = ["RETRAINING"]

RETRAINING: Final = TableSpec("retraining", Retraining, partitions=1)
