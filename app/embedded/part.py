"""What the stack must know of a server to run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a server is to live."""

    data_dir: Path
    """Its own folder, which exists."""
    cache_dir: Path
    """Where downloads are kept, shared by all stacks of this user."""
    ports: Mapping[str, int]
    """Its ports, by the name of the address they belong to: `kafka`, `mongo`, `neo4j`, `redis`, `mlflow`."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How to start a server there, and where it then is."""

    argv: Sequence[str]
    ready: Callable[[], bool]
    addresses: Mapping[str, str]
    """`HIVE_…` variables."""
    env: Mapping[str, str] = field(default_factory=dict)
    start_timeout_s: float = 30.0
    stop_timeout_s: float = 10.0


@dataclass(frozen=True)
class Part:
    """One server of a stack."""

    name: str
    ports: tuple[str, ...]
    """The names of the ports it needs; each belongs to the address `HIVE_<NAME>`."""
    launch: Callable[[Place], Launch]
    """Prepares its folder and says how to start it."""
    fetch: Callable[[Path, Callable[[str], None]], object] | None = None
    """Downloads what it needs into the cache folder, once, and reports progress."""
    slow: bool = False
    """Whether nobody should have to wait for it: it is started when the others answer, see `Stack.wait_ready`."""
