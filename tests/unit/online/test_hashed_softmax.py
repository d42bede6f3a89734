"""The online learner: what it learns, what it remembers, and what it refuses to be restored from."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.errors import InvalidSnapshot
from models.nlu.examples import load_examples
from models.nlu.features import text_features
from models.online.hashed_softmax import HashedSoftmax
from models.online.snapshot import Snapshot

COLOURS = [
    (f"{article} {thing}", colour)
    for article in ("a", "the", "one", "some", "no")
    for colour, things in (
        ("red", ("tomato", "strawberry", "fire engine", "cherry")),
        ("green", ("grass", "leaf", "frog", "cucumber")),
        ("blue", ("sky", "ocean", "sapphire", "blueberry")),
    )
    for thing in things
]


def taught(examples: list[tuple[str, str]], **parameters: float) -> HashedSoftmax:
    model = HashedSoftmax(text_features, **parameters)  # type: ignore[arg-type] # all of them are numbers
    for text, label in examples:
        model.learn_one(text, label)
    return model


def prequential(examples: list[tuple[str, str]], **parameters: float) -> float:
    model = HashedSoftmax(text_features, **parameters)  # type: ignore[arg-type]
    right = 0
    for text, label in examples:
        right += model.predict_one(text) == label
        model.learn_one(text, label)
    return right / len(examples)


def shuffled(examples: list[tuple[str, str]], seed: int = 7) -> list[tuple[str, str]]:
    examples = list(examples)
    random.Random(seed).shuffle(examples)
    return examples


def test_before_the_first_example_nothing_is_said() -> None:
    model = HashedSoftmax(text_features)
    assert model.predict_one("anything") is None
    assert model.predict_proba_one("anything") == {}


def test_what_was_taught_is_known_and_words_not_seen_do_not_hide_it() -> None:
    model = taught(shuffled(COLOURS))
    assert [model.predict_one(text) for text in ("the ripe tomatoes", "oceans", "frogs everywhere")] == [
        "red",
        "blue",
        "green",
    ]


def test_labels_may_be_more_than_there_was_room_for() -> None:
    examples = [(f"thing{number} kind{number}", f"label{number}") for number in range(50)]
    model = taught(examples * 2)
    assert model.labels == [f"label{number}" for number in range(50)]
    assert [model.predict_one(text) for text, _ in examples] == [label for _, label in examples]


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.tuples(st.text(max_size=20), st.sampled_from("abc")), min_size=1, max_size=8), asked=st.text())
def test_probabilities_are_probabilities_whatever_was_learned(texts: list[tuple[str, str]], asked: str) -> None:
    proba = taught(texts).predict_proba_one(asked)
    assert set(proba) == {label for _, label in texts}
    assert sum(proba.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(0.0 <= p <= 1.0 for p in proba.values())


def test_a_feature_that_comes_twice_is_learned_as_one_of_twice_the_value() -> None:
    twice, once = (HashedSoftmax(text_features) for _ in range(2))
    for model in (twice, once):
        model.add_labels(["a", "b"])
    twice.learn(np.array([5, 9, 5], np.uint16), np.array([0.5, 0.2, 0.5], np.float32), "a")
    once.learn(np.array([5, 9], np.uint16), np.array([1.0, 0.2], np.float32), "a")
    rows = np.arange(10, dtype=np.uint16)
    assert twice.weights(rows).tolist() == once.weights(rows).tolist()


def test_rare_features_count_more() -> None:
    model = HashedSoftmax(text_features)
    for number in range(50):
        model.count(np.array([1] if number else [1, 2], np.uint16))
    common, rare = model.rarity(np.array([1, 2], np.uint16))
    assert 0 < common < rare
    assert np.linalg.norm(model.weigh(np.array([1, 2], np.uint16))) == pytest.approx(1.0, abs=1e-6)


def test_the_start_of_the_sums_is_what_makes_few_examples_enough() -> None:
    """Without it (1e-8 instead of 0.003) every weight's first step is as large as the rate, whatever the gradient."""
    examples = shuffled([(e.text, f"{e.domain}/{e.subcategory}") for e in load_examples()])[:1200]
    assert prequential(examples) > prequential(examples, start=1e-8) + 0.03


def test_it_is_a_river_classifier() -> None:
    model = taught(COLOURS)
    clone = model.clone()
    assert isinstance(clone, HashedSoftmax)
    assert (clone.labels, clone.rate, clone.features) == ([], model.rate, model.features)


@pytest.mark.parametrize("wrong", [{"bits": 16}, {"bits": 0}, {"rate": 0}, {"start": 0}, {"steps": 0}, {"dense": -1}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        HashedSoftmax(text_features, **wrong)


_OTHER_PROCESS = """
from models.nlu.features import text_features
from models.online.hashed_softmax import HashedSoftmax
model = HashedSoftmax(text_features)
for text, label in [("red tomato", "red"), ("céu azul", "blue"), ("green leaf", "green")] * 3:
    model.learn_one(text, label)
print(model.predict_proba_one("tomate azul"))
"""


def test_another_process_learns_the_same() -> None:
    """Python's own `hash` of a string differs from process to process: nothing may rest on it."""
    said = {
        subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESS],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert b"red" in said.pop()


# -- snapshots


def test_a_restored_model_says_and_learns_the_same() -> None:
    model = taught(COLOURS[:20])
    restored = HashedSoftmax.restored(Snapshot.from_bytes(model.snapshot().to_bytes()), text_features)
    for each in (model, restored):
        each.learn_one("a yellow banana", "yellow")
    texts = [text for text, _ in COLOURS]
    assert [model.predict_proba_one(text) for text in texts] == [restored.predict_proba_one(text) for text in texts]


def test_a_copy_learns_apart() -> None:
    model = taught(COLOURS)
    before = model.predict_proba_one("sky")
    copy = model.copy()
    for _ in range(5):
        copy.learn_one("sky", "red")
    assert model.predict_proba_one("sky") == before
    assert copy.predict_one("sky") == "red"


def damaged(**changed: object) -> Snapshot:
    snapshot = taught(COLOURS).snapshot()
    for name, value in changed.items():
        if isinstance(value, np.ndarray):
            snapshot.arrays[name] = value
        else:
            snapshot.header[name] = value
    return snapshot


def some(array: NDArray[np.float32], value: float) -> NDArray[np.float32]:
    changed = array.copy()
    changed.flat[0] = value
    return changed


_GOOD = taught(COLOURS).snapshot().arrays


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "hashed-softmax/2"),
        ("bits", "15"),
        ("bits", 40),
        ("bits", True),
        ("rate", float("nan")),
        ("rate", -1.0),
        ("steps", 1.5),
        ("steps", 10**9),
        ("seen", -1),
        ("labels", ["red", "red", "blue"]),
        ("labels", ["red", 3]),
        ("labels", "red"),
        ("labels", [str(number) for number in range(100_000)]),
        ("rows", _GOOD["rows"].astype(np.int64)),
        ("rows", np.zeros_like(_GOOD["rows"])),
        ("rows", np.full_like(_GOOD["rows"], 2**15)),
        ("weights", _GOOD["weights"].astype(np.float64)),
        ("weights", _GOOD["weights"][:, :1]),
        ("weights", some(_GOOD["weights"], np.inf)),
        ("weights", some(_GOOD["weights"], np.nan)),
        ("squares", some(_GOOD["squares"], 0.0)),
        ("log_counts", some(_GOOD["log_counts"], -1.0)),
        ("counted", np.array(["a"])),
    ],
)
def test_a_snapshot_that_does_not_fit_together_is_refused_by_the_name_of_the_field(field: str, value: object) -> None:
    with pytest.raises(InvalidSnapshot, match=field if field != "kind" else "hashed-softmax"):
        HashedSoftmax.restored(damaged(**{field: value}), text_features)


@pytest.mark.parametrize("field", ["bits", "labels", "rows", "weights", "squares", "counted", "log_counts", "seen"])
def test_a_snapshot_with_something_missing_is_refused(field: str) -> None:
    snapshot = taught(COLOURS).snapshot()
    snapshot.header.pop(field, None)
    snapshot.arrays.pop(field, None)
    with pytest.raises(InvalidSnapshot, match=field):
        HashedSoftmax.restored(snapshot, text_features)
