"""The language of a text, of few words and many, with and without accents, mixed, and of a language we don't speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nlu.examples import load_examples
from models.nlu.language import Language, language, recognise
from models.nlu.words import plain, words


def code(text: str, asked: str | None = None) -> str:
    return recognise(words(text), asked).code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vendas por região no último trimestre", "pt"),
        ("Preciso corrigir um bug na API REST que está retornando erro 500", "pt"),
        ("quais clientes cancelaram este mês?", "pt"),
        ("não consigo acessar o painel", "pt"),
        ("nao consigo acessar o painel", "pt"),
        ("relatorio de vendas do ultimo mes", "pt"),
        ("criar microserviço com testes automatizados", "pt"),
        ("vc pode ver isso pra mim", "pt"),
        ("quantos chamados abertos por equipe", "pt"),
        ("configuração do servidor", "pt"),
        ("implantação em produção", "pt"),
        ("autenticacao e permissoes dos usuarios", "pt"),
        ("investigar logins suspeitos de ontem", "pt"),
        ("fazer deploy da nova versão no cluster Kubernetes", "pt"),
        ("o dashboard de sales do Q3 ainda não carrega", "pt"),
        ("preciso do report de revenue para o board", "pt"),
        ("me mostra as pipelines que falharam", "pt"),
        ("TOP 5 PRODUTOS POR RECEITA", "pt"),
        ("Verificar conformidade com a LGPD", "pt"),
        ("lentidão no checkout 😩", "pt"),
        ("sales by region last quarter", "en"),
        ("which customers churned this month?", "en"),
        ("I can't access the dashboard", "en"),
        ("create a REST API with tests", "en"),
        ("how many tickets are open per team", "en"),
        ("deploy the new version to the Kubernetes cluster", "en"),
        ("investigate suspicious logins since yesterday", "en"),
        ("the login page throws an error", "en"),
        ("Implement rate limiting with Redis", "en"),
        ("show me revenue per product", "en"),
        ("audit trail for payment approvals", "en"),
        ("reduce checkout abandonment", "en"),
        ("our São Paulo office has no network", "en"),
        ("fix teh bug in checkout plz", "en"),
        ("server keeps restarting 🔥", "en"),
        ("WHO ACCESSED THE PAYROLL DATABASE", "en"),
        ("encrypt backups with customer managed keys", "en"),
        ("¿cuántos clientes nuevos tenemos este año?", "es"),
        ("necesito un informe de las ventas del último mes", "es"),
        ("mostrar los pedidos y las facturas de ayer", "es"),
        ("configurar la autenticación con contraseña y token", "es"),
        ("el servidor no responde desde esta mañana", "es"),
        ("quiero ver el tablero con los ingresos por región", "es"),
        ("hay un error en la página de pago", "es"),
    ],
)
def test_the_words_tell_the_language(text: str, expected: str) -> None:
    assert recognise(words(text)) == Language(expected, expected != "es")


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("KPI", "en-US", "en"),
        ("KPI", "pt-BR", "pt"),
        ("KPI", None, "pt"),
        ("", "en", "en"),
        ("", None, "pt"),
        ("report", "pt", "pt"),  # one word says less than the sender does
        ("vendas", "en", "en"),
        ("KPI", "es-MX", "es"),
        ("backup status dashboard", "pt-BR", "en"),
        ("kubernetes docker terraform", "PT", "pt"),
        ("kubernetes docker terraform", "EN", "en"),
        ("12345 67890 1112", "en", "en"),
        ("vendas por região", "fr", "pt"),
        ("sales by region this month", "pt-BR", "en"),
    ],
)
def test_the_asked_language_decides_where_the_words_do_not(text: str, asked: str | None, expected: str) -> None:
    assert code(text, asked) == expected


def test_what_is_not_supported_is_answered_in_the_nearest_that_is() -> None:
    found = words("necesito un informe de las ventas del último mes")
    assert recognise(found).code == "es"
    assert language(found) == "pt"


@pytest.mark.parametrize("wanted", ["pt", "en"])
def test_nearly_all_examples_are_recognised(wanted: str) -> None:
    texts = [e.text for e in load_examples() if e.language == wanted and e.domain and len(words(e.text)) >= 3]
    right = sum(code(text) == wanted for text in texts)
    assert right / len(texts) > 0.98


def test_accents_may_be_left_out() -> None:
    texts = [e.text for e in load_examples() if e.language == "pt" and e.domain and len(words(e.text)) >= 4]
    bare = [" ".join(plain(word) for word in text.split()) for text in texts]
    assert sum(code(text) == "pt" for text in bare) / len(bare) > 0.98


@given(text=st.text(max_size=100), asked=st.none() | st.text(max_size=8))
def test_any_text_has_a_language(text: str, asked: str | None) -> None:
    found = words(text)
    assert recognise(found, asked).code in {"pt", "en", "es"}
    assert language(found, asked) in {"pt", "en"}
