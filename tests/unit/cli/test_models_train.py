"""`hive models train` without a registry: files, and what is said where there is nothing to train from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from click.testing import CliRunner

from app.cli import main
from app.lifecycle import datasets
from app.lifecycle.training import DATA, MANIFEST, REPORT, Report, run_of
from benchmarks.registered import RULE, write_samples
from models.lifecycle.batch_model import checksum, from_bytes
from models.lifecycle.registry import Tag
from models.online.features import NAMES
from models.records import SpecialistType

if TYPE_CHECKING:
    from pathlib import Path


def hive(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ("models", "train", *arguments), env={"HIVE_DATA_DIR": str(folder)})
    return result.exit_code, result.output


def test_what_is_trained_lies_in_files_and_its_run_has_all_that_it_takes_to_train_it_again(tmp_path: Path) -> None:
    parquet = tmp_path / "datasets" / "business.parquet"
    manifest = write_samples(parquet, SpecialistType.BUSINESS, samples=500)
    code, said = hive(tmp_path, "--all", "--limit-s", "0", "--json")
    assert code == 0, said
    report = msgspec.convert(json.loads(said)[0], Report)
    packed = (tmp_path / "models" / "business.hive").read_bytes()
    assert checksum(packed) == report.sha256
    assert from_bytes(packed, sha256=report.sha256, version="1").model_type == report.family
    assert msgspec.json.decode((tmp_path / "models" / "business.json").read_bytes(), type=Report) == report
    assert (report.data_sha256, report.simulated, report.most_tried) == (manifest.sha256, True, 3)
    assert report.parts == {"train": 350, "tune": 75, "test": 75}
    assert set(list(report.importances)[:2]) == {NAMES[column] for column in RULE}
    run = run_of(report, parquet, name="round-1", at_ms=7)
    assert run.files[DATA] == parquet.read_bytes()
    assert run.files[MANIFEST] == datasets.manifest_path(parquet).read_bytes()
    assert msgspec.json.decode(run.files[REPORT], type=Report) == report
    assert (run.tags[Tag.DATA], run.params["seed"], run.params["most_tried"]) == (manifest.sha256, "1", "3")
    assert run.metrics["recall_approve"] == report.figures.classes["approve"].recall


def test_without_samples_it_says_how_to_get_some(tmp_path: Path) -> None:
    assert hive(tmp_path)[0] == 2
    code, said = hive(tmp_path, "--all")
    assert (code, "`hive models collect --all` writes them" in " ".join(said.split())) == (1, True)
    code, said = hive(tmp_path, "evolution")
    assert (code, "`hive models collect` writes one" in " ".join(said.split())) == (1, True)
