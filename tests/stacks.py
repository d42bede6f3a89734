"""The servers that tests run against; a plugin (`pytest_plugins = ["tests.stacks"]` in tests/conftest.py).

`stack` runs a test twice, on the embedded and on the real servers; `embedded_stack` and `real_stack` on one of them.
Each is started once a session, by the first test that asks for it. Parts whose `HIVE_…` address is set aren't started.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

from app.embedded.errors import DownloadFailed, ServerMissing
from app.embedded.stack import Stack
from models.lifecycle.registry import model_name
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Iterator

START_TIMEOUT_S = 400
"""For the test that has to wait for a stack to start (Neo4j on a busy machine), the first time even to download it."""
EMBEDDED_PARTS = ("kafka", "graph", "mongo")  # MLflow has a fixture of its own
REAL_PARTS = ("kafka", "neo4j", "redis", "mongo")
_FIXTURES = frozenset({"stack", "embedded_stack", "real_stack", "mlflow"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that may be the first to ask for a stack the time to start it."""
    for item in items:
        if _FIXTURES.intersection(getattr(item, "fixturenames", ())) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(START_TIMEOUT_S))


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the servers that come with pip."""
    with running(Stack.embedded(tmp_path_factory.mktemp("embedded-stack"), parts=EMBEDDED_PARTS)) as stack:
        yield stack


@pytest.fixture(scope="session")
def real_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run Apache Kafka, Neo4j and Redis."""
    with running(Stack.real(tmp_path_factory.mktemp("real-stack"), parts=REAL_PARTS)) as stack:
        yield stack


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run MLflow, which takes 10 s of CPU to start: one for all tests; return its address."""
    with running(Stack.embedded(tmp_path_factory.mktemp("mlflow"), parts=("mlflow",))) as stack:
        stack.wait_ready()
        yield stack.addresses["HIVE_MLFLOW"]


@pytest.fixture
def mlflow(mlflow_server: str) -> str:
    """Return the address of an MLflow in which no model is registered: what other tests have registered goes."""
    for who in SpecialistType:
        deleted = f"{mlflow_server}/api/2.0/mlflow/registered-models/delete"
        requests.delete(deleted, json={"name": model_name(who)}, timeout=30)
    return mlflow_server


@pytest.fixture(
    params=[
        pytest.param("embedded_stack", id="embedded", marks=pytest.mark.embedded),
        pytest.param("real_stack", id="real", marks=pytest.mark.real),
    ]
)
def stack(request: pytest.FixtureRequest) -> Stack:
    """Run the test on both stacks."""
    running = request.getfixturevalue(request.param)
    assert isinstance(running, Stack)
    return running


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Start a stack; where its servers can't be had, skip the test, or fail it when `CI` is "true"."""
    with ExitStack() as entered:
        try:
            entered.enter_context(stack)
        except (ServerMissing, DownloadFailed) as exc:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(exc))
        yield stack
