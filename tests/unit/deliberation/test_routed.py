"""Whose opinion counts while an experiment runs, and what is recorded; a challenger that fails costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import pytest
from msgspec.structs import replace

from models.deliberation.prior import LABELS
from models.deliberation.routed import NO_TRIALS, Route, Trials
from models.deliberation.rung import RungModel, rung_of
from models.deliberation.scoring import consensus_of
from models.lifecycle.experiment import asker_of, exposed, labelled
from models.online.features import features_of, inputs_of
from models.online.labels import Label
from models.records import Arm, Consensus, LabelSource, Observation, Recommendation, SpecialistType, decode, encode
from tests.unit.deliberation.test_scoring import PLANS, ladders, taught
from tests.unit.planning.catalogs import NOW_MS

BUSINESS = SpecialistType.BUSINESS
APPROVE, REJECT = Recommendation.APPROVE, Recommendation.REJECT
PLAN = PLANS[1]


class Sure:
    """A challenger that is sure that a plan is to be rejected."""

    version, model_type, learned = "7", "boosted trees", 10_000

    def probabilities(self, _row: Mapping[str, float], /) -> Sequence[float]:
        return [0.97 if label is REJECT else 0.01 for label in LABELS]

    def contributions(self, _row: Mapping[str, float], _label: int, /) -> Mapping[str, float]:
        return {}


class Broken(Sure):
    def probabilities(self, _row: Mapping[str, float], /) -> Sequence[float]:
        raise OSError("no such file")


def trials(arm: Arm, model: Sure, *, shadow: bool = False) -> Trials:
    ticks = count()
    found = Route("e", BUSINESS, arm, "0" * 16, 0.25, model, shadow)
    return Trials([found], lambda: next(ticks) / 1000)


def judged(arm: Arm, model: Sure, *, shadow: bool = False) -> Consensus:
    found = consensus_of(PLAN, now_ms=NOW_MS, ladders=ladders(APPROVE), trials=trials(arm, model, shadow=shadow))
    assert decode(Consensus, encode(found)) == found
    return found


def test_in_the_treatment_the_challenger_decides_and_only_for_its_specialist() -> None:
    champion = consensus_of(PLAN, now_ms=NOW_MS, ladders=ladders(APPROVE))
    treated = judged(Arm.TREATMENT, Sure())
    [exposure] = treated.exposures
    told = treated.opinions[0]
    assert (told.specialist_type, told.recommendation, told.explainability.model_version) == (BUSINESS, REJECT, "7")
    assert treated.opinions[1:] == champion.opinions[1:]
    assert treated.forecasts == champion.forecasts, "learners are judged by what they said, whoever decides"
    assert (exposure.arm, exposure.probability) == (Arm.TREATMENT, 0.25)
    assert exposure.served == exposure.challenger
    assert exposure.challenger is not None
    assert exposure.champion is not None
    assert (exposure.challenger.says, exposure.champion.says) == (REJECT, APPROVE)
    assert exposure.challenger.confidence == told.confidence_score
    assert exposure.champion.confidence == champion.opinions[0].confidence_score
    assert [exposure.challenger.latency_ms, exposure.champion.latency_ms] == pytest.approx([1.0, 1.0])


def test_in_the_control_nothing_changes_and_the_challenger_is_not_even_asked() -> None:
    control = judged(Arm.CONTROL, Broken())
    [exposure] = control.exposures
    assert replace(control, exposures=[]) == consensus_of(PLAN, now_ms=NOW_MS, ladders=ladders(APPROVE))
    assert exposure.challenger is None
    assert exposure.served == exposure.champion


def test_in_the_shadow_both_are_asked_and_the_champion_decides() -> None:
    shadow = judged(Arm.CONTROL, Sure(), shadow=True)
    [exposure] = shadow.exposures
    assert replace(shadow, exposures=[]) == consensus_of(PLAN, now_ms=NOW_MS, ladders=ladders(APPROVE))
    assert exposure.challenger is not None
    assert exposure.challenger.says is REJECT


def test_a_challenger_that_fails_leaves_the_plan_to_the_champion_and_is_charged_with_it() -> None:
    treated = judged(Arm.TREATMENT, Broken())
    [exposure] = treated.exposures
    assert replace(treated, exposures=[]) == consensus_of(PLAN, now_ms=NOW_MS, ladders=ladders(APPROVE))
    assert exposure.served is not None
    assert (exposure.arm, exposure.served.error, exposure.served.says) == (Arm.TREATMENT, True, None)


def test_without_anything_learned_the_champion_is_the_rules() -> None:
    consensus = consensus_of(PLAN, now_ms=NOW_MS, trials=trials(Arm.CONTROL, Sure()))
    assert consensus.exposures[0].champion is not None
    assert consensus.exposures[0].champion.says is consensus.opinions[0].recommendation


def test_a_rung_speaks_for_itself_and_the_champions_rung_as_the_champion_does() -> None:
    scoring = taught(BUSINESS, APPROVE)
    row = inputs_of(features_of(PLAN))
    champion = scoring.ladder.champion
    [another] = {"logistic", "quick"} - {champion}
    one, other = RungModel(scoring, champion), RungModel(scoring, another)
    assert (one.version, one.model_type, one.learned) == (f"rung:{champion}@v-1", champion, 300)
    consensus = consensus_of(
        PLAN,
        now_ms=NOW_MS,
        ladders={BUSINESS: scoring},
        trials=Trials([Route("e", BUSINESS, Arm.TREATMENT, "0" * 16, 0.5, one, shadow=False)], lambda: 0.0),
    )
    [exposure] = consensus.exposures
    assert exposure.champion == exposure.challenger, "the same model says the same"
    assert sum(other.probabilities(row)) == pytest.approx(1.0)
    assert max(other.probabilities(row)) == pytest.approx(scoring.ladder.accuracies[another])
    assert other.contributions(row, 0) == {}
    with pytest.raises(KeyError):
        RungModel(scoring, "forest")


def test_a_challengers_version_names_a_rung_that_there_is_or_a_registered_model() -> None:
    assert (rung_of("rung:small-forest"), rung_of("7")) == ("small-forest", None)
    with pytest.raises(ValueError, match="the rungs are rung:logistic"):
        rung_of("rung:oracle")


def test_a_plan_is_observed_only_where_an_experiment_had_its_hand_in_it() -> None:
    nothing, seen = consensus_of(PLAN, now_ms=NOW_MS, trials=NO_TRIALS), judged(Arm.TREATMENT, Sure())
    word = Label(REJECT, LabelSource.FEEDBACK, NOW_MS + 5, BUSINESS)
    assert (exposed(nothing), labelled(nothing, word)) == (None, None)
    assert exposed(seen) == Observation(plan_id=PLAN.plan_id, at=NOW_MS, exposures=seen.exposures)
    assert labelled(seen, word) == Observation(plan_id=PLAN.plan_id, at=NOW_MS + 5, label=REJECT, specialist=BUSINESS)
    assert asker_of(PLAN) == PLAN.metadata["asker"]["actor"]
    assert asker_of(replace(PLAN, metadata={})) == PLAN.plan_id
