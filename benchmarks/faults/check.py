"""The oracle: recompute everything from the input topic, and compare."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

import orjson

if TYPE_CHECKING:
    from benchmarks.cluster import Cluster

Totals = dict[tuple[int, str], int]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was wrong; all zero and true is right.

    Attributes:
        lost: Input records without an output.
        duplicated: Outputs beyond the first of an input record.
        out_of_order: Outputs that stand behind a later one of their source partition, in one partition of the output.
        wrong_totals: Outputs whose running total is not what the input makes it.
        table_equal: The changelog, read to its end, holds the oracle's totals, no more and no less.
    """

    lost: int
    duplicated: int
    out_of_order: int
    wrong_totals: int
    table_equal: bool

    @property
    def right(self) -> bool:
        return self.table_equal and not (self.lost or self.duplicated or self.out_of_order or self.wrong_totals)

    def fields(self) -> dict[str, object]:
        return asdict(self)


def check(cluster: Cluster, *, source: str, target: str, changelog: str) -> Verdict:
    """Read input, output and changelog as a `read_committed` reader and judge."""
    expected, final = oracle(cluster, source)
    seen = {partition: bytearray(len(totals)) for partition, totals in expected.items()}
    newest: defaultdict[tuple[int, int], int] = defaultdict(lambda: -1)
    duplicated = out_of_order = wrong_totals = 0
    for message in cluster.scan(target):
        origin = orjson.loads(cast("bytes", message.value()))
        partition, offset = origin["partition"], origin["offset"]
        duplicated += seen[partition][offset]
        seen[partition][offset] = 1
        route = (partition, cast("int", message.partition()))
        out_of_order += offset < newest[route]
        newest[route] = max(offset, newest[route])
        wrong_totals += origin["total"] != expected[partition][offset]
    return Verdict(
        lost=sum(found.count(0) for found in seen.values()),
        duplicated=duplicated,
        out_of_order=out_of_order,
        wrong_totals=wrong_totals,
        table_equal=table(cluster, changelog) == final,
    )


def oracle(cluster: Cluster, source: str) -> tuple[dict[int, array[int]], Totals]:
    """Return the running total of every input record by partition and offset, and the final totals."""
    running: dict[int, array[int]] = {partition: array("q") for partition in cluster.partitions(source)}
    totals: Totals = defaultdict(int)
    for message in cluster.scan(source, committed_only=False):
        record, partition = orjson.loads(cast("bytes", message.value())), cast("int", message.partition())
        slot = (partition, record["key"])
        totals[slot] += record["value"]
        if message.offset() != len(running[partition]):
            raise ValueError(f"{source}: a gap before {partition}@{message.offset()}")
        running[partition].append(totals[slot])
    return running, dict(totals)


def table(cluster: Cluster, changelog: str) -> Totals:
    """Rebuild a table from its changelog: the last value of each key, tombstones applied."""
    found: Totals = {}
    for message in cluster.scan(changelog):
        slot = (cast("int", message.partition()), cast("bytes", message.key()).decode())
        value = message.value()
        if value is None:
            found.pop(slot, None)
        else:
            found[slot] = orjson.loads(value)
    return found
