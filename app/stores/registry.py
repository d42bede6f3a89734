"""The registry of the specialists' models: versions, what points to them, and how that is changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from app.errors import RegistryRefused
from app.stores.mlflow import MlflowStore, NewRun, pairs, pairs_of
from models.lifecycle.batch_model import checksum
from models.lifecycle.registry import ARTIFACT, Alias, Change, Stage, Tag, model_name, promotion, rollback
from models.online.features import SCHEMA
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.settings import Settings

__all__ = ["EXPERIMENT", "ModelRegistry", "ModelVersion"]

EXPERIMENT: Final = "neural-hive-specialists"
"""The experiment that the runs of all specialists are in."""
_FOLDER: Final = ARTIFACT.partition("/")[0]
_BY_NAME: Final = {model_name(specialist): specialist for specialist in SpecialistType}
_MISSING: Final = "RESOURCE_DOES_NOT_EXIST"


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model.

    Attributes:
        specialist: Whose.
        version: Its number; unique for the specialist.
        at_ms: When it was registered.
        tags: See `models.lifecycle.registry.Tag`.
        run_id: The run with its parameters and metrics.
        source: Where its files lie.
    """

    specialist: SpecialistType
    version: str
    at_ms: int
    tags: dict[str, str] = {}
    run_id: str = ""
    source: str = ""

    @property
    def sha256(self) -> str:
        """The registered checksum; empty where none was."""
        return self.tags.get(Tag.SHA256, "")


class ModelRegistry:
    """The registry; ``async with``, in one event loop. Calls raise StoreUnavailable when MLflow does not answer.

    Args:
        store: The server.
    """

    def __init__(self, store: MlflowStore) -> None:
        self.store = store

    @classmethod
    def of(cls, settings: Settings, *, timeout_s: float | None = None) -> Self:
        """Return the one of the settings.

        Raises:
            ConfigurationError: none is set.
        """
        return cls(MlflowStore.of(settings, timeout_s=timeout_s))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    # -- what there is

    async def all_aliases(self) -> dict[SpecialistType, dict[str, str]]:
        """Return what points to which version, of all specialists that have models: one call."""
        found = await self.store.get(
            "registered-models/search", filter=f"name LIKE '{EXPERIMENT}%'", max_results=str(len(_BY_NAME) * 10)
        )
        return {
            _BY_NAME[model["name"]]: _aliases(model)
            for model in found.get("registered_models", [])
            if model["name"] in _BY_NAME
        }

    async def aliases(self, specialist: SpecialistType) -> dict[str, str]:
        """Return what points to which version; nothing where there is no model."""
        try:
            found = await self.store.get("registered-models/get", name=model_name(specialist))
        except RegistryRefused as refused:
            if refused.code == _MISSING:
                return {}
            raise
        return _aliases(found["registered_model"])

    async def versions(self, specialist: SpecialistType) -> list[ModelVersion]:
        """Return all versions of a specialist, the newest first."""
        wanted = f"name='{model_name(specialist)}'"
        listed = self.store.pages("model-versions/search", "model_versions", filter=wanted)
        found = [_version(specialist, told) async for told in listed]
        return sorted(found, key=lambda each: -int(each.version))

    async def version(self, specialist: SpecialistType, version: str) -> ModelVersion:
        """Return a version.

        Raises:
            RegistryRefused: there is none.
        """
        try:
            told = await self.store.get("model-versions/get", name=model_name(specialist), version=version)
        except RegistryRefused as refused:
            raise RegistryRefused(
                f"{specialist.value} has no version {version}: hive models list", refused.code
            ) from refused
        return _version(specialist, told["model_version"])

    async def details(self, version: ModelVersion) -> tuple[dict[str, str], dict[str, float]]:
        """Return the parameters and the metrics of a version's run."""
        if not version.run_id:
            return {}, {}
        data = (await self.store.run(version.run_id))["data"]
        return pairs_of(data.get("params", [])), {each["key"]: each["value"] for each in data.get("metrics", [])}

    async def packed(self, version: ModelVersion) -> bytes:
        """Return the bytes of a model, for `models.lifecycle.batch_model.from_bytes`.

        Raises:
            RegistryRefused: they are not those that were registered, or none are.
        """
        return self._checked(await self.store.file(f"{version.source}/{ARTIFACT.partition('/')[2]}"), version)

    @staticmethod
    def _checked(data: bytes, version: ModelVersion) -> bytes:
        if checksum(data) != version.sha256:
            raise RegistryRefused(
                f"version {version.version} of {version.specialist.value}: its file has the SHA-256 {checksum(data)}, "
                f"{version.sha256 or 'none'} is registered: it is not loaded",
                "CHECKSUM",
            )
        return data

    # -- what is added

    async def log(self, specialist: SpecialistType, run: NewRun, packed: bytes) -> str:
        """Log the run that made a model, and the model with it; return the run's id.

        A run of this name that the specialist has is left as it is, and its id returned: a round's id is a good name.

        Args:
            specialist: Whose.
            run: What is to be known of it.
            packed: The model (`batch_model.to_bytes`).
        """
        whole = replace(
            run,
            name=f"{specialist.value}-{run.name}",
            tags={"specialist": specialist.value, Tag.SHA256.value: checksum(packed), **run.tags},
            files={ARTIFACT: packed, **run.files},
        )
        return await self.store.log_run(EXPERIMENT, whole)

    async def add_files(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Put more files to a run; one that is there is replaced."""
        uri = (await self.store.run(run_id))["info"]["artifact_uri"]
        for path, data in files.items():
            await self.store.put_file(f"{uri}/{path}", data)

    async def run_file(self, run_id: str, path: str = ARTIFACT) -> bytes:
        """Return a file of a run: the candidate itself by default.

        Raises:
            RegistryRefused: there is none; or it is the model, and not the one that was logged.
        """
        run = await self.store.run(run_id)
        data = await self.store.file(f"{run['info']['artifact_uri']}/{path}")
        wanted = pairs_of(run["data"].get("tags", [])).get(Tag.SHA256, "")
        if path == ARTIFACT and checksum(data) != wanted:
            raise RegistryRefused(f"run {run_id}: the model's SHA-256 is not {wanted or 'logged'}", "CHECKSUM")
        return data

    async def register(
        self, specialist: SpecialistType, run_id: str, *, tags: Mapping[Tag, str], schema: str = SCHEMA
    ) -> ModelVersion:
        """Make a run's model a version; the same run gives the version that is there.

        The checksum that is registered is that of the file as it lies in the run, which must be the one logged.
        """
        name = model_name(specialist)
        there = self.store.pages("model-versions/search", "model_versions", filter=f"run_id='{run_id}'")
        async for told in there:
            if told["name"] == name:
                return _version(specialist, told)
        run = await self.store.run(run_id)
        sha256 = checksum(await self.run_file(run_id))
        try:
            await self.store.post("registered-models/create", name=name)
        except RegistryRefused as refused:
            if refused.code != "RESOURCE_ALREADY_EXISTS":
                raise
        all_tags = {Tag.SHA256.value: sha256, Tag.SCHEMA.value: schema}
        all_tags |= {tag.value: value for tag, value in tags.items()}
        told = await self.store.post(
            "model-versions/create",
            name=name,
            source=f"{run['info']['artifact_uri']}/{_FOLDER}",
            run_id=run_id,
            tags=pairs(all_tags),
        )
        return _version(specialist, told["model_version"])

    async def tag(self, specialist: SpecialistType, version: str, tag: Tag, value: str) -> None:
        """Write a tag of a version."""
        await self.store.post(
            "model-versions/set-tag", name=model_name(specialist), version=version, key=tag.value, value=value
        )

    # -- what points where

    async def promote(self, specialist: SpecialistType, version: str, stage: Stage, *, by: str) -> list[Change]:
        """Promote a version, and return what was changed; nothing where it is there already.

        Args:
            specialist: Whose.
            version: Which.
            stage: STAGING makes it the challenger, PRODUCTION the champion.
            by: The person who says so.

        Raises:
            PromotionRefused: it has not passed validation, or was trained on other features.
            RegistryRefused: there is no such version.
        """
        found = await self.version(specialist, version)
        changes = promotion(await self.aliases(specialist), version, stage, tags=found.tags, schema=SCHEMA)
        if changes and stage is Stage.PRODUCTION:
            await self.tag(specialist, version, Tag.PROMOTED_BY, by)
        await self.change(specialist, changes)
        return changes

    async def rollback(self, specialist: SpecialistType, version: str | None = None, *, by: str) -> list[Change]:
        """Make the previous champion, or another version that was one, the champion again; return what was changed.

        Args:
            specialist: Whose.
            version: Which; the previous champion by default.
            by: The person who says so.

        Raises:
            PromotionRefused: there is none to go back to, or the version was never the champion.
            RegistryRefused: there is no such version.
        """
        aliases = await self.aliases(specialist)
        wanted = version or aliases.get(Alias.PREVIOUS)
        tags = {} if wanted is None else (await self.version(specialist, wanted)).tags
        changes = rollback(aliases, version, tags=tags, schema=SCHEMA)
        if changes and wanted is not None:
            await self.tag(specialist, wanted, Tag.PROMOTED_BY, by)
        await self.change(specialist, changes)
        return changes

    async def change(self, specialist: SpecialistType, changes: Iterable[Change]) -> None:
        """Let aliases point elsewhere, one by one in this order; each is one write."""
        name = model_name(specialist)
        for alias, version in changes:
            if version is None:
                await self.store.delete("registered-models/alias", name=name, alias=alias.value)
            else:
                await self.store.post("registered-models/alias", name=name, alias=alias.value, version=version)


async def every_standing(
    registry: ModelRegistry, specialists: Sequence[SpecialistType] = tuple(SpecialistType)
) -> dict[SpecialistType, tuple[dict[str, str], list[ModelVersion]]]:
    """Return the aliases and the versions of specialists."""
    aliases = await registry.all_aliases()
    listed = await asyncio.gather(*(registry.versions(each) for each in specialists))
    return {each: (aliases.get(each, {}), found) for each, found in zip(specialists, listed, strict=True)}


def _aliases(model: Mapping[str, Any]) -> dict[str, str]:
    return {each["alias"]: str(each["version"]) for each in model.get("aliases", [])}


def _version(specialist: SpecialistType, told: Mapping[str, Any]) -> ModelVersion:
    return ModelVersion(
        specialist=specialist,
        version=str(told["version"]),
        at_ms=int(told["creation_timestamp"]),
        tags=pairs_of(told.get("tags", [])),
        run_id=told.get("run_id", ""),
        source=told.get("source", ""),
    )
