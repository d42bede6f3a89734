"""Which language a text is in: Portuguese and English are spoken here, Spanish is recognised so that it can be said.

Each word votes by what it is (the small words of a language), by its letters and by its endings; the language that the
sender asks for has a vote too. Texts of one or two words say too little: for them the asked language decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from models.nlu.words import Word


Votes = int
"""How loudly something speaks for Portuguese, English, Spanish: ten bits each, so that adding adds all three."""


class Language(NamedTuple):
    """A language by its ISO 639-1 code, and whether intentions in it are understood."""

    code: str
    is_supported: bool


SUPPORTED: Final = ("pt", "en")
"""The languages that intentions are understood in; the first one where nothing tells."""

ENOUGH_WORDS: Final = 3
"""From here on the words tell more than what the sender asked for."""

MOST_WORDS: Final = 64
"""Words that are looked at: no more are needed."""

SURE_OF_SPANISH: Final = 3
"""Votes by which Spanish must lead: Portuguese without accents looks much like it."""

_LANGUAGES = ("pt", "en", "es")
_BITS = 10  # enough for MOST_WORDS words, none of which speaks louder than 6
_MOST = 2**_BITS - 1
_ASKED_VOTES = 2  # as loud as a small word
_SHORTEST_WORD = 4
_LONGEST_WORD = 40

# Words that two languages share are listed with both. Without accents too: many people leave them out.
_SMALL_WORDS = {
    "pt": (
        "o os um uma uns umas do da dos das no na nos nas ao aos à às em num numa pelo pela pelos pelas dele dela "
        "com sem ou não nao é são sao foi foram ser seu sua seus suas meu minha nosso nossa isso isto aquele aquela "
        "esse essa neste nesta nesse nessa deste desta desse dessa quais qual quantos quantas quanto quem onde "
        "quando porque mais mas muito também tambem já ja só so até ate então entao você voce vocês voces vc vcs eu "
        "nós ele ela eles elas tem têm tinha temos estou está estão estao estamos fazer feito faz ter vamos vai vou "
        "quero queria preciso precisamos gostaria pode podem posso favor ontem hoje amanhã amanha agora mês mes "
        "meses ano anos dia dias semana semanas último última últimos últimas ultimo ultima ultimos ultimas entre "
        "cada todos todas tudo nada algo alguém alguem pra pro de que para por como se e a as me te lhe este esta "
        "estes estas sobre criar gerar listar mostrar mostre liste verificar configurar implementar analisar "
        "corrigir enviar atualizar olá oi obrigado obrigada bom boa tarde noite consigo deve devo devem há ha "
        "pessoal gente ai aí lá fora dentro depois antes durante desde nossas nossos minhas meus outra outro outras "
        "outros qualquer"
    ),
    "en": (
        "the an of in on to for from by with without and or that which what how many much were was is are be been "
        "has have had does did this these those my our your their his her its it i we you they he she us them there "
        "here where when who whom whose why would could should can will shall may might must not no do a as at me "
        "if but so than then too very just also about into over under after before between during since until per "
        "each every all any some most more less last next first days day months month years year weeks week today "
        "yesterday tomorrow create list show generate implement analyze build make get give find check send set "
        "need want please using let know tell am i'm don't doesn't can't out up down off only same own hi hello "
        "thanks thank ok okay fix add run see help one two"
    ),
    "es": (
        "el los las una unos unas del al y o u en con sin no es son fue fueron ser su sus mi mis nuestro nuestra "
        "eso esto aquel aquella ese esa cuáles cuales cuál cual cuántos cuantos cuántas cuantas cuánto cuanto quién "
        "quien dónde donde cuándo cuando porque más pero muy también tambien ya solo hasta entonces usted ustedes "
        "yo nosotros ella ellos ellas tiene tienen tenía tenemos estoy está están estan estamos hacer hecho hace "
        "haber hay vamos quiero quisiera necesito necesitamos puede pueden puedo favor ayer hoy mañana ahora mes "
        "meses año años ano anos día días dia dias semana semanas último última últimos últimas ultimo ultima "
        "ultimos ultimas entre cada todos todas todo nada algo alguien la lo le les de que para por como se a me te "
        "este esta estos estas sobre crear generar listar mostrar muestra verificar configurar implementar analizar "
        "corregir enviar actualizar hola gracias buenos buenas tardes noches qué cómo si debe desde después antes "
        "durante otro otra"
    ),
}

# Endings and pieces that are common in one language and rare in the others; of its endings a word has the longest.
_ENDINGS = {
    "pt": (
        "cao coes ção ções ões oes ão ãos dade dades agem agens eiro eira eiros eiras inho inha amento mentos mento "
        "ncia ncias ário ária ario aria vel veis ar er ir ado ada ados adas ando endo indo ou ei am em mente ível "
        "ável ismo ista osa oso"
    ),
    "en": "ing tion tions ment ments ness ship ful less ly ed er ers ght ck sh th ty ity ities ies ss ow ew ay ey ks",
    "es": (
        "ción ciones cion dad dades aje ajes miento mientos ero era ario aria ble bles ar er ir ado ada ados adas "
        "ando iendo ncia ncias mente ismo ista osa oso"
    ),
}
_PIECES = {
    "pt": "nh lh ç ã õ â ê ô à",
    "en": "wh sh th ck ght oo ee w k y tt pp ff nn mm dd gg",
    "es": "ñ ll cción",
}
_ENGLISH_ENDS = frozenset("bcdfghjkpqtvwxy")
"""Letters that Portuguese and Spanish words don't end in (but for the d of Spanish)."""

_SHARED_LETTERS = "áéíóú"


def recognise(found: Sequence[Word], asked: str | None = None) -> Language:
    """Tell the language of a text by its words; `asked` is what the sender declares, such as `pt-BR`."""
    return recognise_votes([*map(_votes_of_word, found[:MOST_WORDS])], asked)


def language(found: Sequence[Word], asked: str | None = None) -> str:
    """Tell `pt` from `en`: the one of the two that is nearer to the text's language."""
    code = recognise(found, asked).code
    return code if code in SUPPORTED else SUPPORTED[0]


def recognise_votes(votes: Sequence[Votes], asked: str | None) -> Language:
    """Tell the language of a text by what its words vote, at most MOST_WORDS of them."""
    wanted = asked[:2].lower() if asked else ""
    total = sum(votes)
    pt, en, es = total & _MOST, total >> _BITS & _MOST, total >> 2 * _BITS
    if wanted in _LANGUAGES:
        if len(votes) < ENOUGH_WORDS:
            return _LANGUAGE_OF[wanted]
        pt += _ASKED_VOTES * (wanted == "pt")
        en += _ASKED_VOTES * (wanted == "en")
        es += _ASKED_VOTES * (wanted == "es")
    if pt + SURE_OF_SPANISH <= es >= en + SURE_OF_SPANISH:
        return _LANGUAGE_OF["es"]
    return _LANGUAGE_OF["en" if en > pt else "pt"]


def _votes_of_word(word: Word) -> Votes:
    return votes_of(word.text) if word.form is None else word.form.votes


def votes_of(word: str) -> Votes:
    """How loudly a word speaks for each language: 2 a small word, 1 an ending or a piece, 2 a letter of its own."""
    small = _VOTES_OF_SMALL.get(word)
    if small is not None:
        return small
    votes = 0
    if not word.isascii():
        letters = frozenset(word)
        votes += _PT_OR_ES * (not letters.isdisjoint(_SHARED_LETTERS))
        votes += 2 * _PT * (not letters.isdisjoint("çãõ"))
        votes += 2 * _ES * ("ñ" in letters)
    if not _SHORTEST_WORD <= len(word) <= _LONGEST_WORD:  # shorter ones are abbreviations, which all languages share
        return votes
    for length in _ENDING_LENGTHS:
        ending = _VOTES_OF_ENDING.get(word[-length:])
        if ending is not None and length < len(word):
            votes += ending
            break
    else:
        votes += _PT_OR_ES * (word[-1] in "ao") + _EN * (word[-1] in _ENGLISH_ENDS)
    return votes + sum(vote for vote, has_piece in _PIECE_OF if has_piece(word))


def _votes(listed: Mapping[str, str], loudness: int) -> dict[str, Votes]:
    """Of everything that is listed for some language: how loudly it speaks for each."""
    votes: dict[str, Votes] = {}
    for code, vote in _VOTE_FOR.items():
        for said in set(listed[code].split()):
            votes[said] = votes.get(said, 0) + loudness * vote
    return votes


_PT, _EN, _ES = 1, 1 << _BITS, 1 << 2 * _BITS
_PT_OR_ES = _PT + _ES
_VOTE_FOR = dict(zip(_LANGUAGES, (_PT, _EN, _ES), strict=True))
_LANGUAGE_OF = {code: Language(code, code in SUPPORTED) for code in _LANGUAGES}
_VOTES_OF_SMALL = _votes(_SMALL_WORDS, 2)
_VOTES_OF_ENDING = _votes(_ENDINGS, 1)
_ENDING_LENGTHS = range(max(map(len, _VOTES_OF_ENDING)), min(map(len, _VOTES_OF_ENDING)) - 1, -1)
_PIECE_OF = [(vote, re.compile("|".join(_PIECES[code].split())).search) for code, vote in _VOTE_FOR.items()]
