from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli._state import UpState, WorkerState, current_settings, only_one, read_state, state_path, write_state
from app.errors import HiveError

STATE = UpState(
    pid=os.getpid(), addresses={"HIVE_KAFKA": "127.0.0.1:1234"}, workers=[WorkerState("worker-1", 42, 6066)]
)


def test_what_is_written_is_read_while_it_is_up(tmp_path: Path) -> None:
    with only_one(tmp_path):
        write_state(tmp_path, STATE)

        assert read_state(tmp_path) == STATE


def test_a_state_may_hold_passwords_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)

    assert state_path(tmp_path).stat().st_mode & 0o077 == 0


def test_there_is_no_state_once_it_is_down(tmp_path: Path) -> None:
    with only_one(tmp_path):
        write_state(tmp_path, STATE)

    assert read_state(tmp_path) is None
    assert not state_path(tmp_path).exists()


def test_what_a_killed_one_has_left_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "up.lock").touch()
    write_state(tmp_path, STATE)

    assert read_state(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"pid": "x"}', b"\xff"])
def test_a_broken_state_is_none(tmp_path: Path, content: bytes) -> None:
    with only_one(tmp_path):
        state_path(tmp_path).write_bytes(content)

        assert read_state(tmp_path) is None


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    again = (
        f"from pathlib import Path; from app.cli._state import only_one; only_one(Path({str(tmp_path)!r})).__enter__()"
    )

    with only_one(tmp_path):
        second = subprocess.run([sys.executable, "-c", again], capture_output=True, check=False, text=True)

    assert second.returncode == 1
    assert "already up" in second.stderr


def test_the_data_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(HiveError, match="boom"), only_one(tmp_path):
        raise HiveError("boom")

    with only_one(tmp_path):
        assert read_state(tmp_path) is None


def test_addresses_come_from_what_is_up(tmp_path: Path) -> None:
    with only_one(tmp_path):
        write_state(tmp_path, STATE)

        assert current_settings({"HIVE_DATA_DIR": str(tmp_path)}).kafka == "127.0.0.1:1234"


def test_an_address_that_is_given_wins(tmp_path: Path) -> None:
    with only_one(tmp_path):
        write_state(tmp_path, STATE)
        settings = current_settings({"HIVE_DATA_DIR": str(tmp_path), "HIVE_KAFKA": "127.0.0.1:9"})

    assert settings.kafka == "127.0.0.1:9"
