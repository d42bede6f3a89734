"""What scoring reads of a ladder says what the ladder says, whatever was learned; and foreign bytes are refused."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidSnapshot
from models.online.ladder import Ladder, LadderSettings
from models.online.served import from_bytes, to_bytes
from models.online.served_forms import Served, Tree
from models.online.serving import served_of

NAMES = tuple(f"f{number}" for number in range(8))
KINDS = ("logistic", "quick", "tree", "forest", "small-tree", "small-forest")
SCHEMA = "s/1"


def row(chance: random.Random, scale: float) -> dict[str, float]:
    found = {name: chance.gauss(0, scale) for name in NAMES}
    found["f6"] = float(chance.random() < 0.5)
    found["f7"] = 1.0  # always the same: no variance
    return found


def label(x: dict[str, float], chance: random.Random, *, labels: int) -> str:
    if chance.random() < 0.1:
        return f"l{chance.randrange(labels)}"
    return f"l{min(labels - 1, int(abs(x['f0'] + x['f1'])) + (x['f6'] > 0.5))}"


def taught(kinds: tuple[str, ...], seed: int, examples: int, *, labels: int = 3, scale: float = 1.0) -> Ladder:
    ladder = Ladder("test", LadderSettings(kinds=kinds, seed=seed))
    chance = random.Random(seed)
    for at in range(examples):
        x = row(chance, scale)
        flipped = at > examples * 2 // 3  # so that adaptive trees have alternate ones
        ladder.learn(x, label(x, chance, labels=labels) if not flipped else f"l{chance.randrange(labels)}")
    return ladder


def rows(seed: int, scale: float) -> list[dict[str, float]]:
    chance = random.Random(seed + 1)
    return [row(chance, scale * spread) for spread in (0.1, 1.0, 1.0, 30.0) for _ in range(10)]


@settings(max_examples=25)
@given(
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 10**6),
    examples=st.sampled_from([0, 1, 2, 60, 260]),
    labels=st.integers(1, 5),
    scale=st.sampled_from([1e-3, 1.0, 1e4]),
)
def test_each_rung_says_what_its_learner_says(kind: str, seed: int, examples: int, labels: int, scale: float) -> None:
    ladder = taught((kind,), seed, examples, labels=labels, scale=scale)
    served = from_bytes(to_bytes(served_of(ladder, schema=SCHEMA, names=NAMES)), schema=SCHEMA)
    for x in rows(seed, scale):
        for said, wanted in (
            (served.probabilities_of(kind, x), ladder.probabilities_of(kind, x)),
            (served.predict(x).probabilities, ladder.predict(x).probabilities),
        ):
            assert said.keys() == wanted.keys()
            assert all(abs(said[each] - wanted[each]) <= 1e-12 for each in wanted)
        told, champion = served.predict(x), ladder.predict(x)
        assert (told.label, told.said) == (champion.label, champion.said)
        assert told.confidence == pytest.approx(champion.confidence, abs=1e-12)
    assert (served.champion, served.learned) == (ladder.champion, examples)
    assert served.accuracies == ladder.accuracies


def test_trees_that_have_grown_with_others_beside_them_say_the_same() -> None:
    ladder = Ladder("test", LadderSettings(kinds=("tree", "small-forest"), seed=3))
    chance = random.Random(3)
    leaves, others = 0, 0
    for at in range(1_500):
        x = row(chance, 1.0)
        y = ("a", "b", "c", "d")[(x["f0"] > 0) + 2 * (x["f1"] > 0.5)]
        ladder.learn(x, y if at < 1_000 or x["f0"] > 0 else "a")  # the left half of the world changes
        if at % 25:
            continue
        packed = served_of(ladder, schema=SCHEMA, names=NAMES)
        tree = packed.rungs["tree"]
        assert isinstance(tree, Tree)
        leaves, others = max(leaves, len(tree.leaves)), others + (max(tree.others, default=-1) >= 0)
        served = from_bytes(to_bytes(packed), schema=SCHEMA)
        for x in rows(at, 1.0)[::4]:
            for kind in ("tree", "small-forest"):
                said, wanted = served.probabilities_of(kind, x), ladder.probabilities_of(kind, x)
                assert all(abs(said[each] - wanted[each]) <= 1e-12 for each in wanted)
    assert leaves >= 4, "else nothing is shown"
    assert others >= 2, "else nothing is shown"


def test_what_was_taught_other_features_is_refused() -> None:
    ladder = taught(("logistic",), 1, 5)
    with pytest.raises(ValueError, match="f7"):
        served_of(ladder, schema=SCHEMA, names=NAMES[:-1])


GOOD = served_of(taught(("logistic", "small-tree"), 4, 400), schema=SCHEMA, names=NAMES)


def changed_tree(**fields: Any) -> Served:
    tree = msgspec.structs.replace(GOOD.rungs["small-tree"], **fields)
    return msgspec.structs.replace(GOOD, rungs={**GOOD.rungs, "small-tree": tree})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no served ladder",
        to_bytes(GOOD)[:-5],
        to_bytes(msgspec.structs.replace(GOOD, schema="s/2")),
        to_bytes(msgspec.structs.replace(GOOD, kind="served/0")),
        to_bytes(msgspec.structs.replace(GOOD, champion="nobody")),
        to_bytes(msgspec.structs.replace(GOOD, names=list(NAMES[:-1]))),
        to_bytes(changed_tree(left=[0, *GOOD.rungs["small-tree"].left[1:]])),  # type: ignore[union-attr]
        to_bytes(changed_tree(thresholds=[])),
        to_bytes(changed_tree(leaves=[])),
    ],
)
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidSnapshot, match="served"):
        from_bytes(data, schema=SCHEMA)
