"""What manifests call each other by, and the defaults of all of them."""

from __future__ import annotations

from typing import Any, Final

from app.settings import Settings

__all__ = [
    "IMAGE",
    "LABELS",
    "MONITORING_NAMESPACE",
    "NAMESPACE",
    "SECRET",
    "SETTINGS",
    "WORKERS",
    "Manifest",
    "listening_port",
    "metadata",
]

Manifest = dict[str, Any]

NAMESPACE: Final = "neural-hive"
MONITORING_NAMESPACE: Final = "monitoring"
"""Where Prometheus runs; `kubernetes.io/metadata.name` of that namespace, for the network policy."""
IMAGE: Final = "neural-hive-mind"
WORKERS: Final = "hive-worker"
SETTINGS: Final = "hive-settings"
SECRET: Final = "hive-addresses"  # noqa: S105  (the name of one)
LABELS: Final = {"app.kubernetes.io/name": "neural-hive-mind", "app.kubernetes.io/component": "worker"}
PART: Final = {"app.kubernetes.io/part-of": "neural-hive-mind"}


def listening_port() -> int:
    """Return the port of `/metrics` and `/health`: the setting's default."""
    return Settings(worker="any").web_port


def metadata(name: str, *, labels: dict[str, str] | None = None, **more: Any) -> Manifest:
    """Return the metadata of an object in the namespace."""
    return {"name": name, "namespace": NAMESPACE, "labels": {**PART, **(labels or {})}, **more}
