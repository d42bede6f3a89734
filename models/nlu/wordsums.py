"""The fast way from words to logits: what each word adds is summed once and kept, a text is the sum of its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.nlu.evidence import Entry, find_phrases, word_evidence
from models.nlu.features import BIAS, BIAS_ROW, EVIDENCE_LENGTH, EVIDENCE_UNIT, slot_row, words_only
from models.online.hashed_softmax import HashedSoftmax

ROOM: Final = 16_384
"""Words that are kept, 300 bytes each; when there are more, all are forgotten and come again as they are used."""


class WordSums:
    """The logits of two softmaxes on the same rows, with fixed weights; `row_of` is the plain way to the same numbers.

    The logits are linear in the rows but for two lengths: that of the words and pieces, and that of the evidence. So
    each word, and each phrase of the rules, has one vector: what its pieces and what its evidence add before the
    division by their lengths, and what they add to the squares of these. Twelve look-ups and one sum take the place
    of all hashing.
    """

    def __init__(self, first: HashedSoftmax, second: HashedSoftmax) -> None:
        """Take the weights as they are now: what is learned later is not seen here."""
        self._rarity = first.rarity
        self._weights = np.hstack([softmax.all_weights() for softmax in (first, second)])
        self._bias = BIAS * self._weights[BIAS_ROW]
        self._count = len(self._bias)
        self._vectors: NDArray[np.float32] = np.zeros((256, 2 * self._count + 2), np.float32)
        self._places = _Places(self)

    def logits(self, words: Sequence[str]) -> list[float]:
        """Return the logits of plain words: those of the first softmax's labels, then those of the second's."""
        if len(self._places) > ROOM:  # not while a text is being read: its places must hold until they are summed
            self._places.clear()
        said: list[str | Entry] = [*dict.fromkeys(words), *find_phrases(words)]
        places = [*map(self._places.__getitem__, said)]
        vectors = self._vectors.take(places, axis=0)
        sums = np.ones(len(places), np.float32).dot(vectors)  # half the time of vectors.sum(axis=0)
        squared_length, squared_evidence = sums[-2:].tolist()
        scales = (
            1.0 / math.sqrt(squared_length or 1.0),
            EVIDENCE_LENGTH / math.sqrt(EVIDENCE_UNIT**2 + squared_evidence),
        )
        logits = np.array(scales, np.float32).dot(sums[:-2].reshape(2, self._count))
        logits += self._bias
        result: list[float] = logits.tolist()
        return result

    def add(self, said: str | Entry) -> int:
        """Work out the vector of a word, or of a phrase, and return its place."""
        place = len(self._places)
        if place == len(self._vectors):
            self._vectors = np.vstack([self._vectors, np.zeros_like(self._vectors)])
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
