"""What can go wrong with a server on this machine, each with what to do about it.

::

    HiveError
    └── ServerError               a part of the local stack can't run
        ├── ServerMissing         it, or what it needs, isn't installed  -> install it, or set its address
        ├── DownloadFailed        Maven could not fetch it               -> look at Maven's own words
        ├── PortTaken             the port that was set is in use        -> free it, or set another
        ├── StackInUse            another stack runs on the data folder  -> stop it, or set another folder
        └── FailedStart           (abstract)
            ├── ServerExited      it ended before it answered            -> look at its last log lines
            └── ServerNotReady    it did not answer in time              -> look at its last log lines
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import HiveError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "DownloadFailed",
    "FailedStart",
    "PortTaken",
    "ServerError",
    "ServerExited",
    "ServerMissing",
    "ServerNotReady",
    "StackInUse",
]


class ServerError(HiveError):
    """A part of the local stack can't run."""


class ServerMissing(ServerError):
    """A server, or something that it needs, isn't installed here.

    Args:
        part: The part of the stack.
        lacks: What isn't there.
        remedy: What to install or set.
    """

    def __init__(self, part: str, lacks: str, remedy: str) -> None:
        super().__init__(f"{part} can't be started: {lacks}. {remedy}")
        self.part = part


class DownloadFailed(ServerError):
    """Maven could not fetch a server."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__(
            f"Maven could not fetch {what}; check the network and its settings.xml. Its last words:\n{output}"
        )


class PortTaken(ServerError):
    """A port that was asked for is in use by another process."""

    def __init__(self, part: str, port: int, setting: str) -> None:
        super().__init__(
            f"port {port} for {part} (set by {setting}) is taken: stop what listens there, set another port, "
            f"or unset {setting} to get a free one"
        )
        self.part = part
        self.port = port
        self.setting = setting


class StackInUse(ServerError):
    """Another stack runs on the same data folder."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"another stack is running on {data_dir}: stop it (`hive down`, or Ctrl-C where it runs), "
            "or set HIVE_DATA_DIR to another folder"
        )


class FailedStart(ServerError):
    """A server did not get as far as to answer; has its last log lines."""

    def __init__(self, what: str, *, log_path: Path, log_lines: Sequence[str]) -> None:
        said = "\n".join(f"    {line}" for line in log_lines) or "    (it logged nothing)"
        super().__init__(f"{what}; its last log lines, from {log_path}:\n{said}")
        self.log_lines = tuple(log_lines)
        self.log_path = log_path


class ServerExited(FailedStart):
    """A server ended before it answered."""

    def __init__(self, name: str, exit_code: int | None, *, log_path: Path, log_lines: Sequence[str]) -> None:
        super().__init__(
            f"{name} ended with exit code {exit_code} before it answered",
            log_path=log_path,
            log_lines=log_lines,
        )
        self.name = name
        self.exit_code = exit_code


class ServerNotReady(FailedStart):
    """A server runs, but did not answer in time."""

    def __init__(self, name: str, timeout_s: float, *, log_path: Path, log_lines: Sequence[str]) -> None:
        super().__init__(
            f"{name} did not answer within {timeout_s:g} s and was stopped",
            log_path=log_path,
            log_lines=log_lines,
        )
        self.name = name
