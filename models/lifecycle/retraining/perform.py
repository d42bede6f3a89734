"""How hands carry out a step, and what is reported of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from models.lifecycle.hands import Hands, StepFailed
from models.lifecycle.retraining.state import Round, Step
from models.records.retraining import RetrainingCommand, RetrainingWord

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["perform"]

_SYSTEM = "system"


def perform(hands: Callable[[], Hands], now: Round, *, at_ms: int) -> RetrainingCommand:
    """Carry out the step that a round is at, and return the word that says what came of it.

    `hands` makes them. It blocks for as long as the step takes. Whatever goes wrong is said, not raised.
    """
    said: dict[str, Any] = {
        "specialist": now.specialist,
        "by": _SYSTEM,
        "at": at_ms,
        "round_id": now.round_id,
        "step": now.step.value,
    }
    try:
        result = _carry_out(hands(), now)
    except Exception as error:  # noqa: BLE001 — hands may break in any way; the round decides what follows
        reason = str(error) if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
        return RetrainingCommand(
            word=RetrainingWord.FAILED, reason=reason[:2000], final=isinstance(error, StepFailed), **said
        )
    return RetrainingCommand(word=RetrainingWord.DONE, result=msgspec.to_builtins(result) or {}, **said)


def _carry_out(hands: Hands, now: Round) -> Any:
    order = now.order
    match now.step:
        case Step.COLLECT:
            return hands.collect(order)
        case Step.TRAIN if now.collected is not None:
            return hands.train(order, now.collected)
        case Step.VALIDATE if now.trained is not None:
            return hands.validate(order, now.trained)
        case Step.REGISTER if now.trained is not None and now.validated is not None:
            return hands.register(order, now.trained, now.validated)
        case Step.PROMOTE if now.registered is not None:
            return hands.promote(order, now.registered)
        case Step.WITHDRAW if now.registered is not None:
            return hands.withdraw(order, now.registered)
    raise StepFailed(f"there is nothing to carry {now.step.value} out with")
