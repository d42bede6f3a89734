"""What is served is what scikit-learn has trained, and nothing else is taken for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.errors import InvalidSnapshot
from models.lifecycle.batch_model import BatchModel, checksum, from_bytes, to_bytes
from models.lifecycle.scorer import Scorer, scorer_of
from models.lifecycle.training import _calibrated, _fitted
from models.online.features import NAMES
from models.online.snapshot import Snapshot
from tests.unit.lifecycle.plans import learnable

FAMILIES: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 12, "max_depth": 9, "min_samples_leaf": 2},
    "gradient_boosting": {"max_iter": 12, "learning_rate": 0.1, "max_leaf_nodes": 31},
    "neural_net": {"hidden_layer_sizes": (8, 4), "alpha": 1e-3},
}


@pytest.fixture(scope="module", params=[(family, classes) for family in FAMILIES for classes in (4, 2)], ids=str)
def calibrated(request: pytest.FixtureRequest) -> Any:
    family, classes = request.param
    rows, labels, _ = learnable(600, noise=0.2)
    labels = labels % classes
    return _calibrated(_fitted(family, FAMILIES[family], 1, rows[:400], labels[:400]), rows[400:], labels[400:])


def test_it_says_what_scikit_learn_says(calibrated: Any) -> None:
    rows = np.concatenate([learnable(300, seed=4)[0], np.full((1, len(NAMES)), 1e9), np.full((1, len(NAMES)), -1e9)])
    scorer = scorer_of(calibrated)

    np.testing.assert_allclose(scorer.predict_proba(rows), calibrated.predict_proba(rows), rtol=1e-9, atol=1e-12)
    assert list(scorer.classes_) == list(calibrated.classes_)
    np.testing.assert_allclose(scorer.predict_proba(rows)[7:8], scorer.predict_proba(rows[7:8]), rtol=1e-12)


def test_what_was_packed_says_the_same_to_the_bit(calibrated: Any) -> None:
    scorer, rows = scorer_of(calibrated), learnable(50, seed=9)[0]
    again = Scorer.restored(Snapshot.from_bytes(scorer.snapshot().to_bytes()), features=len(NAMES))

    assert (again.predict_proba(rows) == scorer.predict_proba(rows)).all()


def test_arrays_that_lead_out_of_the_trees_are_refused(calibrated: Any) -> None:
    packed = scorer_of(calibrated).snapshot()
    for name, array in packed.arrays.items():
        for wrong in (array[:-1], np.full_like(array, 1 << 30 if array.dtype == np.int32 else np.nan)):
            if name == "roots" and len(wrong) < len(array):
                continue  # fewer trees are a forest too: that is what the checksum is for
            broken = Snapshot(packed.header, {**packed.arrays, name: wrong})
            with pytest.raises(InvalidSnapshot):
                Scorer.restored(broken, features=len(NAMES))
    with pytest.raises(InvalidSnapshot):
        Scorer.restored(packed, features=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "forest"), ("layers", 0), ("temperature", "hot"), ("classes", [1]), ("classes", [0, "b"])],
)
def test_a_wrong_header_is_refused(name: str, value: object) -> None:
    header = {"kind": "net", "layers": 1, "temperature": 1.0, "classes": [0, 1]}
    with pytest.raises(InvalidSnapshot):
        Scorer.restored(Snapshot({**header, name: value}, {}), features=3)


def test_what_is_still_scikit_learns_is_not_packed(calibrated: Any) -> None:
    with pytest.raises(TypeError, match="scorer"):
        to_bytes(BatchModel(calibrated, family="x", learned=1))
    with pytest.raises(TypeError, match="families"):
        scorer_of(_calibrated_dummy())


def test_classes_that_are_no_labels_are_refused(calibrated: Any) -> None:
    scorer = scorer_of(calibrated)
    scorer.classes_ = scorer.classes_ + 3
    data = to_bytes(BatchModel(scorer, family="x", learned=1))
    with pytest.raises(InvalidSnapshot, match="classes"):
        from_bytes(data, sha256=checksum(data), version="1")


def _calibrated_dummy() -> Any:
    from sklearn.dummy import DummyClassifier

    rows, labels, _ = learnable(60)
    return _calibrated(DummyClassifier(strategy="prior").fit(rows, labels), rows, labels)
