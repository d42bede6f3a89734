"""How good an understanding is: predictions beside labels, to figures. Nothing is read or drawn here."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from models.nlu.confidence import Route, route
from models.nlu.examples import Example
from models.nlu.model import DomainModel
from models.records import Domain

VALIDATION: Final = "VALIDATION"
"""The label of texts that a person should see."""

LABELS: Final = (*(domain.value for domain in Domain), VALIDATION)

BINS: Final = 10
"""Bins of the reliability, each 0.1 of confidence wide; the last one has its upper end in it."""


FOLDS_SEED: Final = 7

Outcome = tuple[float, bool]
"""A probability, and whether it was that of the right domain."""


class Prediction(msgspec.Struct, frozen=True):
    """What was said of a text.

    Attributes:
        text: the text.
        expected: its label, one of LABELS.
        domain: the most probable domain.
        confidence: how often such a prediction is right, it is claimed.
    """

    text: str
    expected: str
    domain: Domain
    confidence: float

    @property
    def predicted(self) -> str:
        """Where the text goes: its domain, or VALIDATION where the confidence is too low for any."""
        return VALIDATION if route(self.confidence) is Route.VALIDATION else self.domain.value

    @property
    def is_right(self) -> bool:
        """Whether it goes where it should."""
        return self.predicted == self.expected


class Bin(msgspec.Struct, frozen=True):
    """Predictions of about the same confidence: how many, what they claim, and how many name the right domain."""

    lower: float
    upper: float
    n: int
    confidence: float
    accuracy: float


class Scores(msgspec.Struct, frozen=True):
    """How one label fares; None where there was nothing to count."""

    n: int
    predicted: int
    precision: float | None
    recall: float | None


class Evaluation(msgspec.Struct, frozen=True):
    """The figures.

    Attributes:
        n: how many texts.
        accuracy: the share that goes where it should, VALIDATION being one of the places.
        ece: expected calibration error: over the bins, by their size, how far the mean confidence lies from the share
            whose domain is right (Naeini, Cooper, Hauskrecht 2015). A text that should go to VALIDATION has no right
            domain, so that whatever is claimed of it is wrong.
        bins: what the error is the sum of; empty bins are left out.
        scores: precision and recall by label.
        labels: the order of rows and columns in `confusion`.
        confusion: how many of each expected label (row) were predicted as each (column).
        wrong: the predictions that go elsewhere, the most confident first.
    """

    n: int
    accuracy: float
    ece: float
    bins: list[Bin]
    scores: dict[str, Scores]
    labels: list[str]
    confusion: list[list[int]]
    wrong: list[Prediction]


def predict(model: DomainModel, labelled: Iterable[tuple[str, str]]) -> list[Prediction]:
    """Let a model classify labelled texts."""
    predictions = []
    for text, expected in labelled:
        verdict = model.classify(text)
        predictions.append(Prediction(text, expected, verdict.domain, verdict.confidence))
    return predictions


def held_back(examples: Sequence[Example], *, folds: int) -> tuple[list[Outcome], list[Outcome]]:
    """Let models predict examples that they have not learned, to see what their probabilities are worth.

    Returns:
        The outcomes with each fold of the examples left out in turn, as if more texts like these came in; and those
        with whole subcategories left out, as if texts of subjects came in that nobody has thought of. Each is the
        probability of the best domain, not yet calibrated, and whether that domain is right.
    """
    order = list(range(len(examples)))
    random.Random(FOLDS_SEED).shuffle(order)
    kinds = sorted({(example.domain or "", example.subcategory) for example in examples})
    fold_of_kind = {kind: at % folds for at, kind in enumerate(kinds)}
    by_chance = {at: place % folds for place, at in enumerate(order)}
    by_kind = {at: fold_of_kind[example.domain or "", example.subcategory] for at, example in enumerate(examples)}
    return _held_back(examples, by_chance, folds), _held_back(examples, by_kind, folds)


def _held_back(examples: Sequence[Example], fold_of: Mapping[int, int], folds: int) -> list[Outcome]:
    outcomes = []
    for fold in range(folds):
        model = DomainModel.trained([example for at, example in enumerate(examples) if fold_of[at] != fold])
        for at, example in enumerate(examples):
            if fold_of[at] == fold:
                verdict = model.classify(example.text)
                outcomes.append((max(verdict.probabilities[:-1]), verdict.domain is example.domain))
    return outcomes


def evaluate(predictions: Sequence[Prediction]) -> Evaluation:
    """Work out the figures.

    Raises:
        ValueError: there are no predictions, or a label is none of LABELS.
    """
    if not predictions:
        raise ValueError("there is nothing to evaluate: no text with a label")
    unknown = {p.expected for p in predictions} - set(LABELS)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: no label; allowed: {', '.join(LABELS)}")
    confusion = [[0] * len(LABELS) for _ in LABELS]
    for prediction in predictions:
        confusion[LABELS.index(prediction.expected)][LABELS.index(prediction.predicted)] += 1
    bins = reliability([(p.confidence, p.domain.value == p.expected) for p in predictions])
    wrong = [prediction for prediction in predictions if not prediction.is_right]
    return Evaluation(
        n=len(predictions),
        accuracy=1.0 - len(wrong) / len(predictions),
        ece=calibration_error(bins),
        bins=bins,
        scores={label: _scores(confusion, at) for at, label in enumerate(LABELS)},
        labels=list(LABELS),
        confusion=confusion,
        wrong=sorted(wrong, key=lambda prediction: -prediction.confidence),
    )


def reliability(outcomes: Iterable[Outcome]) -> list[Bin]:
    """Sort confidences, each with whether it was right, into bins."""
    sorted_in: list[list[Outcome]] = [[] for _ in range(BINS)]
    for confidence, right in outcomes:
        sorted_in[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    return [
        Bin(
            lower=at / BINS,
            upper=(at + 1) / BINS,
            n=len(inside),
            confidence=sum(confidence for confidence, _ in inside) / len(inside),
            accuracy=sum(right for _, right in inside) / len(inside),
        )
        for at, inside in enumerate(sorted_in)
        if inside
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return by how much confidence and accuracy differ, over all bins."""
    total = sum(each.n for each in bins)
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins) / total if total else 0.0


def _scores(confusion: list[list[int]], at: int) -> Scores:
    right = confusion[at][at]
    n = sum(confusion[at])
    predicted = sum(row[at] for row in confusion)
    return Scores(n, predicted, right / predicted if predicted else None, right / n if n else None)
