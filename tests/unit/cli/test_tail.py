from __future__ import annotations

import json

import pytest

from app.cli.tail import line
from app.stores.kafka import Found


def shown(value: bytes | None, *, key: bytes | None = b"k") -> object:
    record = json.loads(line(Found("t", 1, 2, 3, key, value, [("h", b"\xff"), ("n", None)])))
    assert (record["partition"], record["offset"], record["timestamp_ms"]) == (1, 2, 3)
    assert record["headers"] == {"h": "b'\\xff'", "n": None}
    return record["value"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'{"text": "regi\xc3\xa3o"}', {"text": "região"}),
        (b"not json", "not json"),
        (b"\xff", "b'\\xff'"),
        (None, None),
        (b"", ""),
    ],
)
def test_any_value_is_one_json_line(value: bytes | None, expected: object) -> None:
    assert shown(value) == expected


def test_a_key_that_is_null_stays_null() -> None:
    assert json.loads(line(Found("t", 0, 0, 0, None, b"1", [])))["key"] is None
