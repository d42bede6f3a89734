"""The cache folder: what was made or fetched once and can be had again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["default_cache_dir"]


def default_cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return `HIVE_CACHE`, else this system's folder in the user's cache folder."""
    environ = os.environ if environ is None else environ
    if given := environ.get("HIVE_CACHE"):
        return Path(given)
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "neural-hive-mind"
