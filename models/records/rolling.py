"""The final bucket of rolling metrics, as others read it."""

from __future__ import annotations

import msgspec

from models.records.base import Count, EpochMs, Record


class RollingSeries(Record, frozen=True, kw_only=True):
    """Numbers of one series; a dimension that does not apply is empty.

    Attributes:
        count: Events.
        failed: Those of them that ended badly.
        scored: Those that have a confidence.
        confidence_ppm: The sum of the confidences, in millionths.
        latency_ms: The sum of the latencies.
        bins: How many latencies lie in each bin of a DDSketch with a relative accuracy of 0.02 (logarithmic mapping,
            in ms; the bin of 0 ms is -1), so that buckets can be merged.
    """

    stage: str
    count: Count
    failed: Count
    scored: Count
    confidence_ppm: Count
    latency_ms: Count
    bins: dict[int, int]
    domain: str = ""
    specialist: str = ""
    query_type: str = ""
    outcome: str = ""


class RollingBucket(Record, frozen=True, kw_only=True):
    """One partition's part of a bucket that is final: it is sent once, and never changes.

    Attributes:
        source: The topic whose records were counted.
        partition: Its partition: the parts of all partitions add up to the whole.
        start: When the bucket begins, in epoch milliseconds.
        length_ms: How long it is.
        series: What was counted.
    """

    source: str
    partition: Count
    start: EpochMs
    length_ms: Count
    series: list[RollingSeries] = msgspec.field(default_factory=list)
    schema_version: int = 1
