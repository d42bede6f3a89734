"""Verbs of commands in both languages, in the forms that command: never participles, never the past.

Forms are made by the rules of conjugation, so that a verb is listed once: "apagar" stands for apague, apagues, apagam,
apagando, and "delete" for deleting. All forms are plain (no accents, lower case).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Form", "VerbForm", "forms_of", "index"]

_SOFT_ENDINGS = {"c": "qu", "g": "gu"}  # before an e: modificar, modifique; apagar, apague
_IRREGULAR = {
    "destruir": "destrua destroi destroem destruam",
    "construir": "construa constroi constroem construam",
    "corrigir": "corrija corrijam corrige",
    "obter": "obtenha obtenham obtem",
    "refazer": "refaca refacam refaz",
    "desfazer": "desfaca desfacam desfaz",
    "fazer": "faca facam faz",
    "proteger": "proteja protejam protege",
    "expandir": "expanda expandam expande",
    "excluir": "exclua excluam exclui excluem",
    "incluir": "inclua incluam inclui",
    "ler": "leia leiam le",
    "reconstruir": "reconstrua reconstroi reconstruam",
}
_DOUBLED = frozenset({"drop", "get", "run", "set", "stop", "scan"})


class Form(StrEnum):
    """What a form does in a sentence."""

    BASE = "base"
    """The infinitive, an imperative or a subjunctive: it commands, unless something says that it does not."""
    INDICATIVE = "indicative"
    """Portuguese third person ("apaga"): a command, or what somebody does."""
    GERUND = "gerund"
    THIRD = "third"
    """English third person ("deletes"): tells, and looks like a plural."""


class VerbForm(NamedTuple):
    """A form of a verb."""

    verb: str
    form: Form


def forms_of(verb: str) -> dict[str, Form]:
    """Return the forms of a plain infinitive (Portuguese, in -ar, -er, -ir) or of an English base form."""
    if " " not in verb and verb.endswith(("ar", "er", "ir")) and verb not in _ENGLISH_IN_R:
        return _portuguese(verb)
    return _english(verb)


_ENGLISH_IN_R = frozenset({"transfer", "alter", "filter", "order", "deliver", "register", "engineer", "monitor"})


def _portuguese(verb: str) -> dict[str, Form]:
    root, kind = verb[:-2], verb[-2:]
    forms: dict[str, Form] = {verb: Form.BASE}
    if verb in _IRREGULAR:
        told = _IRREGULAR[verb].split()
        forms |= {form: Form.INDICATIVE if not form.endswith(("a", "am")) else Form.BASE for form in told}
    elif kind == "ar":
        soft = root[:-1] + _SOFT_ENDINGS.get(root[-1], root[-1])
        forms |= dict.fromkeys((f"{soft}e", f"{soft}em", f"{soft}emos"), Form.BASE)
        forms |= dict.fromkeys((f"{root}a", f"{root}am"), Form.INDICATIVE)
    else:
        forms |= dict.fromkeys((f"{root}a", f"{root}am", f"{root}amos"), Form.BASE)
        forms |= dict.fromkeys((f"{root}e", f"{root}em"), Form.INDICATIVE)
    forms[f"{root}{kind[0]}ndo"] = Form.GERUND
    # With a pronoun behind a hyphen ("apagá-los") the infinitive loses its r.
    forms[f"{root}{kind[0]}"] = forms.get(f"{root}{kind[0]}", Form.BASE)
    return forms


def _english(verb: str) -> dict[str, Form]:
    root = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb
    doubled = root + root[-1] if verb in _DOUBLED else root
    return {verb: Form.BASE, f"{doubled}ing": Form.GERUND, f"{verb}s": Form.THIRD}


def index(verbs: str) -> dict[str, VerbForm]:
    """Return the forms of all verbs in a listing, each with its verb; the first verb that has a form keeps it."""
    found: dict[str, VerbForm] = {}
    for verb in verbs.split():
        for form, kind in forms_of(verb).items():
            found.setdefault(form, VerbForm(verb, kind))
    return found
