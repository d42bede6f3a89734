"""Which kind of work a text asks for: nine types, and GENERIC where none is near enough.

The score of a type is 0.7 * min(phrases / 2, 1) + 0.3 * min(verbs, 1): phrases of it in the text, and its verbs among
the text's words; a text about security counts 1.2 times for a security audit and for a migration.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from models.nlu.words import Word, word_set
from models.planning.verbs import Form, index

__all__ = ["GENERIC_BELOW", "IntentType", "TypeVerdict", "classify_type"]

GENERIC_BELOW = 0.3
"""Below this score a text is of no type."""

_SECURITY_FACTOR = 1.2
_PHRASE_WEIGHT, _VERB_WEIGHT, _ENOUGH_PHRASES = 0.7, 0.3, 2


class IntentType(StrEnum):
    """Kinds of work."""

    VIABILITY_ANALYSIS = "VIABILITY_ANALYSIS"
    TECHNICAL_ASSESSMENT = "TECHNICAL_ASSESSMENT"
    SECURITY_AUDIT = "SECURITY_AUDIT"
    MIGRATION = "MIGRATION"
    FEATURE_IMPLEMENTATION = "FEATURE_IMPLEMENTATION"
    INFRASTRUCTURE_CHANGE = "INFRASTRUCTURE_CHANGE"
    REFACTORING = "REFACTORING"
    PERFORMANCE_ANALYSIS = "PERFORMANCE_ANALYSIS"
    INTEGRATION = "INTEGRATION"
    GENERIC = "GENERIC"


class TypeVerdict(NamedTuple):
    """A type, its score between 0 and 1, the phrases that speak for it, and whether one of its verbs is there."""

    intent_type: IntentType
    confidence: float
    phrases: tuple[str, ...] = ()
    has_verb: bool = False


# Phrases are regular expressions over plain words (no accents, lower case, one blank between two words).
_PHRASES: dict[IntentType, tuple[str, ...]] = {
    IntentType.VIABILITY_ANALYSIS: (
        r"(?:analis\w+|analise d[ea]|avali\w+|estud\w+(?: d[ea])?) (?:a )?viabilidade",
        r"viabilidade tecnica",
        r"feasib\w+(?: (?:analysis|study|assessment))?",
        r"viability(?: (?:analysis|assessment|study))?",
        r"evaluate (?:the )?feasibility",
        r"analise tecnica",
        r"avaliar (?:a )?possibilidade",
    ),
    IntentType.TECHNICAL_ASSESSMENT: (
        r"avaliac(?:ao|oes) tecnicas?",
        r"assessment tecnico",
        r"analise de impacto",
        r"technical (?:assessment|review|evaluation)",
        r"impact (?:analysis|assessment)",
        r"revisao tecnica",
        r"parecer tecnico",
    ),
    IntentType.SECURITY_AUDIT: (
        r"(?:auditoria|analise|revisao|avaliacao) de seguranca",
        r"security (?:audit|review|assessment|analysis)",
        r"(?:penetration|pen) test\w*|teste de (?:penetracao|invasao)|pentest",
        r"vulnerability (?:assessment|scan\w*)",
        r"avaliacao de vulnerabilidades?",
        r"compliance check",
    ),
    IntentType.MIGRATION: (
        r"migrac(?:ao|oes)|migrar|migre|migrations?|migrate|migrating",
        r"(?:mover|transferir) \S+(?: \S+){0,5} para",
        r"(?:move|transfer) \S+(?: \S+){0,5} to",
        r"upgrade (?:\S+ ){0,5}?to|atualizar (?:\S+ ){1,4}?para (?:a )?(?:versao|v?\d+)",
    ),
    IntentType.FEATURE_IMPLEMENTATION: (
        r"implementar|implemente|criar|crie|desenvolver|desenvolva|adicionar|adicione|implement|create|develop|add|build",
        r"novas? funcionalidades?",
        r"new features?",
        r"novo modulo|new module|nova tela|new screen",
    ),
    IntentType.INFRASTRUCTURE_CHANGE: (
        r"infraestrutura|infrastructure",
        r"auto ?scaling|autoescala\w*|scaling",
        r"kubernetes|k8s",
        r"docker|conteiner\w*|containers?",
        r"cloud|nuvem",
        r"deploy\w*|implantac(?:ao|oes)",
        r"provision\w*",
    ),
    IntentType.REFACTORING: (
        r"refator\w+|refactor\w*",
        r"reestrutur\w+|restructur\w+",
        r"melhorar (?:o )?codigo|improve (?:the )?code",
        r"technical debt|tech debt|divida tecnica",
        r"clean code|codigo limpo|legacy code|codigo legado",
    ),
    IntentType.PERFORMANCE_ANALYSIS: (
        r"performance|desempenho",
        r"otimizac(?:ao|oes)|optimi[sz]ation",
        r"benchmark\w*",
        r"profiling",
        r"latencia|latency",
        r"throughput|vazao",
        r"cach(?:e|ing)",
    ),
    IntentType.INTEGRATION: (
        r"integrac(?:ao|oes)|integration|integrar|integrate",
        r"conectar|connect",
        r"apis?",
        r"webhooks?",
        r"sincroniz\w+|sync\w*",
        r"interoperabilidade|interoperability",
    ),
}
# A type is only looked for in a text that has a word with one of these beginnings (four letters): few texts do.
_BEGINNINGS: dict[IntentType, frozenset[str]] = {
    IntentType.VIABILITY_ANALYSIS: word_set("viab feas anal poss"),
    IntentType.TECHNICAL_ASSESSMENT: word_set("tecn tech impa asse"),
    IntentType.SECURITY_AUDIT: word_set("segu secu pene pen pent inva vuln comp"),
    IntentType.MIGRATION: word_set("migr move tran upgr atua"),
    IntentType.FEATURE_IMPLEMENTATION: word_set("impl cria crie dese crea deve adic add buil func feat modu tela scre"),
    IntentType.INFRASTRUCTURE_CHANGE: word_set("infr auto scal kube k8s dock cont clou nuve depl impl prov"),
    IntentType.REFACTORING: word_set("refa rees rest codi code debt divi"),
    IntentType.PERFORMANCE_ANALYSIS: word_set("perf dese otim opti benc prof late thro vaza cach"),
    IntentType.INTEGRATION: word_set("inte cone conn api apis webh sinc sync"),
}
_VERBS: dict[IntentType, str] = {
    IntentType.VIABILITY_ANALYSIS: "analisar avaliar estudar analyze analyse assess evaluate study",
    IntentType.TECHNICAL_ASSESSMENT: "avaliar revisar analisar assess review analyze analyse",
    IntentType.SECURITY_AUDIT: "auditar verificar testar audit test verify",
    IntentType.MIGRATION: "migrar mover transferir migrate move transfer",
    IntentType.FEATURE_IMPLEMENTATION: "implementar criar desenvolver implement create build develop",
    IntentType.INFRASTRUCTURE_CHANGE: "provisionar escalar deployar provision scale deploy",
    IntentType.REFACTORING: "refatorar reestruturar melhorar refactor restructure improve",
    IntentType.PERFORMANCE_ANALYSIS: "otimizar analisar melhorar optimize optimise analyze analyse improve",
    IntentType.INTEGRATION: "integrar conectar sincronizar integrate connect sync",
}
_SECURITY = re.compile(
    r"\b(?:seguranca|security|autentica\w*|authentica\w*|autoriza\w*|authoriz\w*|oauth2?|mfa|ldap|sso|senhas?|"
    r"passwords?|credencia\w*|credential\w*|criptograf\w*|encrypt\w*|vulnerab\w*)\b"
)


def _one(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """All phrases of a type in one expression, the number of the group that matches being the phrase's."""
    return re.compile(r"\b(?:" + "|".join(f"({phrase})" for phrase in phrases) + r")\b")


_PATTERNS = {intent_type: _one(phrases) for intent_type, phrases in _PHRASES.items()}
_TYPES_OF: dict[str, tuple[IntentType, ...]] = {}
for _type, _listed in _VERBS.items():
    for _form, _verb in index(_listed).items():
        if _verb.form is not Form.THIRD:
            _TYPES_OF[_form] = (*_TYPES_OF.get(_form, ()), _type)


def classify_type(found: list[Word]) -> TypeVerdict:
    """Return the type with the best score; of equal ones the first in the order of `IntentType`."""
    plain = [word.plain for word in found]
    text = " ".join(plain)
    with_verb = {intent_type for word in plain for intent_type in _TYPES_OF.get(word, ())}
    beginnings = {word[:4] for word in plain}
    best = TypeVerdict(IntentType.GENERIC, 0.0)
    security: bool | None = None
    for intent_type, pattern in _PATTERNS.items():
        if beginnings.isdisjoint(_BEGINNINGS[intent_type]):
            continue
        told = {match.lastindex: match[0] for match in pattern.finditer(text)}
        if not told:
            continue
        verb = intent_type in with_verb
        score = _PHRASE_WEIGHT * min(len(told) / _ENOUGH_PHRASES, 1) + _VERB_WEIGHT * verb
        if intent_type in (IntentType.SECURITY_AUDIT, IntentType.MIGRATION):
            security = _SECURITY.search(text) is not None if security is None else security
            score = min(score * (_SECURITY_FACTOR if security else 1), 1)
        if score > best.confidence:
            best = TypeVerdict(intent_type, round(score, 4), tuple(told.values()), verb)
    return best if best.confidence >= GENERIC_BELOW else TypeVerdict(IntentType.GENERIC, best.confidence)
