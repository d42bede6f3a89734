"""What queries may read: the places that a catalog lists, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from models.errors import QueryRefused

_VARIABLE = re.compile(r"\{\w+\}")
_GLOB_SPECIAL = frozenset("*?[")
NOTHING: frozenset[str] = frozenset()


class Allowed(msgspec.Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The places that queries may read; what isn't listed is refused.

    Attributes:
        collections: Of MongoDB.
        labels: Of Neo4j's nodes.
        relationships: Types of Neo4j's relationships. What stands at their ends may be read too.
        procedures: Of Neo4j, with their namespace: `db.labels`.
        operators: Of MongoDB, stages too: of those that are harmless the ones that may be used; None: all of them.
        topics: Of Kafka.
        keys: Of Redis: key patterns with variables in braces, `session:{user}`.
        sources: Names of the catalog's sources.
        sensitive: For each place (collection, label, topic or key pattern) the fields whose values never leave it.
    """

    collections: frozenset[str] = NOTHING
    labels: frozenset[str] = NOTHING
    relationships: frozenset[str] = NOTHING
    procedures: frozenset[str] = NOTHING
    operators: frozenset[str] | None = None
    topics: frozenset[str] = NOTHING
    keys: tuple[str, ...] = ()
    sources: frozenset[str] = NOTHING
    sensitive: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict[str, frozenset[str]])

    def collection(self, name: str) -> str:
        """Return the name of a collection that may be read.

        Raises:
            QueryRefused: it isn't listed.
        """
        return _listed("collection", name, self.collections)

    def topic(self, name: str) -> str:
        """Return the name of a topic that may be read.

        Raises:
            QueryRefused: it isn't listed.
        """
        return _listed("topic", name, self.topics)

    def key(self, key: str) -> str:
        """Return the pattern that lists a key.

        Raises:
            QueryRefused: there is none.
        """
        pattern = self.pattern_of(key)
        if pattern is None:
            raise QueryRefused(f"key {key!r} is not open to queries; open are: {_some(self.keys)}", "not-listed")
        return pattern

    def pattern_of(self, key: str) -> str | None:
        """Return the pattern that lists a key, or None."""
        for name, (pattern, _) in self._patterns.items():
            if pattern.fullmatch(key):
                return name
        return None

    def patterns_of(self, key: str) -> list[str]:
        """Return every pattern that lists a key: `session:{user}` lists those of `session:{user}:token` too."""
        return [name for name, (pattern, _) in self._patterns.items() if pattern.fullmatch(key)]

    def glob(self, glob: str) -> str:
        """Return a glob of which every match may be among the listed keys.

        It has to begin with all that a listed pattern begins with, so that a scan is about that pattern. Its matches
        are still looked at one by one, see `pattern_of`.

        Raises:
            QueryRefused: it reaches further.
        """
        prefix = _literal_prefix(glob)
        whole = not _GLOB_SPECIAL.intersection(glob)
        for pattern in self.keys:
            if prefix.startswith(_VARIABLE.split(pattern, maxsplit=1)[0]) or (whole and self.pattern_of(prefix)):
                return glob
        raise QueryRefused(f"pattern {glob!r} reaches beyond the keys that are open: {_some(self.keys)}", "not-listed")

    def masked(self, *places: str) -> frozenset[str]:
        """Return the fields to be masked in what is read from these places."""
        return NOTHING.union(*(self.sensitive.get(place, NOTHING) for place in places))

    def masked_of(self, keys: Sequence[str]) -> frozenset[str]:
        """Return the fields to be masked in what these keys hold; without keys, in what any listed one holds."""
        if not self.sensitive:
            return NOTHING
        patterns = {name for key in keys for name in self.patterns_of(key)} if keys else self.keys
        return self.masked(*patterns)

    @cached_property
    def graph_masked(self) -> frozenset[str]:
        """The fields to be masked in what is read from the graph."""
        return self.masked(*self.labels, *self.relationships)

    @cached_property
    def _patterns(self) -> dict[str, tuple[re.Pattern[str], tuple[str, ...]]]:
        """Of each key pattern: what matches its keys, and the names of its variables."""
        return {
            pattern: (
                re.compile("(.+)".join(map(re.escape, _VARIABLE.split(pattern))), re.DOTALL),
                tuple(name[1:-1] for name in _VARIABLE.findall(pattern)),
            )
            for pattern in self.keys
        }

    def parts_of(self, pattern: str, key: str) -> dict[str, str]:
        """Return the values that the variables of a listed pattern have in a key.

        Raises:
            QueryRefused: the pattern isn't listed, or the key isn't one of it.
        """
        if pattern not in self._patterns:
            raise QueryRefused(f"key pattern {pattern!r} is not open to queries", "not-listed")
        compiled, names = self._patterns[pattern]
        match = compiled.fullmatch(key)
        if match is None:
            raise QueryRefused(f"key {key!r} is none of {pattern!r}", "not-listed")
        return dict(zip(names, match.groups(), strict=True))


def allowed_by(catalog: Any) -> Allowed:
    """Return what a catalog lists: its sources' places and the types of its relationships."""
    places: dict[str, list[str]] = {"mongodb": [], "neo4j": [], "kafka": [], "redis": []}
    entries = {"mongodb": "collection", "neo4j": "node", "kafka": "topic", "redis": "key"}
    sensitive: dict[str, frozenset[str]] = {}
    for source in catalog.sources.values():
        place = str(getattr(source, entries[source.kind]))
        places[source.kind].append(place)
        hidden = frozenset(field.name for field in source.fields if field.sensitive)
        if source.key_field in hidden:
            hidden |= {"key"}  # a record has it there as well
        if hidden:
            sensitive[place] = sensitive.get(place, NOTHING) | hidden
    return Allowed(
        collections=frozenset(places["mongodb"]),
        labels=frozenset(places["neo4j"]),
        relationships=frozenset(way.type for way in getattr(catalog, "relationships", {}).values()),
        procedures=frozenset(catalog.queries.procedures),
        operators=None if catalog.queries.operators is None else frozenset(catalog.queries.operators),
        topics=frozenset(places["kafka"]),
        keys=tuple(dict.fromkeys(places["redis"])),
        sources=frozenset(catalog.sources),
        sensitive=sensitive,
    )


def _listed(what: str, name: str, listed: frozenset[str]) -> str:
    if name not in listed:
        raise QueryRefused(f"{what} {name!r} is not open to queries; open are: {_some(sorted(listed))}", "not-listed")
    return name


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "") or "none"


def _literal_prefix(glob: str) -> str:
    """The text that everything that a glob matches begins with; a backslash takes the meaning of what follows."""
    prefix = ""
    at = 0
    while at < len(glob) and glob[at] not in _GLOB_SPECIAL:
        at += glob[at] == "\\" and at + 1 < len(glob)
        prefix += glob[at]
        at += 1
    return prefix
