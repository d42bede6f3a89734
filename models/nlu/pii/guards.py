"""What may not stand beside a number, if it is to be read alone. Blanks count as the digits that they stand for."""

from __future__ import annotations

from models.nlu.pii.spans import BLANK, PHONE_BLANK

_DIGIT = f"[0-9{BLANK}{PHONE_BLANK}]"

BEFORE = rf"(?<![^\W_])(?<!{_DIGIT}[.-])(?<![$€£#+])(?<![$€£] )"
"""No part of a word or a longer number, no money, no #number; a comma or slash may stand, as in a line of CSV."""

AFTER = rf"(?![^\W_])(?!\.{_DIGIT})(?!-[^\W_])"
