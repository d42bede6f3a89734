"""The simulated organisation: the same seed gives the same, all labels occur, and a flip turns what it should."""

from __future__ import annotations

from collections import Counter

from benchmarks.organisation import judged_plans
from models.records import Recommendation, SpecialistType


def test_the_same_seed_gives_the_same_plans_and_labels_and_another_seed_others() -> None:
    once = list(judged_plans(20, seed=3))
    assert once == list(judged_plans(20, seed=3))
    assert once != list(judged_plans(20, seed=4))


def test_each_specialist_has_its_own_labels_and_none_has_one_only() -> None:
    labels = [judged.labels for judged in judged_plans(300)]
    for specialist in SpecialistType:
        counted = Counter(each[specialist] for each in labels)
        assert len(counted) == 3
        assert min(counted.values()) >= 15
    assert len({tuple(each[specialist] for each in labels) for specialist in SpecialistType}) == len(SpecialistType)


def test_a_flip_turns_approve_and_reject_round_and_nothing_before_it() -> None:
    turned = {Recommendation.APPROVE: Recommendation.REJECT, Recommendation.REJECT: Recommendation.APPROVE}
    before, after = list(judged_plans(200)), list(judged_plans(200, flip_at=100))
    assert before[:100] == after[:100]
    pairs = [
        (one.labels[each], other.labels[each])
        for one, other in zip(before[100:], after[100:], strict=True)
        for each in SpecialistType
    ]
    assert sum(turned.get(one, one) is other for one, other in pairs) > 0.9 * len(pairs), "but for what is noise"
