"""The judge of a run of faults on rolling metrics: every bucket, answer and clock against the recomputation."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.faults.recomputed import Numbers, recompute
from models.rolling.cells import Series
from models.rolling.levels import LATENESS_MS, LEVELS, level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.faults.recomputed import Counted
    from models.rolling.facts import Fact

At = tuple[str, int]
"""Source and partition."""
Place = tuple[At, str, int]
"""Source and partition, level, and number of the bucket."""
Recomputed = dict[At, tuple["Counted", int, int, int]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was wrong, all zero is right; and how much there was.

    Attributes:
        sent_wrong, sent_missing, sent_twice: Final buckets on ``metrics.rolling`` that are not the recomputed ones.
        held_wrong, held_missing, held_beyond: Buckets of the table; `held_beyond` should have been forgotten.
        answer_wrong: Rows of workers' answers that are not the recomputed ones.
        clocks_wrong: Sources and partitions whose count of late or early events is not the recomputed one.
    """

    sent_wrong: int
    sent_missing: int
    sent_twice: int
    held_wrong: int
    held_missing: int
    held_beyond: int
    answer_wrong: int
    clocks_wrong: int

    @property
    def right(self) -> bool:
        return not any(asdict(self).values())


def judge(
    logs: Mapping[At, Sequence[Fact]],
    sent: Mapping[Place, tuple[dict[str, Numbers], int]],
    held: Mapping[Place, dict[str, Numbers]],
    answers: Sequence[dict[str, Any]],
    *,
    now_ms: int,
) -> tuple[Outcome, dict[str, int]]:
    """Compare what there is with what follows from the logs.

    Args:
        logs: What the records of each source and partition tell, in their order.
        sent: The final buckets that were sent, and how often.
        held: The buckets that the table holds.
        answers: What workers have answered to a question by all dimensions, in hours.
        now_ms: A time at which the records came in.

    Returns:
        What was wrong, and how much was compared.
    """
    wanted = {at: recompute(log, now_ms=now_ms) for at, log in logs.items()}
    final = _final(wanted)
    keeps = {place: numbers for place, numbers in final.items() if _is_kept(wanted[place[0]][1], *place[1:])}
    late, early = sum(found[2] for found in wanted.values()), sum(found[3] for found in wanted.values())
    outcome = Outcome(
        sent_wrong=sum(final.get(place) != numbers for place, (numbers, _) in sent.items()),
        sent_missing=len(final.keys() - sent.keys()),
        sent_twice=sum(times - 1 for _, times in sent.values()),
        held_wrong=sum(final[place] != numbers for place, numbers in held.items() if place in final),
        held_missing=len(keeps.keys() - held.keys()),
        held_beyond=sum(place in final and place not in keeps for place in held),
        answer_wrong=sum(_answer_wrong(answer, wanted) for answer in answers),
        clocks_wrong=sum((answer["late"], answer["early"]) != (late, early) for answer in answers),
    )
    told = {
        "events": sum(map(len, logs.values())),
        "late": late,
        "early": early,
        "buckets_checked": len(sent),
        "answers": len(answers),
        "answer_rows": sum(len(answer["rows"]) for answer in answers),
    }
    return outcome, told


def _final(wanted: Recomputed) -> dict[Place, dict[str, Numbers]]:
    lengths = {each.name: each.length_ms for each in LEVELS}
    return {
        (at, name, slot): numbers
        for at, (counted, newest_ms, _, _) in wanted.items()
        for (name, slot), numbers in counted.items()
        if (slot + 1) * lengths[name] <= newest_ms - LATENESS_MS
    }


def _is_kept(newest_ms: int, name: str, slot: int) -> bool:
    found = level(name)
    return slot >= found.slot(newest_ms - LATENESS_MS) - found.kept


def _answer_wrong(answer: dict[str, Any], wanted: Recomputed) -> int:
    """Return how many rows of an answer, by all dimensions, differ from the sums of the recomputed minutes."""
    begin, end = answer["from_ms"] // 60_000, answer["to_ms"] // 3_600_000 * 60 + 60
    counts: Counter[str] = Counter()
    for counted, _, _, _ in wanted.values():
        for (name, slot), cells in counted.items():
            if name == "1m" and begin <= slot < end:
                counts.update({series: numbers[0] for series, numbers in cells.items()})
    found = {Series(*(row[name] for name in Series._fields)).key: row["count"] for row in answer["rows"]}
    return sum(found.get(series) != counts.get(series) for series in found.keys() | counts.keys())
