from __future__ import annotations

import json
import uuid

import pytest

from app.cli.send import good_lines, parse_line
from app.errors import InvalidRecord


def test_a_submission_without_an_id_is_given_one() -> None:
    key, value = parse_line(b'{"text": "vendas por dia"}')

    assert json.loads(value)["id"] == str(uuid.UUID(key.decode()))


def test_an_id_of_its_own_is_kept_and_is_the_key() -> None:
    key, value = parse_line(b'{"id": "mine", "text": "vendas por dia"}')

    assert (key, json.loads(value)["id"]) == (b"mine", "mine")


def test_what_goes_together_is_sent_to_one_partition() -> None:
    keys = {parse_line(b'{"text": "vendas por dia", "correlationId": "c-1"}')[0] for _ in range(2)}

    assert keys == {b"c-1"}


def test_fields_that_nobody_here_knows_are_sent_on() -> None:
    _, value = parse_line(b'{"text": "vendas por dia", "team": {"name": "x"}}')

    assert json.loads(value)["team"] == {"name": "x"}


@pytest.mark.parametrize("line", [b"{}", b"[]", b"nope", b'{"text": "  "}', b'{"text": 3}', b"\xff\xfe"])
def test_what_is_no_submission_is_invalid(line: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse_line(line)


def test_bad_lines_are_reported_by_number_and_the_good_ones_go_on() -> None:
    reported: dict[int, str] = {}
    lines = [b'{"text": "a b"}\n', b"nope\n", b"\n", b'{"text": ""}\n', b'{"text": "c d"}']

    good = list(good_lines(iter(lines), reported.__setitem__))

    assert [json.loads(value)["text"] for _, value in good] == ["a b", "c d"]
    assert {number: why.split(":")[0] for number, why in reported.items()} == {2: "not-json", 4: "empty-text"}
