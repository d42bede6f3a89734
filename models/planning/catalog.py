"""The catalog: what the user's sources hold, and the words people use for it.

A source is a MongoDB collection, the nodes of one Neo4j label, a Kafka topic or the Redis keys of one pattern. It has
fields, measures (what is counted, summed or averaged) and dimensions (what it is grouped and filtered by), each with
synonyms in Portuguese and English. Relationships lead from the nodes of one source to those of another, joins say
which fields of two sources hold the same thing, and fallbacks what stands in for a source that does not answer.
Loading checks everything that can be checked without the stores, so that a mistake is a line in the catalog and not a
strange answer.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
import yaml

from models.errors import CatalogError
from models.planning.catalog_checks import problems
from models.planning.lexicon import Lexicon, Patterns, Phrases, Term, compile_lexicon, compile_patterns, phrase_stems
from models.planning.sources import (
    Dimension,
    Entry,
    Fallback,
    Field,
    Join,
    Label,
    Listed,
    Measure,
    Queries,
    Relationship,
    Source,
    typed_value,
)

__all__ = [
    "Catalog",
    "Dimension",
    "Fallback",
    "Field",
    "Join",
    "Label",
    "Measure",
    "Relationship",
    "Source",
    "check_catalog",
    "load_catalog",
    "phrase_stems",
    "typed_value",
]


class Catalog(NamedTuple):
    """All sources and relationships by name, what each phrase (as stems) means in them, and that compiled.

    `names` has the phrases of one word that name a source or a measure of it: what a word may be a slip of the pen for.
    """

    sources: dict[str, Source]
    relationships: dict[str, Relationship]
    terms: dict[tuple[str, ...], tuple[Term, ...]]
    names: dict[str, str]
    lexicon: Lexicon
    patterns: Patterns | None
    queries: Queries = Queries()


class _File(Entry, frozen=True, kw_only=True):
    sources: list[Any]
    relationships: list[Any] = msgspec.field(default_factory=list[Any])
    queries: Queries = Queries()


_CHOICES = {name: get_args(get_type_hints(struct)[name]) for struct, name in ((Source, "kind"), (Field, "type"))}
"""What may stand where only some words may."""


def load_catalog(text: str, *, source: str) -> Catalog:
    """Read a catalog from YAML; `source` is the file's name, for messages.

    Raises:
        CatalogError: with the first line that is wrong and what would be right.
    """
    found = check_catalog(text, source=source)
    if isinstance(found, Catalog):
        return found
    raise found[0]


def check_catalog(text: str, *, source: str) -> Catalog | list[CatalogError]:
    """Read a catalog from YAML, or return everything that is wrong with it, in the order of its lines."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        file = msgspec.convert(yaml.safe_load(text), _File)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return [CatalogError(source, mark.line + 1 if mark else None, f"not YAML: {error.problem}")]
    except yaml.YAMLError as error:
        return [CatalogError(source, None, f"not YAML: {error}")]
    except msgspec.ValidationError as error:
        empty = CatalogError(source, 1, "it is empty: describe at least one collection under `sources:`")
        return [empty if tree is None else _schema_error(error, "", tree, source)]
    errors: list[CatalogError] = []
    sources = _converted(file.sources, Source, "sources", tree, errors, source)
    relationships = _converted(file.relationships, Relationship, "relationships", tree, errors, source)
    if not errors:
        if not sources:
            return [CatalogError(source, 1, "there are no sources: describe at least one collection")]
        errors = [CatalogError(source, _line(tree, path), detail) for path, detail in problems(sources, relationships)]
    if errors:
        return sorted(errors, key=lambda error: error.line or 0)
    terms = _terms([item for item in sources if not item.replica], relationships)
    return Catalog(
        {item.name: item for item in sources},
        {item.name: item for item in relationships},
        terms,
        _names(terms),
        compile_lexicon(terms),
        compile_patterns(
            [
                (item.name, field.name, field.pattern)
                for item in sources
                if not item.replica
                for field in item.fields
                if field.pattern
            ]
        ),
        file.queries,
    )


def _names(terms: dict[tuple[str, ...], tuple[Term, ...]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for stems, meant in terms.items():
        for term in meant:
            if len(stems) == 1 and term.kind in ("source", "measure"):
                names.setdefault(stems[0], term.source)
    return names


def _schema_error(error: msgspec.ValidationError, path: str, tree: yaml.Node | None, source: str) -> CatalogError:
    message, _, below = str(error).partition(" - at `$")
    path += below.rstrip("`")
    choices = _CHOICES.get(path.rpartition(".")[2], ()) if "enum" in message else ()
    hint = f"; allowed: {', '.join(choices)}" if choices else ""
    return CatalogError(source, _line(tree, path), f"{path.strip('.')}: {message}{hint}")


def _converted(
    items: list[Any], kind: type[Any], name: str, tree: yaml.Node | None, errors: list[CatalogError], source: str
) -> list[Any]:
    """Convert each entry by itself, so that one mistake doesn't hide the next one's."""
    found = []
    for number, item in enumerate(items):
        try:
            found.append(msgspec.convert(item, kind))
        except msgspec.ValidationError as error:
            errors.append(_schema_error(error, f".{name}[{number}]", tree, source))
    return found


def _line(node: yaml.Node | None, path: str) -> int | None:
    """The line of the deepest node on a path such as `.sources[2].fields[0].type`."""
    if node is None:
        return None
    line = node.start_mark.line + 1
    for key, index in re.findall(r"\.([\w\-]+)|\[(\d+|\.\.\.)\]", path):
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


def _terms(sources: list[Source], relationships: list[Relationship]) -> dict[tuple[str, ...], tuple[Term, ...]]:
    phrases = Phrases()
    for source in sources:
        name = source.name
        phrases.add([name, *_words(source)], Term(name, "source", name))
        for measure in source.measures:
            phrases.add([measure.name, *_words(measure)], Term(name, "measure", measure.name))
        for dimension in source.dimensions:
            phrases.add([dimension.name, *_words(dimension)], Term(name, "dimension", dimension.name))
            for value, synonyms in dimension.values.items():
                phrases.add([value, *synonyms], Term(name, "value", dimension.name, value))
    for way in relationships:
        directions = {"verb": way.verbs, "forward": way.forward, "backward": way.backward, "impact": way.impact}
        for direction, listed in directions.items():
            for phrase in _listed(listed):
                phrases.add([phrase], Term(way.start, "relationship", way.name, direction))
                if way.end != way.start:
                    phrases.add([phrase], Term(way.end, "relationship", way.name, direction))
    return phrases.terms()


def _words(item: Source | Measure | Dimension) -> list[str]:
    return [item.label.pt, item.label.en, *_listed(item.synonyms)]


def _listed(listed: Listed) -> list[str]:
    return [phrase for phrases in listed.values() for phrase in phrases]
