"""Training from a data set, and what is told of it: to people, to files, and to the registry's run."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.errors import RegistryRefused
from app.lifecycle import datasets
from app.stores.mlflow import NewRun
from models.lifecycle.batch_model import checksum, to_bytes
from models.lifecycle.quality import split_by_time
from models.lifecycle.registry import Tag
from models.lifecycle.training import Plan, Tried, train
from models.lifecycle.validation import Figures
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.stores.registry import ModelRegistry
    from models.lifecycle.dataset import Manifest

__all__ = ["DATA", "MANIFEST", "REPORT", "Report", "importances_of", "run_of", "train_from"]

DATA: Final = "data/samples.parquet"
MANIFEST: Final = "data/samples.json"
REPORT: Final = "training/report.json"
"""Where these lie among the files of a run."""

_LIBRARIES: Final = ("scikit-learn", "numpy", "neural-hive-mind")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a training came to.

    Attributes:
        specialist: Whose.
        family, settings: Of the best model.
        sha256: Of the model's file.
        data_sha256, feature_schema, simulated: Of the data set.
        seed, most_tried: With these, and the data, the same model comes out: `hive models train --seed --most-tried`.
        tried: All settings that were tried, with their log loss on the part for tuning.
        parts: How many samples it was trained, tuned and calibrated, and tested on.
        figures: How it does on the test part.
        chance: The accuracy there of always saying the commonest label.
        importances: By how much the accuracy falls without a feature.
        libraries: Versions.
        cpu_s: What it took.
    """

    specialist: SpecialistType
    family: str
    settings: dict[str, Any]
    sha256: str
    data_sha256: str
    feature_schema: str
    simulated: bool
    seed: int
    most_tried: int
    tried: list[Tried]
    parts: dict[str, int]
    figures: Figures
    chance: float
    importances: dict[str, float]
    libraries: dict[str, str]
    cpu_s: float


def train_from(
    parquet: Path, plan: Plan, *, on_tried: Callable[[Tried], None] = lambda _: None
) -> tuple[Report, bytes]:
    """Train a model; return what it came to, and the model's file.

    Raises:
        DatasetUnreadable: the data set is not there, or not what its manifest says.
        NotEnough: it can't be split by time.
        LeakingColumn: a column gives the label away.
    """
    manifest, matrix = datasets.read(parquet)
    began_s = time.process_time()
    trained = train(matrix.rows, matrix.labels, matrix.at_ms, plan=plan, seconds=time.monotonic, on_tried=on_tried)
    packed = to_bytes(trained.model)
    best = min(trained.tried, key=lambda each: each.log_loss)
    split = split_by_time(matrix.at_ms)
    report = Report(
        specialist=manifest.specialist,
        family=best.family,
        settings=best.settings,
        sha256=checksum(packed),
        data_sha256=manifest.sha256,
        feature_schema=manifest.feature_schema,
        simulated=manifest.origin.simulated,
        seed=plan.seed,
        most_tried=len(trained.tried),
        tried=trained.tried,
        parts={"train": len(split.train), "tune": len(split.tune), "test": len(split.test)},
        figures=trained.figures,
        chance=trained.chance,
        importances=trained.importances,
        libraries={name: version(name) for name in _LIBRARIES},
        cpu_s=round(time.process_time() - began_s, 2),
    )
    return report, packed


def run_of(report: Report, parquet: Path, *, name: str, at_ms: int) -> NewRun:
    """Return what the registry's run of a training is made of: all that it takes to train it again is in it."""
    manifest: Manifest = datasets.read_manifest(parquet)
    figures = report.figures
    classes = {
        f"{measure}_{label}": getattr(of, measure)
        for label, of in figures.classes.items()
        for measure in ("precision", "recall", "f1")
    }
    return NewRun(
        name=name,
        at_ms=at_ms,
        params={
            "family": report.family,
            **{name: str(value) for name, value in report.settings.items()},
            "seed": str(report.seed),
            "most_tried": str(report.most_tried),
            "feature_schema": report.feature_schema,
            "samples": str(manifest.samples),
            "collected_from_ms": str(manifest.origin.rules.from_ms),
            "collected_to_ms": str(manifest.origin.rules.to_ms),
            "min_confidence": str(manifest.origin.rules.min_confidence),
            **{f"{part}_samples": str(count) for part, count in report.parts.items()},
            **{f"version_{name}": version for name, version in report.libraries.items()},
        },
        metrics={
            "accuracy": figures.accuracy,
            "f1": figures.f1,
            "precision_min": figures.precision_min,
            "recall_min": figures.recall_min,
            "confidence_mean": figures.confidence_mean,
            "ece": figures.ece,
            "log_loss": figures.log_loss,
            "chance": report.chance,
            **classes,
        },
        tags={
            Tag.DATA.value: report.data_sha256,
            Tag.SIMULATED.value: str(report.simulated).lower(),
            Tag.FAMILY.value: report.family,
        },
        files={
            DATA: parquet.read_bytes(),
            MANIFEST: datasets.manifest_path(parquet).read_bytes(),
            REPORT: _pretty(report),
            "training/confusion_matrix.json": _pretty({"labels": figures.labels, "rows_are_right": figures.confusion}),
            "training/feature_importances.json": _pretty(report.importances),
        },
    )


async def importances_of(registry: ModelRegistry, run_id: str) -> dict[str, float]:
    """Return how much each feature counts for the model of a run; empty where its training has not said so."""
    try:
        told = msgspec.json.decode(await registry.run_file(run_id, REPORT), type=Report)
    except (RegistryRefused, msgspec.MsgspecError):
        return {}
    return told.importances


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value))
