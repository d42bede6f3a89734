"""The report of a validation: figures of the newest part alone, JSON that can be read back, and a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec
import pytest

from app.lifecycle.datasets import DatasetUnreadable
from app.lifecycle.validate import PAGE, REPORT, Contender, Validation, files_of, validate
from benchmarks.registered import packed, write_samples
from models.errors import InvalidSnapshot
from models.lifecycle.batch_model import checksum
from models.records import SpecialistType

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = 2_000
GOOD, BAD = Contender(name="version 2", packed=packed(12.0)), Contender(name="version <3>", packed=packed(0.0))


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "business.parquet"
    write_samples(path, SpecialistType.BUSINESS, samples=SAMPLES)
    return path


def test_a_good_model_passes_on_the_newest_part(parquet: Path) -> None:
    found = validate(GOOD, BAD, parquet, at_ms=7, by="ana")

    assert (found.verdict.passed, found.verdict.missed) == (True, [])
    assert found.verdict.figures.samples == SAMPLES * 15 // 100
    assert found.test_from_ms >= SAMPLES * 85 // 100 * 60_000
    assert found.verdict.comparison is not None
    assert found.verdict.comparison.accuracy_low > 0.4
    assert (found.champion, found.sha256, found.by) == ("version <3>", checksum(GOOD.packed), "ana")


def test_a_bad_one_is_refused_with_what_it_missed_and_a_worse_one_as_a_regression(parquet: Path) -> None:
    alone = validate(BAD, None, parquet, at_ms=7, by="ana").verdict
    beside = validate(BAD, GOOD, parquet, at_ms=7, by="ana").verdict

    assert not alone.passed
    assert alone.comparison is None
    assert [missed.split()[0] for missed in beside.missed if "below the champion" in missed] == ["accuracy", "f1"]


@pytest.mark.parametrize(("model", "champion"), [(GOOD, BAD), (BAD, GOOD), (BAD, None)])
def test_the_page_shows_it_and_loads_nothing(parquet: Path, model: Contender, champion: Contender | None) -> None:
    found = validate(model, champion, parquet, at_ms=1_700_000_000_000, by="ana")
    files = files_of(found)
    text = files[PAGE].decode()

    assert msgspec.json.decode(files[REPORT], type=Validation) == found
    assert not re.search(r"https?:|//|url\(|<script|<link|<img|@import", text), "nothing is loaded from anywhere"
    body = ET.fromstring(text[text.index("<body>") : text.index("</html>")])  # noqa: S314 — our own
    shown = " ".join(body.itertext())
    assert ("passed" if found.verdict.passed else "refused") in shown
    assert all(missed in shown for missed in found.verdict.missed)
    assert model.name in shown
    counts = [f"{count:,}" for row in found.verdict.figures.confusion for count in row]
    drawn = [plot for plot in body.iter("svg") if plot.get("aria-label") == "confusion matrix"]
    assert len(drawn) == 1
    numbers = [each.text for each in drawn[0].iter("text") if (each.text or "").replace(",", "").isdecimal()]
    assert numbers == counts


def test_what_is_no_model_and_what_is_no_data_set_are_told(parquet: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidSnapshot):
        validate(Contender(name="x", packed=b"\x80\x04pickle"), None, parquet, at_ms=7, by="ana")
    with pytest.raises(DatasetUnreadable):
        validate(GOOD, None, tmp_path / "none.parquet", at_ms=7, by="ana")
