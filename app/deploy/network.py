"""Who may talk to whom: nobody but those named here."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from app.deploy.config import PRODUCTION, settings_of
from app.deploy.names import LABELS, MONITORING_NAMESPACE, Manifest, listening_port, metadata

__all__ = ["policies"]

_ALL_OURS: Final = {"app.kubernetes.io/name": LABELS["app.kubernetes.io/name"]}
_USUAL: Final = frozenset({7687, 5000})
"""Of addresses without a port, and of the registry of models, for which there is no address by default."""
_DNS: Final = 53
_DEFAULT_PORTS: Final = {"mongodb": 27017, "redis": 6379, "rediss": 6379, "http": 80, "https": 443}


def store_ports() -> list[int]:
    """Return the ports of the brokers and stores in the addresses that are deployed."""
    found = set(_USUAL)
    for settings in (settings_of(), settings_of(PRODUCTION)):
        found |= {int(server.rpartition(":")[2]) for server in settings.kafka.split(",")}
        for address in (str(settings.mongo), settings.neo4j, str(settings.redis), settings.mlflow):
            parts = urlsplit(address)
            if port := parts.port or _DEFAULT_PORTS.get(parts.scheme):
                found.add(port)
    return sorted(found)


def policies() -> list[Manifest]:
    """Return the policies: nothing by default; pages for Prometheus and other workers; names, brokers and stores."""
    everything: Manifest = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    web = {"port": listening_port(), "protocol": "TCP"}
    peers: Manifest = {"podSelector": {"matchLabels": LABELS}}
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": MONITORING_NAMESPACE}}}
    names = [{"port": _DNS, "protocol": protocol} for protocol in ("UDP", "TCP")]
    stores = [{"port": port, "protocol": "TCP"} for port in store_ports()]
    allowed: Manifest = {
        "podSelector": {"matchLabels": _ALL_OURS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [prometheus, peers], "ports": [web]}],
        "egress": [{"ports": names}, {"ports": stores}, {"to": [peers], "ports": [web]}],
    }
    return [_policy("deny-all", everything), _policy("hive", allowed)]


def _policy(name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata(name), "spec": spec}
