"""The fast way from words to logits: what each word adds is worked out once, and a text is the sum of its words."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.nlu.evidence import Entry, find_phrases, word_evidence
from models.nlu.features import BIAS, BIAS_ROW, EVIDENCE_LENGTH, EVIDENCE_UNIT, slot_row, words_only
from models.nlu.seeding import Kinds
from models.online.hashed_softmax import HashedSoftmax
from models.records import Domain

ROOM: Final = 16_384
"""Words that are kept, 300 bytes each; when there are more, all are forgotten and come again as they are used."""

_MARGIN: Final = 128
"""Words and phrases of one text, at most: nothing is forgotten within a text, so there is room for them."""

_ONES = np.ones(_MARGIN, np.float32)


class Sums(NamedTuple):
    """A text: the logits of the labels, and from what those of the subcategories can be had."""

    logits: list[float]
    pieces: list[float]
    evidence: list[float]
    of_pieces: float
    of_evidence: float


class WordSums:
    """The logits of the domains and their subcategories, with fixed weights; `row_of` is the plain way to them.

    They are linear in the rows but for two lengths: that of the words and pieces, and that of the evidence. So each
    word, and each phrase of the rules, has one vector: what its pieces and what its evidence add to each logit before
    the division by their lengths, and what they add to the squares of these. A text is a look-up a word and one sum;
    the rest is a few numbers, for which Python is faster than numpy.
    """

    def __init__(self, softmax: HashedSoftmax, kinds: Kinds) -> None:
        """Take the weights as they are now: what is learned later is not seen here."""
        self._rarity = softmax.rarity
        self._labels = len(softmax.labels)
        self._kinds = kinds.places
        self._weights = np.hstack([softmax.all_weights(), kinds.weights])
        self._count = self._weights.shape[1]
        self._bias: list[float] = (BIAS * self._weights[BIAS_ROW]).tolist()
        self._vectors: NDArray[np.float32] = np.zeros((ROOM + _MARGIN, 2 * self._count + 2), np.float32)
        self._places = _Places(self)

    def read(self, words: Sequence[str]) -> Sums:
        """Return the logits of the labels for plain words, at most 64 of them."""
        if len(self._places) > ROOM:
            self._places.clear()
        said: list[str | Entry] = [*dict.fromkeys(words), *find_phrases(words)]
        places = [*map(self._places.__getitem__, said)]
        vectors = self._vectors.take(places, axis=0)
        sums: list[float] = _ONES[: len(vectors)].dot(vectors).tolist()
        squared_evidence, squared_length = sums.pop(), sums.pop()
        of_pieces = 1.0 / sqrt(squared_length or 1.0)
        of_evidence = EVIDENCE_LENGTH / sqrt(EVIDENCE_UNIT * EVIDENCE_UNIT + squared_evidence)
        pieces, evidence = sums[: self._count], sums[self._count :]
        logits = [
            piece * of_pieces + proof * of_evidence + bias
            for piece, proof, bias in zip(pieces[: self._labels], evidence, self._bias, strict=False)
        ]
        return Sums(logits, pieces, evidence, of_pieces, of_evidence)

    def best_kind(self, domain: Domain, sums: Sums) -> str | None:
        """Return the most probable subcategory of a domain, or None where it has none."""
        start, names = self._kinds[domain]
        if not names:
            return None
        _, pieces, evidence, of_pieces, of_evidence = sums
        columns = slice(self._labels + start, self._labels + start + len(names))
        logits = [
            piece * of_pieces + proof * of_evidence + bias
            for piece, proof, bias in zip(pieces[columns], evidence[columns], self._bias[columns], strict=True)
        ]
        return names[logits.index(max(logits))]

    def add(self, said: str | Entry) -> int:
        """Work out the vector of a word, or of a phrase, and return its place."""
        place = len(self._places)
        vector = self._vectors[place]
        vector[:] = 0.0
        if isinstance(said, str):
            indices = words_only((said,))
            rarity = self._rarity(indices)
            vector[: self._count] = rarity.dot(self._weights.take(indices, axis=0))
            vector[-2] = rarity.dot(rarity)
        for _, slot, weight in word_evidence(said) if isinstance(said, str) else (said,):
            vector[self._count : -2] += weight * self._weights[slot_row(slot)]
            vector[-1] += weight * weight
        return place


class _Places(dict[str | Entry, int]):
    """Where the vector of each word and phrase stands; what is asked for the first time is put in."""

    def __init__(self, sums: WordSums) -> None:
        super().__init__()
        self._sums = sums

    def __missing__(self, said: str | Entry) -> int:
        place = self[said] = self._sums.add(said)
        return place
