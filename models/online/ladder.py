"""A ladder of learners on one stream: one decides, the others are judged on the same examples, and drift changes them.

Test, then train: every rung predicts an example when it arrives and learns it when its label comes, however late; what
it is judged by is what it said at arrival. (Judged by what they would say when the label comes, those that forget
quickly look far better than they are where labels come late.)

The policy:

* A rung that is better than the champion, by a paired comparison that may be looked at any time, becomes the champion.
* A warning (of the error; of the accuracy to be expected) starts a challenger behind each rung: the same kind, knowing
  nothing. One that is better than its rung, by the same comparison, takes its place.
* At a drift, the champion's challenger is promoted where it has shown to be better. Else, a champion that is clearly
  worse than always saying the most frequent label is reset: a new learner takes its place. Else the challengers begin
  anew with the new world, and have the cool-down to show that they are better; a champion that is that bad on the
  first 50 examples after the drift gives way to its own at once.
* The error of the first rung is watched beside the champion's: one that forgets quickly hardly errs more in a new
  world.
* In the cool-down after a drift no other is declared.
* A warning that no drift follows within the cool-down has passed: its challengers are dropped.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final
from zlib import crc32

from models.online.ladder_parts import DEFAULT_KINDS, Forecast, LadderSettings, Rung
from models.online.paired import Comparison
from models.online.rungs import HEAVY, Learner, Row, best_of, make_learner, normalised
from models.online.shift import FeatureWatch, LabelWatch
from models.online.watches import Alarm, ConfidenceWatch, ErrorWatch, ExpectedAccuracy, OnlineCalibration
from models.records import Drift, DriftAction, DriftEvent, DriftSource, FeatureShift

__all__ = ["DEFAULT_KINDS", "Forecast", "Ladder", "LadderSettings"]

_HOPELESS: Final = 50
"""Examples over which a champion is compared with the most frequent label."""


class Ladder:
    """The learners of one stream, and who decides. Deterministic by its seed; one owner: not thread safe."""

    def __init__(self, name: str, settings: LadderSettings) -> None:
        """Make a ladder that knows nothing.

        Args:
            name: Whose it is, for its events.
            settings: What it is made of.

        Raises:
            ValueError: there are no rungs, one twice, or one of an unknown kind.
        """
        if not settings.kinds or len(set(settings.kinds)) != len(settings.kinds):
            raise ValueError(f"kinds: at least one and each once was expected, not {settings.kinds}")
        self.name, self.settings = name, settings
        self.learned = 0
        self._made = 0
        self._rungs = [Rung(kind, kind, self._new(kind), settings.alpha) for kind in settings.kinds]
        self._champion = self._rungs[0]
        self._calibration = OnlineCalibration()
        self._errors = ErrorWatch(settings.error)
        self._steady_errors = ErrorWatch(settings.error)
        self._confidence = ConfidenceWatch()
        self._expected = ExpectedAccuracy(window=settings.shift.window)
        self._features = FeatureWatch(settings.shift)
        self._labels = LabelWatch(settings.shift)
        self._warned_at: int | None = None
        self._drifted_at: int | None = None
        self._newest: deque[tuple[str, bool]] = deque(maxlen=_HOPELESS)
        self._learned: deque[tuple[Row, str]] = deque(maxlen=_HOPELESS)
        self._movers: list[FeatureShift] = []

    # -- saying

    @property
    def champion(self) -> str:
        """The kind of the rung that decides."""
        return self._champion.kind

    @property
    def champion_name(self) -> str:
        """The name under which that rung is judged."""
        return self._champion.name

    @property
    def learners(self) -> dict[str, Learner]:
        """What stands on each rung, by its kind."""
        return {rung.kind: rung.learner for rung in self._rungs}

    @property
    def calibration(self) -> OnlineCalibration:
        """How often the champion is right when it is how sure."""
        return self._calibration

    @property
    def expected_accuracy(self) -> float | None:
        """The accuracy to be expected of the newest predictions, labels or not."""
        return self._expected.accuracy

    @property
    def recent_accuracy(self) -> float | None:
        """The share of the newest labels that had been predicted, each before it was learned."""
        return sum(right for _, right in self._newest) / len(self._newest) if self._newest else None

    @property
    def drift(self) -> Drift:
        """What the newest alarm says that has not passed yet."""
        if self._drifted_at is not None:
            return Drift.DRIFT
        return Drift.NONE if self._warned_at is None else Drift.WARNING

    @property
    def accuracies(self) -> dict[str, float | None]:
        """Of each rung, whatever learner stood on it, the share of its predictions that was right."""
        return {rung.kind: rung.right / rung.n if rung.n else None for rung in self._rungs}

    def predict(self, x: Row) -> Forecast:
        """Let the champion say what an example is; nothing changes."""
        probabilities = normalised(self._champion.learner.predict_proba_one(x))
        label = best_of(probabilities)
        confidence = 0.0 if label is None else self._calibration.confidence(probabilities[label])
        return Forecast(label, probabilities, confidence, {self._champion.name: label})

    def forecast(self, x: Row, *, light: bool = False) -> Forecast:
        """Let every rung and challenger say what an example is; nothing changes. `light` leaves out the heavy ones."""
        forecast = self.predict(x)
        said = dict(forecast.said)
        for rung in self._rungs:
            if light and rung.kind in HEAVY:
                continue
            if rung is not self._champion:
                said[rung.name] = best_of(normalised(rung.learner.predict_proba_one(x)))
            if rung.challenger is not None:
                said[rung.challenger_name] = best_of(normalised(rung.challenger.predict_proba_one(x)))
        return forecast._replace(said=said)

    def probabilities_of(self, kind: str, x: Row) -> dict[str, float]:
        """Let one rung say what an example is, whether it decides or not; nothing changes.

        Raises:
            KeyError: there is no such rung.
        """
        for rung in self._rungs:
            if rung.kind == kind:
                return normalised(rung.learner.predict_proba_one(x))
        raise KeyError(kind)

    def adopt(self, settings: LadderSettings) -> bool:
        """Go on by other thresholds; tell whether these are others. What watches by those that changed begins anew.

        Raises:
            ValueError: it would be another ladder: its kinds or its seed differ.
        """
        before, self.settings = self.settings, settings
        if (settings.kinds, settings.seed) != (before.kinds, before.seed):
            self.settings = before
            raise ValueError(
                f"kinds, seed: {before.kinds}, {before.seed} can't become {settings.kinds}, {settings.seed}"
            )
        if settings.error != before.error:
            self._errors, self._steady_errors = ErrorWatch(settings.error), ErrorWatch(settings.error)
        if settings.shift != before.shift:
            self._features, self._labels = FeatureWatch(settings.shift), LabelWatch(settings.shift)
            self._expected = ExpectedAccuracy(window=settings.shift.window)
        if settings.alpha != before.alpha:
            self._compare_anew()
            for rung in self._rungs:
                rung.with_challenger = Comparison(alpha=settings.alpha)
        return settings != before

    # -- watching what has no label

    def observe(self, x: Row, forecast: Forecast) -> list[DriftEvent]:
        """Watch an example that has no label yet: its features, and how sure the champion is of it."""
        events: list[DriftEvent] = []
        if moved := self._features.update(x):
            most = max(shift.psi for shift in moved)
            self._movers = moved[:5]
            events += self._warn(DriftSource.FEATURES, Alarm(Drift.WARNING, "psi+ks", 0.0, most))
        if forecast.label is not None:
            if fell := self._confidence.update(forecast.confidence):
                events += self._warn(DriftSource.CONFIDENCE, fell)
            if fell := self._expected.update(forecast.confidence):
                events += self._warn(DriftSource.EXPECTED_ACCURACY, fell)
        return events

    # -- learning

    def learn(self, x: Row, y: str, forecast: Forecast | None = None, *, light: bool = False) -> list[DriftEvent]:
        """Learn an example, and do what the policy says.

        Args:
            x: The example.
            y: Its label.
            forecast: What was said of it when it arrived; without, what would be said now.
            light: Leave out the heavy rungs: there is more to learn than there is time.
        """
        if forecast is None:
            forecast = self.forecast(x, light=light)
        self.learned += 1
        right = self._judge(y, forecast)
        if forecast.label is not None:
            self._calibration.learn(forecast.probabilities[forecast.label], right=right)
        for rung in self._rungs:
            if light and rung.kind in HEAVY:
                continue
            rung.learner.learn_one(x, y)
            if rung.challenger is not None:
                rung.challenger.learn_one(x, y)
        self._newest.append((y, right))
        self._learned.append((x, y))
        return self._act(self._alarm(y, forecast, right=right), y)

    def _alarm(self, y: str, forecast: Forecast, *, right: bool) -> Alarm | None:
        """Watch the error of the champion, and that of the first rung, which forgets most slowly.

        Of the latter only a drift counts, and only while it isn't the champion.
        """
        alarm = self._errors.update(wrong=not right)
        steady = self._rungs[0]
        if steady.name not in forecast.said:
            return alarm
        other = self._steady_errors.update(wrong=forecast.said[steady.name] != y)
        if other is None or other.level is not Drift.DRIFT or steady is self._champion:
            return alarm
        if alarm is not None and alarm.level is Drift.DRIFT:
            return alarm
        return other._replace(detector=f"{other.detector}:{steady.kind}")

    def _judge(self, y: str, forecast: Forecast) -> bool:
        """Count who was right; return whether the one was that decided when the example arrived."""
        said = forecast.said
        champion = said.get(self._champion.name)
        for rung in self._rungs:
            if rung.name not in said:
                continue
            right = said[rung.name] == y
            rung.n += 1
            rung.right += right
            if rung is not self._champion and self._champion.name in said:
                rung.with_champion.update(champion_right=champion == y, challenger_right=right)
            if rung.challenger_name and rung.challenger_name in said:
                rung.with_challenger.update(champion_right=right, challenger_right=said[rung.challenger_name] == y)
        return forecast.label == y

    # -- the policy

    def _act(self, alarm: Alarm | None, y: str) -> list[DriftEvent]:
        events: list[DriftEvent] = []
        if (moved := self._labels.update(y)) is not None:
            events += self._warn(DriftSource.LABELS, Alarm(Drift.WARNING, "psi", 0.0, moved[0]))
        if self._drifted_at is not None and self.learned - self._drifted_at >= self.settings.cool_down:
            self._drifted_at = None
            if self._warned_at is None:
                events += self._drop_challengers()
        if self._drifted_at is not None and self.learned - self._drifted_at == _HOPELESS and self._is_lost():
            events.append(self._reset())
        if self._warned_at is not None and self.learned - self._warned_at >= self.settings.cool_down:
            self._warned_at = None
            if self._drifted_at is None:
                events += self._drop_challengers()
        if alarm is not None and alarm.level is Drift.DRIFT and self._drifted_at is None:
            events += self._drift(alarm)
        elif (
            alarm is not None and alarm.level is Drift.WARNING and self._warned_at is None and self._drifted_at is None
        ):
            events += self._warn(DriftSource.ERROR, alarm)
        return events + self._promote()

    def _warn(self, source: DriftSource, alarm: Alarm) -> list[DriftEvent]:
        action = DriftAction.NONE
        calm = self._warned_at is None and self._drifted_at is None
        if source in self.settings.challenged_by and calm:
            self._warned_at = self.learned
            self._start_challengers()
            action = DriftAction.CHALLENGER_STARTED
        return [self._event(source, alarm, action)]

    def _drift(self, alarm: Alarm) -> list[DriftEvent]:
        champion = self._champion
        proven = champion.challenger is not None and champion.with_challenger.challenger_is_better
        self._drifted_at, self._warned_at = self.learned, None
        if proven or self._is_hopeless():
            action = DriftAction.PROMOTED if proven else DriftAction.RESET
            if champion.challenger is None:
                self._challenge(champion)
            self._take_over(champion)
            self._compare_anew()
        else:
            action = DriftAction.CHALLENGER_STARTED
        for rung in self._rungs:
            if not (rung.challenger is not None and rung.with_challenger.challenger_is_better):
                self._challenge(rung)
        self._errors.reset()
        self._steady_errors.reset()
        return [self._event(DriftSource.ERROR, alarm, action)]

    def _is_lost(self) -> bool:
        """Whether it was hopeless on the newest examples, and would still be, now that it has learned them.

        Where labels come late, what was said is an older learner's.
        """
        right = sum(best_of(normalised(self._champion.learner.predict_proba_one(x))) == y for x, y in self._learned)
        labels = Counter(y for _, y in self._learned)
        return self._is_hopeless() and 2 * right < max(labels.values())

    def _reset(self) -> DriftEvent:
        """Put the champion's challenger, which knows the new world only, in its place: it knows the old one only.

        When a drift is found, the newest examples are still half the old world's; now they are not.
        """
        before, after = _errors(self._champion.with_challenger)
        self._take_over(self._champion)
        self._compare_anew()
        self._challenge(self._champion)
        return self._event(DriftSource.ERROR, Alarm(Drift.NONE, "hopeless", before, after), DriftAction.RESET)

    def _promote(self) -> list[DriftEvent]:
        """Let challengers and rungs rise that have shown to be better."""
        events: list[DriftEvent] = []
        for rung in self._rungs:
            if rung.challenger is not None and rung.with_challenger.challenger_is_better:
                before, after = _errors(rung.with_challenger)
                self._take_over(rung)
                if rung is self._champion:
                    self._compare_anew()
                    events.append(self._promotion("challenger", before, after))
        better = [
            rung for rung in self._rungs if rung is not self._champion and rung.with_champion.challenger_is_better
        ]
        if better:
            best = max(better, key=lambda rung: rung.with_champion.won - rung.with_champion.lost)
            before, after = _errors(best.with_champion)
            self._champion = best
            self._compare_anew()
            events.append(self._promotion("rung", before, after))
        return events

    def _is_hopeless(self) -> bool:
        """Whether it is right less than half as often, on its newest examples, as always saying the commonest label."""
        labels = Counter(label for label, _ in self._newest)
        return 2 * sum(right for _, right in self._newest) < max(labels.values())

    def _take_over(self, rung: Rung) -> None:
        """Put a rung's challenger in its place."""
        if rung.challenger is not None:
            rung.learner, rung.name = rung.challenger, rung.challenger_name
            rung.drop_challenger()
            rung.with_champion = Comparison(alpha=self.settings.alpha)

    def _compare_anew(self) -> None:
        for rung in self._rungs:
            rung.with_champion = Comparison(alpha=self.settings.alpha)

    def _start_challengers(self) -> None:
        for rung in self._rungs:
            self._challenge(rung)

    def _challenge(self, rung: Rung) -> None:
        rung.challenger = self._new(rung.kind)
        rung.challenger_name = f"{rung.kind}-{self._made}"
        rung.with_challenger = Comparison(alpha=self.settings.alpha)

    def _drop_challengers(self) -> list[DriftEvent]:
        if all(rung.challenger is None for rung in self._rungs):
            return []
        for rung in self._rungs:
            rung.drop_challenger()
        error = self._errors.error
        passed = Alarm(Drift.NONE, "cool-down", error, self._errors.recent_error)
        return [self._event(DriftSource.ERROR, passed, DriftAction.CHALLENGER_DROPPED)]

    def _new(self, kind: str) -> Learner:
        self._made += 1
        return make_learner(kind, crc32(f"{self.name}/{self.settings.seed}/{self._made}".encode()))

    def _promotion(self, detector: str, before: float, after: float) -> DriftEvent:
        alarm = Alarm(self.drift, f"paired:{detector}", before, after)
        return self._event(DriftSource.ERROR, alarm, DriftAction.PROMOTED)

    def _event(self, source: DriftSource, alarm: Alarm, action: DriftAction) -> DriftEvent:
        movers: list[FeatureShift] = []
        if source is DriftSource.FEATURES:
            movers = self._movers
        elif alarm.level is not Drift.NONE:
            movers = self._features.movers()
        return DriftEvent(
            model=self.name,
            source=source,
            level=alarm.level,
            detector=alarm.detector,
            action=action,
            at_example=self.learned,
            before=alarm.before,
            after=alarm.after,
            champion=self._champion.kind,
            movers=movers,
        )


def _errors(comparison: Comparison) -> tuple[float, float]:
    """The share of a comparison's examples that only the first was wrong on, and that only the second was."""
    return comparison.won / max(comparison.n, 1), comparison.lost / max(comparison.n, 1)
