"""What is measured of the model registry: whether it answers, what was refused, and which versions decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.observability.declared import Metric
from models.records import SpecialistType

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


__all__ = ["REGISTRY_METRICS", "RegistryMetrics"]

REGISTRY_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        "model_registry_up",
        "gauge",
        ("store",),
        "1 when the model registry has answered the last look, 0 when not; not there where none is set.",
        "0: look at MLflow (HIVE_MLFLOW). Scoring goes on with the models that the worker has.",
    ),
    Metric(
        "registered_models_refused_total",
        "counter",
        ("specialist",),
        "Registered models that this worker could not use: the checksum is another, or other features are served.",
        "Above 0: the reason is in the log; register the model again, or take the alias from it.",
        known=tuple((specialist.value,) for specialist in SpecialistType),
    ),
    Metric(
        "registered_champion_info",
        "gauge",
        ("specialist", "version"),
        "1 for the registered version that decides for a specialist; none where its ladder does.",
        "Versions that differ between workers for more than seconds: see model_registry_up on each.",
    ),
)


class RegistryMetrics:
    """Told by `app.registered` how it goes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._of = {metric.name: metric.make(registry) for metric in REGISTRY_METRICS}
        self._champions: dict[SpecialistType, str] = {}

    def answered(self, *, yes: bool) -> None:
        """Tell whether the registry has answered."""
        self._of["model_registry_up"].labels("mlflow").set(int(yes))

    def refused(self, specialist: SpecialistType) -> None:
        """Count a model that can't be used."""
        self._of["registered_models_refused_total"].labels(specialist.value).inc()

    def champion(self, specialist: SpecialistType, version: str | None) -> None:
        """Tell which registered version decides; None: none does."""
        info = self._of["registered_champion_info"]
        before = self._champions.pop(specialist, None)
        if before is not None:
            info.remove(specialist.value, before)
        if version is not None:
            info.labels(specialist.value, version).set(1)
            self._champions[specialist] = version
