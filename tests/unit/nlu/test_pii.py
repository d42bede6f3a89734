"""Personal data: none missed, none invented, and masking that can be repeated."""

from __future__ import annotations

import doctest
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.br import cnpj, cpf

from models.nlu.pii import PiiKind, PiiSpan, checks, find_pii, mask, mask_with_map, masking
from tests.unit.nlu.pii_cases import CLEAN_TEXTS, MARKED_TEXTS, unmark

DIGITS = string.digits
UPPER = string.digits + string.ascii_uppercase
_WORDS = "mostre os pedidos do cliente com valor acima da média e receita show orders by customer"
PLAIN_WORDS = st.lists(st.sampled_from(_WORDS.split()), max_size=6).map(" ".join)
_PIECES = (
    "tel pedido nº id + # R$ ( ) - . / : @ @x.com a@b.co 00 11 415 3456-7890 98765-4321 +34 567 11987654321 "
    "52998224725 ::1 2001:db8::1 1.2.3.4 Dr. Ana de \ud800 ꞏ ꟷ \u0301 １ ＠"
)


def kinds_of(text: str) -> list[tuple[str, str]]:
    return [(kind.value, text[start:end]) for kind, start, end in find_pii(text)]


@pytest.mark.parametrize("marked", MARKED_TEXTS)
def test_what_is_marked_is_found_and_nothing_else(marked: str) -> None:
    text, spans = unmark(marked)
    assert find_pii(text) == spans


@pytest.mark.parametrize("text", CLEAN_TEXTS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert kinds_of(text) == []


def test_the_table_covers_every_kind() -> None:
    marked = [span.kind for text in MARKED_TEXTS for span in unmark(text)[1]]
    assert len(marked) >= 80
    assert {kind: marked.count(kind) >= 5 for kind in PiiKind} == dict.fromkeys(PiiKind, True)
    assert len(CLEAN_TEXTS) >= 60


def test_the_mask_says_the_kind() -> None:
    text = "Dra. Ana, CPF 529.982.247-25, ana@example.com, (11) 98765-4321, 10.0.0.1, 4111111111111111, 11222333000181"
    assert mask(text) == "Dra. [NAME], CPF [CPF], [EMAIL], [PHONE], [IP], [CARD], [CNPJ]"


def test_only_the_given_spans_are_masked() -> None:
    text = "ana@example.com e 10.0.0.1"
    assert mask(text, [PiiSpan(PiiKind.IP, 18, 26)]) == "ana@example.com e [IP]"
    assert mask(text, []) == text


def test_a_text_without_personal_data_is_returned_as_it_is() -> None:
    text = "últimos 30 dias"
    assert mask(text) is text


@pytest.mark.parametrize(
    ("text", "part", "masked_part"),
    [
        ("hoje ana@example.com amanhã", "hoje", "hoje"),
        ("hoje ana@example.com amanhã", "amanhã", "amanhã"),
        ("hoje ana@example.com amanhã", "ana@example.com", "[EMAIL]"),
        ("hoje ana@example.com amanhã", "example", "[EMAIL]"),
        ("hoje ana@example.com amanhã", "e ana", "e [EMAIL]"),
        ("hoje ana@example.com amanhã", "com ama", "[EMAIL] ama"),
        ("hoje ana@example.com amanhã", "hoje ana@example.com amanhã", "hoje [EMAIL] amanhã"),
        ("10.0.0.1 e 10.0.0.2 hoje", "e", "e"),
        ("10.0.0.1 e 10.0.0.2 hoje", "0.1 e 10", "[IP] e [IP]"),
        ("10.0.0.1 e 10.0.0.2 hoje", "hoje", "hoje"),
    ],
)
def test_places_move_with_the_mask(text: str, part: str, masked_part: str) -> None:
    masked, shift = mask_with_map(text, find_pii(text))
    start, end = shift(text.index(part), text.index(part) + len(part))
    assert masked[start:end] == masked_part


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(masking).failed == 0
    assert doctest.testmod(masking).attempted == 4


# Pieces that make the rules meet each other, beside any text at all.
PIECES = st.one_of(
    st.sampled_from([unmark(text)[0] for text in MARKED_TEXTS] + CLEAN_TEXTS),
    st.sampled_from([f"[{kind.value}]" for kind in PiiKind]),
    st.sampled_from(_PIECES.split()),
    st.text(max_size=12),
)
MIXTURES = st.lists(PIECES, max_size=8).flatmap(
    lambda pieces: st.sampled_from(["", " ", ",", "-", "."]).map(lambda separator: separator.join(pieces))
)


@given(st.one_of(MIXTURES, st.text()))
@example("+290 1234511 98765-4321)415a")
@example("telefone-3456-7890::1.2001:db8::1-")
@example("[NAME].@-11222333000181.joao@x.com")
def test_spans_are_in_order_and_masking_twice_changes_nothing(text: str) -> None:
    spans = find_pii(text)
    last = 0
    for _, start, end in spans:
        assert last <= start < end <= len(text)
        last = end
    masked = mask(text, spans)
    assert mask(masked) == masked


@given(MIXTURES)
def test_what_is_between_the_spans_is_found_in_the_masked_text(text: str) -> None:
    spans = find_pii(text)
    masked, shift = mask_with_map(text, spans)
    borders = [0, *(border for span in spans for border in span[1:]), len(text)]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        moved_start, moved_end = shift(start, end)
        assert masked[moved_start:moved_end] == text[start:end]
    for kind, start, end in spans:
        moved_start, moved_end = shift(start, end)
        assert masked[moved_start:moved_end] == f"[{kind.value}]"


@st.composite
def cpfs(draw: st.DrawFn) -> str:
    first = draw(st.text(DIGITS, min_size=9, max_size=9))
    assume(len(set(first)) > 1)
    number = next(first + f"{check:02}" for check in range(100) if cpf.is_valid(first + f"{check:02}"))
    return draw(st.sampled_from([number, cpf.format(number)]))


@st.composite
def cnpjs(draw: st.DrawFn) -> str:
    first = draw(st.text(draw(st.sampled_from([DIGITS, UPPER])), min_size=8, max_size=8))
    assume(len(set(first)) > 1)
    number = first + "0001" + cnpj.calc_check_digits(first + "0001")
    return draw(st.sampled_from([number, cnpj.format(number)]))


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(
        st.sampled_from(
            [
                ("4", 16),
                ("51", 16),
                ("2720", 16),
                ("34", 15),
                ("37", 15),
                ("36", 14),
                ("6011", 16),
                ("3528", 16),
                ("62", 19),
            ]
        )
    )
    missing = length - len(prefix) - 1
    number = prefix + draw(st.text(DIGITS, min_size=missing, max_size=missing))
    number += luhn.calc_check_digit(number)
    assume(not cnpj.is_valid(number))  # 14 digits that do as both are taken for a CNPJ
    if length != 16:
        return number
    separator = draw(st.sampled_from(["", " ", "-"]))
    return separator.join(number[at : at + 4] for at in range(0, 16, 4))


@st.composite
def emails(draw: st.DrawFn) -> str:
    letters = st.text(string.ascii_letters + string.digits, min_size=1, max_size=10)
    local = draw(st.sampled_from("._-+")).join(draw(st.lists(letters, min_size=1, max_size=3)))
    labels = ".".join(draw(st.lists(letters, min_size=1, max_size=3)))
    return f"{local}@{labels}.{draw(st.sampled_from(['com', 'com.br', 'org', 'io', 'travel']))}"


PHONES = st.builds(
    str.format,
    st.sampled_from(["({0}) 9{1}-{2}", "+55 {0} 9{1}-{2}", "{0} 9{1}-{2}", "({0})9{1}{2}", "+55{0}9{1}{2}"]),
    st.sampled_from(["11", "21", "31", "47", "54", "68", "79", "85", "99"]),
    st.text(DIGITS, min_size=4, max_size=4),
    st.text(DIGITS, min_size=4, max_size=4),
)
IPS = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6, network="2000::/3").map(str))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (PiiKind.CPF, cpfs()),
        (PiiKind.CNPJ, cnpjs()),
        (PiiKind.CARD, cards()),
        (PiiKind.EMAIL, emails()),
        (PiiKind.PHONE, PHONES),
        (PiiKind.IP, IPS),
    ],
)
def test_what_is_valid_is_found_between_any_words(kind: PiiKind, values: st.SearchStrategy[str]) -> None:
    @given(PLAIN_WORDS, values, PLAIN_WORDS, st.sampled_from([" ", ", ", ". ", "; ", ") ", "? "]))
    def check(before: str, value: str, after: str, end: str) -> None:
        text = f"{before} {value}{end}{after}"
        at = len(before) + 1
        assert find_pii(text) == [PiiSpan(kind, at, at + len(value))]

    check()


@given(PLAIN_WORDS, st.text(DIGITS, min_size=1, max_size=22), PLAIN_WORDS)
def test_digits_that_fail_the_checks_stay(before: str, digits: str, after: str) -> None:
    assume(not (cpf.is_valid(digits) or cnpj.is_valid(digits) or (len(digits) >= 13 and luhn.is_valid(digits))))
    assert kinds_of(f"{before} {digits} {after}") == []


@given(st.text(DIGITS, min_size=11, max_size=11))
def test_cpf_agrees_with_stdnum(digits: str) -> None:
    assert checks.is_cpf(digits) == (cpf.is_valid(digits) and len(set(digits)) > 1)


@given(cpfs(), st.integers(0, 10), st.sampled_from(DIGITS))
def test_one_wrong_digit_makes_no_cpf(number: str, place: int, digit: str) -> None:
    digits = cpf.compact(number)
    changed = digits[:place] + digit + digits[place + 1 :]
    assert checks.is_cpf(changed) == cpf.is_valid(changed)


@given(cnpjs(), st.integers(0, 13), st.sampled_from(DIGITS))
def test_cnpj_agrees_with_stdnum(number: str, place: int, digit: str) -> None:
    characters = cnpj.compact(number)
    changed = characters[:place] + digit + characters[place + 1 :]
    assert checks.is_cnpj(characters)
    assert checks.is_cnpj(changed) == cnpj.is_valid(changed)


@given(st.text(DIGITS, min_size=1, max_size=24))
def test_luhn_agrees_with_stdnum(digits: str) -> None:
    assert checks.is_luhn(digits) == luhn.is_valid(digits)


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("4222222222222", True),
        ("4111111111111111", True),
        ("2221000000000009", True),
        ("2720990000000007", True),
        ("2721000000000004", False),
        ("371449635398431", True),
        ("6759649826438453", True),
        ("9111111111111111", False),
        ("0000000000000000", False),
        ("79927398713", False),
    ],
)
def test_a_card_is_of_an_issuers_range(number: str, good: bool) -> None:  # noqa: FBT001
    assert checks.is_card(number) is good


def test_a_cnpj_that_begins_with_a_title_is_no_name() -> None:
    assert kinds_of("empresa DR.AAA.000/0001-80") == [("CNPJ", "DR.AAA.000/0001-80")]


def test_a_phone_number_speaks_of_the_one_after_it() -> None:
    assert kinds_of("(11) 98765-4321 e 1134567890") == [("PHONE", "(11) 98765-4321"), ("PHONE", "1134567890")]


def test_a_word_for_phones_reaches_no_further_than_other_data() -> None:
    assert kinds_of("telefone de ana@example.com 1134567890") == [("EMAIL", "ana@example.com")]
    assert kinds_of("telefone da cliente de nome Ana cujo 1134567890") == []


def test_a_number_that_would_do_as_both_is_what_the_words_say() -> None:
    number = next(digits for tail in range(10**6) if cpf.is_valid(digits := f"11987{tail:06}"))
    assert kinds_of(f"celular {number}") == [("PHONE", number)]
    assert kinds_of(f"cliente {number}") == [("CPF", number)]
    assert kinds_of(f"telefone e cpf {number}") == [("CPF", number)]


@pytest.mark.parametrize("wrap", ["({})", "[{}]", '"{}"', "«{}»", "*{}*", "<{}>", "{}.", "{}:", "{}\n", "\t{}", "={};"])
@pytest.mark.parametrize("value", ["529.982.247-25", "ana@example.com", "10.0.0.1", "+55 11 98765-4321", "2001:db8::1"])
def test_punctuation_around_is_no_part(wrap: str, value: str) -> None:
    assert [found for _, found in kinds_of(wrap.format(value))] == [value]


def test_lone_surrogates_are_no_error() -> None:
    assert mask("\ud800 ana@example.com \udfff") == "\ud800 [EMAIL] \udfff"
    assert mask("\ud800 Dr. Silva") == "\ud800 Dr. [NAME]"
