from __future__ import annotations

from confluent_kafka import Consumer

from app.engine.groups import group_metadata


def _by_the_binding(**properties: str) -> bytes:
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0, **properties})
    try:
        metadata: bytes = consumer.consumer_group_metadata()
        return metadata
    finally:
        consumer.close()


def test_is_what_the_pinned_binding_writes_for_a_dynamic_member() -> None:
    expected = _by_the_binding(**{"group.id": "hive"})
    assert expected == group_metadata(group="hive", generation=-1, member="")


def test_is_what_the_pinned_binding_writes_for_a_static_member() -> None:
    expected = _by_the_binding(**{"group.id": "hive", "group.instance.id": "worker-1"})
    assert expected == group_metadata(group="hive", generation=-1, member="", instance="worker-1")


def test_carries_the_generation_little_endian() -> None:
    assert group_metadata(group="g", generation=258, member="m")[7:11] == b"\x02\x01\0\0"
