"""A model that was trained in batch, as bytes: arrays and a header, and nothing that could run when it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.deliberation.prior import LABELS
from models.errors import InvalidSnapshot
from models.lifecycle.scorer import Scorer
from models.online.features import NAMES, SCHEMA
from models.online.snapshot import Snapshot

__all__ = ["BatchModel", "checksum", "from_bytes", "one_thread", "to_bytes"]

KIND: Final = "batch-model/2"


class BatchModel:
    """A classifier of `models.lifecycle.training`, ready to score; fits `models.deliberation.learned.LearnedModel`.

    Args:
        estimator: The scorer that it has come to, with `classes_` that are places in `LABELS`.
        family: Of which kind.
        learned: From how many samples.
        version: The registry's number, or the beginning of the checksum where it isn't registered.
    """

    def __init__(self, estimator: Scorer, *, family: str, learned: int, version: str = "") -> None:
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
        out[:, self._places] = self.estimator.predict_proba(rows)
        return out

    def contributions(self, row: Mapping[str, float], label: int, /) -> Mapping[str, float]:  # noqa: ARG002
        """Return nothing: what each feature adds to one row isn't known of these families without other means."""
        return {}


def to_bytes(model: BatchModel) -> bytes:
    """Pack a model.

    Raises:
        TypeError: it is one that is being trained, and not what that came to.
    """
    if not isinstance(model.estimator, Scorer):
        raise TypeError(f"a scorer was expected, not {type(model.estimator).__name__}")
    header = {
        "kind": KIND,
        "schema": SCHEMA,
        "labels": [label.value for label in LABELS],
        "family": model.model_type,
        "learned": model.learned,
    }
    return Snapshot(header, {}).with_part("scorer", model.estimator.snapshot()).to_bytes()


def checksum(data: bytes) -> str:
    """Return the SHA-256 of a packed model, which is registered with it."""
    return hashlib.sha256(data).hexdigest()


def from_bytes(data: bytes, *, sha256: str, version: str) -> BatchModel:
    """Unpack a model whose checksum is the registered one; nothing is looked at before that is known.

    Raises:
        InvalidSnapshot: the checksum is another; it was made for other features or labels; or its arrays are none of a
            model's.
    """
    if checksum(data) != sha256:
        raise InvalidSnapshot(f"sha256: {checksum(data)} was found, {sha256} is registered: these are other bytes")
    packed = Snapshot.from_bytes(data)
    packed.expect("kind", KIND)
    packed.expect("schema", SCHEMA)
    packed.expect("labels", [label.value for label in LABELS])
    scorer = Scorer.restored(packed.part("scorer"), features=len(NAMES))
    if not all(0 <= place < len(LABELS) for place in scorer.classes_.tolist()):
        raise InvalidSnapshot(f"classes: places in {len(LABELS)} labels were expected")
    return BatchModel(scorer, family=packed.string("family"), learned=packed.integer("learned"), version=version)


_controller: Any = None


def one_thread() -> Any:
    """Keep scikit-learn to one thread: for a row, threads cost a hundred times what they save."""
    global _controller  # noqa: PLW0603 — to look for the libraries of threads takes milliseconds, once
    if _controller is None:
        from threadpoolctl import ThreadpoolController

        _controller = ThreadpoolController()
    return _controller.limit(limits=1)
