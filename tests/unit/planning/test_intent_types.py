"""Which kind of work a text asks for."""

from __future__ import annotations

import pytest

from models.nlu.words import words
from models.planning.intent_types import _BEGINNINGS, _PATTERNS, _PHRASES, IntentType, classify_type

OF_TYPE = {
    IntentType.VIABILITY_ANALYSIS: [
        "Analisar viabilidade técnica de migração do sistema de autenticação para OAuth2 (com suporte a MFA)",
        "Run a feasibility analysis of the new warehouse",
    ],
    IntentType.TECHNICAL_ASSESSMENT: [
        "Fazer a avaliação técnica do novo broker",
        "Technical review of the payment gateway",
        "análise de impacto da troca do banco",
    ],
    IntentType.SECURITY_AUDIT: [
        "Perform security audit on authentication system",
        "Auditoria de segurança da API de pagamentos",
        "penetration test of the portal",
    ],
    IntentType.MIGRATION: [
        "Migrar banco de dados de PostgreSQL para MongoDB",
        "Migrar sistema de autenticação de LDAP para OAuth2 com MFA",
        "Move the monolith to Kubernetes and migrate its data",
    ],
    IntentType.FEATURE_IMPLEMENTATION: [
        "Implementar novo módulo de relatórios com dashboard interativo",
        "Create new user onboarding registration flow",
    ],
    IntentType.INFRASTRUCTURE_CHANGE: [
        "Configurar auto-scaling para microserviços no Kubernetes",
        "Projetar estratégia de auto-scaling para microserviços com base em métricas de CPU e memória",
        "Provision two more nodes",
    ],
    IntentType.REFACTORING: ["Refatorar o módulo de pagamentos", "Pay back the technical debt of the legacy code"],
    IntentType.PERFORMANCE_ANALYSIS: ["Otimizar a latência do checkout", "Profiling of the import and its throughput"],
    IntentType.INTEGRATION: ["Integrar o CRM com a API do ERP por webhook", "Connect the shop and sync it to the ERP"],
    IntentType.GENERIC: ["xyz abc 123", "Query data", "Vendas por região no último trimestre", ""],
}


@pytest.mark.parametrize(("expected", "text"), [(kind, text) for kind, texts in OF_TYPE.items() for text in texts])
def test_type_of_a_text(expected: IntentType, text: str) -> None:
    assert classify_type(words(text)).intent_type is expected


def test_scores_are_those_of_the_formula() -> None:
    assert classify_type(words("Migrar banco de dados")).confidence == 0.65  # one phrase of two, and a verb
    assert classify_type(words("Migrar sistema de autenticação")).confidence == 0.78  # * 1.2: it is about security
    assert classify_type(words("refatorar e reestruturar o código legado")).confidence == 1.0
    assert classify_type(words("parecer técnico")).confidence == 0.35


def test_no_phrase_is_missed_because_its_words_begin_otherwise() -> None:
    examples = {
        "viabilidade tecnica", "avaliar a possibilidade", "estudo de viabilidade", "analise tecnica",
        "evaluate feasibility", "assessment tecnico", "parecer tecnico", "impact assessment", "pentest",
        "teste de invasao", "compliance check",
        "avaliacao de vulnerabilidades", "upgrade it to v2", "mover isso para la", "atualizar o java para 21",
        "new module", "nova tela", "k8s", "nuvem", "docker", "implantacoes", "tech debt", "codigo limpo", "vazao",
        "apis", "interoperability", "cache", "benchmarks", "adicionar", "new feature", "auto scaling",
        "autoescalar",
    }  # fmt: skip
    for example in examples:
        kinds = [kind for kind, pattern in _PATTERNS.items() if pattern.search(example)]
        assert kinds, example
        beginnings = {word[:4] for word in example.split()}
        assert all(not beginnings.isdisjoint(_BEGINNINGS[kind]) for kind in kinds), example
    assert _PHRASES.keys() == _BEGINNINGS.keys()
