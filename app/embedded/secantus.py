"""Embedded MongoDB protocol: SecantusDB (GPL, hence only ever a process of its own) over WiredTiger files."""

from __future__ import annotations

import functools
import importlib.util
import sys

from app.embedded import probes
from app.embedded.errors import ServerMissing
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK

CACHE_SIZE = "256M"  # its default of 1 GiB is more than sample data need


def launch(place: Place) -> Launch:
    """Say how to start SecantusDB."""
    if importlib.util.find_spec("secantus") is None:
        raise ServerMissing(
            "mongo",
            "the package secantusdb isn't installed",
            "Install it with `pip install 'neural-hive-mind[embedded]'`, or set HIVE_MONGO to a MongoDB that you run.",
        )
    port = place.ports["mongo"]
    config = place.data_dir / "secantusd.toml"
    config.touch()  # named on the command line, so that no configuration that lies around elsewhere is picked up
    where = ("--host", LOOPBACK, "--port", str(port), "--storage-path", str(place.data_dir / "wiredtiger"))
    options = ("--config", str(config), "--log-level", "WARNING", "--cache-size", CACHE_SIZE)
    return Launch(
        argv=[sys.executable, "-m", "secantus", *options, *where],
        ready=functools.partial(probes.mongo, port),
        addresses={"HIVE_MONGO": f"mongodb://{LOOPBACK}:{port}/?directConnection=true"},
    )


SECANTUS = Part("mongo", ("mongo",), launch)
