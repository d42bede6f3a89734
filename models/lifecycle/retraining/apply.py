"""What a word does to the retraining of a specialist: the next step, what is told of it, and words to experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from models.ids import stable_id
from models.lifecycle.hands import Collected, Promoted, Registered, Trained, Validated
from models.lifecycle.retraining.state import KEPT_ROUNDS, End, Retraining, Round, Rules, Step, due_at
from models.records.experiment import ExperimentCommand, ExperimentWord
from models.records.retraining import RetrainingCommand, RetrainingEvent, RetrainingWord

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SYSTEM", "Came", "apply"]

SYSTEM = "system"
_ENDS = {"rolled_back": End.ROLLED_BACK, "failed": End.NOT_BETTER, "stopped": End.STOPPED}


class Came(NamedTuple):
    """What has come of a word.

    Attributes:
        state: Where the retraining stands.
        events: What is told.
        words: What is said to experiments.
    """

    state: Retraining
    events: tuple[RetrainingEvent, ...] = ()
    words: tuple[ExperimentCommand, ...] = ()


def apply(state: Retraining, said: RetrainingCommand, *, at_ms: int, rules: Rules) -> Came:
    """Apply a word.

    Args:
        state: Where the retraining stands.
        said: The word.
        at_ms: When it counts as said: never later than when it was written to the log.
        rules: What the settings say.

    Returns:
        What comes of it. A word of the system that is too late, or comes again, changes nothing and tells nothing; a
        person's word that changes nothing is answered with the reason.
    """
    came = _in_time(state, at_ms=at_ms, rules=rules)
    following = _WORDS[said.word](came.state, said, at_ms, rules)
    return Came(following.state, (*came.events, *following.events), (*came.words, *following.words))


def _in_time(state: Retraining, *, at_ms: int, rules: Rules) -> Came:
    """Let time do first what it would have done before the word."""
    due = due_at(state, rules)
    if due is None or at_ms < due:
        return Came(state)
    if state.now is not None:
        return _ending(state, state.now, End.EXPIRED, "nobody has approved it in time", at_ms=at_ms)
    state = replace(state, looked_at=at_ms)
    return _begin(state, cause="drift", by=SYSTEM, why=state.drift_why, at_ms=at_ms, score=state.drift_score)


def _begin(state: Retraining, *, cause: str, by: str, why: str | None, at_ms: int, score: float = 0.0) -> Came:
    now = Round(
        round_id=stable_id("retraining", state.specialist.value, state.rounds, at_ms),
        specialist=state.specialist,
        cause=cause,
        began_at=at_ms,
        since=at_ms,
        by=by,
        why=why,
    )
    state = replace(state, rounds=state.rounds + 1, drift_score=0.0, drift_why=None, drift_at=None)
    return _tell(state, now, "started", at_ms=at_ms, by=by, why=why, details={"cause": cause, "drift_score": score})


def _start(state: Retraining, said: RetrainingCommand, at_ms: int, _: Rules) -> Came:
    if state.now is not None:
        return _refused(state, said, at_ms, f"round {state.now.round_id} is at {state.now.step.value}")
    return _begin(state, cause="person", by=said.by, why=said.reason, at_ms=at_ms)


def _drift(state: Retraining, said: RetrainingCommand, at_ms: int, rules: Rules) -> Came:
    if said.score > state.drift_score:
        at = state.drift_at if state.drift_at is not None and state.drift_score >= rules.threshold else at_ms
        state = replace(state, drift_score=said.score, drift_why=said.reason, drift_at=at)
    return _in_time(state, at_ms=at_ms, rules=rules)


def _approve(state: Retraining, said: RetrainingCommand, at_ms: int, rules: Rules) -> Came:
    now = state.now
    if now is None or now.step is not Step.APPROVAL or said.round_id not in (None, now.round_id):
        return _refused(state, said, at_ms, _no_approval(state, said))
    return _approved(state, now, by=said.by, why=said.reason, at_ms=at_ms, rules=rules)


def _no_approval(state: Retraining, said: RetrainingCommand) -> str:
    now = state.now
    if now is None:
        return "there is no round"
    if said.round_id not in (None, now.round_id):
        return f"the round that there is has the id {now.round_id}"
    return f"round {now.round_id} does not wait for an approval: it is at {now.step.value}"


def _approved(state: Retraining, now: Round, *, by: str, why: str | None, at_ms: int, rules: Rules) -> Came:
    assert now.registered is not None  # noqa: S101 — there is no other way to the step
    came = _tell(state, replace(_at(now, Step.COMPARE, at_ms), approved_by=by), "approved", at_ms=at_ms, by=by, why=why)
    begin = ExperimentCommand(
        experiment_id=now.experiment_id,
        word=ExperimentWord.START,
        by=SYSTEM,
        at=at_ms,
        reason=f"round {now.round_id}, approved by {by}",
        specialist=now.specialist,
        champion=now.registered.champion,
        challenger=now.registered.version,
        rules=rules.experiment,
        round_id=now.round_id,
    )
    return came._replace(words=(begin,))


def _reject(state: Retraining, said: RetrainingCommand, at_ms: int, _: Rules) -> Came:
    now = state.now
    if now is None or said.round_id not in (None, now.round_id):
        return _refused(state, said, at_ms, _no_approval(state, said))
    if now.step in (Step.PROMOTE, Step.WITHDRAW):
        return _refused(state, said, at_ms, f"round {now.round_id} is at {now.step.value}, which is too late")
    return _ending(state, now, End.REJECTED, said.reason or "", at_ms=at_ms, by=said.by)


def _done(state: Retraining, said: RetrainingCommand, at_ms: int, rules: Rules) -> Came:
    now = _of_step(state, said)
    if now is None:
        return Came(state)
    try:
        return _AFTER[now.step](state, now, said.result, at_ms, rules)
    except (msgspec.ValidationError, KeyError) as error:
        return _ending(state, now, End.FAILED, f"{now.step.value}: its result can't be read: {error}", at_ms=at_ms)


def _failed(state: Retraining, said: RetrainingCommand, at_ms: int, rules: Rules) -> Came:
    now = _of_step(state, said)
    if now is None or (now.again_at is not None and at_ms < now.again_at):
        return Came(state)
    why = f"{now.step.value}: {said.reason or 'it did not say why'}"
    if now.step is Step.WITHDRAW and (said.final or now.tries + 1 >= rules.tries):
        return _over(state, replace(now, problem=why), at_ms)
    if said.final or now.tries + 1 >= rules.tries:
        return _ending(state, now, End.FAILED, why, at_ms=at_ms)
    again_at = at_ms + rules.backoff_ms * 2**now.tries
    now = replace(now, tries=now.tries + 1, again_at=again_at, problem=why)
    return _tell(state, now, "step_failed", at_ms=at_ms, why=why, details={"again_at": again_at, "tries": now.tries})


def _of_step(state: Retraining, said: RetrainingCommand) -> Round | None:
    """Return the round if the word is about what it is at: one said before, or made up, is about nothing."""
    now = state.now
    return now if now is not None and (said.round_id, said.step) == (now.round_id, now.step.value) else None


def _compared(state: Retraining, said: RetrainingCommand, at_ms: int, _: Rules) -> Came:
    now = state.now
    if now is None or now.step is not Step.COMPARE or said.round_id != now.round_id:
        return Came(state)
    if not said.applied:
        if said.event != ExperimentWord.START.value:
            return Came(state)  # a person's word to the experiment was refused: that person knows
        return _ending(state, now, End.FAILED, f"its experiment did not begin: {said.reason}", at_ms=at_ms)
    now = replace(now, traffic=said.traffic)
    details = {"experiment_id": now.experiment_id, "traffic": said.traffic, **said.result}
    event = {"started": "experiment_started", "passed": "experiment_passed"}.get(said.event or "", said.event or "")
    if said.status == "passed":
        now = _at(now, Step.PROMOTE, at_ms)
    came = _tell(state, now, event, at_ms=at_ms, by=said.by, why=said.reason, details=details)
    end = _ENDS.get(said.status or "")
    if end is None or came.state.now is None:
        return came
    ending = _closing(came.state, came.state.now, end, said.reason or "", at_ms=at_ms)
    return Came(ending.state, (*came.events, *ending.events), ending.words)


def _tick(state: Retraining, _said: RetrainingCommand, _at_ms: int, _rules: Rules) -> Came:
    return Came(state)


_WORDS: dict[RetrainingWord, Callable[[Retraining, RetrainingCommand, int, Rules], Came]] = {
    RetrainingWord.START: _start,
    RetrainingWord.APPROVE: _approve,
    RetrainingWord.REJECT: _reject,
    RetrainingWord.DRIFT: _drift,
    RetrainingWord.DONE: _done,
    RetrainingWord.FAILED: _failed,
    RetrainingWord.COMPARED: _compared,
    RetrainingWord.TICK: _tick,
}


def _collected(state: Retraining, now: Round, result: dict[str, Any], at_ms: int, _: Rules) -> Came:
    now = replace(_at(now, Step.TRAIN, at_ms), collected=msgspec.convert(result, Collected))
    return _tell(state, now, "collected", at_ms=at_ms, details=result)


def _trained(state: Retraining, now: Round, result: dict[str, Any], at_ms: int, _: Rules) -> Came:
    now = replace(_at(now, Step.VALIDATE, at_ms), trained=msgspec.convert(result, Trained))
    return _tell(state, now, "trained", at_ms=at_ms, details=result)


def _validated(state: Retraining, now: Round, result: dict[str, Any], at_ms: int, _: Rules) -> Came:
    validated = msgspec.convert(result, Validated)
    came = _tell(
        state, replace(_at(now, Step.REGISTER, at_ms), validated=validated), "validated", at_ms=at_ms, details=result
    )
    if validated.passed or came.state.now is None:
        return came
    ending = _ending(came.state, came.state.now, End.NOT_VALID, "; ".join(validated.missed), at_ms=at_ms)
    return Came(ending.state, (*came.events, *ending.events))


def _registered(state: Retraining, now: Round, result: dict[str, Any], at_ms: int, rules: Rules) -> Came:
    now = replace(_at(now, Step.APPROVAL, at_ms), registered=msgspec.convert(result, Registered))
    came = _tell(state, now, "registered", at_ms=at_ms, details=result)
    asked = _tell(came.state, came.state.now or now, "approval_requested", at_ms=at_ms)
    events = (*came.events, *asked.events)
    if not rules.automatic or state.promoted < rules.automatic_after or asked.state.now is None:
        return Came(asked.state, events)
    why = f"automatically: {state.promoted} rounds that people approved have become champion"
    approved = _approved(asked.state, asked.state.now, by=SYSTEM, why=why, at_ms=at_ms, rules=rules)
    return approved._replace(events=(*events, *approved.events))


def _promoted(state: Retraining, now: Round, result: dict[str, Any], at_ms: int, _: Rules) -> Came:
    now = replace(now, promoted=msgspec.convert(result, Promoted), ending=End.PROMOTED)
    came = _tell(state, now, "promoted", at_ms=at_ms, details={**result, "approved_by": now.approved_by})
    if now.approved_by != SYSTEM:
        came = came._replace(state=replace(came.state, promoted=came.state.promoted + 1))
    over = _over(came.state, came.state.now or now, at_ms)
    return Came(over.state, (*came.events, *over.events), (_word(now, ExperimentWord.CONCLUDE, at_ms, None),))


def _withdrawn(state: Retraining, now: Round, _result: dict[str, Any], at_ms: int, _: Rules) -> Came:
    return _over(state, now, at_ms)


_AFTER: dict[Step, Callable[[Retraining, Round, dict[str, Any], int, Rules], Came]] = {
    Step.COLLECT: _collected,
    Step.TRAIN: _trained,
    Step.VALIDATE: _validated,
    Step.REGISTER: _registered,
    Step.PROMOTE: _promoted,
    Step.WITHDRAW: _withdrawn,
}


def _ending(state: Retraining, now: Round, end: End, why: str, *, at_ms: int, by: str = SYSTEM) -> Came:
    """Let a round end without a promotion, and say so."""
    came = _tell(state, now, end.value, at_ms=at_ms, by=by, why=why)
    closing = _closing(came.state, came.state.now or now, end, why, at_ms=at_ms)
    return closing._replace(events=(*came.events, *closing.events))


def _closing(state: Retraining, now: Round, end: End, why: str, *, at_ms: int) -> Came:
    """Let a round end without a promotion: its challenger is withdrawn first, if it has been registered."""
    words: tuple[ExperimentCommand, ...] = ()
    if now.step in (Step.COMPARE, Step.PROMOTE) and end not in _ENDS.values():
        words = (_word(now, ExperimentWord.STOP, at_ms, f"round {now.round_id}: {end.value}: {why}"),)
    now = replace(_at(now, Step.WITHDRAW, at_ms), ending=end, ended_why=why)
    if now.registered is None:
        return _over(state, now, at_ms)._replace(words=words)
    return Came(replace(state, now=now), (), words)


def _over(state: Retraining, now: Round, at_ms: int) -> Came:
    ended = replace(_at(now, Step.ENDED, at_ms), ended_at=at_ms, problem=now.problem)
    came = _tell(state, ended, "ended", at_ms=at_ms, why=now.ended_why, details={"end": str(now.ending)})
    past = (*state.past, came.state.now or ended)[-KEPT_ROUNDS:]
    return came._replace(state=replace(came.state, now=None, past=past, ended_at=at_ms))


def _at(now: Round, step: Step, at_ms: int) -> Round:
    return replace(now, step=step, since=at_ms, tries=0, again_at=None, problem=None)


def _word(now: Round, word: ExperimentWord, at_ms: int, reason: str | None) -> ExperimentCommand:
    return ExperimentCommand(
        experiment_id=now.experiment_id, word=word, by=SYSTEM, at=at_ms, reason=reason, round_id=now.round_id
    )


def _tell(state: Retraining, now: Round, event: str, *, at_ms: int, **what: Any) -> Came:
    """Tell an event of a round, with these fields of `RetrainingEvent`; the round is then the present one."""
    told = RetrainingEvent(
        event_id=stable_id("retraining-event", now.round_id, now.told),
        specialist=state.specialist,
        event=event,
        at=at_ms,
        round_id=now.round_id,
        number=now.told,
        step=now.step.value,
        **{"by": SYSTEM, **what},
    )
    return Came(replace(state, now=replace(now, told=now.told + 1)), (told,))


def _refused(state: Retraining, said: RetrainingCommand, at_ms: int, why: str) -> Came:
    told = RetrainingEvent(
        event_id=stable_id("retraining-refused", state.specialist.value, said.word.value, said.by, said.at),
        specialist=state.specialist,
        event=said.word.value,
        at=at_ms,
        by=said.by,
        round_id=said.round_id,
        applied=False,
        why=why,
    )
    return Came(state, (told,))
