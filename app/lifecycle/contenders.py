"""What validation needs from the registry: the model that decides, and the samples that a run was trained from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.lifecycle import datasets
from app.lifecycle.training import DATA, MANIFEST
from app.lifecycle.validate import Contender
from models.errors import InvalidSnapshot
from models.lifecycle.registry import Alias

if TYPE_CHECKING:
    from pathlib import Path

    from app.stores.registry import ModelRegistry
    from models.records import SpecialistType

__all__ = ["champion_of", "fetch_samples"]


async def champion_of(
    registry: ModelRegistry, specialist: SpecialistType, *, beside: str | None = None
) -> Contender | None:
    """Return the model that decides; None: none does, or it is the one that is to be validated (`beside`)."""
    version = (await registry.aliases(specialist)).get(Alias.CHAMPION)
    if version is None or version == beside:
        return None
    packed = await registry.packed(await registry.version(specialist, version))
    found = Contender(name=f"version {version}", packed=packed)
    try:
        found.model()
    except InvalidSnapshot:  # of other features: nobody decides by it any more
        return None
    return found


async def fetch_samples(registry: ModelRegistry, run_id: str, parquet: Path) -> None:
    """Write the data set that a run was trained from, and its manifest after it.

    Raises:
        RegistryRefused: the run has none.
    """
    datasets.write_file(parquet, await registry.run_file(run_id, DATA))
    datasets.write_file(datasets.manifest_path(parquet), await registry.run_file(run_id, MANIFEST))
