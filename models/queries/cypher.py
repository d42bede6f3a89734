"""Cypher that reads what a catalog lists: proven on the tokens of a statement.

The server proves it once more, as every statement runs in a transaction with read access; but that lets through what
isn't about the graph (LOAD CSV, procedures that only read, functions of plug-ins) and knows nothing of the catalog.

The rules, of which every one refuses what it doesn't know:

1. One statement, which begins with MATCH, OPTIONAL MATCH, UNWIND, WITH or RETURN, also after UNION (CALL of a listed
   procedure too). No word that begins a writing clause, a subquery by CALL, USE or LOAD CSV, wherever it stands as a
   word of its own.
2. Functions are those of a list; those of plug-ins (with a namespace) are none of it.
3. A relationship in a pattern names its types, and they are listed. So the nodes at its ends are those that the catalog
   knows of. A node that stands alone in a pattern has a listed label, or is one that has been found before.
4. Labels and types are plain names, alternatives (`|`) or both at once (`&`, `:`); `!`, `%` and computed ones are none.
5. The properties marked sensitive are neither computed with nor renamed: their values come out as parts of nodes only,
   where they are masked.
"""

from __future__ import annotations

from typing import NamedTuple

from models.errors import QueryRefused, Reason
from models.queries.allowed import Allowed
from models.queries.cypher_tokens import Kind, Token, text_of, tokens_of
from models.queries.cypher_words import (
    ENDS_PATTERN,
    FORBIDDEN,
    FUNCTIONS,
    KEYWORDS,
    NAMESPACED,
    OPENS_SUBQUERY,
    PATH_SELECTORS,
    STARTS,
)

_END = Token(Kind.SYMBOL, "", "", spaced=False)


class Statement(NamedTuple):
    """A statement that may be sent, and the names of the parameters that it needs."""

    text: str
    parameters: frozenset[str]


def read_only(statement: str, allowed: Allowed) -> Statement:
    """Return a statement that only reads what is allowed, in the text that is to be sent.

    Raises:
        QueryRefused: it doesn't, or that can't be told.
    """
    tokens = tokens_of(statement)
    while tokens and tokens[-1].is_symbol(";"):
        tokens.pop()
    _Check(tokens, allowed).run()
    parameters = frozenset(token.text for token in tokens if token.kind is Kind.PARAMETER)
    return Statement(text_of(tokens), parameters)


class _Check:
    """One pass over the tokens of a statement."""

    def __init__(self, tokens: list[Token], allowed: Allowed) -> None:
        self._tokens = tokens
        self._allowed = allowed
        self._hidden = allowed.graph_masked
        # Open brackets, each with what it is: "(" and "[" themselves, "map", "quantifier", "subquery", "types".
        self._open: list[str] = []
        # Variables that are nodes found in a labelled or related place, for each subquery that is open.
        self._found: list[set[str]] = [set()]
        self._procedure = -1  # where the last part of the name of a procedure that may be called stands

    def run(self) -> None:
        self._starts(0)
        if not any(token.keyword == "RETURN" for token in self._tokens) and self._tokens[0].keyword != "CALL":
            raise QueryRefused("the statement returns nothing", "parameters")
        for at, token in enumerate(self._tokens):
            if token.kind is Kind.SYMBOL:
                self._symbol(at, token)
            elif token.kind is Kind.WORD:
                self._word(at, token)
            elif token.kind is Kind.QUOTED:
                self._name(at, token)
        if self._open:
            raise QueryRefused("a bracket is not closed", "parameters")

    def _at(self, at: int) -> Token:
        return self._tokens[at] if 0 <= at < len(self._tokens) else _END

    def _starts(self, at: int) -> None:
        first = self._at(at)
        if first.keyword not in STARTS and not (first.keyword == "CALL" and self._allowed.procedures):
            raise _refused(f"a statement begins with {', '.join(sorted(STARTS))}, not with {first.text!r}", "writes")

    # Words

    def _is_plain_name(self, at: int) -> bool:
        """Tell whether a word names a property, label, type, alias or key of a map, whatever else it might mean."""
        before = self._at(at - 1)
        if before.is_symbol(".") or before.keyword == "AS":
            return True
        if before.is_symbol(":"):
            return not self._is_key(at - 1)
        return self._is_key(at + 1)

    def _is_key(self, colon: int) -> bool:
        """Tell whether the colon here stands after a key of the map that is open."""
        if not self._open or self._open[-1] != "map" or not self._at(colon).is_symbol(":"):
            return False
        return self._at(colon - 1).is_name and self._at(colon - 2).is_symbol("{", ",")

    def _is_operand(self, at: int) -> bool:
        """Tell whether an expression ends here, so that a keyword that follows is one, and no variable of that name."""
        token = self._at(at)
        if token.kind is Kind.WORD:
            return token.keyword not in KEYWORDS or self._at(at - 1).is_symbol(".")
        return token.kind is not Kind.SYMBOL or token.is_symbol(")", "]", "}")

    def _word(self, at: int, token: Token) -> None:
        self._name(at, token)
        called = self._at(at + 1).is_symbol("(")
        if self._at(at - 1).is_symbol(".") and called:
            if at != self._procedure:
                self._namespaced(at)
            return
        if self._is_plain_name(at):
            return
        self._keyword(at, token, called=called)

    def _keyword(self, at: int, token: Token, *, called: bool) -> None:
        word = token.keyword
        if word == "CALL":
            self._call(at)
        elif word in FORBIDDEN:
            raise _refused(f"{word} is not allowed: queries only read", "writes")
        elif word == "IS" and not self._is_null_test(at):
            raise _refused("IS is for IS NULL and IS NOT NULL only; write a label with a colon")
        elif word == "UNION":
            self._found[-1].clear()
            self._starts(at + (2 if self._at(at + 1).keyword in ("ALL", "DISTINCT") else 1))
        elif word == "WITH":
            if self._at(at - 1).keyword not in ("STARTS", "ENDS") or not self._is_operand(at - 2):
                self._carry(at)
        elif word == "MATCH":
            self._pattern(at + 1)
        elif called and word not in FUNCTIONS and word not in KEYWORDS:
            raise _refused(f"function {token.text} is not allowed")

    def _name(self, at: int, token: Token) -> None:
        if token.kind is Kind.QUOTED and self._at(at + 1).is_symbol("("):
            raise _refused(f"function `{token.text}` is not allowed")
        if token.text in self._hidden and self._at(at - 1).is_symbol("."):
            raise QueryRefused(
                f"property {token.text} is sensitive: it can't be computed with or renamed", "not-listed"
            )

    def _namespaced(self, at: int) -> None:
        name = self._dotted_before(at)
        if name.lower() not in NAMESPACED:
            raise _refused(f"function {name} is not allowed")

    def _dotted_before(self, at: int) -> str:
        parts = [self._tokens[at].text]
        while self._at(at - 1).is_symbol(".") and self._at(at - 2).is_name:
            at -= 2
            parts.append(self._tokens[at].text)
        return ".".join(reversed(parts))

    def _call(self, at: int) -> None:
        parts = []
        at += 1
        while self._at(at).is_name:
            parts.append(self._at(at).text)
            if not self._at(at + 1).is_symbol("."):
                break
            at += 2
        name = ".".join(parts)
        if not parts:
            raise _refused("a subquery by CALL is not allowed", "writes")
        if name not in self._allowed.procedures:
            raise _refused(f"procedure {name} is not allowed")
        self._procedure = at

    def _is_null_test(self, at: int) -> bool:
        after = at + (2 if self._at(at + 1).keyword == "NOT" else 1)
        return self._at(after).keyword == "NULL"

    # Symbols

    def _symbol(self, at: int, token: Token) -> None:
        text = token.text
        if text == ";":
            raise _refused("one statement at a time", "writes")
        if text in "([{":
            self._open.append(self._opened(at, text))
        elif text in ")]}":
            self._close(text)
        elif text == "-" and self._at(at + 1).is_symbol("-"):
            raise QueryRefused("a relationship needs its type: -[:TYPE]-", "not-listed")
        elif text == ":" and not self._is_key(at):
            self._labels(at)
        elif text == "/" and self._at(at + 1).is_symbol("/", "*") and not self._at(at + 1).spaced:
            raise QueryRefused("a comment is not closed", "parameters")
        elif text == "." and self._at(at - 1).kind is Kind.NUMBER:
            raise QueryRefused("a number needs digits behind its point", "parameters")

    def _opened(self, at: int, text: str) -> str:
        if text == "(":
            return "("
        if text == "[":
            if self._at(at - 1).is_symbol("-"):
                self._related(at)
                return "types"
            if self._hidden and self._takes_out(at):
                raise QueryRefused("with sensitive properties, nothing is taken out by [ ]", "not-listed")
            return "["
        before = self._at(at - 1)
        if before.keyword in OPENS_SUBQUERY and not self._at(at - 2).is_symbol("."):
            self._found.append(set(self._found[-1]))
            if self._at(at + 1).keyword not in ENDS_PATTERN:
                self._pattern(at + 1)
            return "subquery"
        return "map"

    def _takes_out(self, at: int) -> bool:
        """Tell whether a bracket may take something out of what stands before it, and doesn't begin a list."""
        before = self._at(at - 1)
        if before.kind is Kind.SYMBOL:
            return before.is_symbol(")", "]", "}")
        return before.keyword not in ("IN", "RETURN", "UNWIND", "THEN") or not self._is_operand(at - 2)

    def _close(self, text: str) -> None:
        kinds = {")": ("(",), "]": ("[", "types"), "}": ("map", "subquery")}[text]
        if not self._open or self._open[-1] not in kinds:
            raise QueryRefused(f"{text} closes nothing", "parameters")
        if self._open.pop() == "subquery":
            self._found.pop()

    def _related(self, at: int) -> None:
        named = self._at(at + 1).is_name
        if not self._at(at + 1 + named).is_symbol(":"):
            raise QueryRefused("a relationship needs its type: -[:TYPE]-", "not-listed")

    def _labels(self, at: int) -> None:
        """Check the labels, or within `-[…]-` the types, from a colon on."""
        in_relationship = bool(self._open) and self._open[-1] == "types"
        listed = self._allowed.relationships if in_relationship else self._allowed.labels
        what = "relationship type" if in_relationship else "label"
        name = self._at(at + 1)
        if not name.is_name:
            raise QueryRefused(f"a {what} has to be a plain name, not {name.text!r}", "not-listed")
        while True:
            if name.text not in listed:
                shown = ", ".join(sorted(listed)) or "none"
                raise QueryRefused(f"{what} {name.text!r} is not open to queries; open are: {shown}", "not-listed")
            at += 2
            if not self._at(at).is_symbol("|", "&"):
                return
            at += self._at(at + 1).is_symbol(":")
            name = self._at(at + 1)
            if not name.is_name:
                raise QueryRefused(f"a {what} has to be a plain name, not {name.text!r}", "not-listed")

    # Patterns

    def _pattern(self, at: int) -> None:
        """Check the nodes of a pattern that begins here: paths, separated by commas."""
        wrapped = 0
        while True:
            token = self._at(at)
            names_path = token.is_name and self._at(at + 1).is_symbol("=")
            if (token.keyword in ENDS_PATTERN and not names_path) or token is _END or token.is_symbol("}"):
                return
            if token.is_symbol("("):
                at = self._node(at)
            elif token.is_symbol("["):
                at = self._matching(at) + 1
            elif token.keyword in PATH_SELECTORS and not names_path:
                wraps = self._at(at + 1).is_symbol("(")
                wrapped += wraps
                at += 1 + wraps
            elif token.is_symbol(")") and wrapped:
                wrapped -= 1
                at += 1
            elif token.is_symbol("-", "<", ">", ",", "=") or token.is_name or token.kind is Kind.NUMBER:
                at += 1
            else:
                raise QueryRefused(f"{token.text!r} in a pattern is not allowed", "operator")

    def _node(self, at: int) -> int:
        """Check the node that begins here; return where the pattern goes on."""
        if self._at(at + 1).is_symbol("(") or self._at(at + 2).is_symbol("="):
            raise _refused("a path in brackets is not allowed: say how long a relationship is, as in *1..3")
        variable = self._at(at + 1) if self._at(at + 1).is_name else None
        end = self._matching(at)
        labelled = self._at(at + 1 + (variable is not None)).is_symbol(":")
        related = self._at(at - 1).is_symbol("-", ">") or self._at(end + 1).is_symbol("-", "<")
        if not labelled and not related and not (variable and variable.text in self._found[-1]):
            named = f"node {variable.text}" if variable else "a node that stands alone"
            raise QueryRefused(f"{named} needs a label", "not-listed")
        if variable is not None:
            self._found[-1].add(variable.text)
        return end + 1

    def _carry(self, at: int) -> None:
        """Forget the nodes that a WITH doesn't hand on: their names may mean something else from there on."""
        at += 1
        at += self._at(at).keyword == "DISTINCT"
        carried: set[str] = set()
        depth = 0
        item: list[Token] = []
        while True:
            token = self._at(at)
            ends = token is _END or (depth == 0 and (token.keyword in _ENDS_WITH or token.is_symbol("}")))
            if ends or (depth == 0 and token.is_symbol(",")):
                carried |= self._handed_on(item)
                item = []
                if ends:
                    break
            else:
                depth += token.is_symbol("(", "[", "{") - token.is_symbol(")", "]", "}")
                item.append(token)
            at += 1
        self._found[-1] = carried

    def _handed_on(self, item: list[Token]) -> set[str]:
        found = self._found[-1]
        if not item or not (item[0].is_name or item[0].is_symbol("*")):
            return set()
        if len(item) == 1 and item[0].is_symbol("*"):
            return set(found)
        if len(item) == 1 and item[0].text in found:
            return {item[0].text}
        if len(item) == 3 and item[1].keyword == "AS" and item[0].text in found:
            return {item[2].text}
        return set()

    def _matching(self, at: int) -> int:
        """Return where the bracket that opens here is closed."""
        depth = 0
        for end in range(at, len(self._tokens)):
            token = self._tokens[end]
            depth += token.is_symbol("(", "[", "{") - token.is_symbol(")", "]", "}")
            if depth == 0:
                return end
        raise QueryRefused("a bracket is not closed", "parameters")


_ENDS_WITH = ENDS_PATTERN | {"ORDER", "SKIP", "LIMIT", "OFFSET"}


def _refused(detail: str, reason: Reason = "operator") -> QueryRefused:
    return QueryRefused(detail, reason)
