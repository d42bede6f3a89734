"""The workers, and the job that makes the topics."""

from __future__ import annotations

import math
from typing import Any, Final

from app.deploy.config import settings_of, variable
from app.deploy.names import IMAGE, LABELS, SECRET, SETTINGS, WORKERS, Manifest, listening_port, metadata

__all__ = ["MEMORY_LIMIT_MIB", "account", "budget", "namespace", "pods", "service", "topics_job", "workers"]

STOP_MARGIN_S: Final = 10
"""What a worker gets beyond its drain: to leave its transaction and close its connections."""
MEMORY_LIMIT_MIB: Final = 2048
"""Of a worker."""
STARTUP_S: Final = 300
"""A worker that has not served its first page after so long is started again: Kafka was not to be reached."""
ANNOTATIONS: Final = {
    "prometheus.io/scrape": "true",
    "prometheus.io/path": "/metrics",
    "prometheus.io/port": str(listening_port()),
}


def namespace() -> Manifest:
    """Return the namespace, which takes restricted pods only."""
    made = metadata("")
    del made["namespace"]
    made["name"] = metadata("")["namespace"]
    made["labels"] |= {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": made}


def account() -> Manifest:
    """Return the account of the pods: it may do nothing, so they are given no token."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(WORKERS),
        "automountServiceAccountToken": False,
    }


def service() -> Manifest:
    """Return the headless service that gives each worker its name, ready or not: scrapes want both."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(WORKERS, labels=LABELS),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": LABELS,
            "ports": [{"name": "web", "port": listening_port(), "targetPort": "web"}],
        },
    }


def budget() -> Manifest:
    """Return the promise that one worker goes at a time: each goes and comes back with its partitions."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(WORKERS, labels=LABELS),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}},
    }


def workers() -> Manifest:
    """Return the workers.

    A stateful set, for its names: a worker that comes back under its name is the same member of the consumer group and
    decides the transaction that it had left open. It needs no volume: tables are in memory and in Kafka's changelogs.
    """
    drain_s = math.ceil(settings_of().drain_s) + STOP_MARGIN_S
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(WORKERS, labels=LABELS),
        "spec": {
            "serviceName": WORKERS,
            "replicas": 2,
            "podManagementPolicy": "Parallel",  # one rebalance for all that start, instead of one each
            "updateStrategy": {"type": "RollingUpdate"},
            "minReadySeconds": 5,
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS, "annotations": ANNOTATIONS},
                "spec": {
                    **pods(),
                    "terminationGracePeriodSeconds": drain_s,
                    "topologySpreadConstraints": [
                        _spread("topology.kubernetes.io/zone"),
                        _spread("kubernetes.io/hostname"),
                    ],
                    "containers": [_worker()],
                },
            },
        },
    }


def _spread(key: str) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": LABELS},
    }


def _worker() -> Manifest:
    port = listening_port()
    return {
        **_container("worker", ["python", "-m", "faust", "-A", "app.main", "worker", "-l", "info"]),
        "ports": [{"name": "web", "containerPort": port}],
        # Live is answered as soon as the loop turns, ready once partitions are assigned and tables restored.
        "startupProbe": _probe("live", periodSeconds=5, failureThreshold=STARTUP_S // 5),
        "livenessProbe": _probe("live", periodSeconds=10, failureThreshold=6),
        "readinessProbe": _probe("ready", periodSeconds=5, failureThreshold=2),
        "resources": {"requests": {"cpu": "500m", "memory": "768Mi"}, "limits": {"memory": f"{MEMORY_LIMIT_MIB}Mi"}},
    }


def _probe(page: str, **more: int) -> Manifest:
    return {"httpGet": {"path": f"/health/{page}", "port": "web"}, "timeoutSeconds": 5, **more}


def pods() -> Manifest:
    """Return what all pods share: no rights, no token, a root that can't be written."""
    return {
        "serviceAccountName": WORKERS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # their variables would be hundreds, and one of a service "hive-x" is HIVE_X_…
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [
            {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    }


def _container(name: str, args: list[str]) -> Manifest:
    return {
        "name": name,
        "image": IMAGE,
        "args": args,
        "env": [
            {"name": variable("worker"), "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            # Where the other workers find it, by the headless service.
            {"name": variable("web_host"), "value": f"$({variable('worker')}).{WORKERS}"},
        ],
        "envFrom": [{"configMapRef": {"name": SETTINGS}}, {"secretRef": {"name": SECRET}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": str(settings_of().data_dir)},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  (a volume of the pod's own)
        ],
    }


def topics_job() -> Manifest:
    """Return the job that creates the topics that are missing; it may run again and again.

    Workers create what is missing too; the job is for a first start in which they are not to wait for it, and for an
    account that may create topics while the workers' may not (set HIVE_CREATE_TOPICS to false there).
    """
    template: dict[str, Any] = {
        **pods(),
        "restartPolicy": "OnFailure",
        "containers": [
            {
                **_container("topics", ["python", "-m", "app.cli", "topics", "--apply"]),
                "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
            }
        ],
    }
    labels = {**LABELS, "app.kubernetes.io/component": "topics"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata("hive-topics", labels=labels),
        "spec": {
            "backoffLimit": 10,
            "ttlSecondsAfterFinished": 600,  # a job can't be changed: the next version's is a new one
            "template": {"metadata": {"labels": labels}, "spec": template},
        },
    }
