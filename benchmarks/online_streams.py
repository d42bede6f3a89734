"""Synthetic streams (river's): some with change points that are known, some in which nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from river.datasets import synth

Example = tuple[dict[str, float], str]

CONCEPT_ROWS = 5_000
STATIONARY_ROWS = 20_000


class Drifting(NamedTuple):
    """Concepts one after the other, CONCEPT_ROWS each, and the change points too small to be found within 200 rows.

    To tell an error of 2 % from one of 6 % with one false alarm in 100,000 takes 300 examples, however it is done
    (ln 100,000 over the Kullback-Leibler divergence).
    """

    concepts: tuple[Any, ...]
    small: frozenset[int] = frozenset()

    @property
    def changes(self) -> tuple[int, ...]:
        """After how many rows the concept changes."""
        return tuple(CONCEPT_ROWS * number for number in range(1, len(self.concepts)))

    def examples(self) -> Iterator[Example]:
        """Yield the rows."""
        for concept in self.concepts:
            yield from _plain(islice(iter(concept), CONCEPT_ROWS))


def _plain(rows: Any) -> Iterator[Example]:
    """Words of a row as numbers: each its place among those met."""
    met: dict[str, int] = {}
    for x, y in rows:
        yield (
            {
                str(name): float(met.setdefault(value, len(met)) if isinstance(value, str) else value)
                for name, value in x.items()
            },
            str(y),
        )


DRIFTING: dict[str, Drifting] = {
    "Sine 0-1-2-3": Drifting(tuple(synth.Sine(classification_function=f, seed=f) for f in (0, 1, 2, 3))),
    "Mixed 0-1-0-1": Drifting(tuple(synth.Mixed(classification_function=f, seed=f) for f in (0, 1, 0, 1))),
    "STAGGER 0-1-2-0": Drifting(tuple(synth.STAGGER(classification_function=f, seed=f) for f in (0, 1, 2, 0))),
    "Agrawal 0-2-4-6": Drifting(tuple(synth.Agrawal(classification_function=f, seed=f) for f in (0, 2, 4, 6))),
    # Thresholds 7, 9.5, 9, 8: the second change concerns 4.6 % of the rows.
    "SEA 2-3-1-0": Drifting(tuple(synth.SEA(variant=v, seed=v) for v in (2, 3, 1, 0)), frozenset({10_000})),
}


def _rows(make: Callable[[], Any]) -> Callable[[], Iterator[Example]]:
    return lambda: _plain(islice(iter(make()), STATIONARY_ROWS))


STATIONARY: dict[str, Callable[[], Iterator[Example]]] = {
    "Sine 0": _rows(lambda: synth.Sine(classification_function=0, seed=11)),
    "Sine 2 noisy": _rows(lambda: synth.Sine(classification_function=2, seed=12, has_noise=True)),
    "SEA 0": _rows(lambda: synth.SEA(variant=0, seed=13)),
    "SEA 1, 10 % noise": _rows(lambda: synth.SEA(variant=1, noise=0.1, seed=14)),
    "SEA 3, 20 % noise": _rows(lambda: synth.SEA(variant=3, noise=0.2, seed=15)),
    "STAGGER 1": _rows(lambda: synth.STAGGER(classification_function=1, seed=16)),
    "Mixed 0": _rows(lambda: synth.Mixed(classification_function=0, seed=17)),
    "Agrawal 4": _rows(lambda: synth.Agrawal(classification_function=4, seed=18)),
    "Agrawal 0, perturbed": _rows(lambda: synth.Agrawal(classification_function=0, perturbation=0.1, seed=19)),
    "RandomRBF": _rows(lambda: synth.RandomRBF(seed_model=20, seed_sample=20, n_classes=3, n_features=8)),
}
