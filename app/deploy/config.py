"""What is set in a cluster: only what differs from the defaults of app/settings.py, each name a setting's."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from app.deploy.names import SECRET, Manifest, metadata
from app.errors import ConfigurationError
from app.settings import Secret, Settings

__all__ = ["DEPLOYED", "PRODUCTION", "env_file", "overrides", "secret", "secret_names", "settings_of", "variable"]

DEPLOYED: Final[dict[str, Any]] = {
    "kafka": "kafka:9092",
    "neo4j": "bolt://neo4j:7687",
    "web_bind": "0.0.0.0",  # noqa: S104  (a pod's own address; the network policy says who may ask)
    "data_dir": "/var/lib/hive",
    "session_timeout_s": 30.0,  # a pod that is replaced comes back to its partitions before they are given away
}
PRODUCTION: Final[dict[str, Any]] = {
    "kafka": "kafka:9093",
    "kafka_username": "neural-hive",
    "kafka_tls": True,
    "neo4j": "neo4j://neo4j:7687",
    "neo4j_user": "neo4j",
    "partitions": 12,
    "replication": 3,
}
_EXAMPLES: Final = {
    "mongo": "mongodb://mongodb:27017",
    "redis": "redis://redis:6379/0",
}


def variable(setting: str) -> str:
    """Return the environment variable of a setting.

    Raises:
        ConfigurationError: there is no such setting.
    """
    known = {field.name for field in fields(Settings)} - {"sources"}
    if setting not in known:
        raise ConfigurationError(f"there is no setting {setting!r} to deploy")
    return f"HIVE_{setting.upper()}"


def settings_of(*layers: dict[str, Any]) -> Settings:
    """Return the settings that a worker has with these layers, the later over the earlier; they are validated."""
    given = {name: value for layer in (DEPLOYED, *layers) for name, value in layer.items()}
    if given.get("kafka_username"):
        given["kafka_password"] = Secret("from the secret")
    return Settings(worker="any", **given)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def env_file(layer: dict[str, Any]) -> str:
    """Return a file of variables, one a line."""
    return "".join(f"{variable(name)}={_text(value)}\n" for name, value in layer.items())


def overrides(layer: dict[str, Any]) -> list[str]:
    """Return what an overlay sets, as kustomize's literals."""
    return env_file(layer).splitlines()


def secret_names() -> list[str]:
    """Return the settings that are secret."""
    return [field.name for field in fields(Settings) if isinstance(field.default, Secret)]


def secret() -> Manifest:
    """Return a secret to fill in: each secret setting, with its default or an example of an address."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(SECRET),
        "type": "Opaque",
        "stringData": {variable(name): _EXAMPLES.get(name, "") for name in secret_names()},
    }
