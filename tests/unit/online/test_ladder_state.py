"""Snapshots of a ladder: it goes on exactly as if nothing had been, and foreign bytes are refused unread."""

from __future__ import annotations

import os
import pickle
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from models.errors import InvalidSnapshot
from models.online.ladder import Forecast, Ladder, LadderSettings
from models.online.ladder_state import LadderState, from_bytes, to_bytes
from models.online.snapshot import Snapshot
from models.online.waiting import Waiting
from tests.unit.online.streams import flipping, walk

EXAMPLES = flipping(900, 600)
WAITING = Waiting()
WAITING.put("p1", Forecast("yes", {"yes": 0.75, "no": 0.25}, 0.7, {"logistic": "yes", "quick-3": None}))


@pytest.fixture(scope="module")
def data() -> bytes:
    ladder = Ladder("test", LadderSettings(seed=2))
    walk(ladder, EXAMPLES[:610])
    return to_bytes(LadderState(ladder, "s/1", 610, WAITING))


def changed(data: bytes, **fields: Any) -> bytes:
    packed = Snapshot.from_bytes(data)
    return Snapshot({**packed.header, **fields}, packed.arrays).to_bytes()


def test_a_restored_ladder_says_bit_for_bit_what_the_other_would_have(data: bytes) -> None:
    """It is cut in the midst of a warning or drift, with challengers that learn."""
    whole = Ladder("test", LadderSettings(seed=2))
    walk(whole, EXAMPLES[:610])
    restored, schema, next_offset, waiting = from_bytes(data, schema="s/1")
    assert (schema, next_offset, restored.learned, waiting) == ("s/1", 610, 610, WAITING)
    assert walk(restored, EXAMPLES[610:]) == walk(whole, EXAMPLES[610:])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "ladder/0"}, "kind"),
        ({"libraries": {"river": "0.25.0", "numpy": np.__version__}}, "libraries"),
        ({"schema": "s/2"}, "schema"),
        ({"sha256": "0" * 64}, "damaged"),
        ({"learned": 609}, "not the one that the header tells of"),
        ({"next_offset": -1}, "next_offset"),
    ],
)
def test_what_is_of_another_version_or_schema_or_damaged_is_refused(
    data: bytes, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidSnapshot, match=says):
        from_bytes(changed(data, **fields), schema="s/1")


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.getcwd, ()


@pytest.mark.parametrize("content", [pickle.dumps(_Evil()), pickle.dumps({"no": "ladder"}), b"no pickle"])
def test_bytes_that_are_no_ladder_run_nothing(data: bytes, content: bytes) -> None:
    packed = Snapshot.from_bytes(data)
    header = {**packed.header, "sha256": sha256(content).hexdigest()}
    foreign = Snapshot(header, {"ladder": np.frombuffer(content, np.uint8)}).to_bytes()
    with pytest.raises(InvalidSnapshot, match="ladder"):
        from_bytes(foreign, schema="s/1")
