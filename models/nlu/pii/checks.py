"""Check digits and number ranges: what tells a document from a number that looks like one.

python-stdnum does the same, and the tests hold these against it; it takes 8 to 15 µs a number, these about one.
A text of 10,000 characters can hold 800 candidates.
"""

from __future__ import annotations

import re
from operator import mul

# A character's value is its ASCII code minus 48: for digits themselves, and for the letters of a CNPJ what
# Instrução Normativa RFB 2.229/2024, annex XV, says (A is 17). Sums run over the codes, and the 48s come off in one.
_CPF_FIRST = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_CPF_SECOND = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_FIRST = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_SECOND = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)

# Bytes of digits to bytes of the digit sums of their doubles (Luhn, ISO/IEC 7812-1 annex B).
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")

# Issuer ranges (ISO/IEC 7812) by length, for the networks met in Brazil and elsewhere. Maestro has given numbers of
# 13 to 19 digits out under many prefixes; only those in use are here, as 18 digits are also how many ids look.
_CARD = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa, and part of Elo
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|(?:30[0-5][0-9]|3095|3[689][0-9]{2})[0-9]{10,15}"  # Diners Club, Hipercard
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    r"|(?:220[0-4]|5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{9,15}"  # Mir, Maestro
    r"|(?:6011|6062|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2})[0-9]{12,15}"  # Discover, Hipercard, Elo, UnionPay
    r"|(?:5041|5066|5067|509[0-9]|6362|6363)[0-9]{12}"  # Elo
)


def is_cpf(digits: str) -> bool:
    """Say whether 11 digits are a CPF: both check digits right, and not the same digit eleven times."""
    return _checks(digits.encode(), _CPF_FIRST, _CPF_SECOND) and digits != digits[0] * 11


def is_cnpj(characters: str) -> bool:
    """Say whether 12 digits or upper-case letters and 2 digits are a CNPJ, numeric or alphanumeric (from July 2026)."""
    return _checks(characters.encode(), _CNPJ_FIRST, _CNPJ_SECOND) and not characters.startswith("000000000000")


def is_card(digits: str) -> bool:
    """Say whether 13 to 19 digits are a payment card: of an issuer's range, and right by Luhn's formula."""
    return is_luhn(digits) and _CARD.fullmatch(digits) is not None


def is_luhn(digits: str) -> bool:
    """Say whether the last digit is right by Luhn's formula."""
    codes = digits.encode()
    total = sum(codes[-1::-2]) + sum(codes[-2::-2].translate(_DOUBLED))
    return (total - 48 * len(codes)) % 10 == 0


def _checks(codes: bytes, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Say whether the last two are the check digits (modulo 11, 10 counts as 0) of those before, by these weights."""
    return _check_code(codes, first) == codes[-2] and _check_code(codes, second) == codes[-1]


def _check_code(codes: bytes, weights: tuple[int, ...]) -> int:
    total: int = sum(map(mul, weights, codes))
    return (48 * sum(weights) - total) % 11 % 10 + 48
