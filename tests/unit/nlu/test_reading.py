"""A reading: what travels is masked, what is kept is safe, and what comes back from a cache is checked."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidReading
from models.nlu import to_envelope, understand
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.nlu.reading import FORMAT, MOST_PERSONAL, Reading, pack, read, shared_key, unpack
from models.records import Actor, Context, Domain, Entity, Submission, SubmittedIntent, encode

NOW_MS = 1_763_825_400_000  # 2025-11-22T15:30Z, a Saturday
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def model() -> DomainModel:
    return DomainModel.seeded()


def reading_of(text: str, model: DomainModel, *, asked: str | None = None, at_ms: int = NOW_MS) -> Reading:
    return read(text, asked=asked, at_ms=at_ms, model=model)


# -- personal data


@pytest.mark.parametrize(
    ("text", "secret", "tag"),
    [
        ("acessos de ana.souza+x@example.com ontem", "ana.souza", "[EMAIL]"),
        ("pedidos do CPF 529.982.247-25 este mês", "529.982.247-25", "[CPF]"),
        ("faturas do cnpj 11.222.333/0001-81", "11.222.333/0001-81", "[CNPJ]"),
        ("bloquear o cartão 4111 1111 1111 1111", "4111 1111 1111 1111", "[CARD]"),
        ("chamados do telefone (11) 98765-4321", "98765-4321", "[PHONE]"),
        ("bloquear o IP 203.0.113.7", "203.0.113.7", "[IP]"),
        ("compras da Sra. Maria Oliveira em 2025", "Maria Oliveira", "[NAME]"),
    ],
)
def test_personal_data_does_not_leave_the_stage(model: DomainModel, text: str, secret: str, tag: str) -> None:
    submission = Submission(text=text)
    understanding = understand(submission, now_ms=NOW_MS, model=model)
    envelope = to_envelope(submission, understanding, fallback_id="f", now_ms=NOW_MS)
    assert tag in understanding.text
    assert envelope.intent.text == understanding.text
    needed = {entity.value for entity in envelope.intent.entities if entity.entity_type in {"EMAIL", "IP"}}
    bare = msgspec.structs.replace(envelope.intent, entities=[])
    assert secret.encode() not in encode(bare)
    for entity in envelope.intent.entities:
        assert secret not in entity.value or entity.value in needed
    for entity in envelope.intent.entities:
        assert entity.start is not None
        assert entity.end is not None
        assert 0 <= entity.start <= entity.end <= len(understanding.text)


def test_a_value_that_a_plan_filters_by_stays_as_an_entity_that_points_to_its_tag(model: DomainModel) -> None:
    reading = reading_of("logins de ana@example.com por dia nos últimos 30 dias", model)
    assert reading.text == "logins de [EMAIL] por dia nos últimos 30 dias"
    found = {e.entity_type: (e.value, reading.text[e.start : e.end]) for e in reading.entities}
    assert found["EMAIL"] == ("ana@example.com", "[EMAIL]")
    assert found["GROUP_BY"] == ("dia", "dia")
    assert found["TIME_RANGE"][1] == "nos últimos 30 dias"
    assert reading.is_personal


def test_what_is_left_of_a_masked_number_is_no_amount(model: DomainModel) -> None:
    reading = reading_of("cliente com CPF 529.982.247-25 comprou mais de 100 itens", model)
    assert not any("529" in entity.value or "982" in entity.value for entity in reading.entities)
    assert any("100" in entity.value for entity in reading.entities)


def test_masked_text_is_read_like_the_text_itself(model: DomainModel) -> None:
    """People teach masked texts; what is classified must be the same words."""
    text = "investigar o login suspeito de ana@example.com vindo de 203.0.113.7"
    first = reading_of(text, model)
    again = reading_of(first.text, model)
    assert (first.domain, first.confidence) == (again.domain, again.confidence)
    assert again.text == first.text


def test_what_the_sender_says_of_the_text_is_masked_too(model: DomainModel) -> None:
    text = "  pedidos de ana@example.com por região"
    entities = [
        Entity(entity_type="PERSON", value="ana@example.com", confidence=1.0),
        Entity(entity_type="EMAIL", value="ana@example.com", confidence=1.0, start=11, end=26),
        Entity(entity_type="PERSON", value="ana", confidence=1.0, start=11, end=14),
        Entity(entity_type="FIELD", value="região", confidence=1.0, start=31, end=37),
    ]
    intent = SubmittedIntent(
        text=text, entities=entities, keywords=["pedidos", "ana@example.com"], processed_text="pedidos ana@example.com"
    )
    submission = Submission(intent=intent)
    envelope = to_envelope(submission, understand(submission, now_ms=NOW_MS, model=model), fallback_id="f", now_ms=1)
    sent = envelope.intent
    assert sent.processed_text == "pedidos [EMAIL]"
    assert sent.keywords == ["pedidos", "[EMAIL]"]
    given = [(e.entity_type, e.value, sent.text[e.start : e.end]) for e in sent.entities[:3]]
    assert given[0][:2] == ("PERSON", "[EMAIL]")
    assert given[1] == ("EMAIL", "ana@example.com", "[EMAIL]")
    assert given[2] == ("FIELD", "região", "região")


def test_a_list_of_addresses_is_masked_and_not_searched_for_entities(model: DomainModel) -> None:
    text = ", ".join(f"user{number}@example.com" for number in range(MOST_PERSONAL + 1)) + " top 10"
    reading = reading_of(text, model)
    assert "@" not in reading.text
    assert reading.entities == []


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=200))
def test_entities_point_into_the_text_that_travels(model: DomainModel, text: str) -> None:
    reading = reading_of(text, model)
    for entity in reading.entities:
        assert entity.start is not None
        assert entity.end is not None
        assert 0 <= entity.start <= entity.end <= len(reading.text)


# -- what an understanding says


def test_an_understanding_carries_its_doubt(model: DomainModel) -> None:
    sure = understand(Submission(text="vendas por região no último trimestre"), now_ms=NOW_MS, model=model)
    assert (sure.requires_validation, sure.requires_manual_validation) == (False, False)
    assert sure.margin > 0.5
    assert sure.second is not sure.domain
    assert sure.model_version == model.version
    assert sure.language_supported
    unsure = understand(Submission(text="fazer coisa"), now_ms=NOW_MS, model=model)
    assert (unsure.requires_validation, unsure.requires_manual_validation) == (True, True)
    envelope = to_envelope(Submission(text="fazer coisa"), unsure, fallback_id="f", now_ms=NOW_MS)
    assert envelope.metadata["route"] == "validation"
    assert envelope.metadata["requires_validation"] is True
    assert envelope.metadata["model_version"] == model.version


def test_what_is_known_of_the_sender_lowers_the_threshold_and_changes_nothing_else(model: DomainModel) -> None:
    plain = understand(Submission(text="vendas"), now_ms=NOW_MS, model=model)
    context = Context(session_id="s", user_id="u", tenant_id="t")
    known = understand(Submission(text="vendas", context=context), now_ms=NOW_MS, model=model)
    assert (plain.threshold, known.threshold) == (0.5, 0.45)
    assert known._replace(threshold=plain.threshold) == plain


def test_spanish_is_said_to_be_unsupported(model: DomainModel) -> None:
    found = understand(Submission(text="necesito un informe de las ventas del último mes"), now_ms=NOW_MS, model=model)
    assert (found.language, found.language_supported) == ("es", False)


def test_the_actor_plays_no_part(model: DomainModel) -> None:
    text = "vendas por região"
    one = understand(Submission(text=text, actor=Actor(id="a")), now_ms=NOW_MS, model=model)
    assert one == understand(Submission(text=text, actor=Actor(id="b")), now_ms=NOW_MS, model=model)


# -- readings that are kept


@pytest.mark.parametrize(
    ("text", "later_ms", "holds"),
    [
        ("vendas de ontem", HOUR_MS, True),
        ("vendas de ontem", DAY_MS, False),
        ("vendas no último trimestre", 8 * HOUR_MS, True),
        ("vendas nos últimos 30 dias", 200, True),
        ("vendas nos últimos 30 dias", HOUR_MS, False),
        ("vendas por região", 400 * DAY_MS, True),
        ("top 5 produtos acima de R$ 100", 400 * DAY_MS, True),
    ],
)
def test_a_reading_holds_as_long_as_its_times_do(model: DomainModel, text: str, later_ms: int, *, holds: bool) -> None:
    reading = reading_of(text, model)
    assert reading.holds_at(NOW_MS + later_ms) is holds
    if holds:
        later = reading_of(text, model, at_ms=NOW_MS + later_ms)
        assert [e.value for e in later.entities] == [e.value for e in reading.entities]


def test_a_text_that_comes_again_is_read_once(model: DomainModel) -> None:
    cache = ReadingCache()
    submissions = [Submission(text="vendas por região", actor=Actor(id=who)) for who in "abc"]
    found = [understand(each, now_ms=NOW_MS, model=model, cache=cache) for each in submissions]
    assert found[0] == found[1] == found[2] == understand(submissions[0], now_ms=NOW_MS, model=model)
    assert (cache.hits, cache.misses) == (2, 1)
    understand(Submission(text="vendas por região", language="en"), now_ms=NOW_MS, model=model, cache=cache)
    assert cache.misses == 2


def test_the_reading_used_longest_ago_goes_first(model: DomainModel) -> None:
    cache = ReadingCache(2)
    for text in ("um", "dois", "um", "três", "um", "dois"):
        cache.read(text, asked=None, at_ms=NOW_MS, model=model)
    assert (len(cache), cache.hits, cache.misses) == (2, 2, 4)


def test_a_model_that_learns_is_asked_anew() -> None:
    learner = DomainModel.seeded()
    cache = ReadingCache()
    before = cache.read("pneus das carretas", asked=None, at_ms=NOW_MS, model=learner)
    for _ in range(3):
        learner.learn("pneus das carretas", Domain.OPERATIONAL)
    after = cache.read("pneus das carretas", asked=None, at_ms=NOW_MS, model=learner)
    assert after.domain is Domain.OPERATIONAL
    assert after.model_version != before.model_version
    cache.put("pneus das carretas", None, before)  # came late, from another cache
    assert cache.read("pneus das carretas", asked=None, at_ms=NOW_MS, model=learner) == after


def test_very_long_texts_are_not_kept(model: DomainModel) -> None:
    cache = ReadingCache()
    cache.read("vendas " * 1_000, asked=None, at_ms=NOW_MS, model=model)
    assert len(cache) == 0


def test_a_shared_key_is_of_the_text_its_day_and_the_model() -> None:
    def key(text: str = "a", asked: str | None = None, at_ms: int = NOW_MS, version: str = "v", scope: str = "") -> str:
        return shared_key(text, asked=asked, at_ms=at_ms, model_version=version, scope=scope)

    others = [key("b"), key(asked="pt"), key(at_ms=NOW_MS + DAY_MS), key(version="w"), key(scope="c"), key("a\ud800")]
    assert len({key(), *others}) == 7
    assert key() == key(at_ms=NOW_MS + HOUR_MS)
    assert key().startswith(f"nlu:cache:v{FORMAT}:")
    assert "segredo" not in key("segredo")


def test_a_packed_reading_comes_back_from_bytes_a_string_or_an_object(model: DomainModel) -> None:
    reading = reading_of("top 5 produtos por receita no último trimestre", model)
    packed = pack(reading)
    for kept in (packed, bytearray(packed), packed.decode(), msgspec.json.decode(packed)):
        assert unpack(kept) == reading


@pytest.mark.parametrize("kept", [None, 7, [], "", "null", b"\xff", b"{}", {"text": "x"}, '{"text": 3}', object()])
def test_anything_else_is_refused_with_its_type(kept: object) -> None:
    with pytest.raises(InvalidReading, match=f"^{type(kept).__name__}"):
        unpack(kept)


def test_a_reading_of_another_format_or_damaged_is_refused(model: DomainModel) -> None:
    good = msgspec.json.decode(pack(reading_of("vendas", model)))
    wrong: list[tuple[str, object]] = [
        ("format", 2),
        ("confidence", 1.5),
        ("domain", "GARDENING"),
        ("probabilities", ["a"]),
        ("new", 1),
    ]
    for field, value in wrong:
        with pytest.raises(InvalidReading):
            unpack({**good, field: value})


@settings(max_examples=100, deadline=None)
@given(kept=st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_a_cache_gives_back_is_read_or_refused(kept: bytes | str) -> None:
    with pytest.raises(InvalidReading):
        unpack(kept)
