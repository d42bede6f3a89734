"""The catalog: what the user's sources hold, and the words people use for it.

A source has fields, measures (what is summed, averaged or counted) and dimensions (what it is grouped and
filtered by), each with synonyms in Portuguese and English. Loading checks everything that can be checked
without the store, so that a mistake is a line in the catalog and not a strange answer.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import yaml

from models.errors import CatalogError
from models.nlu.words import is_stop_word, plain, stem
from models.records import SecurityLevel

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,99}$")]
"""A field or collection name: nothing that a store could read as an operator."""

Listed = dict[Literal["pt", "en"], list[str]]

MAX_TERM_WORDS = 3


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Label(_Entry, frozen=True, kw_only=True):
    """What to call a thing in an answer."""

    pt: str
    en: str

    def of(self, language: str) -> str:
        """Return the label in `pt` or `en`."""
        return self.pt if language == "pt" else self.en


class Field(_Entry, frozen=True, kw_only=True):
    """A field of the documents; `pii` marks what says something about a person."""

    name: Name
    type: Literal["string", "integer", "number", "boolean", "date"]
    pii: bool = False


class Measure(_Entry, frozen=True, kw_only=True):
    """A number to compute: an aggregation of a field, or the count of documents."""

    name: Name
    aggregation: Literal["count", "sum", "avg", "min", "max"]
    label: Label
    field: Name | None = None
    unit: str | None = None
    synonyms: Listed = msgspec.field(default_factory=dict[Literal["pt", "en"], list[str]])


class Dimension(_Entry, frozen=True, kw_only=True):
    """A field to group and filter by; `values` are the ones known by name, each with its synonyms."""

    name: Name
    field: Name
    label: Label
    synonyms: Listed = msgspec.field(default_factory=dict[Literal["pt", "en"], list[str]])
    values: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])


class Source(_Entry, frozen=True, kw_only=True):
    """One collection. `list_fields` are the columns of a plain list, `row_limit` its longest length."""

    name: Name
    kind: Literal["mongodb"]
    collection: Name
    label: Label
    synonyms: Listed
    fields: list[Field]
    measures: list[Measure]
    dimensions: list[Dimension]
    default_measure: Name
    list_fields: list[Name]
    time_field: Name | None = None
    sensitivity: SecurityLevel = SecurityLevel.INTERNAL
    row_limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1000

    def field(self, name: str) -> Field:
        """Return the field of this name; every name in the source has been checked when it was loaded."""
        return next(item for item in self.fields if item.name == name)

    def measure(self, name: str) -> Measure:
        """Return the measure of this name."""
        return next(item for item in self.measures if item.name == name)

    def dimension(self, name: str) -> Dimension:
        """Return the dimension of this name."""
        return next(item for item in self.dimensions if item.name == name)

    @property
    def holds_pii(self) -> bool:
        """Whether a field says something about a person."""
        return any(item.pii for item in self.fields)


class Term(NamedTuple):
    """What a word can mean in one source; `value` is set for kind `value`."""

    source: str
    kind: Literal["source", "measure", "dimension", "value"]
    name: str
    value: str | None = None


class Catalog(NamedTuple):
    """All sources, and what each phrase (as stems) means in them."""

    sources: dict[str, Source]
    terms: dict[tuple[str, ...], tuple[Term, ...]]


class _File(_Entry, frozen=True, kw_only=True):
    sources: list[Source]


def load_catalog(text: str, *, source: str) -> Catalog:
    """Read a catalog from YAML; `source` is the file's name, for messages.

    Raises:
        CatalogError: with the line that is wrong and what would be right.
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        file = msgspec.convert(yaml.safe_load(text), _File)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise CatalogError(source, mark.line + 1 if mark else None, f"not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CatalogError(source, None, f"not YAML: {error}") from error
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise CatalogError(source, _line(tree, path.rstrip("`")), f"{path.strip('.`')}: {message}") from error
    for number, item in enumerate(file.sources):
        problem = _problem(item)
        if problem:
            raise CatalogError(source, _line(tree, f".sources[{number}]"), f"source {item.name}: {problem}")
    if not file.sources:
        raise CatalogError(source, 1, "there are no sources: describe at least one collection")
    sources = {item.name: item for item in file.sources}
    if len(sources) != len(file.sources):
        raise CatalogError(source, None, "two sources have the same name: give each its own")
    return Catalog(sources, _terms(file.sources))


def _line(node: yaml.Node | None, path: str) -> int | None:
    """The line of the deepest node on msgspec's path, such as `.sources[2].fields[0].type`."""
    if node is None:
        return None
    line = node.start_mark.line + 1
    for key, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        if isinstance(node, yaml.SequenceNode) and index.isdigit():
            node = node.value[int(index)]
        elif isinstance(node, yaml.MappingNode) and key:
            node = next((value for name, value in node.value if name.value == key), None)
        else:
            break
        if not isinstance(node, yaml.Node):
            break
        line = node.start_mark.line + 1
    return line


def _problem(source: Source) -> str | None:
    """Say what doesn't fit together within a source, or None."""
    types = {field.name: field.type for field in source.fields}
    measures = {measure.name for measure in source.measures}
    for listed in (source.fields, source.measures, source.dimensions):
        names = [item.name for item in listed]
        if len(set(names)) != len(names):
            return f"a name is given twice among {', '.join(names)}"
    if source.time_field is not None and types.get(source.time_field) != "date":
        return f"time_field {source.time_field} must be one of the fields, of type date"
    if source.default_measure not in measures:
        return f"default_measure {source.default_measure} must be one of {', '.join(sorted(measures))}"
    for measure in source.measures:
        if measure.aggregation != "count" and types.get(measure.field or "") not in ("integer", "number"):
            return f"measure {measure.name} needs a `field` of type integer or number"
    unknown = [item.field for item in source.dimensions if item.field not in types]
    unknown += [name for name in source.list_fields if name not in types]
    return f"{', '.join(unknown)}: not among the fields" if unknown else None


def _terms(sources: list[Source]) -> dict[tuple[str, ...], tuple[Term, ...]]:
    terms: dict[tuple[str, ...], dict[Term, None]] = {}

    def add(phrases: list[str], term: Term) -> None:
        for phrase in phrases:
            stems = phrase_stems(phrase)
            # A lone small word is never a name: the country code "DE" would swallow every "de".
            if 0 < len(stems) <= MAX_TERM_WORDS and not (len(stems) == 1 and is_stop_word(phrase)):
                terms.setdefault(stems, {})[term] = None

    for source in sources:
        add([source.name, *_both(source)], Term(source.name, "source", source.name))
        for measure in source.measures:
            add([measure.name, *_both(measure)], Term(source.name, "measure", measure.name))
        for dimension in source.dimensions:
            add([dimension.name, *_both(dimension)], Term(source.name, "dimension", dimension.name))
            for value, synonyms in dimension.values.items():
                add([value, *synonyms], Term(source.name, "value", dimension.name, value))
    return {stems: tuple(found) for stems, found in terms.items()}


def _both(item: Source | Measure | Dimension) -> list[str]:
    return [item.label.pt, item.label.en, *(word for listed in item.synonyms.values() for word in listed)]


def phrase_stems(phrase: str) -> tuple[str, ...]:
    """Return the stems of a phrase's words, as they are looked up in a catalog."""
    return tuple(stem(plain(word)) for word in re.findall(r"[^\W_]+", phrase))


def typed_value(field: Field, value: str) -> Any:
    """Return a known value as its field stores it: catalogs write them all as text."""
    if field.type == "boolean":
        return value.casefold() == "true"
    if field.type == "integer":
        return int(value)
    return float(value) if field.type == "number" else value
