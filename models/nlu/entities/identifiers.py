"""What has a notation of its own: e-mail and IP addresses, UUIDs, URLs, versions, keys (INC-1234), order numbers."""

from __future__ import annotations

import ipaddress

from models.nlu.entities.amounts import Amount
from models.nlu.entities.numbers import number_text
from models.nlu.entities.scan import CERTAIN, FILLED, USUAL, Scan
from models.nlu.entities.technologies import TECHNOLOGY_TRIGGERS
from models.nlu.words import word_set
from models.records import Entity

_AS_WRITTEN = frozenset(("EMAIL", "URL", "UUID", "VERSION"))
_NUMBERED = word_set(
    "pedido ticket chamado incidente incident fatura invoice protocolo sku contrato contract transacao transaction "
    "requisicao request nota boleto cliente customer usuario user id codigo code processo intencao plano"
)
"""What has a number of its own: "pedido 12345" is one order, "5 pedidos" are five."""

_NUMBERED_OR_VERB = word_set("order issue case build task job plan pr bug caso tarefa")
_NUMBER_SIGNS = word_set("n no nr nro num numero number id codigo code")
_VERSIONED = word_set("versao version release v")
_SHORTEST_NUMBER = 100  # "order 5 pizzas" counts, "order 512" names


def notation_entities(scan: Scan) -> list[Entity]:
    """Make entities of the words that a notation has joined, and keep them from other readers."""
    entities: list[Entity] = []
    for at, kind in scan.kinds.items():
        surface = scan.words[at].text
        if kind == "IP":
            value = _address(surface)
            if value is None:
                continue
            entities.append(scan.entity("IP", value, CERTAIN, at, at))
        elif kind == "KEY":
            entities.append(scan.entity("IDENTIFIER", surface.upper(), USUAL, at, at))
        elif kind in _AS_WRITTEN:
            entities.append(scan.entity(kind, surface.lower() if kind == "UUID" else surface, CERTAIN, at, at))
        elif kind == "NUMBER" and (confidence := _version_confidence(scan, at)):
            entities.append(scan.entity("VERSION", surface, confidence, at, at))
        else:
            continue
        scan.taken.add(at)
    return entities


def _version_confidence(scan: Scan, at: int) -> float:
    """Tell "versão 2.3" and "python 3.11" from an amount."""
    before = scan.plains[at - 1]
    if before in _VERSIONED:
        return CERTAIN
    is_amount = "," in scan.words[at].text or not scan.is_closed_after(at)
    return USUAL if before in TECHNOLOGY_TRIGGERS and not is_amount else 0.0


def _address(surface: str) -> str | None:
    """Return an IP address, or network, in its usual form; None when it is none, and for words such as `add::face`."""
    if not any(char.isdigit() for char in surface):
        return None
    try:
        if "/" in surface:
            return str(ipaddress.ip_network(surface, strict=False))
        return str(ipaddress.ip_address(surface))
    except ValueError:
        return None


def numbered_entities(scan: Scan, amounts: list[Amount]) -> tuple[list[Entity], list[Amount]]:
    """Find the amounts that name a thing instead of counting ("pedido 12345", "ticket #42"); return the others too."""
    entities: list[Entity] = []
    left: list[Amount] = []
    for amount in amounts:
        confidence = _naming_confidence(scan, amount)
        if confidence:
            value = number_text(amount.value)
            written = scan.words[amount.first].text
            value = written if written.isdecimal() else value
            entities.append(scan.entity("IDENTIFIER", value, confidence, amount.first, amount.last))
            scan.take(amount.first, amount.last)
        else:
            left.append(amount)
    return entities, left


def _naming_confidence(scan: Scan, amount: Amount) -> float:
    plains = scan.plains
    if amount.unit or amount.value != int(amount.value) or not plains[amount.first].isdecimal():
        return 0.0
    place = amount.first - 1
    if amount.start and scan.text[amount.start - 1] == "#":
        return CERTAIN
    has_sign = plains[place] in _NUMBER_SIGNS
    noun = plains[place - 1] if has_sign else plains[place]
    if noun in _NUMBERED or plains[place] in {"id", "sku"}:
        return CERTAIN if has_sign or amount.value >= _SHORTEST_NUMBER else USUAL
    if noun in _NUMBERED_OR_VERB and (has_sign or amount.value >= _SHORTEST_NUMBER):
        return USUAL if has_sign else FILLED
    return 0.0
