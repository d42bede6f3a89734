"""The nouns of a catalog, for the entities of a text."""

from __future__ import annotations

from collections.abc import Iterator

from models.nlu.entities import Vocabulary
from models.planning import Catalog
from models.planning.catalog import Dimension, Measure, Source

__all__ = ["nouns_of"]


def nouns_of(catalog: Catalog) -> Vocabulary:
    """Return what its sources, measures and dimensions are called: `sales`, `sales.revenue`, `sales.region`."""
    return Vocabulary(_named(catalog))


def _named(catalog: Catalog) -> Iterator[tuple[str, str]]:
    for source in (item for item in catalog.sources.values() if not item.replica):
        yield from ((phrase, source.name) for phrase in _phrases(source))
        parts: list[Measure | Dimension] = [*source.measures, *source.dimensions]
        for part in parts:
            yield from ((phrase, f"{source.name}.{part.name}") for phrase in _phrases(part))


def _phrases(item: Source | Measure | Dimension) -> Iterator[str]:
    yield from (item.name, item.label.pt, item.label.en)
    for listed in item.synonyms.values():
        yield from listed
