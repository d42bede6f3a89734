"""What is watched one number at a time: the error, the confidence, and the accuracy that the confidence promises."""

from __future__ import annotations

from collections import deque
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from models.nlu.confidence import STEEPEST, log_odds
from models.records import Drift

if TYPE_CHECKING:
    from river.drift import ADWIN

__all__ = [
    "Alarm",
    "ConfidenceWatch",
    "ErrorSettings",
    "ErrorWatch",
    "ExpectedAccuracy",
    "OnlineCalibration",
    "calibrated_confidence",
]


class Alarm(NamedTuple):
    """What a detector says.

    Attributes:
        level: Warning or drift.
        detector: Which one says so.
        before: What it measured before.
        after: The same since.
    """

    level: Drift
    detector: str
    before: float
    after: float


class ErrorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When errors count as more frequent. The defaults give one false alarm in some 100,000 steady examples.

    Attributes:
        adwin_warning: ADWIN's delta of the warning zone.
        adwin_drift: That of the drift zone.
        page_warning: Page-Hinkley's threshold of the warning zone, in nats.
        page_drift: That of the drift zone.
        least: Examples before the first alarm, and after a drift before the next: what is new errs more at first.
    """

    adwin_warning: float = 0.02
    adwin_drift: float = 0.002
    page_warning: float = 6.0
    page_drift: float = 10.5
    least: int = 150


class ErrorWatch:
    """Two detectors on one stream of rights and wrongs, each with a warning and a drift zone; only *more* errors alarm.

    ADWIN (Bifet, Gavalda 2007) finds any change of the mean, slow ones as well. Page-Hinkley (Page 1954, Hinkley 1971)
    finds abrupt ones sooner: the sum, cut off at 0, of the log likelihood ratios of an error rate half as high again
    (and at least 8 points higher) against the rate so far, which forgets within some 2,000 examples. (river's
    PageHinkley adds up plain differences, so that one threshold is too low for an error rate of a half and too high for
    one of a hundredth.)
    """

    def __init__(self, settings: ErrorSettings) -> None:
        """Start with nothing seen."""
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything: the champion is another one, or the world is."""
        # Imported where it is needed: river's detectors bring a second or more of imports, and only learners detect.
        from river.drift import ADWIN

        warning, drift = self._settings.adwin_warning, self._settings.adwin_drift
        self._adwins: list[tuple[Drift, ADWIN]] = [
            (Drift.DRIFT, ADWIN(delta=drift)),  # type: ignore[no-untyped-call]
            (Drift.WARNING, ADWIN(delta=warning)),  # type: ignore[no-untyped-call]
        ]
        self._n = 0
        self._weight = self._errors = self._sum = 0.0
        self._recent: deque[bool] = deque(maxlen=100)

    @property
    def error(self) -> float:
        """The error rate, of the last 2,000 examples or so; a half before the first."""
        return (self._errors + 1.0) / (self._weight + 2.0)

    @property
    def recent_error(self) -> float:
        """The error rate of the last 100 examples, or of those there are."""
        return sum(self._recent) / len(self._recent) if self._recent else 0.0

    def update(self, *, wrong: bool) -> Alarm | None:
        """Take an outcome; return the higher of the alarms that it raises, if any."""
        settings = self._settings
        before = self.error
        self._n += 1
        self._recent.append(wrong)
        said: dict[Drift, str] = {}
        for level, adwin in self._adwins:
            estimation = adwin.estimation
            adwin.update(wrong)  # type: ignore[no-untyped-call]
            if adwin.drift_detected and adwin.estimation > estimation:
                said.setdefault(level, "adwin")
        rate = min(max(before, 0.01), 0.85)
        higher = min(max(1.5 * rate, rate + 0.08), 0.95)
        step = log(higher / rate) if wrong else log((1.0 - higher) / (1.0 - rate))
        if self._n > settings.least:
            self._sum = max(0.0, self._sum + step)
        self._weight = 0.9995 * self._weight + 1.0
        self._errors = 0.9995 * self._errors + wrong
        if self._sum >= settings.page_drift:
            said.setdefault(Drift.DRIFT, "page-hinkley")
        elif self._sum >= settings.page_warning:
            said.setdefault(Drift.WARNING, "page-hinkley")
        if not said or self._n <= settings.least:
            return None
        level = Drift.DRIFT if Drift.DRIFT in said else Drift.WARNING
        return Alarm(level, said[level], before, self.recent_error)


class ConfidenceWatch:
    """ADWIN on how sure the champion is: a fall is a warning that needs no label."""

    def __init__(self, *, delta: float = 0.002) -> None:
        """Start with nothing seen; `delta` is ADWIN's."""
        from river.drift import ADWIN

        self._adwin: Any = ADWIN(delta=delta)  # type: ignore[no-untyped-call]

    def update(self, confidence: float) -> Alarm | None:
        """Take a confidence, 0 to 1."""
        before = self._adwin.estimation
        self._adwin.update(confidence)
        if self._adwin.drift_detected and self._adwin.estimation < before:
            return Alarm(Drift.WARNING, "adwin", before, self._adwin.estimation)
        return None


def calibrated_confidence(slope: float, shift: float, probability: float) -> float:
    """Return how often a prediction with this probability is right, by Platt's two numbers."""
    return 1.0 / (1.0 + exp(-slope * log_odds(probability) - shift))


class OnlineCalibration:
    """Platt's two numbers (Platt 1999), learned one example at a time: how often is a prediction this sure right?

    Gradient descent on the log loss, each number with its own step (AdaGrad: Duchi, Hazan, Singer 2011).
    """

    def __init__(self, *, rate: float = 0.1) -> None:
        """Start with believing what is claimed."""
        self._rate = rate
        self.slope, self.shift = 1.0, 0.0
        self._squares = [1.0, 1.0]

    def confidence(self, probability: float) -> float:
        """Return how often a prediction with this probability is right, 0 to 1."""
        return calibrated_confidence(self.slope, self.shift, probability)

    def learn(self, probability: float, *, right: bool) -> None:
        """Learn whether one was."""
        x = log_odds(probability)
        error = self.confidence(probability) - right
        for place, gradient in enumerate((error * x, error)):
            self._squares[place] += gradient * gradient
            step = self._rate * gradient / sqrt(self._squares[place])
            if place:
                self.shift = min(max(self.shift - step, -STEEPEST / 4), STEEPEST / 4)
            else:
                self.slope = min(max(self.slope - step, 0.01), STEEPEST / 4)


class ExpectedAccuracy:
    """The accuracy to be expected of predictions whose labels aren't known, from their calibrated confidence.

    Its mean over a window is compared with the best of a window so far. A fall by `least_fall` or more, and by four
    standard errors, is a warning, after which the newest window is the reference.
    """

    def __init__(self, *, window: int = 500, least_fall: float = 0.05) -> None:
        """Start with nothing seen."""
        self._window, self._least_fall = window, least_fall
        self._recent: deque[float] = deque(maxlen=window)
        self._sum = self._sum_of_squares = 0.0
        self._seen = 0
        self.reference: float | None = None

    @property
    def accuracy(self) -> float | None:
        """The accuracy to be expected over the window; None before the first prediction."""
        return self._sum / len(self._recent) if self._recent else None

    def update(self, confidence: float) -> Alarm | None:
        """Take a calibrated confidence."""
        if len(self._recent) == self._window:
            oldest = self._recent[0]
            self._sum -= oldest
            self._sum_of_squares -= oldest * oldest
        self._recent.append(confidence)
        self._sum += confidence
        self._sum_of_squares += confidence * confidence
        self._seen += 1
        # The first window has a model in it that is only learning: the second is the reference.
        if self._seen % self._window or self._seen < 2 * self._window:
            return None
        mean = self._sum / self._window
        variance = max(self._sum_of_squares / self._window - mean * mean, 0.0)
        before, self.reference = self.reference, max(self.reference or 0.0, mean)
        if before is None or before - mean < max(self._least_fall, 4.0 * sqrt(2.0 * variance / self._window)):
            return None
        self.reference = mean
        return Alarm(Drift.WARNING, "expected-accuracy", before, mean)
