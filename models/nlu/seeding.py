"""Training on the examples: from nothing to the model that a person's first correction meets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

import numpy as np

from models.nlu.examples import Example
from models.nlu.features import BITS, DENSE, Row, row_of, text_features, words_only
from models.nlu.words import plain_words
from models.online.hashed_softmax import HashedSoftmax
from models.records import Domain

NONE: Final = "NONE"
"""The label of texts that belong to no domain."""

LABELS: Final = (*(domain.value for domain in Domain), NONE)
"""The labels of the domain model, in the order of its columns."""

GENERAL: Final = "general"
"""The subcategory where none is known."""

PASSES: Final = 3
"""How often the examples are learned; each further pass gains less than 0.1 % of accuracy."""

ORDER_SEED: Final = 7


class Kinds:
    """The subcategories of each domain: a softmax over all of them, learned once, of which one domain's are compared.

    Attributes:
        weights: a row a feature, a column a subcategory; those of a domain are side by side.
        places: for each domain, in the order of `Domain`, the first of its columns and their names.
    """

    def __init__(self, softmax: HashedSoftmax) -> None:
        """Take the weights of a softmax whose labels are `DOMAIN/subcategory`."""
        self.places: list[tuple[int, list[str]]] = []
        columns: list[int] = []
        for domain in Domain:
            found = [at for at, label in enumerate(softmax.labels) if label.startswith(f"{domain.value}/")]
            self.places.append((len(columns), [softmax.labels[at].partition("/")[2] for at in found]))
            columns += found
        self.weights = np.ascontiguousarray(softmax.all_weights()[:, columns])

    def best(self, row: Row, domain: int) -> str | None:
        """Return the most probable subcategory of a domain, given by its place in `Domain`; None where it has none."""
        start, names = self.places[domain]
        logits = row.values.dot(self.weights.take(row.indices, axis=0))[start : start + len(names)]
        return names[int(logits.argmax())] if names else None


def train(examples: Sequence[Example]) -> HashedSoftmax:
    """Return a softmax over the domains and "none" that has learned these examples."""
    softmax = _new()
    softmax.add_labels(LABELS)
    _learn(softmax, [(example.text, example.domain.value if example.domain else NONE) for example in examples])
    return softmax


def train_kinds(examples: Sequence[Example]) -> HashedSoftmax:
    """Return a softmax over the subcategories of these examples, for `Kinds`."""
    labelled = [(e.text, f"{e.domain.value}/{e.subcategory}") for e in examples if e.domain]
    softmax = _new()
    _learn(softmax, labelled)
    return softmax


def _new() -> HashedSoftmax:
    return HashedSoftmax(text_features, bits=BITS, dense=DENSE)


NO_KINDS: Final = Kinds(_new())


def _learn(softmax: HashedSoftmax, labelled: list[tuple[str, str]]) -> None:
    """Learn texts in PASSES shuffled passes; how rare each feature is, is known before the first."""
    texts = [(plain_words(text), label) for text, label in labelled]
    for words, _ in texts:
        softmax.count(words_only(words))
    rows = [(row_of(words, softmax), label) for words, label in texts]
    order = random.Random(ORDER_SEED)
    for _ in range(PASSES):
        order.shuffle(rows)
        for row, label in rows:
            softmax.learn(row.indices, row.values, label)
