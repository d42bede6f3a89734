"""A submission to an understanding and on to the envelope that travels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu import Route, route, to_envelope, understand
from models.nlu.phrases import Order, find_groups, find_top
from models.nlu.words import Words, keywords, language, plain, stem, words
from models.records import (
    Actor,
    Context,
    Domain,
    IntentEnvelope,
    Submission,
    SubmittedIntent,
    decode,
    encode,
)

NOW_MS = 1_763_825_400_000  # 2025-11-22T15:30Z


def plain_words(text: str) -> list[str]:
    return [word.plain for word in words(text)]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (1.0, Route.DOMAIN),
        (0.5, Route.DOMAIN),
        (0.4999, Route.DOMAIN_REQUIRES_VALIDATION),
        (0.3, Route.DOMAIN_REQUIRES_VALIDATION),
        (0.2999, Route.VALIDATION),
        (0.0, Route.VALIDATION),
    ],
)
def test_the_route_follows_the_confidence(confidence: float, expected: Route) -> None:
    assert route(confidence) is expected


def test_a_question_is_understood_with_its_entities_and_their_places() -> None:
    text = "Top 5 produtos por receita no último trimestre"
    understanding = understand(Submission(text=text), now_ms=NOW_MS)
    assert understanding.domain is Domain.BUSINESS
    assert understanding.confidence >= 0.5
    assert understanding.language == "pt"
    assert understanding.keywords[:2] == ["top", "produtos"]
    assert [(e.entity_type, e.value, text[e.start : e.end]) for e in understanding.entities] == [
        ("TIME_RANGE", "2025-07-01T00:00:00Z/2025-10-01T00:00:00Z", "no último trimestre"),
        ("TOP_N", "5", "Top 5"),
        ("GROUP_BY", "receita", "receita"),
    ]


def test_yesterday_is_relative_to_the_record_when_its_clock_is_sane() -> None:
    def interval(timestamp: int | None) -> str:
        submission = Submission(text="logins de ontem", timestamp=timestamp)
        return understand(submission, now_ms=NOW_MS).entities[0].value

    assert interval(1_700_000_000_000).startswith("2023-11-13")
    assert interval(None) == interval(0) == interval(16_725_225_600_000)
    assert interval(None).startswith("2025-11-21")


def test_a_declared_domain_is_kept() -> None:
    intent = SubmittedIntent(text="vendas por região", domain=Domain.COMPLIANCE)
    assert understand(Submission(intent=intent), now_ms=NOW_MS)[:3] == (Domain.COMPLIANCE, "general", 1.0)
    unsure = understand(Submission(intent=intent, confidence=0.2), now_ms=NOW_MS)
    assert unsure.confidence == 0.2


def test_the_envelope_keeps_what_the_sender_gave() -> None:
    wire = b'{"id": "i-7", "text": " vendas ", "correlationId": "c", "traceId": "t", "timestamp": 5, "custom": [1]}'
    submission = decode(Submission, wire)
    envelope = to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="f", now_ms=NOW_MS)
    assert (envelope.id, envelope.correlation_id, envelope.trace_id) == ("i-7", "c", "t")
    assert (envelope.timestamp, envelope.metadata["received_at"]) == (5, NOW_MS)
    assert envelope.intent.text == "vendas"
    assert envelope.extra == {"custom": [1]}
    assert decode(IntentEnvelope, encode(envelope)) == envelope


def test_the_envelope_is_filled_up_where_the_sender_gave_nothing() -> None:
    submission = Submission(text="vendas", context=Context(user_id="maria"))
    envelope = to_envelope(submission, understand(submission, now_ms=NOW_MS), fallback_id="f", now_ms=NOW_MS)
    assert (envelope.id, envelope.correlation_id, envelope.timestamp) == ("f", "f", NOW_MS)
    assert envelope.actor == Actor(id="maria")
    assert envelope.metadata["route"] == "domain"


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("vendas por região", None, "pt"),
        ("sales by region this month", "pt-BR", "en"),
        ("receita do mês", "en-US", "pt"),
        ("KPI", "en-US", "en"),
        ("KPI", "xx-unknown", "pt"),
        ("KPI", None, "pt"),
    ],
)
def test_the_text_tells_its_language_and_the_asker_breaks_ties(text: str, asked: str | None, expected: str) -> None:
    assert language(words(text), asked) == expected


@pytest.mark.parametrize(
    "same",
    [
        ("Região", "regioes", "REGIÕES"),
        ("cliente", "clientes"),
        ("category", "categories"),
        ("crítica", "críticos"),
        ("canal", "canais"),
        ("sale", "sales"),
    ],
)
def test_endings_and_accents_come_off(same: tuple[str, ...]) -> None:
    assert len({stem(plain(word)) for word in same}) == 1


def test_offsets_of_words_hold_for_letters_that_change_length() -> None:
    text = "Straße İstanbul região"
    assert [text[word.start : word.end] for word in words(text)] == text.split()


def test_a_sign_that_stands_for_many_words_moves_no_place() -> None:
    text = "\ufdfa vendas de ontem"
    entity = understand(Submission(text=text), now_ms=NOW_MS).entities[0]
    assert text[entity.start : entity.end] == "ontem"


def test_keywords_are_stable_and_without_small_words() -> None:
    assert keywords(Words("As vendas e as vendas por região de 2024").forms) == ["vendas", "região"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("top 10 products", (10, Order.LARGEST)),
        ("os 5 maiores clientes", (5, Order.LARGEST)),
        ("maiores cinco", (5, Order.LARGEST)),
        ("3 piores dias", (3, Order.SMALLEST)),
        ("last 5 incidents", (5, Order.LATEST)),
        ("last 5 days", None),
        ("top products", None),
        ("top 0 products", None),
        ("vendas", None),
    ],
)
def test_top_n_is_found_with_its_order(text: str, expected: tuple[int, Order] | None) -> None:
    top = find_top(plain_words(text))
    assert (top and (top.limit, top.order)) == expected


def test_groups_stand_after_their_preposition() -> None:
    assert find_groups(plain_words("vendas por cada regiao por favor")) == [3]
    assert find_groups(plain_words("sales by the region and per month")) == [3, 6]


@settings(max_examples=100, deadline=None)
@given(text=st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip())))
def test_any_text_can_be_understood_and_sent_on(text: str) -> None:
    submission = Submission(text=text)
    understanding = understand(submission, now_ms=NOW_MS)
    envelope = to_envelope(submission, understanding, fallback_id="f", now_ms=NOW_MS)
    assert decode(IntentEnvelope, encode(envelope)) == envelope
