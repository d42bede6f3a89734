from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lifecycle.registry import Alias, PromotionRefused, Stage, Tag, model_name, promotion, rollback
from models.records import SpecialistType

GOOD: dict[str, str] = {Tag.VALIDATION: "passed", Tag.SCHEMA: "s"}
CROWNED: dict[str, str] = {Tag.PROMOTED_BY: "ana", Tag.SCHEMA: "s"}


def test_names_follow_one_scheme() -> None:
    assert model_name(SpecialistType.BUSINESS) == "neural-hive-specialists_business"


def test_staging_makes_a_challenger_that_takes_no_traffic() -> None:
    changes = promotion({"champion": "1"}, "2", Stage("staging"), tags={Tag.SCHEMA: "s"}, schema="s")
    assert changes == [(Alias.CHALLENGER, "2")]


def test_production_keeps_the_champion_as_previous_before_it_goes() -> None:
    changes = promotion(
        {"champion": "1", "challenger": "2"}, "2", Stage("production"), tags=GOOD,
        schema="s",
    )  # fmt: skip
    assert changes == [(Alias.PREVIOUS, "1"), (Alias.CHAMPION, "2"), (Alias.CHALLENGER, None)]


@pytest.mark.parametrize("tags", [{}, {Tag.SCHEMA: "s"}, {Tag.SCHEMA: "s", Tag.VALIDATION: "failed"}])
def test_what_has_not_passed_does_not_become_the_champion(tags: dict[str, str]) -> None:
    with pytest.raises(PromotionRefused):
        promotion({}, "2", Stage.PRODUCTION, tags=tags, schema="s")


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(PromotionRefused, match="train anew"):
        promotion({}, "2", Stage.STAGING, tags={Tag.SCHEMA: "old"}, schema="s")


def test_without_a_previous_one_a_version_must_be_named() -> None:
    with pytest.raises(PromotionRefused, match="name a version"):
        rollback({"champion": "1"}, tags={}, schema="s")
    assert rollback({}, "1", tags=CROWNED, schema="s") == [(Alias.CHAMPION, "1")]


def test_a_rollback_is_no_way_around_an_approval() -> None:
    with pytest.raises(PromotionRefused, match="never the champion"):
        rollback({"champion": "1"}, "2", tags=GOOD, schema="s")
    with pytest.raises(PromotionRefused, match="train anew"):
        rollback({"champion": "1", "previous": "2"}, tags={**CROWNED, Tag.SCHEMA: "old"}, schema="s")


@given(st.lists(st.sampled_from(["promote", "back"]), max_size=20))
def test_after_the_first_there_is_always_one_champion_and_two_rollbacks_are_none(words: list[str]) -> None:
    aliases: dict[str, str | None] = {"champion": "0"}
    for number, word in enumerate(words, 1):
        held = {name: version for name, version in aliases.items() if version is not None}
        if word == "back" and "previous" not in held:
            continue
        if word == "back":
            changes = rollback(held, tags=CROWNED, schema="s")
        else:
            changes = promotion(held, str(number), Stage.PRODUCTION, tags=GOOD, schema="s")
        for alias, version in changes:
            aliases[alias.value] = version
            assert aliases["champion"] is not None
        twice = dict(aliases)
        if aliases.get("previous"):
            for _ in range(2):
                there = {k: v for k, v in twice.items() if v is not None}
                twice |= {a.value: v for a, v in rollback(there, tags=CROWNED, schema="s")}
            assert twice == aliases
