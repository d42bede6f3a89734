"""The workers of a cluster and where their pages are: each says so on a compacted topic, and all follow it."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Final

import msgspec

from models.records import WorkerAddress

if TYPE_CHECKING:
    from app.settings import Settings

__all__ = ["ANNOUNCE_MS", "Peers", "own_url"]

logger = logging.getLogger(__name__)

ANNOUNCE_MS: Final = 60_000
FORGET_MS: Final = 5 * ANNOUNCE_MS
"""A worker that has been silent for so long is gone; its clock and ours may differ by a few of these minutes."""
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 — what it means is looked at, nothing is bound


class Peers:
    """Where other workers are (followed by :class:`app.learning.Follower`)."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], WorkerAddress] = {}

    def followed(self, key: str) -> Peers:
        """Return what takes the records of a key: this."""
        del key
        return self

    def take(self, raw: bytes) -> bool:
        """Take over what a worker says of itself; tell whether it could be read."""
        try:
            said = msgspec.json.decode(raw, type=WorkerAddress)
        except msgspec.MsgspecError as error:
            logger.warning("address of a worker refused: %s", error)
            return False
        self._known[said.app_id, said.worker] = said
        return True

    def of(self, app_id: str | None, *, now_ms: int) -> list[WorkerAddress]:
        """Return the workers of a group; of the first one that has any, where none is named."""
        alive = [said for said in list(self._known.values()) if said.at > now_ms - FORGET_MS]
        group = min((said.app_id for said in alive), default="") if app_id is None else app_id
        return sorted((said for said in alive if said.app_id == group), key=lambda said: said.worker)


def own_url(settings: Settings) -> str:
    """Return where others reach this worker's pages."""
    host = settings.web_host or settings.web_bind
    if host in _EVERYWHERE:
        name = socket.gethostname()
        try:
            host = socket.gethostbyname(name)
        except OSError:
            host = name
    return f"http://[{host}]:{settings.web_port}" if ":" in host else f"http://{host}:{settings.web_port}"
