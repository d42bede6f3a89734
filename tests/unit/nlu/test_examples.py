"""The seed examples: enough of each kind, no text twice, and none of those that the classifier is judged by."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from models.nlu.examples import LANGUAGES, load_examples
from models.records import Domain
from tests.unit.nlu.labelled import LABELLED

SUBCATEGORIES: dict[Domain | None, set[str]] = {
    Domain.BUSINESS: {"reporting", "sales", "customer", "marketing", "finance", "procurement"},
    Domain.TECHNICAL: {"bug", "performance", "development", "data", "testing"},
    Domain.INFRASTRUCTURE: {"deployment", "containers", "servers", "automation", "backup"},
    Domain.SECURITY: {"authentication", "authorization", "encryption", "security"},
    Domain.BEHAVIOR: {"usage", "conversion"},
    Domain.OPERATIONAL: {"service_levels", "incidents", "monitoring"},
    Domain.COMPLIANCE: {"regulation", "audit", "retention"},
    None: {"vague", "small_talk", "other_worlds", "noise"},
}
GATE = Path(__file__).parents[4] / "shared" / "data" / "intents_labelled.tsv"
"""The labelled texts beside the checkout, where there are any."""

NEAR_COPY = 0.8

EXAMPLES = load_examples()


@cache
def word_set(text: str) -> frozenset[str]:
    """The words of a text whatever their case, accents, punctuation and order."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(re.findall(r"\w+", "".join(c for c in decomposed if not unicodedata.combining(c))))


def likeness(left: frozenset[str], right: frozenset[str]) -> float:
    """Jaccard's index: the share of the words of both that both have."""
    return len(left & right) / len(left | right)


def near_copies(of: list[str]) -> list[tuple[str, str]]:
    judged = [(text, word_set(text)) for text in of]
    return [
        (example.text, text)
        for example in EXAMPLES
        for text, its_words in judged
        if likeness(word_set(example.text), its_words) >= NEAR_COPY
    ]


@pytest.mark.parametrize("domain", Domain)
def test_each_domain_has_200_texts_half_in_each_language(domain: Domain) -> None:
    languages = Counter(example.language for example in EXAMPLES if example.domain is domain)
    total = languages.total()
    assert total >= 200
    for language in ("pt", "en"):
        assert 0.4 <= languages[language] / total <= 0.55, language
    assert 0.06 <= languages["mixed"] / total <= 0.12


def test_out_of_scope_has_150_texts_half_in_each_language() -> None:
    languages = Counter(example.language for example in EXAMPLES if example.domain is None)
    assert languages.total() >= 150
    assert min(languages["pt"], languages["en"]) >= 0.4 * languages.total()


@pytest.mark.parametrize("domain", [*Domain, None])
def test_each_subcategory_has_8_texts_of_each_language(domain: Domain | None) -> None:
    found = Counter((e.subcategory, e.language) for e in EXAMPLES if e.domain is domain)
    assert {subcategory for subcategory, _ in found} == SUBCATEGORIES[domain]
    too_few = {key: n for key, n in found.items() if n < 8 and key[1] != "mixed"}
    assert too_few == {}
    assert {(subcategory, language) for subcategory in SUBCATEGORIES[domain] for language in ("pt", "en")} <= set(found)


@pytest.mark.parametrize("domain", [*Domain, None])
def test_people_write_short_long_and_ask(domain: Domain | None) -> None:
    texts = [example.text for example in EXAMPLES if example.domain is domain]
    lengths = [len(text.split()) for text in texts]
    assert sum(length <= 2 for length in lengths) >= 10
    assert sum(length >= 20 for length in lengths) >= 5
    assert sum(text.endswith("?") for text in texts) >= 20


def test_every_entry_is_a_tidy_line_of_at_most_250_characters() -> None:
    for example in EXAMPLES:
        assert isinstance(example.text, str), example
        assert example.language in LANGUAGES, example
        assert 2 <= len(example.text) <= 250, example
        assert example.text == " ".join(example.text.split()), example
        assert unicodedata.is_normalized("NFC", example.text), example
        assert word_set(example.text), example


def test_no_text_comes_twice_even_in_another_order_of_its_words() -> None:
    places: dict[frozenset[str], str] = {}
    twice = []
    for example in EXAMPLES:
        key = word_set(example.text)
        if key in places:
            twice.append((places[key], example.text))
        places[key] = example.text
    assert twice == []


def test_no_text_is_a_near_copy_of_a_labelled_one() -> None:
    assert near_copies([text for text, _ in LABELLED]) == []


@pytest.mark.skipif(not GATE.exists(), reason="the file of labelled texts is not beside this checkout")
def test_no_text_is_a_near_copy_of_one_in_the_labelled_file() -> None:
    with GATE.open(encoding="utf-8", newline="") as file:
        judged = [row["text"] for row in csv.DictReader(file, delimiter="\t")]
    assert len(judged) >= 52
    assert near_copies(judged) == []


def test_a_near_copy_would_be_found() -> None:
    text = EXAMPLES[0].text
    assert near_copies([f"{text.upper()}!"]) == [(text, f"{text.upper()}!")]
    assert near_copies([f"{text} agora"]) == [(text, f"{text} agora")]


def test_they_are_read_once_and_cover_every_domain_in_its_order() -> None:
    assert load_examples() is EXAMPLES
    assert list(dict.fromkeys(example.domain for example in EXAMPLES)) == [*Domain, None]
