"""What one engine is asked to do, handed to its process in the environment."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Job:
    """Copy every record of one topic to another, as a member of a consumer group."""

    bootstrap: str
    source: str
    target: str
    group: str

    def environment(self) -> dict[str, str]:
        """Return the job as environment variables for a child process."""
        return {f"BENCH_{name.upper()}": value for name, value in asdict(self).items()}

    def worker_environment(self, data_dir: Path, *, worker: str = "worker-1", web_port: int = 6066) -> dict[str, str]:
        """Return the job and the settings of a worker of this project that does it."""
        return {
            **self.environment(),
            "HIVE_KAFKA": self.bootstrap,
            "HIVE_APP_ID": self.group,
            "HIVE_WORKER": worker,
            "HIVE_WEB_PORT": str(web_port),
            "HIVE_DATA_DIR": str(data_dir),
        }

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Job:
        """Read the job that `environment` wrote."""
        return cls(
            bootstrap=environ["BENCH_BOOTSTRAP"],
            source=environ["BENCH_SOURCE"],
            target=environ["BENCH_TARGET"],
            group=environ["BENCH_GROUP"],
        )
