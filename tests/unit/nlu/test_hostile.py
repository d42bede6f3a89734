"""Random and hostile texts: none raises, none takes long. The benchmark `nlu` does the same with 200,000."""

from __future__ import annotations

import pytest

from benchmarks.hostile import LONGEST, hostile_texts
from models.nlu import to_envelope, understand
from models.nlu.explain import explain
from models.nlu.model import DomainModel
from models.nlu.reading import read
from models.records import Submission
from tests.unit.nlu.pace import explodes

NOW_MS = 1_763_825_400_000


@pytest.mark.timeout(180)
def test_no_text_raises_and_none_takes_long() -> None:
    """What took long is read again: a pattern that explodes does so each time, a machine that is busy does not."""
    model = DomainModel.seeded()

    def reads_long(text: str) -> bool:
        return explodes(lambda: read(text, asked=None, at_ms=NOW_MS, model=model))

    assert [text for text in hostile_texts(20_000, seed=11) if reads_long(text)] == []


def test_hostile_texts_are_hostile() -> None:
    texts = list(hostile_texts(2_000, seed=1))
    assert texts == list(hostile_texts(2_000, seed=1))
    assert max(map(len, texts)) > LONGEST * 0.8
    assert any("\ud800" <= char <= "\udfff" for text in texts for char in text)
    assert any(len(text) > 1_000 and " " not in text for text in texts)


@pytest.mark.timeout(120)
def test_what_is_read_can_be_sent_on_and_explained() -> None:
    model = DomainModel.seeded()
    for text in hostile_texts(600, seed=5):
        if not text.strip():
            continue
        submission = Submission(text=text)
        understanding = understand(submission, now_ms=NOW_MS, model=model)
        to_envelope(submission, understanding, fallback_id="f", now_ms=NOW_MS)
        explain(text, model)
