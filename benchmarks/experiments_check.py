"""What an experiment should have counted, from the records on its topic alone."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.experiments_live import CHAMPION
from models.ids import stable_id
from models.lifecycle.experiment import place_of, unit_of
from models.records import Arm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.experiments_live import Judged, Live
    from models.records import Exposure, Observation

__all__ = ["Arms", "check_routing", "models", "recomputed", "share_is_right"]

SIGMAS = 4.5


class Arms(NamedTuple):
    """Units of each arm, control and treated; the chances they were drawn with: the sum of p, and of p(1 - p)."""

    units: tuple[int, int]
    expected: float
    variance: float


class _Counted:
    """Counts records one by one, as they are on the topic."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.plans, self.units, self.labelled, self.right = [0, 0], [0, 0], [0, 0], [0, 0]
        self.expected = self.variance = 0.0
        self._first: dict[str, Exposure] = {}
        self._known: set[str] = set()

    def take(self, seen: Observation) -> None:
        for exposure in seen.exposures:
            if exposure.experiment_id != self.name:
                continue
            treated = exposure.arm is Arm.TREATMENT
            self.plans[treated] += 1
            if exposure.unit not in self._known:
                self._known.add(exposure.unit)
                self._first[seen.plan_id] = exposure
                self.units[treated] += 1
                p = exposure.probability
                self.expected += p
                self.variance += p * (1 - p)
        first = self._first.pop(seen.plan_id, None) if seen.label is not None else None
        if first is not None:
            treated, served = first.arm is Arm.TREATMENT, first.served
            self.labelled[treated] += 1
            self.right[treated] += served is not None and served.says is seen.label


def recomputed(live: Live, name: str) -> Arms:
    """Count anew what an experiment has counted until it ended.

    Raises:
        AssertionError: it was something else.
    """
    state = live.state(name)
    wanted = (state.exposures, state.units, state.lift.n, state.lift.good)
    counted = _Counted(name)
    for _, seen in live.observed:
        counted.take(seen)
        # What comes after the end is not counted.
        found = tuple(tuple(each) for each in (counted.plans, counted.units, counted.labelled, counted.right))
        if found == wanted:
            return Arms(state.units, counted.expected, counted.variance)
    raise AssertionError(f"{wanted} was counted, {found} are on the topic")


def check_routing(live: Live, name: str) -> int:
    """Check each plan that an experiment had its hand in; return how many there are.

    The arm is what the salt and the traffic say, the same asker stays treated, the opinion that counted is that of the
    arm's model, and what was recorded is there once.

    Raises:
        AssertionError: it is otherwise.
    """
    salt, challenger = live.state(name).salt, live.state(name).challenger.removeprefix("rung:")
    treated_once: set[str] = set()
    recorded: Counter[str] = Counter()
    for each in live.judged.values():
        for exposure in each.consensus.exposures:
            if exposure.experiment_id != name:
                continue
            unit = unit_of(salt, stable_id("actor", each.actor))
            treated = place_of(unit) < exposure.probability
            assert (exposure.unit, exposure.arm) == (unit, Arm.TREATMENT if treated else Arm.CONTROL)
            assert each.model == (challenger if treated else CHAMPION)
            assert treated or unit not in treated_once, "once treated, always treated"
            treated_once |= {unit} if treated else set()
            recorded[each.consensus.plan_id] += 1
    live.until(lambda: _exposed(live, name).total() >= recorded.total())
    assert _exposed(live, name) == recorded, "each plan once, no other one"
    return len(recorded)


def _exposed(live: Live, name: str) -> Counter[str]:
    seen = ((seen.plan_id, each.experiment_id) for _, seen in live.observed for each in seen.exposures)
    return Counter(plan_id for plan_id, experiment_id in seen if experiment_id == name)


def models(judged: Iterable[Judged]) -> dict[str, int]:
    """Return how many opinions each model gave that counted."""
    return dict(Counter(each.model for each in judged))


def share_is_right(arms: Arms) -> bool:
    """Tell whether as many are treated as the probabilities say."""
    return abs(arms.units[1] - arms.expected) <= SIGMAS * sqrt(arms.variance)
