"""The registered models that this worker scores with: it looks where the registry's aliases point, and follows.

A model is loaded, and its checksum checked, before anything points to it here; so whoever scores has the one before or
the one after. What cannot be had changes nothing: a registry that is down, or a file that is not the registered one,
leaves the models that are there. They also lie in a folder, by their checksums, so that a worker that starts while the
registry is down scores with the champions that it had.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from app.errors import HiveError, RegistryRefused
from app.stores.registry import ModelVersion
from models.deliberation.learned import NOTHING_LEARNED, LearnedModel, Learners
from models.errors import InvalidSnapshot
from models.lifecycle.batch_model import checksum, from_bytes
from models.lifecycle.registry import Alias
from models.records import SpecialistType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.stores.registry import ModelRegistry

__all__ = ["REGISTRY_TIMEOUT_S", "Gauges", "RegisteredModels"]

logger = logging.getLogger(__name__)

REGISTRY_TIMEOUT_S: Final = 3.0
"""How long one call may take; a file may take ten times as long."""
START_S: Final = 3.0
"""How long a worker that starts waits for the registry."""
AGAIN_LOOKS: Final = 30
"""After so many looks a model that was refused is tried again."""
_ASKED: Final = 16
"""So many versions that nothing points to are kept for those who ask for them."""

CHAMPIONS: Final = "champions"
"""The file that names them; the others are named by their checksums."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

Key = tuple[SpecialistType, str]


class Gauges(Protocol):
    """What is told of the registry; see `app.observability.registry`."""

    def answered(self, *, yes: bool) -> None:
        """Tell whether the registry has answered."""

    def refused(self, specialist: SpecialistType) -> None:
        """Count a model that can't be used."""

    def champion(self, specialist: SpecialistType, version: str | None) -> None:
        """Tell which registered version decides; None: none does."""


class _Kept(msgspec.Struct, frozen=True):
    """What a worker needs to start without the registry: the versions, and which of them are champions."""

    versions: list[ModelVersion]
    champions: dict[SpecialistType, str]


class RegisteredModels:
    """Follows the registry from the event loop; what is asked of it never waits.

    Args:
        folder: Where models are kept for the next start.
        every_s: How often it is looked.
        gauges: Told how it goes.
    """

    def __init__(self, folder: Path, *, every_s: float, gauges: Gauges) -> None:
        self._folder, self._every_s, self._gauges = folder, every_s, gauges
        self._models: Mapping[Key, LearnedModel] = {}
        self._versions: dict[Key, ModelVersion] = {}
        self._champions: dict[SpecialistType, str] = {}
        self._deciding: Learners = NOTHING_LEARNED
        self._asked: dict[Key, None] = {}
        self._refused: dict[Key, int] = {}
        self._looks = 0
        self._down = False
        self._task: asyncio.Task[None] | None = None

    # -- asked of each plan

    def champions(self) -> Learners:
        """Return the models that decide; who is missing speaks by what it has learned in the stream."""
        return self._deciding

    def of(self, specialist: SpecialistType, version: str) -> LearnedModel | None:
        """Return a version; None: this worker has not got it (yet: one that is asked for is fetched)."""
        found = self._models.get((specialist, version))
        if found is None:
            self._asked[specialist, version] = None
            if len(self._asked) > _ASKED:
                del self._asked[next(iter(self._asked))]
        return found

    # -- its life

    async def start(self, registry: ModelRegistry) -> None:
        """Begin to follow; return when the champions are in place, or the registry does not answer in time."""
        await asyncio.to_thread(self._restore)
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                await self._try(registry)
        self._task = asyncio.create_task(self._follow(registry), name="registered-models")

    async def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self, registry: ModelRegistry) -> None:
        async with registry:
            while True:
                await asyncio.sleep(self._every_s)
                await self._try(registry)

    async def _try(self, registry: ModelRegistry) -> None:
        try:
            await self.look(registry)
        except Exception as error:  # noqa: BLE001 — whatever is wrong there, scoring goes on
            if not self._down:
                logger.warning("the model registry can't be followed, models stay as they are: %s", error)
            self._down = True
            self._gauges.answered(yes=False)
        else:
            if self._down:
                logger.info("the model registry answers again")
            self._down = False
            self._gauges.answered(yes=True)

    # -- looking

    async def look(self, registry: ModelRegistry) -> None:
        """Look once where the aliases point, load what is missing, and let go of what nobody wants.

        Raises:
            StoreUnavailable, RegistryRefused: the registry does not answer as it should.
        """
        self._looks += 1
        aliases = await registry.all_aliases()
        wanted = {(each, version) for each, pointing in aliases.items() for version in pointing.values()}
        wanted |= set(self._asked)
        for key in sorted(wanted - self._models.keys()):
            if self._looks - self._refused.get(key, -AGAIN_LOOKS) >= AGAIN_LOOKS:
                await self._load(registry, key)
        self._crown({each: named for each, of in aliases.items() if (named := of.get(Alias.CHAMPION)) is not None})
        held = wanted | set(self._champions.items())
        for key in self._models.keys() - held:
            with suppress(OSError):
                (self._folder / self._versions.pop(key).sha256).unlink(missing_ok=True)
        self._models = {key: model for key, model in self._models.items() if key in held}

    async def _load(self, registry: ModelRegistry, key: Key) -> None:
        specialist, number = key
        try:
            version = await registry.version(specialist, number)
            data = await asyncio.to_thread(self._read, version.sha256)
            if data is None:
                data = await registry.packed(version)
            model = await asyncio.to_thread(from_bytes, data, sha256=version.sha256, version=number)
        except (RegistryRefused, InvalidSnapshot) as error:
            logger.warning("model refused specialist=%s version=%s %s", specialist.value, number, error)
            self._refused[key] = self._looks
            self._asked.pop(key, None)
            self._gauges.refused(specialist)
            return
        self._refused.pop(key, None)
        self._models = {**self._models, key: model}  # replaced whole: readers take no lock
        self._versions[key] = version
        with suppress(OSError):  # a full disk only makes the next start depend on the registry
            await asyncio.to_thread(self._write, version.sha256, data)
        logger.info("model loaded specialist=%s version=%s", specialist.value, number)

    def _crown(self, pointing: Mapping[SpecialistType, str]) -> None:
        """Let those decide that are champions; one that could not be loaded leaves the one before."""
        champions = {
            each: version if (each, version) in self._models else self._champions.get(each, "")
            for each, version in pointing.items()
        }
        champions = {each: version for each, version in champions.items() if version}
        if champions == self._champions:
            return
        self._deciding = {each: self._models[each, version] for each, version in champions.items()}
        for each in champions.keys() | self._champions.keys():
            if champions.get(each) != self._champions.get(each):
                logger.info("champion specialist=%s version=%s", each.value, champions.get(each, "of the stream"))
                self._gauges.champion(each, champions.get(each))
        self._champions = champions
        self._keep()

    # -- the folder

    def _keep(self) -> None:
        """Write down who the champions are."""
        kept = _Kept([self._versions[key] for key in self._champions.items()], self._champions)
        with suppress(OSError):
            self._write(CHAMPIONS, msgspec.json.encode(kept))

    def _restore(self) -> None:
        """Take the champions of the last run."""
        try:
            raw = self._read(CHAMPIONS)
            kept = _Kept([], {}) if raw is None else msgspec.json.decode(raw, type=_Kept)
            for version in kept.versions:
                key = (version.specialist, version.version)
                data = self._read(version.sha256)
                if data is not None:
                    model = from_bytes(data, sha256=version.sha256, version=version.version)
                    self._models = {**self._models, key: model}
                    self._versions[key] = version
        except (OSError, HiveError, msgspec.MsgspecError) as error:
            logger.warning("the models of the last run can't be read: %s", error)
            return
        self._crown(kept.champions)

    def _read(self, name: str) -> bytes | None:
        if name != CHAMPIONS and not _SHA256.fullmatch(name):
            return None
        try:
            data = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        return data if name == CHAMPIONS or checksum(data) == name else None

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        if name != CHAMPIONS and path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{name}.{id(self)}")
        fresh.write_bytes(data)
        fresh.replace(path)
