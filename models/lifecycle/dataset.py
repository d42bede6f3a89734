"""A data set of one specialist: samples as columns, and what there is to know about them beside."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.deliberation.prior import LABELS
from models.lifecycle.gather import Bias, Gathered, Rules
from models.lifecycle.quality import Quality, quality_of
from models.lifecycle.samples import Sample
from models.online.features import NAMES, SCHEMA
from models.records import SpecialistType

__all__ = ["COLUMNS", "Manifest", "Matrix", "Origin", "Range", "manifest_of", "matrix_of"]

COLUMNS: Final = {
    "plan_id": "str",
    "at_ms": "int64",
    "confidence": "float64",
    **dict.fromkeys(NAMES, "float64"),
    "label": "str",
    "labelled_by": "str",
    "said": "str",
    "said_confidence": "float64",
}
"""The columns of a file, in their order, with their types."""

_PLACES: Final = {label: place for place, label in enumerate(LABELS)}


class Matrix(NamedTuple):
    """Samples in the order of their time, as `models.lifecycle.training` wants them.

    Attributes:
        rows: Inputs in the order of `NAMES`; (n, features).
        labels: Places in `LABELS`; (n,).
        at_ms: When each row was taken; (n,).
        said: What the specialist said when it was judged: places in `LABELS`, or -1 where nothing was said; (n,).
        said_confidence: How surely; (n,).
    """

    rows: NDArray[np.float64]
    labels: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    said: NDArray[np.int64]
    said_confidence: NDArray[np.float64]


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """The least, the mean and the largest value of a column."""

    least: float
    mean: float
    largest: float


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where samples come from.

    Attributes:
        collected_at_ms: When they were collected.
        rules: Which records count.
        read: How many records and documents of each source were looked at.
        simulated: Whether they are of generated work, and not of real people's.
    """

    collected_at_ms: int
    rules: Rules
    read: dict[str, int]
    simulated: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set is.

    Attributes:
        specialist: Whose.
        file, sha256, bytes: The file with the samples, and the SHA-256 of its bytes.
        feature_schema, columns: What the columns mean, and their types.
        origin: Where the samples come from.
        samples, first_at_ms, last_at_ms: How many samples, and of which time.
        fates: What became of each audit record (`models.lifecycle.gather.FATES`).
        labelled_by: How many labels came in which way.
        labels: How many samples have which label.
        ranges: Of the columns of numbers.
        bias: What the threshold of confidence leaves out.
        quality: Whether it is fit to learn from.
    """

    specialist: SpecialistType
    file: str
    sha256: str
    bytes: int
    feature_schema: str
    columns: dict[str, str]
    origin: Origin
    samples: int
    first_at_ms: int
    last_at_ms: int
    fates: dict[str, int]
    labelled_by: dict[str, int]
    labels: dict[str, int]
    ranges: dict[str, Range]
    bias: Bias
    quality: Quality


def matrix_of(samples: Sequence[Sample]) -> Matrix:
    """Return samples as arrays."""
    rows = np.array([sample.row for sample in samples], dtype=np.float64).reshape(len(samples), len(NAMES))
    return Matrix(
        rows,
        labels=np.array([_PLACES[sample.label] for sample in samples], dtype=np.int64),
        at_ms=np.array([sample.at_ms for sample in samples], dtype=np.int64),
        said=np.array([-1 if sample.said is None else _PLACES[sample.said] for sample in samples], dtype=np.int64),
        said_confidence=np.array([sample.said_confidence for sample in samples], dtype=np.float64),
    )


def manifest_of(specialist: SpecialistType, gathered: Gathered, origin: Origin, *, file: str, data: bytes) -> Manifest:
    """Describe samples, of which there is one at least, and the file whose bytes are `data`."""
    matrix = matrix_of(gathered.samples)
    numbers = {
        "at_ms": matrix.at_ms,
        "confidence": np.array([sample.confidence for sample in gathered.samples]),
        **{name: matrix.rows[:, place] for place, name in enumerate(NAMES)},
    }
    return Manifest(
        specialist=specialist,
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        feature_schema=SCHEMA,
        columns=COLUMNS,
        origin=origin,
        samples=len(gathered.samples),
        first_at_ms=gathered.samples[0].at_ms,
        last_at_ms=gathered.samples[-1].at_ms,
        fates=gathered.fates,
        labelled_by=gathered.labelled_by,
        labels=dict(sorted(Counter(sample.label.value for sample in gathered.samples).items())),
        ranges={
            name: Range(least=float(column.min()), mean=float(column.mean()), largest=float(column.max()))
            for name, column in numbers.items()
        },
        bias=gathered.bias,
        quality=quality_of(matrix.rows, [sample.label.value for sample in gathered.samples], NAMES),
    )
