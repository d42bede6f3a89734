"""Which model a challenger's version names: a rung of the specialist's ladder, or one from the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from models.deliberation.learned import LearnedModel
from models.deliberation.rung import RungModel, rung_of
from models.records import SpecialistType

if TYPE_CHECKING:
    from app.specialists import Specialists

__all__ = ["Challengers", "Registered"]

Registered = Callable[[SpecialistType, str], LearnedModel | None]
"""A specialist's registered model of a version, if this worker has it; asked of each plan: it must not wait."""


def _none(_specialist: SpecialistType, _version: str) -> None:
    return None


class Challengers:
    """Finds the models that experiments try.

    Args:
        specialists: The ladders.

    Attributes:
        registered: What gives models from the registry.
    """

    def __init__(self, specialists: Specialists) -> None:
        self._specialists = specialists
        self.registered: Registered = _none

    def of(self, specialist: SpecialistType, version: str) -> LearnedModel | None:
        """Return the model of a version; None: this worker hasn't got it."""
        try:
            kind = rung_of(version)
            if kind is None:
                return self.registered(specialist, version)
            scoring = self._specialists.current().get(specialist)
            return None if scoring is None else RungModel(scoring, kind)
        except (KeyError, ValueError):
            return None
