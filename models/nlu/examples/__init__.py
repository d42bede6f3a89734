"""The sentences from which the domain classifier starts: one file a domain, and one of what belongs to none.

A file maps a subcategory to its texts by language: `pt`, `en`, or `mixed` for the ones that people write in both at
once, without accents, or with typing errors.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from models.records import Domain

__all__ = ["LANGUAGES", "OUT_OF_SCOPE", "Example", "load_examples"]

LANGUAGES = ("pt", "en", "mixed")
"""The languages of the examples; `mixed` also holds what is spelled carelessly."""

OUT_OF_SCOPE = "out_of_scope"
"""The name of the file whose examples have no domain."""


class Example(NamedTuple):
    """A text as a person writes it, and what it means; without a domain it is out of scope."""

    text: str
    domain: Domain | None
    subcategory: str
    language: str


@cache
def load_examples() -> tuple[Example, ...]:
    """Give all examples, in the order of the domains and within one in the order of its file.

    The files are read at the first call only. They ship with the code and a test checks every entry of them.
    """
    domains: tuple[Domain | None, ...] = (*Domain, None)
    return tuple(example for domain in domains for example in _read(domain))


def _read(domain: Domain | None) -> list[Example]:
    name = domain.value.lower() if domain else OUT_OF_SCOPE
    source = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    tree: dict[str, dict[str, list[str]]] = yaml.load(source, Loader=yaml.CSafeLoader)
    return [
        Example(text, domain, subcategory, language)
        for subcategory, by_language in tree.items()
        for language, texts in by_language.items()
        for text in texts
    ]
