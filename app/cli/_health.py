"""Ask a worker how it is."""

from __future__ import annotations

import http.client
from contextlib import closing


def probe(port: int, path: str = "/health/ready", *, timeout_s: float = 2.0) -> tuple[int | None, str]:
    """Return status and body of a worker's answer; no status when there is none."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace").strip()
        except (OSError, http.client.HTTPException) as error:
            return None, str(error) or type(error).__name__


def is_ready(port: int) -> bool:
    """Tell whether the worker takes work."""
    return probe(port)[0] == http.HTTPStatus.OK
