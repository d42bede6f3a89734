"""Training on the examples: from nothing to the model that a person's first correction meets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from models.nlu.examples import Example
from models.nlu.features import BITS, DENSE, row_of, text_features, words_only
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
    """The subcategories of each domain: a softmax over all of them, of which only those of one domain are compared."""

    def __init__(self, softmax: HashedSoftmax) -> None:
        """Take a softmax whose labels are `DOMAIN/subcategory`, those of a domain side by side."""
        self.softmax = softmax
        self._of: dict[str, tuple[int, int, list[str]]] = {}
        for domain in Domain:
            names = [label for label in softmax.labels if label.startswith(f"{domain.value}/")]
            if names:
                start = softmax.labels.index(names[0])
                self._of[domain] = (start, start + len(names), [name.partition("/")[2] for name in names])

    def best(self, domain: Domain, logits: list[float]) -> str:
        """Return the most probable subcategory of a domain; `general` where none is known."""
        place = self._of.get(domain)
        if place is None:
            return GENERAL
        start, end, names = place
        part = logits[start:end]
        return names[part.index(max(part))]


def train(examples: Sequence[Example]) -> HashedSoftmax:
    """Return a softmax over the domains and "none" that has learned these examples."""
    softmax = _new()
    softmax.add_labels(LABELS)
    _learn(softmax, [(example.text, example.domain.value if example.domain else NONE) for example in examples])
    return softmax


def train_kinds(examples: Sequence[Example]) -> Kinds:
    """Return the subcategories of these examples."""
    labelled = [(e.text, f"{e.domain.value}/{e.subcategory}") for e in examples if e.domain]
    softmax = _new()
    softmax.add_labels(sorted({label for _, label in labelled}))
    _learn(softmax, labelled)
    return Kinds(softmax)


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
