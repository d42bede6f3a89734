"""By which thresholds the specialists' learners go, from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.online.ladder import LadderSettings
from models.online.shift import ShiftSettings
from models.online.watches import ErrorSettings
from models.records import DriftSource

if TYPE_CHECKING:
    from app.settings import Settings

__all__ = ["ladder_rules"]


def ladder_rules(settings: Settings) -> LadderSettings:
    """Return the thresholds; the rungs and the seed are each specialist's (`models.online.specialists`)."""
    return LadderSettings(
        error=ErrorSettings(
            adwin_warning=settings.drift_adwin_warning,
            adwin_drift=settings.drift_adwin,
            page_warning=settings.drift_page_warning,
            page_drift=settings.drift_page,
            least=settings.drift_least_labels,
        ),
        shift=ShiftSettings(
            window=settings.drift_window,
            interval=settings.drift_interval,
            psi=settings.drift_psi,
            p=settings.drift_p,
        ),
        cool_down=settings.drift_cool_down,
        alpha=settings.drift_alpha,
        challenged_by=tuple(map(DriftSource, settings.drift_sources)),
    )
