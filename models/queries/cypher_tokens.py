r"""The tokens of a Cypher statement, as Neo4j reads them, and the statement made of them again.

Neo4j replaces ``\uXXXX`` wherever it stands before it looks for tokens (Cypher manual, "Parsing"): in keywords and for
quotes too. What is sent is the text of the tokens that were found, with neither comments nor escapes of
characters in it, so that the server has nothing left to read otherwise than it was read here.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

from models.errors import QueryRefused

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_STRING_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_TOKENS = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
    |(?P<comment>//[^\r\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<parameter>\$(?:[A-Za-z_][A-Za-z0-9_]*|`(?:[^`]|``)+`))
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![^\W]))
    |(?P<word>[^\W\d]\w*)
    |(?P<symbol>\.\.|[()\[\]{},.:;|&!%+\-*/^=<>])
    """,
    re.VERBOSE | re.DOTALL,
)


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A token: `text` is a name or a string without its quotes, `keyword` the upper-case word, "" if it is none."""

    kind: Kind
    text: str
    keyword: str
    spaced: bool

    @property
    def is_name(self) -> bool:
        """Whether it can name a variable, property, label or type."""
        return self.kind in (Kind.WORD, Kind.QUOTED)

    def is_symbol(self, *texts: str) -> bool:
        """Whether it is one of these symbols."""
        return self.kind is Kind.SYMBOL and self.text in texts


def tokens_of(statement: str) -> list[Token]:
    """Return the tokens of a statement.

    Raises:
        QueryRefused: there is something in it that is no Cypher, or that could be read in two ways.
    """
    text = _unescaped(statement)
    tokens: list[Token] = []
    at, spaced = 0, False
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise QueryRefused(f"the statement can't be read from {text[at : at + 20]!r} on", "parameters")
        at = match.end()
        name = str(match.lastgroup)
        if name in ("space", "comment"):
            spaced = True
            continue
        tokens.append(_token(Kind(name), match[0], spaced=spaced))
        spaced = False
    return tokens


def text_of(tokens: list[Token]) -> str:
    """Return the statement that these tokens make."""
    return "".join((" " if token.spaced else "") + _written(token) for token in tokens).strip()


def _unescaped(statement: str) -> str:
    # An escaped backslash before a "u" is an escape of a character to those who don't count backslashes, and none
    # to those who do.
    if "\\\\u" in statement:
        raise QueryRefused("a backslash before \\u can be read in two ways: use a parameter", "parameters")
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), statement)
    if "\\u" in text or "\0" in text:
        raise QueryRefused("\\u needs four hexadecimal digits, and the zero byte can't be used", "parameters")
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise QueryRefused("half a character is escaped: a surrogate without its other half", "parameters") from error


def _token(kind: Kind, written: str, *, spaced: bool) -> Token:
    text, keyword = written, ""
    if kind is Kind.STRING:
        text = _content(written[1:-1])
    elif kind is Kind.QUOTED:
        text = written[1:-1].replace("``", "`")
    elif kind is Kind.PARAMETER:
        text = written[1:].strip("`").replace("``", "`")
    elif kind is Kind.WORD:
        # "ſET" and "ＳＥＴ" are no keywords for a server that looks at ASCII only; they are here, as some don't.
        keyword = unicodedata.normalize("NFKC", written).upper()
    return Token(kind, text, keyword, spaced)


def _content(quoted: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] not in _STRING_ESCAPES:
            raise QueryRefused(f"{match[0]!r} is no escape that Cypher knows", "parameters")
        return _STRING_ESCAPES[match[1]]

    return re.sub(r"\\(.)", character, quoted, flags=re.DOTALL)


def _written(token: Token) -> str:
    text = token.text
    if token.kind is Kind.STRING:
        text = text.replace("\\", "\\\\").replace("'", "\\'")
        if "\\u" in text:
            raise QueryRefused("a backslash before \\u can be read in two ways: use a parameter", "parameters")
        return f"'{text}'"
    if token.kind is Kind.QUOTED:
        if "\\" in text:
            raise QueryRefused("a name with a backslash can be read in two ways", "parameters")
        return "`" + text.replace("`", "``") + "`"
    return f"${text}" if token.kind is Kind.PARAMETER else text
