"""Real Kafka for tests and benchmarks: Apache Kafka, one node (KRaft), run from Maven's jars.

Two versions: 4.4.0, and 4.2.1 where the broker is killed. In 4.3.1 and 4.4.0 (KAFKA-20734) a broker that is restarted
after a SIGKILL may leave out the markers of a transaction that it had acknowledged: see docs/decisions/0001.
"""

from __future__ import annotations

import base64
import functools
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from app.embedded import maven, probes
from app.embedded.errors import ServerExited
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

POM = Path(__file__).with_name("kafka-4.4.0.xml")
POM_TO_KILL = Path(__file__).with_name("kafka-4.2.1.xml")
_OPTIONS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # one node
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # small: 50 partitions each, by default, are created on first use and loaded after each restart
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.cleaner.threads": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    # quick: a group needn't wait for more members, a dead worker's transaction is seen to each second, and a
    # broker that was killed may register again after 3 s instead of 9
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "1000",
    # its own default is 1 MiB; topics say what they take
    "message.max.bytes": str(5 * 1024 * 1024),
}
_LOG = "-Dlog4j2.level=WARN"


def fetch(pom: Path, cache_dir: Path, on_progress: Callable[[str], None]) -> Path:
    """Download Kafka, once."""
    maven.java("kafka")
    return maven.fetch(pom, cache_dir, on_progress)


def launch(pom: Path, place: Place) -> Launch:
    """Write the configuration, format the storage when it is new, and say how to start Kafka."""
    port, controller = place.ports["kafka"], place.ports["kafka_controller"]
    data_dir = place.data_dir.absolute()
    listeners = f"PLAINTEXT://{LOOPBACK}:{port}"
    options = _OPTIONS | {
        "log.dirs": str(data_dir / "log"),
        "listeners": f"{listeners},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": listeners,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
    }
    properties = data_dir / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in options.items()))
    java = [maven.java("kafka"), "-cp", f"{maven.libraries(pom, place.cache_dir)}/*", _LOG]
    if not (data_dir / "log" / "meta.properties").exists():
        _format(java, properties)
    return Launch(
        argv=[
            *java,
            "-Xms256m",
            "-Xmx1g",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "kafka.Kafka",
            str(properties),
        ],
        ready=functools.partial(probes.kafka, port),
        addresses={"HIVE_KAFKA": f"{LOOPBACK}:{port}"},
        start_timeout_s=90.0,
        stop_timeout_s=20.0,
    )


def _format(java: list[str], properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = [*java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]
    log_path = properties.with_name("format.log")
    with log_path.open("wb") as log:
        done = subprocess.run(
            [
                *tool,
                "format",
                f"--cluster-id={cluster}",  # one in 64 begins with a "-"
                "--config",
                str(properties),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode:
        lines = log_path.read_text(errors="replace").splitlines()[-15:]
        raise ServerExited("Kafka's storage tool", done.returncode, log_path=log_path, log_lines=lines)


def _part(pom: Path) -> Part:
    return Part("kafka", ("kafka", "kafka_controller"), functools.partial(launch, pom), functools.partial(fetch, pom))


KAFKA_REAL = _part(POM)
KAFKA_TO_KILL = _part(POM_TO_KILL)
