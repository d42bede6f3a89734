"""Texts to features: hashed words, pairs and four-letter pieces of words; and what the rules say of them.

Each feature is the CRC-32 of its text, cut to BITS bits: fast, and the same in every process, which `hash()` is not.
The pieces let words meet that share a stem, a root of both languages (`autenticação`, `authentication`), or all but a
typing error. Rows are kept as bytes, two for each, so that those of a text are one join and no list of numbers.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.nlu.evidence import SLOTS, find_phrases, word_evidence
from models.nlu.words import plain_words
from models.online.hashed_softmax import HashedSoftmax

BITS: Final = 15
"""2^15 rows: of the 14,000 words and pieces of the examples every seventh shares one. 2^16 would gain 0.2 %."""

PIECE: Final = 4
"""Letters of a piece, the marks for the beginning and the end of the word included."""

LONGEST_WORD: Final = 40
"""Letters of a word that are looked at: longer ones are no words, and 10,000 letters must not be 10,000 pieces."""

EVIDENCE_LENGTH: Final = 0.7
"""Length that the evidence of the rules comes near, beside the words and pieces, whose length is 1."""

EVIDENCE_UNIT: Final = 3.0
"""Weight of evidence at which it has 0.7 of that length: one telling word."""

BIAS: Final = 0.5
"""Value of the feature that every text has: how common a label is where nothing else speaks."""

BIAS_ROW: Final = 2**BITS + len(SLOTS)
"""The row of that feature."""

DENSE: Final = len(SLOTS) + 1
"""Rows of the evidence, one a slot, and of the bias; they stand behind the hashed ones."""

SLOT_NAMES: Final = ",".join(f"{domain}/{name}" for domain, name in SLOTS)
"""What the rows of the evidence mean: weights learned for other slots would be nonsense."""

_MASK = 2**BITS - 1
_PIECE_MARK = crc32(b"#")  # the piece `<api` is not a word that is written like it


class Row(NamedTuple):
    """A text as a softmax sees it: rows and their values, the first `hashed` of them words and pieces."""

    indices: NDArray[np.uint16]
    values: NDArray[np.float32]
    hashed: int


def row_of(words: Sequence[str], softmax: HashedSoftmax) -> Row:
    """Return the row of a text's plain words: hashed features by their rarity in the softmax, evidence, bias."""
    hashed = words_only(words)
    spoken: dict[int, float] = {}
    squares = 0.0
    for entries in (*map(word_evidence, dict.fromkeys(words)), find_phrases(words)):
        for _, slot, weight in entries:
            spoken[slot] = spoken.get(slot, 0.0) + weight
            squares += weight * weight
    # Near 0 the length grows as the evidence does, so that a hint stays a hint; much of it comes near the limit.
    scale = EVIDENCE_LENGTH / math.sqrt(EVIDENCE_UNIT**2 + squares)
    dense = np.array([*map(slot_row, spoken), BIAS_ROW], np.uint16)
    values = np.array([*(weight * scale for weight in spoken.values()), BIAS], np.float32)
    return Row(np.concatenate([hashed, dense]), np.concatenate([softmax.weigh(hashed), values]), len(hashed))


def slot_row(slot: int) -> int:
    """Return the row of the evidence for a slot."""
    return 2**BITS + slot


def text_features(text: str) -> NDArray[np.uint16]:
    """Return the rows of a text: each word once, with its pieces, and each pair of neighbours."""
    return words_and_pairs(plain_words(text))


def words_and_pairs(words: Sequence[str]) -> NDArray[np.uint16]:
    """Return the rows of plain words in their order, and of their pairs; the ends of the text pair up too."""
    pairs = {f"{first} {second}" for first, second in pairwise(("^", *words, "$"))}
    parts = [*map(_word_rows, dict.fromkeys(words)), *map(_pair_row, sorted(pairs))]
    return np.frombuffer(b"".join(parts), np.uint16)


def words_only(words: Iterable[str]) -> NDArray[np.uint16]:
    """Return the rows of plain words, without their pairs."""
    return np.frombuffer(b"".join(map(_word_rows, dict.fromkeys(words))), np.uint16)


def names_of(word: str) -> list[str]:
    """Return the features of a word as a person reads them, in the order of their rows."""
    written, pieces = _pieces(word)
    return [written.decode(errors="replace"), *(piece.decode(errors="replace") for piece in pieces)]


def _pieces(word: str) -> tuple[bytes, list[bytes]]:
    """The word and its pieces in UTF-8: plain words are ASCII but in other scripts, whose letters are cut then."""
    written = word[:LONGEST_WORD].encode("utf-8", "surrogatepass")[:LONGEST_WORD]
    marked = b"<%b>" % written
    return written, [marked[at : at + PIECE] for at in range(len(marked) - PIECE + 1)]


@lru_cache(maxsize=16_384)
def _word_rows(word: str) -> bytes:
    written, pieces = _pieces(word)
    rows = [crc32(written) & _MASK, *[crc32(piece, _PIECE_MARK) & _MASK for piece in pieces]]
    return struct.pack(f"={len(rows)}H", *rows)


@lru_cache(maxsize=65_536)
def _pair_row(pair: str) -> bytes:
    return struct.pack("=H", crc32(pair.encode("utf-8", "surrogatepass")) & _MASK)
