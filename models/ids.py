"""Ids that follow from what they name, so that a record that is processed again gives the same ones."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d9d2e-3f0a-5b0e-9b39-0c6f2f5b7c11")


def stable_id(kind: str, *parts: object) -> str:
    """Return the UUID (version 5) of a thing of this kind, with parts such as topic, partition, offset."""
    # Length first, so that ("a", "bc") and ("ab", "c") differ whatever characters the parts hold.
    return str(uuid5(_NAMESPACE, "".join(f"{len(text)}:{text}" for text in (kind, *map(str, parts)))))
