"""The trained seed of the understanding, kept in the cache folder: a process reads it in a hundredth of the time."""

from __future__ import annotations

import hashlib
import logging
import os
from importlib.resources import files
from typing import TYPE_CHECKING

from models.errors import InvalidSnapshot
from models.nlu.model import plant, seed_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

__all__ = ["plant_seed"]

logger = logging.getLogger(__name__)


def plant_seed(cache_dir: Path) -> None:
    """Take the trained seed of the understanding from the cache, or train it and put it there.

    Every process would otherwise spend its first two seconds on learning the same examples.
    """
    path = cache_dir / f"understanding-{_digest()}.npz"
    try:
        plant(path.read_bytes())
    except FileNotFoundError:
        pass
    except (OSError, InvalidSnapshot) as error:
        logger.warning("%s can't be used, it is made anew: %s", path, error)
    else:
        return
    data = seed_to_bytes()
    plant(data)
    incomplete = path.with_suffix(f".{os.getpid()}")
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        incomplete.write_bytes(data)
        incomplete.replace(path)  # whole or not at all
    except OSError as error:
        logger.info("the seed isn't kept for other processes: %s", error)


def _digest() -> str:
    """Name all that a seed comes from: the code, the rules and the examples."""
    content = hashlib.sha256()
    for package in ("models.nlu", "models.online"):
        for file in _sources(files(package)):
            content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:12]


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for found in sorted(folder.iterdir(), key=lambda each: each.name):
        if found.is_dir():
            if found.name != "__pycache__":
                yield from _sources(found)
        else:
            yield found
