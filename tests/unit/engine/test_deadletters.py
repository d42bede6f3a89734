from __future__ import annotations

from app.engine.deadletters import dead_letter
from models.deadletters import describe
from models.errors import InvalidRecord


class FakeMessage:
    """As much of a Kafka message as a dead letter is made of."""

    def __init__(self, value: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> None:
        self._value, self._headers = value, headers

    def topic(self) -> str:
        return "intentions.submitted"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 42

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000

    def key(self) -> bytes:
        return b"\xff"

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> list[tuple[str, bytes]] | None:
        return self._headers


def test_holds_the_original_byte_for_byte_and_says_why() -> None:
    raw = FakeMessage(b"\x00\xff not json", [("trace", b"\xfe")])
    topic, key, value, headers, partition = dead_letter(
        raw, InvalidRecord("not-json", "at byte 0"), topic="dlq", stage="understand"
    )
    assert (topic, key, value, partition) == ("dlq", b"\xff", b"\x00\xff not json", None)
    assert headers is not None
    assert headers[0] == ("trace", b"\xfe"), "its own headers stay"
    about = describe(headers)
    assert about["topic"] == "intentions.submitted"
    assert (about["partition"], about["offset"], about["timestamp-ms"]) == ("3", "42", "1700000000000")
    assert (about["error"], about["reason"], about["stage"]) == ("InvalidRecord", "not-json", "understand")
    assert "at byte 0" in about["message"]


def test_a_tombstone_stays_one() -> None:
    assert dead_letter(FakeMessage(None), InvalidRecord("tombstone", "no value"), topic="dlq", stage="s")[2] is None


def test_a_message_of_any_length_fits() -> None:
    headers = dead_letter(FakeMessage(b""), ValueError("x" * 10**6), topic="dlq", stage="s")[3]
    assert headers is not None
    assert sum(len(value or b"") for _, value in headers) < 10_000
