"""What the rules know of a word: inflected, in a phrase, mistyped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nlu.evidence import SLOTS, find_phrases, word_evidence
from models.nlu.rules import RULES
from models.nlu.words import plain, plain_words
from models.records import Domain


def domains_of(word: str) -> set[Domain]:
    return {SLOTS[entry.slot][0] for entry in word_evidence(plain(word))}


@pytest.mark.parametrize(
    ("word", "domain"),
    [
        ("vendas", Domain.BUSINESS),
        ("Relatórios", Domain.BUSINESS),
        ("customers", Domain.BUSINESS),
        ("bugs", Domain.TECHNICAL),
        ("códigos", Domain.TECHNICAL),
        ("servidores", Domain.INFRASTRUCTURE),
        ("clusters", Domain.INFRASTRUCTURE),
        ("autenticando", Domain.SECURITY),
        ("vulnerabilidade", Domain.SECURITY),
        ("comportamentos", Domain.BEHAVIOR),
        ("incidentes", Domain.OPERATIONAL),
        ("auditorias", Domain.COMPLIANCE),
        ("servdior", Domain.INFRASTRUCTURE),  # two letters swapped
        ("servvidor", Domain.INFRASTRUCTURE),  # one too many
        ("sevidor", Domain.INFRASTRUCTURE),  # one left out
        ("serbidor", Domain.INFRASTRUCTURE),  # one exchanged
    ],
)
def test_a_word_is_known_in_its_forms_and_with_an_error(word: str, domain: Domain) -> None:
    assert domain in domains_of(word)


@pytest.mark.parametrize("word", ["", "de", "xyz", "servo", "bag", "🎉", "a" * 10_000, "server" * 2_000, "\ud800"])
def test_a_word_that_is_near_nothing_says_nothing(word: str) -> None:
    assert Domain.INFRASTRUCTURE not in domains_of(word)


def test_the_longest_beginning_speaks() -> None:
    names = [entry.name for entry in word_evidence("programador")]
    assert names == ["programm*"] or "programa*" in names
    assert word_evidence("regulamentacao")[0].name == "regulament*"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("controle de acesso ao prédio", "controle_de_acesso"),
        ("os controles de acessos", "controle_de_acesso"),
        ("taxa de cliques do banner", "taxa_de_cliques"),
        ("ci/cd do projeto", "ci_cd"),
        ("P&L do trimestre", "p_l"),
        ("política de retenção de dados", "politica_de_retencao"),
    ],
)
def test_phrases_are_found_in_their_inflections(text: str, phrase: str) -> None:
    assert phrase in {entry.name for entry in find_phrases(plain_words(text))}


@pytest.mark.parametrize("text", ["controle o acesso", "acesso de controle", "taxa", "", "taxa de", "de de de"])
def test_words_that_do_not_stand_together_are_no_phrase(text: str) -> None:
    assert find_phrases(plain_words(text)) == []


def test_a_phrase_that_comes_twice_is_one() -> None:
    words = plain_words("controle de acesso e controle de acesso")
    assert len({entry.name for entry in find_phrases(words)}) == len(find_phrases(words))


@given(words=st.lists(st.text(max_size=12), max_size=12))
def test_any_words_can_be_looked_up(words: list[str]) -> None:
    for entry in [*find_phrases(words), *(entry for word in words for entry in word_evidence(word))]:
        assert 0 <= entry.slot < len(SLOTS)
        assert 1 <= entry.weight <= 3


def test_the_rules_are_plain_and_each_entry_stands_once_in_its_slot() -> None:
    for domain, names in RULES.items():
        for name, weights in names.items():
            listed = [entry for entries in weights.values() for entry in entries.split()]
            assert len(listed) == len(set(listed)), (domain, name)
            for entry in listed:
                assert entry == plain(entry), (domain, name, entry)
                assert "*" not in entry.removesuffix("*") or "_" in entry, (domain, name, entry)
