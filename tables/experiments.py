"""The experiments, and whom they have seen.

``experiments``: key the experiment's id, value how it stands; its changelog is the listed topic ``experiments.states``,
which every worker follows to know whom to treat, and the command line reads. ``experiment-units``: key the experiment's
id, a slash and the unit's pseudonym, value its assignment and what it was told first. ``exposed-plans``: key a plan's
id, value the units that wait to hear how it turned out.

One partition: an experiment is judged by all that it has seen. Bound: the :data:`KEPT` newest experiments that are
over; :data:`MOST_UNITS` units, beyond which new ones do not count (which is the same chance for both arms), and those
of experiments that are over are forgotten, :data:`LOOKED_AT` of the oldest whenever one is added; of the plans that
nobody has said anything about, the newest :data:`MOST_PLANS`.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from models.lifecycle.experiment import Experiment, Unit
from tables import TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tables import OrderedView

__all__ = [
    "EXPERIMENTS",
    "EXPERIMENT_UNITS",
    "EXPOSED_PLANS",
    "KEPT",
    "LOOKED_AT",
    "MOST_PLANS",
    "MOST_UNITS",
    "forget_ended",
    "forget_plans",
    "forget_units",
]

EXPERIMENTS: Final = TableSpec("experiments", Experiment, partitions=1)
EXPERIMENT_UNITS: Final = TableSpec("experiment-units", Unit, partitions=1)
EXPOSED_PLANS: Final = TableSpec("exposed-plans", list[str], partitions=1)
KEPT: Final = 200
MOST_UNITS: Final = 500_000
MOST_PLANS: Final = 500_000
LOOKED_AT: Final = 4


def forget_ended(states: OrderedView[Experiment], *, kept: int = KEPT) -> None:
    """Forget the experiments that have been over for longest, while there are too many."""
    too_many = states.size - kept
    for name in list(states.oldest()):
        if too_many <= 0:
            return
        if not states[name].is_open and not states[name].is_scored:
            del states[name]
            too_many -= 1


def forget_units(units: OrderedView[Unit], states: Mapping[str, Experiment]) -> None:
    """Forget some of the oldest units whose experiment is over."""
    for key in list(islice(units.oldest(), LOOKED_AT)):
        state = states.get(key.rpartition("/")[0])
        if state is None or not state.is_open:
            del units[key]


def forget_plans(waiting: OrderedView[list[str]], *, most: int = MOST_PLANS) -> None:
    """Forget the plans that have waited for longest, while there are too many."""
    for plan_id in list(islice(waiting.oldest(), LOOKED_AT)):
        if waiting.size <= most:
            return
        del waiting[plan_id]
