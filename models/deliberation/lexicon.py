"""What a plan speaks of: concepts by the words of tasks and question, in Portuguese and English.

Words are plain (no accents, lower case), so that `Segurança`, `seguranca` and `SEGURANÇA` meet; an entry that ends in
`*` is the beginning of a word, which takes in its inflections (`autentic*`: autenticação, autenticar, autenticados).
"""

from __future__ import annotations

import re
from typing import Final

from models.nlu.kept import Kept
from models.nlu.words import plain_words

__all__ = ["Concept", "concepts_of", "concepts_of_name"]

_MOST_WORDS: Final = 128
"""Of a text: none may take long."""

_LONGEST_KEPT: Final = 512
"""Characters of a text whose concepts are kept: the descriptions of templates are shorter."""


class Concept:
    """What can be spoken of: bits of an integer (an IntFlag's `|` takes a microsecond)."""

    SECURITY: Final = 1
    DESIGN: Final = 2
    PERFORMANCE: Final = 4
    QUALITY: Final = 8
    OBSERVE: Final = 16
    REVERT: Final = 32
    DOCUMENT: Final = 64
    MODULAR: Final = 128
    EXTEND: Final = 256
    SCALE: Final = 512
    DEBT: Final = 1024
    USER: Final = 2048
    ACCESSIBLE: Final = 4096
    INFORM: Final = 8192
    PATTERN: Final = 16384
    LAYERED: Final = 32768


_WORDS = {
    Concept.SECURITY: (
        "segur* secur* autentic* authentic* autoriz* authoriz* permiss* sigilo* secrecy cript* encrypt* crypt* senha "
        "senhas password* credenc* credent* token tokens vulnerab* ldap oauth* mfa sso acess* access* firewall* lgpd "
        "gdpr mask* mascar* privac*"
    ),
    Concept.DESIGN: (
        "arquitet* architect* projetar projeto projete design* desenh* model* especific* specif* blueprint requisito* "
        "requirement* analis* analy* avali* assess* inventari* inventory"
    ),
    Concept.PERFORMANCE: (
        "desempenho performance latenc* throughput vazao cache* otimiz* optimi* rapid* fast* lent* slow* tempo "
        "timeout* indic* index* gargalo* bottleneck* tuning"
    ),
    Concept.QUALITY: (
        "test* qualidade* quality valid* verific* verify* confer* check* revis* review* lint* cobertur* coverage "
        "homolog* garant* inspe*"
    ),
    Concept.OBSERVE: "monitor* observ* log logs logging metric* alert* audit* acompanh* watch* trac* rastre* telemetr*",
    Concept.REVERT: (
        "backup* rollback* restaur* restor* revert* desfaz* undo snapshot* copia copias retorno retornar compens* "
        "recover* recuper*"
    ),
    Concept.DOCUMENT: "document* manual manuais guia guias guide* readme changelog wiki runbook* roteiro* checklist*",
    Concept.MODULAR: (
        "modul* componente* component* microserv* servico* service* pacote* package* bibliotec* librar* "
        "plugin* desacopl* decoupl* isolad* isolat*"
    ),
    Concept.EXTEND: (
        "api apis interface* webhook* extens* extend* integra* parametr* configur* template* contrato* contract* sdk "
        "endpoint* generic*"
    ),
    Concept.SCALE: (
        "escal* scal* cluster* replica* particion* partition* shard* fila filas queue* carga load capacid* capacit* "
        "elastic* kubernetes autoscal* balanc*"
    ),
    Concept.DEBT: (
        "legad* legacy divida debt deprecat* obsolet* gambiarra* workaround* hack* temporari* provisori* hardcod* "
        "monolit* duplicad* duplicat* manualmente manually"
    ),
    Concept.USER: (
        "usuari* user* client* customer* tela telas screen* dashboard* painel paineis interativ* interactiv* formular* "
        "form forms onboarding cadastr* signup registration* jornada* journey* ux ui app mobile site pagina* page* "
        "experienc* checkout portal*"
    ),
    Concept.ACCESSIBLE: (
        "acessib* accessib* wcag contraste contrast legivel legiveis readable leitor narrator idioma* language* tradu* "
        "translat* inclusiv*"
    ),
    Concept.INFORM: (
        "notific* notif* avis* mensagem mensagens message* email* mail* inform* confirm* feedback comunic* communic* "
        "welcome preferenc* preferen*"
    ),
    Concept.PATTERN: (
        "padrao padroes pattern* saga* cqrs evento* event* repositor* factory adapter* adaptador* gateway* pubsub "
        "circuit idempot* microserv* template* pipeline* ci cd"
    ),
    Concept.LAYERED: (
        "camada* layer* dominio* domain* fronteir* boundar* separa* isol* desacopl* decoupl* backend frontend esquema* "
        "schema*"
    ),
}


def _pattern(listed: str) -> re.Pattern[str]:
    entries = dict.fromkeys(listed.split())
    return re.compile("|".join(f"{entry[:-1]}" if entry.endswith("*") else f"{entry}$" for entry in entries))


_PATTERNS = {concept: _pattern(listed) for concept, listed in _WORDS.items()}


def _of_word(word: str) -> int:
    found = 0
    for concept, pattern in _PATTERNS.items():
        if pattern.match(word):
            found |= concept
    return found


def _of_text(text: str) -> int:
    found = 0
    for word in plain_words(text, most=_MOST_WORDS):
        found |= _OF_WORDS[word]
    return found


def _of_name(name: str) -> int:
    return _of_text(name.replace("_", " "))


_OF_WORDS = Kept(_of_word)
_OF_TEXTS = Kept(_of_text, room=4_096)
_OF_NAMES = Kept(_of_name, room=4_096)


def concepts_of(text: str) -> int:
    """Return the concepts that a text speaks of, as the bits of `Concept`."""
    return _OF_TEXTS[text] if len(text) <= _LONGEST_KEPT else _of_text(text)


def concepts_of_name(name: str) -> int:
    """Return the concepts of a step's name or of a capability, of which there are few."""
    return _OF_NAMES[name] if len(name) <= _LONGEST_KEPT else _of_name(name)
