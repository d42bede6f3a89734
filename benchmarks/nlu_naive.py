"""The same rules as an honest beginner would use them: what `models.nlu` is measured beside.

Patterns are put together and compiled when they are needed, words are looked for in lists, nothing is kept from one
text to the next. It finds no entities and reads no dates, so it has less to do.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from models.nlu.rules import RULES
from models.nlu.words import STOP_WORDS, word_set

_PORTUGUESE = list(word_set("o os um uma de do da dos das em no na nos nas ao para por pelo pela com sem e ou que não"))
_ENGLISH = list(word_set("the an of in on to for from by with without and or that which what how is are was were this"))
_STOP_WORDS = sorted(STOP_WORDS)


def understand(text: str) -> dict[str, Any]:
    """Return domain, confidence, language, keywords and masked text."""
    re.purge()  # else the module keeps the patterns, and they would be compiled once only
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    scores: dict[tuple[str, str], int] = {}
    for domain, names in RULES.items():
        for name, weights in names.items():
            for weight, listed in weights.items():
                entries = [re.escape(entry.rstrip("*")).replace("_", r"\W+") for entry in listed.split()]
                pattern = re.compile(r"\b(?:" + "|".join(entries) + ")s?")
                scores[domain, name] = scores.get((domain, name), 0) + weight * len(pattern.findall(plain))
    best = max(scores, key=lambda key: scores[key])
    words = text.lower().split()
    portuguese = len([word for word in words if word in _PORTUGUESE])
    english = len([word for word in words if word in _ENGLISH])
    for kind, pattern_text in (
        ("EMAIL", r"[\w.+-]+@[\w-]+\.[\w.]+"),
        ("CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
        ("PHONE", r"\d{2}\s?\d{4,5}-?\d{4}"),
        ("IP", r"\d{1,3}(?:\.\d{1,3}){3}"),
    ):
        text = re.compile(pattern_text).sub(f"[{kind}]", text)
    return {
        "domain": best[0],
        "subcategory": best[1],
        "confidence": min(0.95, scores[best] / 3 * 0.85),
        "language": "en" if english > portuguese else "pt",
        "keywords": [word for word in words if word not in _STOP_WORDS and len(word) > 2][:8],
        "text": text,
    }
