"""What `hive up` leaves behind for the other commands: `up.json` in the data folder."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from app.errors import HiveError
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class WorkerState(msgspec.Struct, frozen=True):
    """A worker under the care of `hive up`."""

    name: str
    pid: int
    web_port: int


class UpState(msgspec.Struct, frozen=True, kw_only=True):
    """A running `hive up`: its own pid, where everything answers, and its workers."""

    pid: int
    addresses: dict[str, str]
    workers: list[WorkerState]


def state_path(data_dir: Path) -> Path:
    """Return where the state of a `hive up` on this data folder is kept."""
    return data_dir / "up.json"


def write_state(data_dir: Path, state: UpState) -> None:
    """Replace the state in one step; only the owner may read it, since addresses may hold passwords."""
    path = state_path(data_dir)
    fresh = path.with_suffix(".tmp")
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    fresh.replace(path)


def read_state(data_dir: Path) -> UpState | None:
    """Return the state of the `hive up` that runs, or None: what a killed one has left is no state."""
    try:
        state = msgspec.json.decode(state_path(data_dir).read_bytes(), type=UpState)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return state if is_up(data_dir) else None


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder: the lock ends with the process, so unlike a pid it is never taken for another's.

    Raises:
        HiveError: another `hive up` holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("a") as lock:
        deadline = time.monotonic() + 1.0  # whoever only looks (is_up) is gone by then
        while not _locked(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise HiveError(f"already up on {data_dir}; `hive status` shows it, `hive down` stops it")
            time.sleep(0.05)
        try:
            yield
        finally:
            state_path(data_dir).unlink(missing_ok=True)


def is_up(data_dir: Path) -> bool:
    """Tell whether a process holds the data folder."""
    try:
        with (data_dir / "up.lock").open("r") as lock:
            return not _locked(lock.fileno(), fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _locked(descriptor: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


def current_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Load the settings; addresses that are not given come from a running `hive up`.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    given = dict(os.environ if environ is None else environ)
    settings = Settings.load(given)
    state = read_state(settings.data_dir)
    return Settings.load({**state.addresses, **given}) if state else settings
