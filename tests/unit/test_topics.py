from __future__ import annotations

from app import topics
from models.records import Domain


def test_names_are_unique() -> None:
    names = [spec.name for spec in topics.TOPICS]
    assert len(names) == len(set(names))


def test_every_domain_has_its_topic() -> None:
    assert {f"intentions.{domain.value.lower()}" for domain in Domain} == {
        spec.name for spec in topics.INTENTIONS_OF.values()
    }


def test_every_dead_letter_topic_is_listed_and_takes_more_than_any_record() -> None:
    listed = {spec.name: spec for spec in topics.TOPICS}
    for spec in topics.TOPICS:
        assert listed[spec.dead_letter].max_message_bytes > spec.max_message_bytes or spec in topics.DEAD_LETTERS


def test_the_topics_of_the_flow_are_co_partitioned_and_those_of_learners_have_one_each() -> None:
    assert {spec.name: spec.partitions for spec in topics.TOPICS if spec.partitions is not None} == {
        "feedback.intentions": 1,
        "learning.events": 1,
        "models.snapshots": 1,
        "learning.examples": 5,
        "specialists.snapshots": 5,
        "experiments.commands": 1,
        "experiments.observations": 1,
        "experiments.states": 1,
        "retraining.commands": 1,
        "retraining.reports": 1,
        "retraining.states": 1,
        "workers.addresses": 1,
    }


def test_a_changelog_is_compacted() -> None:
    assert topics.changelog("hive", "counts").config()["cleanup.policy"] == "compact"
