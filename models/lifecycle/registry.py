"""Which alias of a registered model points where, and what may change it. One naming scheme, for all who read it.

"Staging" and "Production" are what people say; what carries them out are aliases, as stages are no longer to be used
with MLflow. A change of `champion` is one write: readers see the one before or the one after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from models.errors import HiveError
from models.records import SpecialistType
from models.records.base import WireEnum

__all__ = ["ARTIFACT", "Alias", "Change", "PromotionRefused", "Stage", "Tag", "model_name", "promotion", "rollback"]

ARTIFACT: Final = "model/model.hive"
"""Where the model lies among the files of its run."""


class Stage(WireEnum):
    """What is said on the command line."""

    STAGING = "Staging"
    PRODUCTION = "Production"


class Alias(WireEnum):
    """What points to versions; lower case on the wire. Traffic goes to `champion`, or as an experiment says."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"
    SHADOW = "shadow"


class Tag(WireEnum):
    """What is written at a version; none of them ever changes but the last two."""

    SHA256 = "sha256"
    SCHEMA = "feature_schema"
    FAMILY = "family"
    DATA = "data_sha256"
    SIMULATED = "simulated"
    ROUND = "round_id"
    VALIDATION = "validation_status"
    PROMOTED_BY = "promoted_by"


class PromotionRefused(HiveError):
    """Say why a version must not become what was asked for."""


class Change(NamedTuple):
    """An alias is to point to a version; None: to none."""

    alias: Alias
    version: str | None


def model_name(specialist: SpecialistType) -> str:
    """Return the name under which a specialist's models are registered."""
    return f"neural-hive-specialists_{specialist.value}"


def promotion(
    aliases: Mapping[str, str], version: str, stage: Stage, *, tags: Mapping[str, str], schema: str
) -> list[Change]:
    """Return the changes that promote a version, in the order in which they are safe; none where it is there already.

    Raises:
        PromotionRefused: it has not passed validation, or was trained on other features than are served.
    """
    _check_schema(version, tags, schema)
    if stage is Stage.STAGING:
        return [] if aliases.get(Alias.CHALLENGER) == version else [Change(Alias.CHALLENGER, version)]
    if tags.get(Tag.VALIDATION) != "passed":
        raise PromotionRefused(f"version {version} has not passed validation: hive models validate")
    return _crowned(aliases, version)


def rollback(
    aliases: Mapping[str, str], version: str | None = None, *, tags: Mapping[str, str], schema: str
) -> list[Change]:
    """Return the changes that make a version, or the previous champion, the champion again.

    Args:
        aliases: What points where.
        version: Which; the previous champion by default.
        tags: Of that version.
        schema: The features that are served.

    Raises:
        PromotionRefused: there is no previous one; or a version was never the champion: that would be a promotion that
            nobody has approved; or no worker could use it.
    """
    wanted = version or aliases.get(Alias.PREVIOUS)
    if wanted is None:
        raise PromotionRefused("there is no previous champion to go back to: name a version")
    _check_schema(wanted, tags, schema)
    if wanted != aliases.get(Alias.CHAMPION) and not tags.get(Tag.PROMOTED_BY):
        raise PromotionRefused(f"version {wanted} was never the champion, so there is no way back to it: promote it")
    return _crowned(aliases, wanted)


def _check_schema(version: str, tags: Mapping[str, str], schema: str) -> None:
    if tags.get(Tag.SCHEMA) != schema:
        raise PromotionRefused(
            f"version {version} was trained on the features {tags.get(Tag.SCHEMA)!r}, {schema!r} are served: train anew"
        )


def _crowned(aliases: Mapping[str, str], version: str) -> list[Change]:
    champion = aliases.get(Alias.CHAMPION)
    if champion == version:
        return []
    changes = [Change(Alias.PREVIOUS, champion)] if champion is not None else []
    changes.append(Change(Alias.CHAMPION, version))
    if aliases.get(Alias.CHALLENGER) == version:
        changes.append(Change(Alias.CHALLENGER, None))
    return changes
