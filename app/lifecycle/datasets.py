"""Data sets as files: Parquet, and beside it a manifest in JSON that holds the checksum of the other."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.errors import HiveError
from models.deliberation.prior import LABELS
from models.lifecycle.dataset import COLUMNS, Manifest, Matrix, manifest_of
from models.online.features import NAMES, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.lifecycle.dataset import Origin
    from models.lifecycle.gather import Gathered
    from models.lifecycle.samples import Sample
    from models.records import SpecialistType

__all__ = ["DatasetUnreadable", "manifest_path", "read", "read_manifest", "write", "write_file"]


class DatasetUnreadable(HiveError):
    """Say why a data set can't be learned from."""


def manifest_path(parquet: Path) -> Path:
    """Return where the manifest of a file of samples lies."""
    return parquet.with_suffix(".json")


def write(parquet: Path, specialist: SpecialistType, gathered: Gathered, origin: Origin) -> Manifest:
    """Write samples, of which there is one at least, and then their manifest: whoever finds it finds all of them."""
    data = _to_parquet(gathered.samples)
    manifest = manifest_of(specialist, gathered, origin, file=parquet.name, data=data)
    write_file(parquet, data)
    write_file(manifest_path(parquet), msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def write_file(path: Path, data: bytes) -> None:
    """Write a file, making its folder, in one step: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)


def read_manifest(parquet: Path) -> Manifest:
    """Read the manifest of a file of samples.

    Raises:
        DatasetUnreadable: it is not there, or none.
    """
    path = manifest_path(parquet)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise DatasetUnreadable(f"{path}: {error}; `hive models collect` writes one") from error


def read(parquet: Path) -> tuple[Manifest, Matrix]:
    """Read samples that are those of their manifest.

    Raises:
        DatasetUnreadable: a file is missing or changed, or the features are not those that are served.
    """
    manifest = read_manifest(parquet)
    try:
        data = parquet.read_bytes()
    except OSError as error:
        raise DatasetUnreadable(f"{parquet}: {error.strerror or error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != manifest.sha256:
        raise DatasetUnreadable(f"{parquet}: its SHA-256 is {found}, the manifest says {manifest.sha256}: collect anew")
    if manifest.feature_schema != SCHEMA:
        raise DatasetUnreadable(f"{parquet}: of the features {manifest.feature_schema}, {SCHEMA} are served")
    import polars as pl

    frame = pl.read_parquet(io.BytesIO(data))
    if frame.columns != list(COLUMNS):
        raise DatasetUnreadable(f"{parquet}: the columns are not those of {SCHEMA}: collect anew")
    places = {label.value: place for place, label in enumerate(LABELS)}
    return manifest, Matrix(
        np.ascontiguousarray(frame.select(NAMES).to_numpy(), dtype=np.float64),
        labels=np.array([places[label] for label in frame["label"].to_list()], dtype=np.int64),
        at_ms=frame["at_ms"].to_numpy().astype(np.int64),
        said=np.array([places.get(said, -1) for said in frame["said"].to_list()], dtype=np.int64),
        said_confidence=frame["said_confidence"].to_numpy().astype(np.float64),
    )


def _to_parquet(samples: Sequence[Sample]) -> bytes:
    import polars as pl

    rows = np.array([sample.row for sample in samples], dtype=np.float64)
    frame = pl.DataFrame(
        {
            "plan_id": [sample.plan_id for sample in samples],
            "at_ms": pl.Series([sample.at_ms for sample in samples], dtype=pl.Int64),
            "confidence": [float(sample.confidence) for sample in samples],
            **{name: rows[:, place] for place, name in enumerate(NAMES)},
            "label": [sample.label.value for sample in samples],
            "labelled_by": [sample.how for sample in samples],
            "said": pl.Series(
                [None if sample.said is None else sample.said.value for sample in samples], dtype=pl.String
            ),
            "said_confidence": [float(sample.said_confidence) for sample in samples],
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()
