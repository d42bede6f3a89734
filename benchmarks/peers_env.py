"""The environment of Quix Streams, which wants an older confluent-kafka than we do: built once from peers.lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.report import progress

LOCK = Path(__file__).with_name("peers.lock")
VENV = LOCK.parents[1] / ".venv-peers"
BUILT_FROM = VENV / "built-from.lock"


def peers_python() -> Path:
    """Return the environment's Python; builds the environment where it is missing or older than its lock.

    Raises:
        CalledProcessError: it could not be built; uv has said why on stderr.
    """
    python = VENV / "bin" / "python"
    if BUILT_FROM.exists() and BUILT_FROM.read_bytes() == LOCK.read_bytes():
        return python
    progress(f"building {VENV.name} from {LOCK.name}")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK], check=True)
    BUILT_FROM.write_bytes(LOCK.read_bytes())
    return python
