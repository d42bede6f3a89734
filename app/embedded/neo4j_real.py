"""Real Neo4j for tests: 5.26 LTS (community), its embedded server with Bolt, run from Maven's jars."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from app.embedded import maven, probes
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

POM = Path(__file__).with_name("neo4j-5.26.0.xml")
SERVER = Path(__file__).with_name("Neo4jServer.java")
DATABASE = "neo4j"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""To start costs 11 s of CPU instead of 21: what counts here is the start, not a million queries."""


def fetch(cache_dir: Path, on_progress: Callable[[str], None]) -> Path:
    """Download Neo4j, once."""
    maven.java("neo4j", compiler=True)
    return maven.fetch(POM, cache_dir, on_progress)


def launch(place: Place) -> Launch:
    """Say how to start Neo4j."""
    port = place.ports["neo4j"]
    java = maven.java("neo4j", compiler=True)
    classes = ("-cp", f"{maven.libraries(POM, place.cache_dir)}/*", str(SERVER))
    return Launch(
        argv=[java, "-Xms128m", "-Xmx512m", *QUICK, *classes, str(place.data_dir.absolute()), str(port)],
        ready=functools.partial(probes.bolt, port, database=DATABASE),
        addresses={
            "HIVE_NEO4J": f"bolt://{LOOPBACK}:{port}",
            "HIVE_NEO4J_USER": "",
            "HIVE_NEO4J_PASSWORD": "",
            "HIVE_NEO4J_DATABASE": DATABASE,
        },
        start_timeout_s=180.0,
        stop_timeout_s=30.0,
    )


NEO4J_REAL = Part("neo4j", ("neo4j",), launch, fetch)
