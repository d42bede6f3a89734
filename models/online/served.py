"""A ladder as scoring needs it: what its rungs say, in numbers read in a millisecond and asked in microseconds.

The learners are river's: objects by the ten thousand, whose pickle takes 10 ms and more to read, during which no other
thread runs, and which are asked feature by feature. What a rung *says* needs little of that. The learner's owner writes
it down (`serving.served_of`), whoever scores reads it (`from_bytes`): no pickle, no river, and the same probabilities
as river's to the last bit or two, since it is the same arithmetic in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isnan, log, tau
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidSnapshot
from models.online.ladder import Forecast
from models.online.linear import MOST_DEVIATIONS, softmax
from models.online.rungs import Row, best_of, normalised
from models.online.served_forms import KIND, TERM, Forest, Leaf, Linear, Rung, Served, Tree
from models.online.watches import calibrated_confidence

__all__ = ["ServedLadder", "from_bytes", "to_bytes"]

_HALF_LOG_TAU: Final = 0.5 * log(tau)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Served).decode


def to_bytes(served: Served) -> bytes:
    """Pack it."""
    return _encode(served)


def from_bytes(data: bytes, *, schema: str) -> ServedLadder:
    """Unpack it.

    Raises:
        InvalidSnapshot: these bytes are none; they are for another schema of features; or their numbers don't fit.
    """
    try:
        served = _decode(data)
    except msgspec.MsgspecError as error:
        raise InvalidSnapshot(f"served: it can't be unpacked: {error}") from error
    if served.kind != KIND or served.schema != schema:
        raise InvalidSnapshot(f"served: {served.kind} for {served.schema}; {KIND} for {schema} is understood here")
    try:
        return ServedLadder(served)
    except (ValueError, KeyError, IndexError) as error:
        raise InvalidSnapshot(f"served: its numbers don't fit: {error!r}") from error


class ServedLadder:
    """A ladder that is asked and never learns; it may be asked from any thread."""

    def __init__(self, served: Served) -> None:
        """Make it ready to be asked.

        Raises:
            ValueError: its numbers don't fit.
            KeyError: the champion is none of its rungs.
        """
        self.champion, self.learned = served.champion, served.learned
        self.accuracies = served.accuracies
        self._champion_name = served.champion_name
        self._names = served.names
        self._slope, self._shift = served.slope, served.shift
        self._rungs = {kind: _asked(rung, len(served.names)) for kind, rung in served.rungs.items()}
        self._decides = self._rungs[served.champion]

    def predict(self, x: Row) -> Forecast:
        """Let the champion say what an example is."""
        probabilities = normalised(self._decides.probabilities([x[name] for name in self._names]))
        label = best_of(probabilities)
        confidence = 0.0
        if label is not None:
            confidence = calibrated_confidence(self._slope, self._shift, probabilities[label])
        return Forecast(label, probabilities, confidence, {self._champion_name: label})

    def probabilities_of(self, kind: str, x: Row) -> dict[str, float]:
        """Let one rung say what an example is, whether it decides or not.

        Raises:
            KeyError: there is no such rung.
        """
        return normalised(self._rungs[kind].probabilities([x[name] for name in self._names]))


class _Linear:
    def __init__(self, form: Linear, size: int) -> None:
        self._labels = form.labels
        self._mean, self._deviation = _doubles(form.mean, size), _doubles(form.deviation, size)
        self._weights = _doubles(form.weights, len(form.labels) * (size + 1)).reshape(-1, size + 1)

    def probabilities(self, row: Sequence[float]) -> dict[str, float]:
        if not self._labels:
            return {}
        scaled = np.ones(len(row) + 1)
        np.clip((np.array(row) - self._mean) / self._deviation, -MOST_DEVIATIONS, MOST_DEVIATIONS, out=scaled[:-1])
        return dict(zip(self._labels, softmax(self._weights @ scaled), strict=True))


class _Leaf:
    def __init__(self, form: Leaf, labels: Sequence[str], size: int) -> None:
        self._form = form
        self._labels = [labels[at] for at in form.labels]
        number = len(self._labels)
        if len(form.shares) != number or (form.priors and len(form.priors) != number):
            raise ValueError("a leaf's labels and shares are not as many")
        if form.priors and len(form.terms) != 8 * TERM * number * len(form.features):
            raise ValueError("a leaf's terms are not as many as its labels and features")
        if form.features and not 0 <= min(form.features) <= max(form.features) < size:
            raise ValueError("a leaf has a feature that there isn't")
        self._terms: list[list[tuple[int, float, float, float]]] | None = None

    def probabilities(self, row: Sequence[float]) -> dict[str, float]:
        form = self._form
        found = self._bayes(row) if form.priors else dict(zip(self._labels, form.shares, strict=True))
        if form.error is not None:
            factor = sum(found.values()) * form.error * form.error
            if factor:
                found = {label: value * (1 / factor) for label, value in found.items()}
        return found

    def _bayes(self, row: Sequence[float]) -> dict[str, float]:
        if self._terms is None:  # when it is first asked: most leaves never are
            self._terms = _terms(self._form)
        votes = []
        for vote, terms in zip(self._form.priors, self._terms, strict=True):
            for at, mean, divisor, half_log in terms:
                vote += (row[at] - mean) ** 2 / divisor - _HALF_LOG_TAU - half_log  # noqa: PLW2901
            votes.append(vote)
        most = max(votes)
        total = most + log(sum([exp(vote - most) for vote in votes]))
        return {label: exp(vote - total) for label, vote in zip(self._labels, votes, strict=True)}


def _terms(form: Leaf) -> list[list[tuple[int, float, float, float]]]:
    numbers = np.frombuffer(form.terms).reshape(len(form.labels), len(form.features), TERM).tolist()
    return [
        [
            (at, mean, divisor, half_log)
            for at, (mean, divisor, half_log) in zip(form.features, of_label, strict=True)
            if not isnan(mean)
        ]
        for of_label in numbers
    ]


class _Tree:
    def __init__(self, form: Tree, size: int) -> None:
        nodes = range(len(form.features))
        if {len(form.thresholds), len(form.left), len(form.right), len(form.others)} != {len(nodes)}:
            raise ValueError("a tree's nodes are not as many everywhere")
        for at in nodes:
            if form.features[at] < 0:
                fits = 0 <= form.left[at] < len(form.leaves)
            else:
                fits = form.features[at] < size and at < min(form.left[at], form.right[at])
                fits = fits and max(form.left[at], form.right[at]) < len(nodes)
            if not fits or not -1 <= form.others[at] < len(form.leaves):
                raise ValueError(f"a tree's node {at} leads nowhere")
        self._form = form
        self._leaves = [_Leaf(leaf, form.labels, size) for leaf in form.leaves]

    def probabilities(self, row: Sequence[float]) -> dict[str, float]:
        form = self._form
        found = dict.fromkeys(form.labels, 0.0)
        if not form.features:
            return found
        at = 0
        spoken = []
        while (feature := form.features[at]) >= 0:
            if (other := form.others[at]) >= 0:
                spoken.append(other)
            at = form.left[at] if row[feature] <= form.thresholds[at] else form.right[at]
        leaf = self._leaves[form.left[at]]
        if not form.sums:
            found.update(leaf.probabilities(row))
            return found
        for said in (*(self._leaves[other].probabilities(row) for other in spoken), leaf.probabilities(row)):
            for label, value in said.items():
                found[label] += value
        total = sum(found.values())
        return {label: value * (1 / total) for label, value in found.items()} if total else found


class _Forest:
    def __init__(self, form: Forest, size: int) -> None:
        self._trees = [(_Tree(tree, size), weight) for tree, weight in zip(form.trees, form.weights, strict=True)]

    def probabilities(self, row: Sequence[float]) -> dict[str, float]:
        votes: dict[str, float] = {}
        for tree, weight in self._trees:
            for label, value in tree.probabilities(row).items():
                votes[label] = votes.get(label, 0.0) + (value * weight if weight > 0.0 else value)
        total = sum(votes.values())
        return {label: vote / total for label, vote in votes.items()} if total > 0.0 else votes


def _asked(rung: Rung, size: int) -> _Linear | _Tree | _Forest:
    if isinstance(rung, Linear):
        return _Linear(rung, size)
    return _Tree(rung, size) if isinstance(rung, Tree) else _Forest(rung, size)


def _doubles(data: bytes, number: int) -> NDArray[np.float64]:
    found = np.frombuffer(data)
    if len(found) != number:
        raise ValueError(f"{number} numbers were expected, not {len(found)}")
    return found
