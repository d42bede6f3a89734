"""A model that was trained in batch, as bytes: skops inside of a snapshot, of classes that are listed here alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.deliberation.prior import LABELS
from models.errors import InvalidSnapshot
from models.online.features import NAMES, SCHEMA
from models.online.snapshot import Snapshot

__all__ = ["BatchModel", "checksum", "from_bytes", "one_thread", "to_bytes"]

KIND: Final = "batch-model/1"

_TRUSTED: Final = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What the three families are made of beyond what skops takes anyway; it refuses all else before it builds anything."""


class BatchModel:
    """A classifier of `models.lifecycle.training`, ready to score; fits `models.deliberation.learned.LearnedModel`.

    Args:
        estimator: scikit-learn's, with `classes_` that are places in `LABELS`.
        family: Of which kind.
        learned: From how many samples.
        version: The registry's number, or the beginning of the checksum where it isn't registered.
    """

    def __init__(self, estimator: Any, *, family: str, learned: int, version: str = "") -> None:
        self.estimator = estimator
        self.model_type = family
        self.learned = learned
        self.version = version
        self._places = np.asarray(estimator.classes_, dtype=np.int64)

    def probabilities(self, row: Mapping[str, float], /) -> Sequence[float]:
        """Return calibrated probabilities in the order of `LABELS`; what it never saw has 0.

        Raises:
            KeyError: the row lacks a feature.
        """
        told: list[float] = self.of_rows(np.array([[row[name] for name in NAMES]]))[0].tolist()
        return told

    def of_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of many rows at once; (n, labels)."""
        out = np.zeros((len(rows), len(LABELS)))
        with one_thread():
            out[:, self._places] = self.estimator.predict_proba(rows)
        return out

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:  # noqa: ARG002
        """Return nothing: what each feature adds to one row isn't known of these families without other means."""
        return {}


def to_bytes(model: BatchModel) -> bytes:
    """Pack a model."""
    import skops.io

    packed = skops.io.dumps(model.estimator)
    header = {
        "kind": KIND,
        "schema": SCHEMA,
        "libraries": _libraries(),
        "labels": [label.value for label in LABELS],
        "family": model.model_type,
        "learned": model.learned,
    }
    return Snapshot(header, {"model": np.frombuffer(packed, np.uint8)}).to_bytes()


def checksum(data: bytes) -> str:
    """Return the SHA-256 of a packed model, which is registered with it."""
    return hashlib.sha256(data).hexdigest()


def from_bytes(data: bytes, *, sha256: str, version: str) -> BatchModel:
    """Unpack a model whose checksum is the registered one; nothing is looked at before that is known.

    Raises:
        InvalidSnapshot: the checksum is another; it was made for other features or labels, or with another version of
            scikit-learn; or it names what no model of ours is made of.
    """
    if checksum(data) != sha256:
        raise InvalidSnapshot(f"sha256: {checksum(data)} was found, {sha256} is registered: these are other bytes")
    packed = Snapshot.from_bytes(data)
    packed.expect("kind", KIND)
    packed.expect("schema", SCHEMA)
    packed.expect("libraries", _libraries())
    packed.expect("labels", [label.value for label in LABELS])
    array = packed.arrays.get("model")
    if array is None or array.dtype != np.uint8:
        raise InvalidSnapshot("model: a list of bytes was expected")
    import skops.io

    try:
        estimator = skops.io.loads(array.tobytes(), trusted=list(_TRUSTED))
        return BatchModel(estimator, family=packed.string("family"), learned=packed.integer("learned"), version=version)
    except Exception as error:  # foreign bytes can be wrong in any way
        raise InvalidSnapshot(f"model: it can't be unpacked: {type(error).__name__}: {error}") from error


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("scikit-learn", "numpy")}


_controller: Any = None


def one_thread() -> Any:
    """Keep scikit-learn to one thread: for a row, threads cost a hundred times what they save."""
    global _controller  # noqa: PLW0603 — to look for the libraries of threads takes milliseconds, once
    if _controller is None:
        from threadpoolctl import ThreadpoolController

        _controller = ThreadpoolController()
    return _controller.limit(limits=1)
