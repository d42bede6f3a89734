from __future__ import annotations

import numpy as np
import pytest

from models.deliberation.learned import probabilities_of
from models.errors import HiveError, InvalidSnapshot
from models.lifecycle.batch_model import BatchModel, checksum, from_bytes, to_bytes
from models.lifecycle.quality import LeakingColumn
from models.lifecycle.training import FAMILIES, Plan, Trained, shuffled_accuracy, train
from models.online.features import NAMES
from models.online.snapshot import Snapshot
from tests.unit.lifecycle.plans import learnable


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(*learnable(800), plan=Plan(most_tried=3), seconds=lambda: 0.0)


def test_each_family_is_tried_and_the_best_is_good(trained: Trained) -> None:
    assert [each.family for each in trained.tried] == list(FAMILIES)
    assert trained.figures.accuracy > 0.75
    assert trained.chance < 0.4
    assert trained.figures.ece < 0.15
    assert set(list(trained.importances)[:2]) == {NAMES[3], NAMES[4]}


@pytest.mark.parametrize("said", [(1, 3), (0, 3), (1, 2, 3)])
def test_labels_that_nobody_says_leave_the_others_calibrated(said: tuple[int, ...]) -> None:
    rows, labels, at_ms = learnable(800)
    labels = np.array(said)[labels % len(said)]
    found = train(rows, labels, at_ms, plan=Plan(most_tried=3), seconds=lambda: 0.0)
    assert found.figures.ece < 0.15, "how sure it is, is how often it is right"
    spread = found.model.of_rows(rows)
    assert (spread[:, [place for place in range(4) if place not in said]] == 0.0).all()
    assert (spread.argmax(axis=1) == labels).mean() > 0.75


def test_it_scores_as_a_specialist_asks(trained: Trained) -> None:
    told = probabilities_of(trained.model, dict.fromkeys(NAMES, 0.75))
    assert np.argmax(told) == 3


def test_what_was_packed_scores_bit_for_bit_the_same(trained: Trained) -> None:
    data = to_bytes(trained.model)
    again = from_bytes(data, sha256=checksum(data), version="7")
    rows = learnable(50, seed=9)[0]
    assert (again.of_rows(rows) == trained.model.of_rows(rows)).all()
    assert (again.version, again.model_type, again.learned) == ("7", trained.model.model_type, 560)


def test_the_limit_of_time_leaves_one_setting_a_family_and_the_same_number_gives_the_same_model() -> None:
    clock = iter(range(0, 10_000, 100))
    first = train(*learnable(400), plan=Plan(limit_s=50.0), seconds=lambda: float(next(clock)))
    assert len(first.tried) == len(FAMILIES)
    again = train(*learnable(400), plan=Plan(most_tried=len(first.tried)), seconds=lambda: 0.0)
    assert again.figures == first.figures
    assert again.tried == first.tried


def test_shuffled_labels_are_predicted_by_chance_alone() -> None:
    accuracy, chance = shuffled_accuracy(*learnable(1_200), seed=3)
    assert abs(accuracy - chance) < 4 * (0.25 * 0.75 / 180) ** 0.5


def test_a_column_that_leaks_is_refused() -> None:
    rows, labels, at_ms = learnable(400)
    rows[:, 0] = labels
    with pytest.raises(LeakingColumn, match=NAMES[0]):
        train(rows, labels, at_ms, plan=Plan(most_tried=1), seconds=lambda: 0.0)


def test_a_label_that_only_came_up_late_is_told() -> None:
    rows, labels, at_ms = learnable(400, noise=0.0)
    labels[:] = np.arange(400) % 2
    labels[390:] = 3
    with pytest.raises(HiveError, match="collect more"):
        train(rows, labels, at_ms, plan=Plan(most_tried=1), seconds=lambda: 0.0)


def test_nothing_is_unpacked_whose_checksum_is_not_the_registered_one(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = to_bytes(trained.model)
    opened: list[bytes] = []
    monkeypatch.setattr(Snapshot, "from_bytes", opened.append)
    with pytest.raises(InvalidSnapshot, match="is registered"):
        from_bytes(data[:-1] + b"\1", sha256=checksum(data), version="1")
    assert opened == []


@pytest.mark.parametrize("field", ["kind", "schema", "labels"])
def test_what_was_made_for_another_world_is_refused(trained: Trained, field: str) -> None:
    packed = Snapshot.from_bytes(to_bytes(trained.model))
    packed.header[field] = "another"
    data = packed.to_bytes()
    with pytest.raises(InvalidSnapshot, match=field):
        from_bytes(data, sha256=checksum(data), version="1")


def test_a_row_without_a_feature_is_an_error(trained: Trained) -> None:
    assert isinstance(trained.model, BatchModel)
    with pytest.raises(KeyError):
        trained.model.probabilities({"num_tasks": 1.0})
