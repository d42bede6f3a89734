"""MLflow's tracking server on SQLite and a local folder of artifacts: one worker, loopback only."""

from __future__ import annotations

import functools
import importlib.util
import sys

from app.embedded import probes
from app.embedded.errors import ServerMissing
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK


def launch(place: Place) -> Launch:
    """Say how to start MLflow."""
    if importlib.util.find_spec("mlflow") is None:
        raise ServerMissing(
            "mlflow",
            "the package mlflow isn't installed",
            "Install it with `pip install 'neural-hive-mind[embedded]'`, or set HIVE_MLFLOW to a server that you run.",
        )
    port = place.ports["mlflow"]
    store = ("--backend-store-uri", f"sqlite:///{place.data_dir.absolute() / 'mlflow.db'}")
    artifacts = ("--artifacts-destination", str(place.data_dir.absolute() / "artifacts"))
    return Launch(
        argv=[
            *(
                sys.executable,
                "-m",
                "mlflow",
                "server",
                "--host",
                LOOPBACK,
                "--port",
                str(port),
                "--workers",
                "1",
            ),
            *(*store, *artifacts),
        ],
        env={
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # a second 170 MB process for jobs that we don't run
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # It imports some 2,500 modules, twice: 8 s from byte code, 24 s or more without.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(place.cache_dir / "pycache"),
        },
        ready=functools.partial(probes.mlflow, port),
        addresses={"HIVE_MLFLOW": f"http://{LOOPBACK}:{port}"},
        start_timeout_s=180.0,
    )


MLFLOW = Part("mlflow", ("mlflow",), launch, slow=True)
