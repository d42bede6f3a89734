"""Scraping by the Prometheus operator, and scaling by KEDA; both want their operators in the cluster."""

from __future__ import annotations

from typing import Final

from app.deploy.config import PRODUCTION, settings_of
from app.deploy.monitoring.rules import LAG
from app.deploy.names import LABELS, MONITORING_NAMESPACE, WORKERS, Manifest, metadata

__all__ = ["scaled_object", "service_monitor"]

PROMETHEUS: Final = f"http://prometheus-operated.{MONITORING_NAMESPACE}.svc:9090"
LEAST_WORKERS: Final = 3
RECORDS_A_WORKER: Final = 5000
"""Records that may wait for each worker: two seconds' worth of the slowest stages."""


def service_monitor() -> Manifest:
    """Return what has each worker scraped, ready or not."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata(WORKERS),
        "spec": {
            "selector": {"matchLabels": LABELS},
            "endpoints": [{"port": "web", "path": "/metrics", "interval": "15s", "scrapeTimeout": "10s"}],
        },
    }


def scaled_object() -> Manifest:
    """Return what adds workers when records wait, up to one for each partition, and takes them away slowly.

    Each worker more or less is a rebalance, in which nothing is processed for a moment.
    """
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(WORKERS),
        "spec": {
            "scaleTargetRef": {"kind": "StatefulSet", "name": WORKERS},
            "pollingInterval": 30,
            "minReplicaCount": LEAST_WORKERS,
            "maxReplicaCount": settings_of(PRODUCTION).partitions,
            "fallback": {"failureThreshold": 3, "replicas": LEAST_WORKERS},
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        "scaleUp": {
                            "stabilizationWindowSeconds": 60,
                            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}],
                        },
                        "scaleDown": {
                            "stabilizationWindowSeconds": 900,
                            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 300}],
                        },
                    }
                }
            },
            "triggers": [
                {
                    "type": "prometheus",
                    "metadata": {"serverAddress": PROMETHEUS, "query": LAG, "threshold": str(RECORDS_A_WORKER)},
                }
            ],
        },
    }
