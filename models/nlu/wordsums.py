"""The fast way from words to logits: what each word adds is worked out once, and a text is the sum of its words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.nlu.evidence import Entry, find_phrases_of, word_evidence
from models.nlu.features import BIAS, BIAS_ROW, EVIDENCE_LENGTH, EVIDENCE_UNIT, slot_row, words_only
from models.nlu.seeding import Kinds
from models.online.hashed_softmax import HashedSoftmax

ROOM: Final = 16_384
"""Words that are kept, 300 bytes each; when there are more, the oldest are forgotten until they are used again."""

_MARGIN: Final = 128
"""Words and phrases of one text, at most: nothing is forgotten within a text, so there is room for them."""

_SUM_OF = [np.ones(count, np.float32).dot for count in range(_MARGIN + 1)]
"""What adds up so many vectors."""


class Sums(msgspec.Struct, frozen=True, gc=False):
    """A text: the logits of the labels, and from what those of the subcategories can be had: all sums, two factors."""

    logits: list[float]
    added: list[float]
    of_pieces: float
    of_evidence: float


class WordSums:
    """The logits of the domains and their subcategories, with fixed weights; `row_of` is the plain way to them.

    They are linear in the rows but for two lengths: that of the words and pieces, and that of the evidence. So each
    word, and each phrase of the rules, has one vector: what its pieces and what its evidence add to each logit before
    the division by their lengths, and what they add to the squares of these. A text is a look-up a word and one sum;
    the rest is a few numbers, for which Python is faster than numpy.

    A vector holds what the pieces add to the labels, what the evidence does, and the two squares; then for each domain
    what the pieces add to its subcategories, and what the evidence does.
    """

    def __init__(self, softmax: HashedSoftmax, kinds: Kinds) -> None:
        """Take the weights as they are now: what is learned later is not seen here."""
        self._rarity = softmax.rarity
        self._labels = len(softmax.labels)
        self._weights = np.hstack([softmax.all_weights(), kinds.weights])
        bias: list[float] = (BIAS * self._weights[BIAS_ROW]).tolist()
        self._bias = bias[: self._labels]
        self._squares = 2 * self._labels
        self._kinds = [
            (self._squares + 2 + 2 * start, len(names), names, bias[self._labels + start :])
            for start, names in kinds.places
        ]
        self._vectors: NDArray[np.float32] = np.zeros((ROOM + _MARGIN, 2 * len(bias) + 2), np.float32)
        self._of_pieces, self._of_evidence = self._columns()
        self._places = _Places(self)
        self._free: list[int] = []

    def _columns(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where in a vector the parts of the pieces and those of the evidence stand, in the order of the weights."""
        of_pieces = [*range(self._labels)]
        of_evidence = [*range(self._labels, 2 * self._labels)]
        for first, count, _, _ in self._kinds:
            of_pieces += range(first, first + count)
            of_evidence += range(first + count, first + 2 * count)
        return np.array(of_pieces), np.array(of_evidence)

    def read(self, words: Sequence[str], stems: Sequence[str]) -> Sums:
        """Return the logits of the labels for plain words, at most 64 of them, and their stems."""
        if len(self._places) > ROOM:
            self._forget()
        said: list[str | Entry] = [*dict.fromkeys(words), *find_phrases_of(stems)]
        vectors = self._vectors.take([*map(self._places.__getitem__, said)], 0)
        added: list[float] = _SUM_OF[len(vectors)](vectors).tolist()
        squares = self._squares
        of_pieces = 1.0 / sqrt(added[squares] or 1.0)
        of_evidence = EVIDENCE_LENGTH / sqrt(EVIDENCE_UNIT * EVIDENCE_UNIT + added[squares + 1])
        logits = [
            piece * of_pieces + evidence * of_evidence + bias
            for piece, evidence, bias in zip(added, added[self._labels : squares], self._bias, strict=False)
        ]
        return Sums(logits, added, of_pieces, of_evidence)

    def best_kind(self, sums: Sums, domain: int) -> str | None:
        """Return the most probable subcategory of a domain, given by its place in `Domain`; None where it has none."""
        first, count, names, biases = self._kinds[domain]
        if not names:
            return None
        added, of_pieces, of_evidence = sums.added, sums.of_pieces, sums.of_evidence
        logits = [
            piece * of_pieces + evidence * of_evidence + bias
            for piece, evidence, bias in zip(
                added[first : first + count], added[first + count : first + 2 * count], biases, strict=False
            )
        ]
        return names[logits.index(max(logits))]

    def _forget(self) -> None:
        """Make room: drop the oldest, a few at a time, for dropping all takes milliseconds."""
        for oldest in list(islice(self._places, len(self._places) - ROOM + ROOM // 16)):
            self._free.append(self._places.pop(oldest))

    def add(self, said: str | Entry) -> int:
        """Work out the vector of a word, or of a phrase, and return its place."""
        place = self._free.pop() if self._free else len(self._places)
        vector = self._vectors[place]
        vector[:] = 0.0
        entries = word_evidence(said) if isinstance(said, str) else (said,)
        if isinstance(said, str):
            indices = words_only((said,))
            rarity = self._rarity(indices)
            vector[self._of_pieces] = rarity.dot(self._weights.take(indices, 0))
            vector[self._squares] = rarity.dot(rarity)
        if entries:
            weights = [entry.weight for entry in entries]
            rows = [slot_row(entry.slot) for entry in entries]
            vector[self._of_evidence] = np.array(weights, np.float32).dot(self._weights.take(rows, 0))
            vector[self._squares + 1] = sum(weight * weight for weight in weights)
        return place


class _Places(dict[str | Entry, int]):
    """Where the vector of each word and phrase stands; what is asked for the first time is put in."""

    def __init__(self, sums: WordSums) -> None:
        super().__init__()
        self._sums = sums

    def __missing__(self, said: str | Entry) -> int:
        place = self[said] = self._sums.add(said)
        return place
