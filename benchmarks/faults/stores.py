"""The stores of a fault run, and the workers of the whole application that use them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.embedded.ports import free_port
from app.embedded.process import ManagedProcess
from benchmarks.servers import READY_TIMEOUT_S, hive_worker, is_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from app.embedded.stack import Stack

    Way = tuple[Callable[[str], None], Callable[[str], None]]

STORES = ("neo4j", "redis", "mongo")


class StoodStill(Exception):
    """Something that must come has not come."""


def ways(servers: Stack, store: str) -> Sequence[Way]:
    """Return how a store can go down, and how it comes back.

    MongoDB is never killed: the embedded one does not promise to survive it.
    """
    found = [(servers.stop, servers.start), (servers.pause, servers.resume), (servers.kill, servers.start)]
    return found[:2] if store == "mongo" else found


def application(
    name: str, *, addresses: Mapping[str, str], app_id: str, data_dir: Path, waits: bool = True
) -> ManagedProcess:
    """Return a worker with all stages, which has not been started yet; its name stays the same over restarts.

    With `waits`, to start it is to wait until it takes work.
    """
    port = free_port()
    env = {
        **addresses,
        "HIVE_APP_ID": app_id,
        "HIVE_WEB_PORT": str(port),
        "HIVE_SESSION_TIMEOUT_S": "8",
        "HIVE_LEARNED_OPINIONS": "false",  # on a broker that others use too: what they taught is no part of the run
    }
    ready = partial(is_ready, port) if waits else None
    return hive_worker(name, env, data_dir, ready=ready, start_timeout_s=READY_TIMEOUT_S)
