"""A text made ready for reading: its words, with what punctuation joins ("12/03/2026", "1.234,56") as one word."""

from __future__ import annotations

import re

from models.nlu.entities.numbers import Number, number_at
from models.nlu.words import Word, Words, is_stop_word, language, word_set
from models.records import Entity

CERTAIN = 1.0
"""The notation leaves no choice: an ISO date, an e-mail address, "últimos 30 dias"."""
USUAL = 0.9
"""The reading that people use it for, though another can be thought of."""
FILLED = 0.7
"""A rule filled in what isn't said: the year of "março", the week of "sexta", what "no mês" refers to."""
GUESSED = 0.5
"""Too vague for a value, and yet meant: "nos últimos meses"."""

MAX_WORDS = 400
"""What stands behind is not read, so that no text takes long: 400 words are a page, a question has 12."""

PADDING = ("",) * 6
"""Empty words behind the last: looking ahead, or back from the first, needs no bounds check then."""

_EMAIL = r"(?P<EMAIL>(?<![.%+\-])[\w.%+\-]{1,64}+@[^\W_][\w\-]{0,62}(?:\.[^\W_][\w\-]{0,62}){1,8})(?!\w)"
_UUID = r"(?P<UUID>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?!\w)"
_OCTET = r"(?:0|[1-9][0-9]{0,2})"
_IPV6 = r"(?=[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:)[0-9a-fA-F:.]{2,44}+(?:/[0-9]{1,3})?(?<![:.])"

_FROM_DIGIT = re.compile(
    rf"""
      {_UUID}
    | (?P<INSTANT> [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?
        (?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})? )(?!\w)
    | (?P<DATE> [0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}} | [0-9]{{4}}/[0-9]{{1,2}}/[0-9]{{1,2}}
        | [0-9]{{1,2}}(?P<sign>[./-])[0-9]{{1,2}}(?P=sign)(?:[0-9]{{4}}|[0-9]{{2}}) )(?!\w|[./-][0-9])
    | (?P<MONTH> [0-9]{{4}}[-/][0-9]{{1,2}} | [0-9]{{1,2}}/[0-9]{{4}} )(?!\w|[./-][0-9])
    | (?P<DAY> [0-9]{{1,2}}/[0-9]{{1,2}} )(?!\w|[./-][0-9])
    | (?P<CLOCK> [0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:hs?|am|pm)? )(?!\w|[:.][0-9])
    | (?P<IP> {_OCTET}(?:\.{_OCTET}){{3}}(?:/[0-9]{{1,2}})? | {_IPV6} )(?!\w|[.,][0-9])
    | (?P<VERSION> (?![0-9]{{1,3}}(?:\.[0-9]{{3}})+(?!\w)) [0-9]{{1,4}}(?:\.[0-9]{{1,5}}){{2,3}}
        (?:[-+][a-zA-Z][0-9A-Za-z.]{{0,20}})? )(?!\w|,[0-9])
    | (?P<NUMBER> [0-9]++(?:[.,][0-9]++)++[a-zA-Z]{{0,4}}+ )(?!\w)
    | {_EMAIL}
    """,
    re.VERBOSE,
)
_FROM_LETTER = re.compile(
    rf"""
      (?P<URL> (?:(?:https?|ftp|wss?|mongodb(?:\+srv)?|rediss?|kafka|bolt|postgres(?:ql)?|mysql|amqps?)://
        [^\s<>"'`|\\^{{}}]{{1,2048}} | www\.[^\s<>"'`|\\^{{}}]{{4,2048}})(?<![.,;:!?)\]]) )
    | {_EMAIL} | {_UUID}
    | (?P<VERSION> v[0-9]{{1,4}}(?:\.[0-9]{{1,6}}){{1,3}}(?:[-+][0-9A-Za-z.]{{1,20}})? )(?!\w)
    | (?P<IP> {_IPV6} )(?!\w)
    | (?P<KEY> (?!(?:TOP|UTF|SHA|MD|AES|RSA|ISO|IEC|IEEE|ANSI|COVID|GPT|HTTP|TLS|SSL|IPV|BASE)-)
        [A-Z][A-Z0-9]{{1,9}}-[0-9]{{1,12}}(?:-[0-9]{{1,12}}){{0,3}}
        | (?:inc|chg|req|ritm|prb|cve|bug|ticket|ord|ped|inv|nf|pr)-[0-9]{{1,12}}(?:-[0-9]{{1,12}}){{0,3}} )(?!\w|-\w)
    """,
    re.VERBOSE,
)
_SIGNS = ("@", ".", ",", ":", "/", "-", "+", "%")
_MAY_JOIN = re.compile(r"[@.,:/-][\w/]")
AHEAD = word_set(
    "agendar agende agenda agendado agendada marcar marque marcado schedule scheduled scheduling remind reminder "
    "lembre lembrar lembrete will vai vou vamos planejar planeje planejado plan planned programar programe programado "
    "reservar reserve book upcoming futuro future prever preveja forecast previsao"
)
"""Words of a text that speaks of what is to come."""


class Scan:
    """A text that is being read: what has been taken by one reader is left alone by the next.

    Attributes:
        text: the text that the words' offsets count in.
        words: its words; what is joined by punctuation is one, and `kinds` says what it looks like.
        plains: their plain forms, followed by `PADDING`.
        kinds: place of a joined word to its kind, such as `DATE` or `NUMBER`.
        taken: places of the words that an entity has been made of.
        looks_ahead: whether the text speaks of what is to come ("agendar", "will"): "sexta" is then the next one.
        compares: whether the text asks for a comparison.
        now: the reference time, in seconds since 1970-01-01T00:00Z.
    """

    __slots__ = ("_comma", "_found", "compares", "kinds", "looks_ahead", "now", "plains", "taken", "text")

    def __init__(self, found: Words, at_ms: int) -> None:
        self.text = text = found.text
        self.kinds: dict[int, str] = {}
        self.taken: set[int] = set()
        self.now = at_ms // 1000
        if _MAY_JOIN.search(text):
            found = Words.of(text, self._joined(found.placed))
        self._found = found
        self.plains = [*found.plains, *PADDING]
        self.looks_ahead = False
        self.compares = False
        self._comma: bool | None = None

    @property
    def words(self) -> list[Word]:
        """The words; their places are looked for when the first is asked for."""
        return self._found.placed

    def _joined(self, found: list[Word]) -> list[Word]:
        joined: list[Word] = []
        done = 0
        for word in found:
            if word.start < done:
                continue
            match = self._joined_at(word)
            if match is None or match.lastgroup is None or len(match[0]) <= len(word.text):
                joined.append(word)
                continue
            done = match.end()
            surface = match[0]
            self.kinds[len(joined)] = match.lastgroup
            joined.append(Word(surface, surface.lower(), match.start(), done))
        return joined

    def _joined_at(self, word: Word) -> re.Match[str] | None:
        start, text = word.start, self.text
        if text[start - 2 : start] == "::" and text[start - 3 : start - 2].isspace() | (start == 2):
            start -= 2  # an IPv6 address such as ::1
        elif not text.startswith(_SIGNS, word.end):
            return None
        pattern = _FROM_DIGIT if word.plain[:1].isdecimal() else _FROM_LETTER
        return pattern.match(text, start)

    @property
    def decimal_comma(self) -> bool:
        """Whether "1,234" is one and a bit here: it is, unless the text is English."""
        if self._comma is None:
            self._comma = language(self.words, None) != "en"
        return self._comma

    def number_at(self, at: int) -> Number | None:
        """Read the number that begins at this word."""
        comma = self.decimal_comma if at in self.kinds else True
        return number_at(self.plains, at, decimal_comma=comma)

    def gap(self, at: int) -> str:
        """Return what stands between a word and the next one, blanks taken off; a dash is always `-`."""
        if at + 1 >= len(self.words):
            return ""
        between = self.text[self.words[at].end : self.words[at + 1].start].strip()
        return "-" if between in {"–", "—"} else between

    def is_closed_after(self, at: int) -> bool:
        """Say whether no noun follows directly: "sexta." and "sexta com", but not "sexta tentativa"."""
        return self.plains[at + 1] == "" or is_stop_word(self.plains[at + 1]) or self.gap(at) != ""

    def take(self, first: int, last: int) -> None:
        """Keep these words from other readers."""
        self.taken.update(range(first, last + 1))

    def entity(self, entity_type: str, value: str, confidence: float, first: int, last: int) -> Entity:
        """Make the entity that these words say."""
        start, end = self._found.span(first, last)
        return Entity(entity_type=entity_type, value=value, confidence=confidence, start=start, end=end)

    def said(self, at: int) -> str:
        """Return a word as it is written, in lower case."""
        return self._found.said(at)
