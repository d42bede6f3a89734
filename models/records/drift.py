"""What a learner tells of a changing world: what was seen to change, and what was done about it."""

from __future__ import annotations

import msgspec

from models.records.base import Count, Ratio, Record, WireEnum
from models.records.learning import Drift


class DriftSource(WireEnum):
    """What has changed; lower case on the wire."""

    ERROR = "error"
    CONFIDENCE = "confidence"
    FEATURES = "features"
    LABELS = "labels"
    EXPECTED_ACCURACY = "expected_accuracy"


class DriftAction(WireEnum):
    """What was done about it; lower case on the wire."""

    NONE = "none"
    CHALLENGER_STARTED = "challenger_started"
    CHALLENGER_DROPPED = "challenger_dropped"
    PROMOTED = "promoted"
    RESET = "reset"


class FeatureShift(msgspec.Struct, frozen=True, kw_only=True):
    """How far one feature has moved from its reference.

    `psi` is the population stability index over ten bins, `ks` the Kolmogorov-Smirnov distance, `p` the probability of
    such a distance, or a larger one, without any change.
    """

    name: str
    psi: float
    ks: Ratio
    p: Ratio
    before: float
    after: float


class DriftEvent(Record, frozen=True, kw_only=True):
    """One thing that was seen or done.

    Attributes:
        model: Whose: the learner's name.
        source: What has changed.
        level: A warning, a drift, or none: a promotion in a steady world, or the end of a warning.
        detector: Which detector says so.
        action: What was done.
        at_example: How many examples had been learned, this one included.
        before: What was measured before: an error rate, a mean confidence, an expected accuracy.
        after: The same since.
        champion: The kind of the learner that decides from now on.
        movers: The features that moved most, the first most of all.
    """

    model: str
    source: DriftSource
    level: Drift
    detector: str
    action: DriftAction
    at_example: Count
    before: float | None = None
    after: float | None = None
    champion: str
    movers: list[FeatureShift] = msgspec.field(default_factory=list)
    schema_version: int = 1
