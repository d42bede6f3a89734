"""What the words before a number say it is."""

from __future__ import annotations

import re

from models.nlu.pii.spans import BLANK, PHONE_BLANK
from models.nlu.words import word_set

REACH = 40
"""At most so many characters lie between a word and the number that it speaks of: "me liga amanhã cedo no 1198…"."""

_WORDS_BETWEEN = 4
_WORD = re.compile(rf"[{BLANK}]+|[{PHONE_BLANK}]+|(?<![^\W_])[^\W_{BLANK}{PHONE_BLANK}]+")
_NAME_REACH = 24  # "rastreamento número: ", the longest of those below, and a little more

PHONE_WORDS = word_set(
    "fone fones telefone telefones tel tels telef celular celulares cel zap zapzap whats whatsapp wpp sms fax contato "
    "contatos ligar ligue liga ligo ligou ligando ligação ligacao chamar chame chama disque discar "
    "phone phones telephone mobile cell cellphone call calls calling called dial contact reach text texted"
) | {
    f"{whose} {number}"
    for whose in ("meu", "seu", "my", "your", "his", "her", "their")
    for number in ("número", "numero", "number")
}
_OTHER_WORDS = word_set(
    "pedido order protocolo protocol ticket chamado nota nf nfe fatura invoice código codigo cod code sku part peça "
    "peca modelo model serial série serie lote batch id ref referência referencia reference processo process tracking "
    "rastreio rastreamento timestamp epoch offset zip cep produto product item ean isbn imei conta account versão "
    "versao version build cpf cnpj rg pis valor transação transacao transaction uuid"
)
_NUMBER_WORDS = word_set("n nº n° nr no num número numero number é is")


def says_phone(text: str, phone_word_end: int, start: int) -> bool:
    """Say whether a word that speaks of phones reaches as far as the number at `start`.

    Not over other personal data, nor over many words; and not where the number is called something else at once.
    """
    if start - phone_word_end > REACH:
        return False
    words = _WORD.findall(text, phone_word_end, start)
    return len(words) <= _WORDS_BETWEEN and not any(word[0] == BLANK for word in words) and not _is_other(words)


def names_another_thing(text: str, start: int) -> bool:
    """Say whether the word right before the number at `start` calls it something: "pedido nº", "order", "código"."""
    begin = max(0, start - _NAME_REACH)
    beside = text[begin:start].rstrip(" :#.-°")[-1:]
    return beside.isalpha() and _is_other(_WORD.findall(text, begin, start))


def _is_other(words: list[str]) -> bool:
    for word in reversed(words):
        plain = word.lower()
        if plain not in _NUMBER_WORDS:
            return plain in _OTHER_WORDS
    return False
