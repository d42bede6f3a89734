"""The clock that a rehearsal puts on, and that nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from app import clock
from app.clock import VARIABLE, Rehearsal, now_ms, rehearsed, rehearses
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

AT_MS = 1_763_825_400_000
HOUR_MS = 3_600_000
ASK = "from app.clock import now_ms; print(now_ms())"


def machine_ms() -> int:
    return time.time_ns() // 1_000_000


def test_without_a_rehearsal_it_is_as_late_as_the_machine_says() -> None:
    assert rehearses() is None
    before = machine_ms()
    assert before <= now_ms() <= machine_ms()


def test_a_rehearsal_tells_the_time_to_this_process_and_to_those_that_it_starts(tmp_path: Path) -> None:
    with rehearsed(tmp_path / "clock", at_ms=AT_MS) as hands:
        assert (now_ms(), rehearses()) == (AT_MS, str(tmp_path / "clock"))
        hands.forward(HOUR_MS)
        assert now_ms() == AT_MS + HOUR_MS
        asked = subprocess.run([sys.executable, "-c", ASK], check=True, capture_output=True)
        assert int(asked.stdout) == AT_MS + HOUR_MS
    assert VARIABLE not in os.environ
    assert now_ms() > AT_MS + HOUR_MS, "the machine's again"


def test_two_that_look_at_the_same_file_see_the_same_time(tmp_path: Path) -> None:
    ours = Rehearsal.begin(tmp_path / "clock", at_ms=AT_MS)
    theirs = Rehearsal(tmp_path / "clock")
    ours.forward(1)
    assert theirs.now_ms() == ours.now_ms() == AT_MS + 1


def test_it_is_never_ahead_of_the_machine_and_never_goes_back(tmp_path: Path) -> None:
    assert Rehearsal.begin(tmp_path / "tomorrow", at_ms=machine_ms() + 24 * HOUR_MS).now_ms() <= machine_ms()
    hands = Rehearsal.begin(tmp_path / "clock", at_ms=(began_ms := machine_ms() - HOUR_MS))
    with pytest.raises(ValueError, match="let the rehearsal begin earlier"):
        hands.forward(2 * HOUR_MS)
    assert hands.now_ms() == began_ms
    with pytest.raises(ValueError, match="time does not go back"):
        hands.forward(-1)


@pytest.mark.parametrize("content", [None, b"", b"1234567"])
def test_what_is_no_clock_is_refused_by_name(
    tmp_path: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "clock").write_bytes(content)
    monkeypatch.setattr(clock, "_clock", None)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "clock"))
    with pytest.raises(ConfigurationError, match=r"HIVE_CLOCK names .*clock, which is no clock of a rehearsal .*unset"):
        now_ms()
