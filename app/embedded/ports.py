"""Ports on loopback."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 32_000)
"""Below the ports that operating systems hand out to outgoing connections: one of those could take the port of a server
that is being restarted, or a client could even connect to itself there."""
_TRIES = 200

_random = random.SystemRandom()  # not the seeded generator: two stacks at once shall not try the same ports


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return not accepts(port)  # some systems let two sockets share a port by different addresses


def accepts(port: int) -> bool:
    """Return whether something accepts connections on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False


def free_port() -> int:
    """Return a port that is free now; whoever takes it later must be ready to find it taken."""
    for _ in range(_TRIES):
        port = _random.choice(_RANGE)
        if is_free(port):
            return port
    raise OSError(f"no free port among {_TRIES} tried between {_RANGE.start} and {_RANGE.stop}")
