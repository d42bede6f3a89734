"""Results are JSON lines on stdout; what goes on meanwhile is told on stderr."""

from __future__ import annotations

import json
import sys
import time

_started = time.monotonic()


def emit(benchmark: str, **fields: object) -> None:
    """Print one result."""
    print(json.dumps({"benchmark": benchmark, **fields}), flush=True)


def progress(text: str) -> None:
    """Tell the person who waits, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)
