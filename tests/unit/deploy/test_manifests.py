"""The files of `k8s/` are those that are generated, are valid for Kubernetes, and name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.deploy.config import DEPLOYED, PRODUCTION, secret_names, settings_of, variable
from app.deploy.files import WRITTEN_BY_HAND, files, write
from app.deploy.names import LABELS, SECRET, SETTINGS, listening_port
from app.errors import ConfigurationError
from app.settings import Settings

ROOT = Path(__file__).parents[3]
K8S = ROOT / "k8s"
KUBERNETES = "1.30"
CUSTOM = ("kustomize.config.k8s.io", "monitoring.coreos.com", "keda.sh")
"""Kinds whose schemas are not Kubernetes's own."""


def manifests(text: str) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(text) if found]


GENERATED = [(path, m) for path, text in files().items() if path.endswith(".yaml") for m in manifests(text)]
OBJECTS = [(path, m) for path, m in GENERATED if not m["apiVersion"].startswith("kustomize")]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for _, manifest in OBJECTS if manifest["kind"] == kind]


def templates() -> list[dict[str, Any]]:
    """The pods of workers and jobs."""
    found: list[dict[str, Any]] = [m["spec"]["template"] for m in of_kind("StatefulSet") + of_kind("Job")]
    assert len(found) == 2
    return found


def test_the_files_are_those_that_are_generated() -> None:
    there = {path.relative_to(K8S).as_posix(): path.read_text() for path in K8S.rglob("*") if path.is_file()}
    by_hand = {name: there.pop(name) for name in WRITTEN_BY_HAND}
    assert there == files(), "run: make generate"
    assert all(by_hand.values())


def test_what_is_no_longer_made_is_deleted_and_what_is_written_by_hand_is_kept(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "old.yaml").write_text("kind: Old")
    (tmp_path / "README.md").write_text("by hand")
    write(tmp_path)
    assert not (tmp_path / "base" / "old.yaml").exists()
    assert (tmp_path / "README.md").read_text() == "by hand"
    assert (tmp_path / "base" / "workers.yaml").read_text() == files()["base/workers.yaml"]


@pytest.mark.parametrize(("path", "manifest"), OBJECTS, ids=[f"{p}:{m['kind']}" for p, m in OBJECTS])
def test_each_object_is_what_kubernetes_takes(path: str, manifest: dict[str, Any]) -> None:
    if not manifest["apiVersion"].startswith(CUSTOM):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_wrong_field_would_be_found() -> None:
    workers = of_kind("StatefulSet")[0]
    wrong = {**workers, "spec": {**workers["spec"], "replicsa": 2}}
    with pytest.raises(kubernetes_validate.ValidationError, match="replicsa"):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_each_variable_is_a_setting() -> None:
    known = {variable(field.name) for field in fields(Settings) if field.name != "sources"} | {"HIVE_CACHE"}
    texts = {**files(), "Dockerfile": (ROOT / "Dockerfile").read_text(), "README.md": (K8S / "README.md").read_text()}
    named = {(path, name) for path, text in texts.items() for name in re.findall(r"\bHIVE_[A-Z0-9_]+", text)}
    assert len(named) > 10
    assert not {(path, name) for path, name in named if name not in known}
    with pytest.raises(ConfigurationError, match="kafak"):
        variable("kafak")


def test_what_is_set_is_valid_together() -> None:
    assert settings_of().web_bind == "0.0.0.0"
    assert (settings_of(PRODUCTION).partitions, settings_of(PRODUCTION).replication) == (12, 3)


def test_no_secret_stands_in_a_file_of_settings() -> None:
    secret = of_kind("Secret")[0]
    assert set(secret["stringData"]) == {variable(name) for name in secret_names()}
    assert not set(secret_names()) & (DEPLOYED.keys() | PRODUCTION.keys())
    assert not [path for path, text in files().items() if "kustomization" in path and "secret" in text]


def test_pods_are_restricted_and_read_their_settings() -> None:
    for template in templates():
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            context = container["securityContext"]
            assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes
            sources = [next(iter(source.values()))["name"] for source in container["envFrom"]]
            assert sources == [SETTINGS, SECRET]
            assert container["resources"]["limits"]["memory"]


def test_a_worker_has_the_time_to_drain_and_its_own_name() -> None:
    spec = of_kind("StatefulSet")[0]["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] >= settings_of().drain_s + 5
    env = {entry["name"]: entry for entry in spec["containers"][0]["env"]}
    assert env["HIVE_WORKER"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    service = of_kind("Service")[0]
    assert env["HIVE_WEB_HOST"]["value"] == f"$(HIVE_WORKER).{service['metadata']['name']}"
    assert of_kind("StatefulSet")[0]["spec"]["serviceName"] == service["metadata"]["name"]
    assert service["spec"]["publishNotReadyAddresses"], "a worker has its address before it is ready"
    probes = {name: spec["containers"][0][f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    paths = [probes[name]["httpGet"]["path"] for name in probes]
    assert paths == ["/health/live", "/health/live", "/health/ready"]


def test_selectors_find_the_workers_and_not_the_job() -> None:
    worker, job = templates()
    selectors = [
        of_kind("StatefulSet")[0]["spec"]["selector"]["matchLabels"],
        of_kind("Service")[0]["spec"]["selector"],
        of_kind("PodDisruptionBudget")[0]["spec"]["selector"]["matchLabels"],
        *(c["labelSelector"]["matchLabels"] for c in worker["spec"]["topologySpreadConstraints"]),
    ]
    for selector in selectors:
        assert selector.items() <= worker["metadata"]["labels"].items()
        assert not selector.items() <= job["metadata"]["labels"].items()
    allowed = next(p for p in of_kind("NetworkPolicy") if p["metadata"]["name"] == "hive")["spec"]["podSelector"]
    for template in (worker, job):
        assert allowed["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert selectors[0] == LABELS


def test_the_network_policy_lets_through_what_is_deployed() -> None:
    spec = next(p for p in of_kind("NetworkPolicy") if p["metadata"]["name"] == "hive")["spec"]
    out = {port["port"] for rule in spec["egress"] for port in rule["ports"]}
    assert out >= {9092, 9093, 27017, 7687, 6379, 53, listening_port()}
    assert [rule["ports"] for rule in spec["ingress"]] == [[{"port": listening_port(), "protocol": "TCP"}]]


def test_the_image_is_made_of_what_is_locked() -> None:
    def pinned(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9_.\[\]-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))

    worker, everything = pinned("requirements-worker.lock"), pinned("requirements.lock")
    assert worker.items() <= everything.items(), "run: make lock"
    assert "faust-streaming" in worker
    assert "mypy" not in worker
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"EXPOSE {listening_port()}\n" in dockerfile
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    assert {f"!{name}" for names in copied for name in names.split()} <= set(ignored)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl isn't here: overlays are not built")
@pytest.mark.parametrize(("overlay", "replicas"), [("local", 1), ("production", None)])
def test_an_overlay_builds(overlay: str, replicas: int | None) -> None:
    built = subprocess.run(
        ["kubectl", "kustomize", str(K8S / "overlays" / overlay)], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    found = manifests(built.stdout)
    for manifest in found:
        if not manifest["apiVersion"].startswith(CUSTOM):
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    settings = next(m for m in found if m["kind"] == "ConfigMap" and m["metadata"]["name"].startswith(SETTINGS))
    workers = next(m for m in found if m["kind"] == "StatefulSet")
    container = workers["spec"]["template"]["spec"]["containers"][0]
    assert container["envFrom"][0]["configMapRef"]["name"] == settings["metadata"]["name"]
    assert settings["metadata"]["name"] != SETTINGS, "its hash makes new pods of new settings"
    assert re.fullmatch(r"neural-hive-mind:[\w.]+", container["image"])
    assert workers["spec"].get("replicas") == replicas
    layer = PRODUCTION if overlay == "production" else {}
    assert Settings.load({"HIVE_KAFKA_PASSWORD": "x" if layer else "", **settings["data"]}).partitions == (
        layer.get("partitions", 4)
    )
