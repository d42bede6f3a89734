"""Personal data in a text: where it stands, and the text without it.

Kinds, in order of precedence; a later one doesn't look at what an earlier one took:

1. E-mail address, also with plus tags, accents, punycode. No address without a dot in the domain.
2. IPv6, then IPv4. Four numbers right after "v", "versão", "version", "seção" and the like are a version or a chapter,
   and IPv6 needs four hex digits in its first group, ``::1`` and ``::ffff:`` apart, or 10::30 would be one.
3. CNPJ, by check digits, numeric or with letters, as it is written or bare. A moment written as 20240112153045 is none.
4. Name: one to four capitalised words after a title (Sr., Dra., Mrs., dona, …), which stays.
5. CPF and payment card, by check digits, as they are written or bare. With wrong check digits, or one digit eleven
   times, a number stays. A bare mobile number that would do as CPF is a phone where the words before say phone. Bare
   numbers pass by chance too: 1 in 100 of 11 or 14 digits, 1 in 10 of those in a card range; no reading of the number
   alone can tell.
6. Phone by the way it is written: ``+`` or 00 and a country code (nine digits at least), area code in brackets,
   Brazilian mobile with area code, 0800; and, unless "pedido", "order", "código" or the like stands right before,
   landline with area code and hyphen, mobile without area code, 3-3-4 digits.
7. Phone by the words before: bare numbers of 8 to 13 digits and local ones, only where one of the five words (40
   characters) before is "tel", "celular", "whatsapp", "call" or the like, or a phone number.

Digits are ASCII or full-width. Not sought: addresses in words ("ana arroba …"), names without a title, other documents.
"""

from __future__ import annotations

from models.nlu.pii.find import find_pii
from models.nlu.pii.masking import Shift, mask, mask_with_map
from models.nlu.pii.spans import PiiKind, PiiSpan

__all__ = ["PiiKind", "PiiSpan", "Shift", "find_pii", "mask", "mask_with_map"]
