"""Validation of a trained model on the newest part of a data set, beside the champion: what was found, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from app.lifecycle import datasets
from app.lifecycle.report_page import page
from models.deliberation.prior import LABELS
from models.lifecycle.batch_model import BatchModel, checksum, from_bytes
from models.lifecycle.quality import split_by_time
from models.lifecycle.validation import Thresholds, Verdict, compare, figures_of, judge
from models.records import SpecialistType

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.lifecycle.dataset import Matrix

__all__ = ["PAGE", "REPORT", "Contender", "Validation", "files_of", "validate"]

REPORT: Final = "validation/report.json"
PAGE: Final = "validation/report.html"
"""Where these lie among the files of a run."""
ITSELF: Final = "what the specialist said of them"
"""Beside whom a model stands where no champion is registered."""
_SEED: Final = 1


class Validation(msgspec.Struct, frozen=True, kw_only=True):
    """What was validated, on what, and what came of it.

    Attributes:
        specialist: Whose model.
        candidate: Which one, in words: `version 3`.
        champion: Beside which one, or `ITSELF`; empty: there is nothing to hold it against.
        family, sha256: Of the model.
        data_sha256, simulated: Of the data set.
        test_from_ms, test_to_ms: Of which time the samples are; neither training nor tuning has seen them.
        at_ms, by: When, and who asked for it.
        verdict: What came of it.
        importances: How much each feature counts, where that is known.
    """

    specialist: SpecialistType
    candidate: str
    champion: str
    family: str
    sha256: str
    data_sha256: str
    simulated: bool
    test_from_ms: int
    test_to_ms: int
    at_ms: int
    by: str
    verdict: Verdict
    importances: dict[str, float] = {}


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """A model that takes part: what it is called, and its file."""

    name: str
    packed: bytes

    def model(self) -> BatchModel:
        """Unpack it.

        Raises:
            InvalidSnapshot: it is none of ours, or of other features.
        """
        return from_bytes(self.packed, sha256=checksum(self.packed), version=self.name)


def validate(
    candidate: Contender,
    champion: Contender | None,
    parquet: Path,
    *,
    at_ms: int,
    by: str,
    thresholds: Thresholds | None = None,
) -> Validation:
    """Hold a model against the thresholds and the champion, on the newest part of a data set.

    Without a champion it is held against the specialist as it was, rules and online learner together: what it said of
    these very plans, if it did.

    Raises:
        DatasetUnreadable: the data set is not there, or not what its manifest says.
        NotEnough: it can't be split by time.
        InvalidSnapshot: a model is none of ours.
    """
    manifest, matrix = datasets.read(parquet)
    test = split_by_time(matrix.at_ms).test
    rows, truth, labels = matrix.rows[test], matrix.labels[test], [label.value for label in LABELS]
    model = candidate.model()
    least = thresholds or Thresholds()
    ours = model.of_rows(rows)
    theirs, told = _beside(champion, matrix, test)
    verdict = judge(
        figures_of(truth, ours, labels),
        least,
        champion=None if theirs is None else figures_of(truth[told], theirs[told], labels),
        comparison=None
        if theirs is None
        else compare(truth[told], ours[told], theirs[told], seed=_SEED, level=least.level),
    )
    return Validation(
        specialist=manifest.specialist,
        candidate=candidate.name,
        champion=champion.name if champion is not None else "" if theirs is None else ITSELF,
        family=model.model_type,
        sha256=checksum(candidate.packed),
        data_sha256=manifest.sha256,
        simulated=manifest.origin.simulated,
        test_from_ms=int(matrix.at_ms[test].min()),
        test_to_ms=int(matrix.at_ms[test].max()),
        at_ms=at_ms,
        by=by,
        verdict=verdict,
    )


def _beside(
    champion: Contender | None, matrix: Matrix, test: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Return the probabilities of whom a model is held against, and which of them there are."""
    if champion is not None:
        return champion.model().of_rows(matrix.rows[test]), np.ones(len(test), dtype=bool)
    said, told = matrix.said[test], matrix.said[test] >= 0
    if not told.any():
        return None, told
    # Its confidence where it was, the rest even, and never less than elsewhere.
    sure = np.clip(matrix.said_confidence[test], 1.0 / len(LABELS) + 1e-6, 1.0)
    theirs = np.repeat(((1.0 - sure) / (len(LABELS) - 1))[:, None], len(LABELS), axis=1)
    theirs[np.arange(len(test)), np.maximum(said, 0)] = sure
    return theirs, told


def files_of(found: Validation) -> dict[str, bytes]:
    """Return the report as files: JSON, and a page for people."""
    return {REPORT: msgspec.json.format(msgspec.json.encode(found)), PAGE: page(found).encode()}
