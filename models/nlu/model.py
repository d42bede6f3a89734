"""The domain model: from the words of a text to its domain and how sure that is; and what people correct, it learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from math import exp
from typing import Final, NamedTuple, Self
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidSnapshot
from models.nlu.confidence import STEEPEST, Calibration
from models.nlu.examples import Example, load_examples
from models.nlu.features import BIAS, BITS, EVIDENCE_LENGTH, SLOT_NAMES, Row, row_of, text_features
from models.nlu.rules import RULES
from models.nlu.seeding import GENERAL, LABELS, NO_KINDS, PASSES, Kinds, train, train_kinds
from models.nlu.words import plain_words, stems
from models.nlu.wordsums import WordSums
from models.online.hashed_softmax import HashedSoftmax
from models.online.prequential import Prequential
from models.online.snapshot import Snapshot
from models.records import Domain, Drift

KIND: Final = "nlu-domain/1"

CALIBRATION: Final = Calibration(slope=0.76, shift=0.03)
"""Fitted on predictions for examples that the model had not learned: a fifth of them left out, and whole subcategories
left out, half of each (`evaluation.held_back`; `python -m benchmarks nlu` prints the fit). The former alone would have
it 1.2, for who wrote the rules knew the examples; the latter alone 0.6."""

MOST_WORDS: Final = 64
"""Words that are looked at: who writes more has said by then what it is about, and no text may take long."""

LAST_WORDS: Final = 20
"""How many of these are the last ones: some say at the end what they want."""

_DOMAINS = tuple(Domain)
_SAFE = 500.0  # up to here no power overflows, nor are all of them 0


class Verdict(msgspec.Struct, frozen=True):
    """What a text is taken for.

    Attributes:
        domain: the most probable domain.
        subcategory: what it is within the domain.
        confidence: how often such a verdict is right, 0 to 1.
        second: the domain that comes next.
        margin: by how much the first is more probable than the second, 0 to 1.
        probabilities: of each domain, in the order of `Domain`, and of belonging to none.
    """

    domain: Domain
    subcategory: str
    confidence: float
    second: Domain
    margin: float
    probabilities: list[float]


class DomainModel:
    """A softmax over the seven domains and "none", on the words of a text and on what the rules say of them.

    It begins with the shipped examples and goes on learning from people, each text predicted before it is learned.
    The subcategories are learned from the examples alone: feedback names none.

    Not thread safe: one owner learns, others read snapshots of it.
    """

    def __init__(self, softmax: HashedSoftmax, kinds: Kinds, *, seed: str) -> None:
        """Use `seeded` or `from_bytes`."""
        self.seed = seed
        self.learned = 0
        self.calibration = CALIBRATION
        self._softmax = softmax
        self._kinds = kinds
        self._lessons = 0  # a checksum of what was learned, in its order
        self._watch = Prequential()
        self._fast: WordSums | None = None  # of these very weights

    # -- deciding

    def classify(self, text: str) -> Verdict:
        """Say what a text is about."""
        return self.classify_words(plain_words(text))

    def classify_words(self, words: Sequence[str], stemmed: Sequence[str] | None = None) -> Verdict:
        """Say what the plain words of a text are about; their stems may be given where they are known."""
        fast = self._fast
        if fast is None:
            fast = self._fast = WordSums(self._softmax, self._kinds)
        if len(words) > MOST_WORDS:
            words, stemmed = self.looked_at(words), None
        sums = fast.read(words, stems(words) if stemmed is None else stemmed)
        return self._verdict(sums.logits, partial(fast.best_kind, sums))

    def contributions(self, row: Row) -> NDArray[np.float32]:
        """Return what each entry of a row adds to the logit of each label (`LABELS`): entries x 8."""
        return self._softmax.contributions(row.indices, row.values)

    def row(self, words: Sequence[str]) -> Row:
        """Return the plain words of a text as the softmax sees them."""
        return row_of(self.looked_at(words), self._softmax)

    @staticmethod
    def looked_at(words: Sequence[str]) -> Sequence[str]:
        """Return the words that count: of a long text its beginning and its end."""
        if len(words) <= MOST_WORDS:
            return words
        return [*words[: MOST_WORDS - LAST_WORDS], *words[-LAST_WORDS:]]

    def _verdict(self, logits: list[float], kind_of: Callable[[int], str | None]) -> Verdict:
        most = max(logits)
        powers = [*map(exp, logits if -_SAFE < most < _SAFE else [logit - most for logit in logits])]
        total = sum(powers)
        probabilities = [power / total for power in powers]
        domains = probabilities[:-1]
        *_, second, best = sorted(domains)
        at = domains.index(best)
        second_at = domains.index(second, at + 1 if second == best else 0)
        return Verdict(
            _DOMAINS[at],
            kind_of(at) or GENERAL,
            int(self.calibration.confidence(best) * 10_000 + 0.5) / 10_000,  # as round(), five times as fast
            _DOMAINS[second_at],
            best - second,
            probabilities,
        )

    # -- learning

    def learn(self, text: str, domain: Domain) -> Verdict:
        """Learn what a person says about a text; return what the model said before."""
        row = self.row(plain_words(text))
        logits: list[float] = self._softmax.logits(row.indices, row.values).tolist()
        before = self._verdict(logits, partial(self._kinds.best, row))
        self._softmax.learn(row.indices, row.values, domain.value)
        self._softmax.count(row.indices[: row.hashed])
        self._fast = None
        self.learned += 1
        self._lessons = crc32(f"{domain}\t{text}".encode("utf-8", "surrogatepass"), self._lessons)
        self._watch.update(right=before.domain is domain)
        return before

    @property
    def version(self) -> str:
        """Name these very weights: the examples and rules, the number of lessons, and a checksum of them."""
        return f"{self.seed}+{self.learned}.{self._lessons:08x}" if self.learned else self.seed

    @property
    def accuracy(self) -> float | None:
        """The share of all lessons whose domain was known before; None without lessons."""
        return self._watch.accuracy

    @property
    def recent_accuracy(self) -> float | None:
        """The same of the newest lessons (`prequential.WINDOW`)."""
        return self._watch.recent_accuracy

    @property
    def drift(self) -> Drift:
        """Whether the newest lessons are worse known than those before."""
        return self._watch.drift

    # -- from examples and from snapshots

    @classmethod
    def seeded(cls) -> Self:
        """Return a model that has learned the shipped examples and nothing else; each call a new one.

        The first call in a process trains it, which takes two seconds, unless one was planted (`plant`).
        """
        softmax, kinds, seed = _seed()
        return cls(softmax.copy(), kinds, seed=seed)

    @classmethod
    def trained(cls, examples: Sequence[Example]) -> Self:
        """Return a model that has learned these examples, and knows no subcategories."""
        return cls(train(examples), NO_KINDS, seed="trained")

    def to_bytes(self) -> bytes:
        """Pack all that was learned; the subcategories are those of the examples and not in it."""
        header = {
            "kind": KIND,
            "seed": self.seed,
            "slots": SLOT_NAMES,
            "learned": self.learned,
            "lessons": self._lessons,
            "slope": self.calibration.slope,
            "shift": self.calibration.shift,
        }
        packed = Snapshot(header, {}).with_part("softmax", self._softmax.snapshot())
        return packed.with_part("watch", self._watch.snapshot()).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Make the model of a snapshot again.

        Raises:
            InvalidSnapshot: these bytes are none, or one for other rules.
        """
        packed = Snapshot.from_bytes(data)
        packed.expect("kind", KIND)
        packed.expect("slots", SLOT_NAMES)
        seeded, kinds, _ = _seed()
        softmax = HashedSoftmax.restored(packed.part("softmax"), text_features)
        if softmax.labels != list(LABELS) or (softmax.bits, softmax.dense) != (seeded.bits, seeded.dense):
            raise InvalidSnapshot("softmax: its labels or its size are not those of this model")
        model = cls(softmax, kinds, seed=packed.string("seed"))
        model.learned = packed.integer("learned")
        model._lessons = packed.integer("lessons")
        model.calibration = Calibration(packed.number("slope"), packed.number("shift"))
        if max(map(abs, model.calibration)) > STEEPEST:
            raise InvalidSnapshot(f"slope, shift: {model.calibration} is beyond {STEEPEST}")
        model._watch = Prequential.restored(packed.part("watch"))
        return model


class Seed(NamedTuple):
    """What was learned from the shipped examples.

    Attributes:
        softmax: of the domains.
        kinds: of the subcategories.
        name: of these examples and rules.
    """

    softmax: HashedSoftmax
    kinds: Kinds
    name: str


def seed_to_bytes() -> bytes:
    """Train a seed and pack it, for processes to come: training takes two seconds, `plant` a hundredth of that."""
    examples = load_examples()
    header = {"kind": KIND, "name": _seed_name(examples)}
    packed = Snapshot(header, {}).with_part("softmax", train(examples).snapshot())
    return packed.with_part("kinds", train_kinds(examples).snapshot()).to_bytes()


def plant(data: bytes) -> None:
    """Take a packed seed instead of training one, for every model that this process makes from now on.

    Raises:
        InvalidSnapshot: these bytes are none, or one of other rules or examples.
    """
    packed = Snapshot.from_bytes(data)
    packed.expect("kind", KIND)
    packed.expect("name", _seed_name(load_examples()))
    softmax, kinds = (HashedSoftmax.restored(packed.part(name), text_features) for name in ("softmax", "kinds"))
    _planted[:] = [Seed(softmax, Kinds(kinds), packed.string("name"))]
    _seed.cache_clear()


_planted: list[Seed] = []


@cache
def _seed() -> Seed:
    if _planted:
        return _planted[0]
    examples = load_examples()
    return Seed(train(examples), Kinds(train_kinds(examples)), _seed_name(examples))


def _seed_name(examples: Sequence[Example]) -> str:
    about = repr([KIND, examples, RULES, CALIBRATION, EVIDENCE_LENGTH, BIAS, BITS, PASSES])
    return f"{crc32(about.encode()):08x}"
