"""What a catalog describes: sources with their fields, measures, dimensions and joins, and ways in the graph."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from models.records import SecurityLevel

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]{0,99}$")]
"""A name of a source, collection, topic, label or field: nothing that a store could read as an operator."""

KeyPattern = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:\-]*(\{[A-Za-z_][A-Za-z0-9_]*\}[A-Za-z0-9_.:\-]*)*$")]
"""Redis keys, with the fields that are part of them in braces: `session:{user}`."""

Listed = dict[Literal["pt", "en"], list[str]]

PLACES = {"mongodb": "collection", "neo4j": "node", "kafka": "topic", "redis": "key"}
"""For each kind of source the entry that says where in its store it is."""

_VARIABLE = re.compile(r"\{(\w+)\}")


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in the file: what it doesn't know is a mistake."""


def _no_words() -> Listed:
    return {}


class Queries(Entry, frozen=True, kw_only=True):
    """What queries may use besides what is always harmless, and what of that they may not.

    `procedures` of Neo4j may be called; they have to be such as only read. Of MongoDB's operators and stages that a
    task may use, those that `operators` lists remain, if it is given.
    """

    procedures: list[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]] = msgspec.field(
        default_factory=list[str]
    )
    operators: list[Annotated[str, msgspec.Meta(pattern=r"^\$[A-Za-z]+$")]] | None = None


class Label(Entry, frozen=True, kw_only=True):
    """What to call a thing in an answer."""

    pt: str
    en: str

    def of(self, language: str) -> str:
        """Return the label in `pt` or `en`."""
        return self.pt if language == "pt" else self.en


class Field(Entry, frozen=True, kw_only=True):
    """A field of the records; `pii` marks what says something about a person, `pattern` what its values look like.

    The values of one that is `sensitive` never leave its store: they are masked in every answer.
    """

    name: Name
    type: Literal["string", "integer", "number", "boolean", "date"]
    pii: bool = False
    sensitive: bool = False
    pattern: str | None = None


class Measure(Entry, frozen=True, kw_only=True):
    """A number to compute: an aggregation of a field, or the count of records."""

    name: Name
    aggregation: Literal["count", "sum", "avg", "min", "max"]
    label: Label
    field: Name | None = None
    unit: str | None = None
    synonyms: Listed = msgspec.field(default_factory=_no_words)


class Dimension(Entry, frozen=True, kw_only=True):
    """A field to group and filter by; `values` are the ones known by name, each with its synonyms."""

    name: Name
    field: Name
    label: Label
    synonyms: Listed = msgspec.field(default_factory=_no_words)
    values: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])


class Join(Entry, frozen=True, kw_only=True):
    """Two fields that hold the same thing: `field` of this source and `to_field` of the source `to`.

    A `unique` one leads to one record at most, as an order to its customer: what that record says of itself, each
    record here can then be narrowed down and grouped by. Both are then collections.
    """

    field: Name
    to: Name
    to_field: Name
    unique: bool = False


class Fallback(Entry, frozen=True, kw_only=True):
    """Where an answer may come from while a source does not give one: one of the two.

    `source` is another source that holds the same fields; `cached` is the age up to which the last good answer to the
    same question is still one: `90s`, `15m`, `6h`, `2d`.
    """

    source: Name | None = None
    cached: Annotated[str, msgspec.Meta(pattern=r"^[1-9]\d{0,5}[smhd]$")] | None = None

    @property
    def cached_s(self) -> int:
        """The age in seconds; 0 for another source."""
        return int(self.cached[:-1]) * _UNITS_S[self.cached[-1]] if self.cached else 0


_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Source(Entry, frozen=True, kw_only=True):
    """One collection, label, topic or key pattern. `list_fields` are the columns of a plain list.

    `row_limit` is the longest that a list of it may be. Of Redis, `value` is what the keys hold: `integer` and
    `string` make one field named `value`, `json` and `hash` one field for each entry, `zset` the fields `member` and
    `score`. Of Kafka, `key_field` is the field that records are keyed by. `fallback` is what stands in for it, in this
    order. A `replica` does nothing else: nobody asks for it by its words.
    """

    name: Name
    kind: Literal["mongodb", "neo4j", "kafka", "redis"]
    label: Label
    synonyms: Listed
    fields: list[Field]
    measures: list[Measure]
    dimensions: list[Dimension]
    default_measure: Name
    list_fields: list[Name]
    collection: Name | None = None
    node: Name | None = None
    topic: Name | None = None
    key: KeyPattern | None = None
    value: Literal["string", "integer", "json", "hash", "zset"] | None = None
    key_field: Name | None = None
    time_field: Name | None = None
    joins: list[Join] = msgspec.field(default_factory=list[Join])
    sensitivity: SecurityLevel = SecurityLevel.INTERNAL
    row_limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1000
    fallback: list[Fallback] = msgspec.field(default_factory=list[Fallback])
    replica: bool = False

    def field(self, name: str) -> Field:
        """Return the field of this name; every name in the source has been checked when it was loaded."""
        return _named(self.fields, name)

    def measure(self, name: str) -> Measure:
        """Return the measure of this name."""
        return _named(self.measures, name)

    def dimension(self, name: str) -> Dimension:
        """Return the dimension of this name."""
        return _named(self.dimensions, name)

    def dimension_of(self, field: str) -> Dimension | None:
        """Return the dimension that this field is grouped by, if it is."""
        for item in self.dimensions:
            if item.field == field:
                return item
        return None

    @property
    def place(self) -> str:
        """Where it is in its store: the collection, label, topic or key pattern."""
        return str(getattr(self, PLACES[self.kind]))

    @property
    def count_measure(self) -> Measure | None:
        """The measure that counts its records."""
        for item in self.measures:
            if item.aggregation == "count":
                return item
        return None

    @property
    def key_fields(self) -> list[str]:
        """The fields that are part of a Redis key, in their order."""
        return _VARIABLE.findall(self.key or "")

    @property
    def holds_pii(self) -> bool:
        """Whether a field says something about a person."""
        return any(item.pii for item in self.fields)


_Thing = TypeVar("_Thing", Field, Measure, Dimension)


def _named(things: list[_Thing], name: str) -> _Thing:
    for item in things:
        if item.name == name:
            return item
    raise KeyError(name)


class Relationship(Entry, frozen=True, kw_only=True):
    """A way in the graph, from the nodes of one source to those of another.

    `forward` are the words that ask for the far end ("depends on"), `backward` those that ask for the near one
    ("needed by"). `verbs` stand between the two ends: "which services depend on X" asks backward, "what does X depend
    on" forward. A `transitive` one can be followed over `max_hops` steps, and `impact` are the words that ask for all
    that leads there over these ("what breaks if X goes down").
    """

    name: Name
    type: Name
    start: Name = msgspec.field(name="from")
    end: Name = msgspec.field(name="to")
    label: Label
    verbs: Listed = msgspec.field(default_factory=_no_words)
    forward: Listed = msgspec.field(default_factory=_no_words)
    backward: Listed = msgspec.field(default_factory=_no_words)
    impact: Listed = msgspec.field(default_factory=_no_words)
    transitive: bool = False
    max_hops: Annotated[int, msgspec.Meta(ge=1, le=20)] = 10


def typed_value(field: Field, value: str) -> Any:
    """Return a known value as its field stores it: catalogs write them all as text."""
    if field.type == "boolean":
        return value.casefold() == "true"
    if field.type == "integer":
        return int(value)
    return float(value) if field.type == "number" else value
