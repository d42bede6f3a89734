from __future__ import annotations

import dataclasses

import pytest

from app.peers import FORGET_MS, Peers, own_url
from app.settings import Settings
from models.records import WorkerAddress, encode


def _said(worker: str, *, app_id: str = "hive", at: int = 0) -> bytes:
    return encode(WorkerAddress(app_id=app_id, worker=worker, url=f"http://{worker}:6066", at=at))


def test_the_newest_word_of_each_worker_of_the_group_counts() -> None:
    peers = Peers()
    for raw in (_said("b"), _said("a", at=1), _said("other", app_id="x"), _said("a", at=2)):
        assert peers.followed("key").take(raw)
    assert [(peer.worker, peer.at) for peer in peers.of("hive", now_ms=3)] == [("a", 2), ("b", 0)]


def test_who_has_been_silent_for_long_is_gone() -> None:
    peers = Peers()
    peers.take(_said("gone"))
    peers.take(_said("alive", at=10))
    assert [peer.worker for peer in peers.of("hive", now_ms=FORGET_MS)] == ["alive"]


def test_a_group_that_does_not_count_asks_one_that_does() -> None:
    peers = Peers()
    peers.take(_said("a", app_id="counting"))
    assert [peer.worker for peer in peers.of(None, now_ms=1)] == ["a"]
    assert peers.of("answering", now_ms=1) == [], "a group that counts for itself takes nobody else's numbers"


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"app_id":"x","worker":"y","url":"file:///etc/passwd","at":1}'])
def test_what_is_no_address_is_passed_over(raw: bytes) -> None:
    peers = Peers()
    assert not peers.take(raw)
    assert peers.of("x", now_ms=1) == []


def test_a_worker_is_reached_where_it_listens_or_where_it_is_said_to_be() -> None:
    settings = Settings(web_port=7000)
    assert own_url(settings) == "http://127.0.0.1:7000"
    assert own_url(dataclasses.replace(settings, web_bind="0.0.0.0", web_host="10.0.0.7")) == "http://10.0.0.7:7000"
    assert own_url(dataclasses.replace(settings, web_bind="::1")) == "http://[::1]:7000"
    everywhere = own_url(dataclasses.replace(settings, web_bind="0.0.0.0"))
    assert not everywhere.startswith("http://0.0.0.0"), "nobody can be reached there"
