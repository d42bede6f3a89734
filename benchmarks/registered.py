"""Models and data sets that are made in a moment, for the registry to hold."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import numpy as np

from app.clock import now_ms
from app.lifecycle import datasets
from app.stores.mlflow import NewRun
from models.deliberation.prior import LABELS
from models.lifecycle.batch_model import BatchModel, to_bytes
from models.lifecycle.dataset import Origin
from models.lifecycle.gather import Bias, Gathered, Rules
from models.lifecycle.registry import Stage, Tag
from models.lifecycle.samples import Sample
from models.lifecycle.scorer import Scorer
from models.online.features import NAMES
from models.online.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from app.stores.registry import ModelRegistry
    from models.lifecycle.dataset import Manifest
    from models.records import SpecialistType

RULE = (3, 4)
"""The two columns that the labels of these data sets follow from: each is above a half, or not."""
MINUTE_MS = 60_000


def packed(sharpness: float, *, learned: int = 5_000) -> bytes:
    """Return a model that knows the rule, the surer the sharper; 0: it says the same of everything."""
    weights, bias = np.zeros((len(NAMES), len(LABELS))), np.zeros(len(LABELS))
    for label in range(len(LABELS)):
        for column, above in zip(RULE, (label // 2, label % 2), strict=True):
            towards = sharpness if above else -sharpness
            weights[column, label] += towards
            bias[label] -= towards / 2
    arrays = {"mean": np.zeros(len(NAMES)), "scale": np.ones(len(NAMES)), "weights0": weights, "bias0": bias}
    header = {"kind": "net", "layers": 1, "temperature": 1.0, "classes": list(range(len(LABELS)))}
    scorer = Scorer.restored(Snapshot(header, arrays), features=len(NAMES))
    return to_bytes(BatchModel(scorer, family="neural_net", learned=learned))


async def promote(registry: ModelRegistry, specialist: SpecialistType, model: bytes) -> str:
    """Register a model and make it the specialist's champion; return its version."""
    run = NewRun(name=f"{specialist.value}-{uuid.uuid4().hex[:8]}", at_ms=now_ms())
    logged = await registry.log(specialist, run, model)
    version = (await registry.register(specialist, logged, tags={Tag.VALIDATION: "passed"})).version
    await registry.promote(specialist, version, Stage.PRODUCTION, by="benchmark")
    return version


def write_samples(parquet: Path, specialist: SpecialistType, *, samples: int, seed: int = 1) -> Manifest:
    """Write a data set whose labels follow the rule but for one in twenty."""
    dice = np.random.default_rng(seed)
    rows = dice.random((samples, len(NAMES)))
    labels = (rows[:, RULE[0]] > 0.5) * 2 + (rows[:, RULE[1]] > 0.5)
    wrong = dice.random(samples) < 0.05
    labels[wrong] = dice.integers(0, len(LABELS), wrong.sum())
    made = [
        Sample(
            plan_id=f"plan-{place}",
            at_ms=place * MINUTE_MS,
            confidence=0.9,
            row=tuple(row.tolist()),
            label=LABELS[label],
            how="approval",
        )
        for place, (row, label) in enumerate(zip(rows, labels, strict=True))
    ]
    bias = Bias(left_out=0.0, domains_before={}, domains_after={}, distance=0.0)
    gathered = Gathered(samples=made, fates={"usable": samples}, labelled_by={"approval": samples}, bias=bias)
    until_ms = samples * MINUTE_MS
    origin = Origin(collected_at_ms=until_ms, rules=Rules(from_ms=0, to_ms=until_ms), read={}, simulated=True)
    return datasets.write(parquet, specialist, gathered, origin)
