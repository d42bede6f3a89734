"""The learner's steps: whatever is killed in between, the end is as if all feedback had been learned in one go."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu.model import DomainModel
from models.online import domain as learning
from models.online.domain import LOST, MAX_SNAPSHOT_BYTES, Example, Lesson, Taught, teach
from models.records import Domain, Feedback, ModelSnapshot

WORDS = ["vendas", "api", "firewall", "cluster", "churn", "plantão", "lgpd", "auditoria", "relatório", "deploy"]
NOW_MS = 1_000_000


def example(offset: int, *, text: str | None = None, domain: Domain | None = None, timestamp_ms: int = 1) -> Example:
    words = text or f"{WORDS[offset % 10]} {WORDS[offset * 7 % 10]} caso {offset}"
    feedback = Feedback(intention_id=f"i{offset}", text=words, domain=domain or list(Domain)[offset % 7], at=1)
    return Example(offset, timestamp_ms, feedback)


def taught(before: ModelSnapshot | None, examples: list[Example], kept: list[Lesson] | None = None) -> Taught:
    step = teach(before, examples, kept=lambda: kept or [], now_ms=NOW_MS)
    assert step is not None
    return step


def verdicts(snapshot: ModelSnapshot) -> list[object]:
    model = DomainModel.from_bytes(snapshot.data)
    return [model.classify(word) for word in WORDS]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 39), max_size=3))
def test_steps_of_any_size_come_to_the_same_as_one(cuts: list[int]) -> None:
    examples = [example(offset) for offset in range(40)]
    state = None
    for start, end in zip([0, *sorted(set(cuts))], [*sorted(set(cuts)), 40], strict=True):
        state = taught(state, examples[start:end]).snapshot
    at_once = taught(None, examples).snapshot
    assert state is not None
    assert (state.version, state.learned, state.next_offset) == (at_once.version, 40, 40)
    assert verdicts(state) == verdicts(at_once)


def test_what_is_in_the_snapshot_already_is_not_learned_again() -> None:
    """A group whose offsets are lost reads the topic from its beginning."""
    before = taught(None, [example(offset) for offset in range(10)]).snapshot
    again = [example(offset) for offset in range(12)]
    step = taught(before, again)
    assert (step.event.examples, step.snapshot.learned, [at for at, _ in step.lessons]) == (2, 12, [10, 11])
    assert teach(before, again[:10], kept=list, now_ms=NOW_MS) is None


def test_feedback_on_a_topic_that_was_made_anew_is_learned() -> None:
    before = taught(None, [example(offset) for offset in range(10)]).snapshot
    step = taught(before, [example(0, timestamp_ms=NOW_MS + 1)])
    assert (step.snapshot.learned, step.snapshot.next_offset) == (11, 1)


def test_a_state_that_is_lost_is_made_anew_from_the_lessons() -> None:
    examples = [example(offset) for offset in range(10)]
    kept = [lesson for _, lesson in taught(None, examples[:8]).lessons]
    step = taught(LOST, examples[8:], kept)
    assert (step.event.rebuilt, step.snapshot.version) == (True, taught(None, examples).snapshot.version)


@pytest.mark.parametrize("broken", [{"seed": "of another version"}, {"data": b"nonsense"}, {"data": b""}])
def test_a_model_of_another_seed_or_that_cannot_be_read_is_made_anew_from_the_lessons(
    broken: dict[str, object],
) -> None:
    examples = [example(offset) for offset in range(10)]
    before = taught(None, examples[:8])
    kept = [lesson for _, lesson in before.lessons]
    step = taught(msgspec.structs.replace(before.snapshot, **broken), examples[8:], kept)
    whole = taught(None, examples)
    assert (step.event.rebuilt, step.snapshot.seed) == (True, before.snapshot.seed)
    assert (step.snapshot.version, step.snapshot.learned) == (whole.snapshot.version, 10)
    assert not whole.event.rebuilt


def test_each_text_is_predicted_before_it_is_learned() -> None:
    """Test, then train: 30 times the same wrong word is mistaken at first, and not to the end."""
    step = taught(None, [example(n, text="zorgblat quux", domain=Domain.COMPLIANCE) for n in range(30)])
    assert 0 < step.event.mistaken < 30
    assert step.event.accuracy == pytest.approx(1 - step.event.mistaken / 30)


def test_a_text_that_the_model_fails_on_is_refused_and_the_others_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = DomainModel.learn

    def fragile(model: DomainModel, text: str, domain: Domain) -> object:
        if text == "boom":
            raise ZeroDivisionError
        return learn(model, text, domain)

    monkeypatch.setattr(DomainModel, "learn", fragile)
    step = taught(None, [example(0), example(1, text="boom"), example(2)])
    assert [(offset, type(error)) for offset, error in step.refused] == [(1, ZeroDivisionError)]
    assert ([offset for offset, _ in step.lessons], step.snapshot.learned) == ([0, 2], 2)
    assert step.snapshot.next_offset == 3, "it is not read again"


def test_a_snapshot_fits_into_a_record() -> None:
    step = taught(None, [example(offset) for offset in range(200)])
    assert step.event.snapshot_bytes == len(step.snapshot.data) < MAX_SNAPSHOT_BYTES
    raw = msgspec.json.encode(step.snapshot)
    assert len(raw) < 4 * 1024 * 1024 - 16 * 1024
    assert msgspec.json.decode(raw, type=ModelSnapshot) == step.snapshot


def test_a_model_that_is_too_large_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MAX_SNAPSHOT_BYTES", 10)
    with pytest.raises(ValueError, match="a snapshot may have 10"):
        taught(None, [example(0)])
