"""A trained seed is read from the cache folder, and is the one that training would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.seed import plant_seed
from models.errors import InvalidSnapshot
from models.nlu.examples import load_examples
from models.nlu.model import DomainModel, plant, seed_to_bytes
from models.online.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = ["quais logins falharam ontem?", "receita por região este ano", "deploy do billing", "xyzzy", ""]


@pytest.fixture(scope="module")
def packed() -> bytes:
    return seed_to_bytes()


@pytest.fixture(autouse=True)
def as_before(packed: bytes) -> Iterator[None]:
    yield
    plant(packed)


def test_a_seed_that_is_read_decides_as_one_that_is_trained(tmp_path: Path) -> None:
    trained = DomainModel.trained(load_examples())
    plant_seed(tmp_path)
    (kept,) = tmp_path.iterdir()
    written_ns = kept.stat().st_mtime_ns
    plant_seed(tmp_path)
    assert kept.stat().st_mtime_ns == written_ns, "read, not made again"
    planted = DomainModel.seeded()
    for text in TEXTS:
        assert planted.classify(text).probabilities == pytest.approx(trained.classify(text).probabilities, abs=1e-6)
    assert planted.classify(TEXTS[0]).subcategory != "general"
    assert DomainModel.from_bytes(planted.to_bytes()).seed == planted.seed


def test_a_file_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    plant_seed(tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:1000])
    plant_seed(tmp_path)
    assert Snapshot.from_bytes(kept.read_bytes()).header == Snapshot.from_bytes(whole).header


def test_a_folder_that_cant_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    plant_seed(tmp_path / "file" / "folder")
    assert DomainModel.seeded().classify(TEXTS[0]).domain


def test_a_seed_of_other_examples_is_refused(packed: bytes) -> None:
    other = Snapshot.from_bytes(packed)
    other.header["name"] = "00000000"
    with pytest.raises(InvalidSnapshot, match="name"):
        plant(other.to_bytes())
