"""The address of a worker: how other workers ask it for what it holds."""

from __future__ import annotations

from typing import Annotated

import msgspec

from models.records.base import EpochMs, Record

Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+$")]


class WorkerAddress(Record, frozen=True, kw_only=True):
    """What a worker says of itself after each assignment, and once a minute.

    Attributes:
        app_id: Its group.
        worker: Its name.
        url: Where its pages are.
        at: When it said so.
    """

    app_id: str
    worker: str
    url: Url
    at: EpochMs
    schema_version: int = 1
