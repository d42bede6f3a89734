"""``python -m app.deploy [FOLDER]`` writes `k8s/`; files that it made before and makes no longer are deleted."""

from __future__ import annotations

import sys
from pathlib import Path

from app.deploy.files import write

if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "k8s")
