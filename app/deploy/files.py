"""All files of `k8s/`, by their paths; and writing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from app.deploy import scaling, workload
from app.deploy.config import DEPLOYED, PRODUCTION, env_file, overrides, secret
from app.deploy.monitoring.all_boards import all_boards
from app.deploy.monitoring.boards import render
from app.deploy.monitoring.rules import prometheus_rule
from app.deploy.names import IMAGE, NAMESPACE, SETTINGS, WORKERS, Manifest
from app.deploy.network import policies

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["WRITTEN_BY_HAND", "files", "write"]

WRITTEN_BY_HAND: Final = frozenset({"README.md"})
_HEAD: Final = "# Made by `python -m app.deploy`; don't edit it by hand.\n"
_KUSTOMIZE: Final = "kustomize.config.k8s.io"


class _Dumper(yaml.SafeDumper):
    """Writes a mapping that occurs twice twice, for nobody reads anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        return super().increase_indent(flow, False)  # a list stands under its name, not below it


def text_of(manifests: Iterable[Manifest]) -> str:
    """Return manifests as one file of YAML."""
    dumped = yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    return _HEAD + dumped


def files() -> dict[str, str]:
    """Return the text of each file, by its path in `k8s/`."""
    base = {
        "namespace.yaml": [workload.namespace()],
        "account.yaml": [workload.account()],
        "service.yaml": [workload.service()],
        "workers.yaml": [workload.workers()],
        "budget.yaml": [workload.budget()],
        "topics-job.yaml": [workload.topics_job()],
        "network.yaml": policies(),
    }
    generator = {"name": SETTINGS, "envs": ["settings.env"]}
    kustomization = _kustomization(namespace=NAMESPACE, resources=sorted(base), configMapGenerator=[generator])
    boards = {f"boards/{board.uid}.json": _json(render(board)) for board in all_boards()}
    manifests: dict[str, list[Manifest]] = {
        **{f"base/{name}": found for name, found in base.items()},
        "base/secret.example.yaml": [secret()],
        "base/kustomization.yaml": [kustomization],
        "components/monitoring/rules.yaml": [prometheus_rule()],
        "components/monitoring/service-monitor.yaml": [scaling.service_monitor()],
        "components/monitoring/kustomization.yaml": [_monitoring(sorted(boards))],
        "components/scaling/scaled-object.yaml": [scaling.scaled_object()],
        "components/scaling/kustomization.yaml": [_scaling()],
        "overlays/local/kustomization.yaml": [
            _overlay(tag="local", settings={}, replicas=[{"name": WORKERS, "count": 1}])
        ],
        "overlays/production/kustomization.yaml": [
            _overlay(
                tag="0.1.0", settings=PRODUCTION, components=["../../components/monitoring", "../../components/scaling"]
            )
        ],
    }
    return {
        **{path: text_of(found) for path, found in sorted(manifests.items())},
        **{f"components/monitoring/{path}": text for path, text in boards.items()},
        "base/settings.env": _HEAD + env_file(DEPLOYED),
    }


def _kustomization(*, kind: str = "Kustomization", **more: Any) -> Manifest:
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    return {"apiVersion": f"{_KUSTOMIZE}/{version}", "kind": kind, **more}


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def _monitoring(boards: list[str]) -> Manifest:
    # Grafana's side-car takes up config maps with this label, wherever they are.
    generators = [
        {
            "name": path.removeprefix("boards/").removesuffix(".json"),
            "namespace": NAMESPACE,
            "files": [path],
            "options": {"labels": {"grafana_dashboard": "1"}, "disableNameSuffixHash": True},
        }
        for path in boards
    ]
    resources = ["rules.yaml", "service-monitor.yaml"]
    return _kustomization(kind="Component", resources=resources, configMapGenerator=generators)


def _scaling() -> Manifest:
    patch = [{"op": "remove", "path": "/spec/replicas"}]  # the number is the scaler's now
    return _kustomization(
        kind="Component",
        resources=["scaled-object.yaml"],
        patches=[{"target": {"kind": "StatefulSet", "name": WORKERS}, "patch": yaml.safe_dump(patch)}],
    )


def _overlay(*, tag: str, settings: dict[str, Any], **more: Any) -> Manifest:
    made = _kustomization(
        resources=["../../base"],
        images=[{"name": IMAGE, "newTag": tag}],
        **more,
    )
    if settings:
        # Its hash is in its name: settings that change make new pods.
        made["configMapGenerator"] = [
            {"name": SETTINGS, "namespace": NAMESPACE, "behavior": "merge", "literals": overrides(settings)}
        ]
    return made


def write(folder: Path) -> None:
    """Write all files into a folder; generated ones of before that are no longer made are deleted."""
    made = files()
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    for old in sorted(folder.rglob("*")):
        name = old.relative_to(folder).as_posix()
        if old.is_file() and name not in made and name not in WRITTEN_BY_HAND:
            old.unlink()
