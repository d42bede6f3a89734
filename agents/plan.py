"""plan: ``intentions.{domain}`` → ``plans.consensus``, and ``plans.ready`` or ``plans.approval-requests``.

The specialists decide in the transaction that makes the plan, so that no hop is added. A plan that needs an approval,
or that they want reviewed, goes nowhere else before it has got it. One that can't be made, or that they reject, becomes
an answer on ``plans.completed`` at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agents._answers import answer
from agents._facts import tell
from agents._publish import publish
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import (
    app,
    catalog,
    deliberation_metrics,
    metrics,
    pheromones,
    recaller,
    registered,
    routing,
    settings,
    specialists,
)
from models.completion import refuse
from models.deliberation.scoring import consensus_of
from models.deliberation.settle import settle
from models.lifecycle.experiment import asker_of, exposed
from models.online.labels import to_be_labelled
from models.planning import is_answered_here, make_plan
from models.planning.approval import ask
from models.planning.conflicts import Resolution
from models.planning.memory import NOTHING
from models.records import PlanStatus
from models.rolling.telling import planned

if TYPE_CHECKING:
    from app.engine import Transaction
    from models.planning.memory import Recalled
    from models.records import CognitivePlan, Consensus, IntentEnvelope

_RESOLUTION: Final = Resolution(settings.conflict_resolution)


@app.agent(app.run_topic(*topics.INTENTIONS_OF.values()))
async def plan(stream: Any) -> None:
    """Make a plan of each intention."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            now = now_ms()
            made = []
            for record in batch:
                with tx.attempt(record):
                    made.append((record, _planned(record.value, now)))
            # A question changes nothing: what became of similar ones weighs only where there is something to do.
            work = [record.value for record, plan in made if not is_answered_here(plan)]
            recalled = await recaller.recall(work) if work else {}
            for record, plan in made:
                with tx.attempt(record):
                    known = recalled.get(record.value.id)
                    made_now = _planned(record.value, now, known) if known else plan
                    _send(tx, made_now, now, arrived_ms=record.timestamp_ms)


def _planned(envelope: IntentEnvelope, now: int, recalled: Recalled = NOTHING) -> CognitivePlan:
    return make_plan(envelope, catalog, now_ms=now, recalled=recalled, resolution=_RESOLUTION)


def _send(tx: Transaction, made: CognitivePlan, now: int, *, arrived_ms: int) -> None:
    metrics.conflicts(made)
    consensus = None
    if made.status is not PlanStatus.REJECTED:  # else there is nothing to decide about
        consensus = _deliberated(tx, made, now)
        made = settle(made, consensus.decision)
    fact = planned(made, consensus, latency_ms=max(0, now_ms() - arrived_ms))
    tx.send(topics.METRICS_FACTS, key=made.plan_id, value=fact)
    if made.status is PlanStatus.REJECTED:
        answer(tx, refuse(made, now_ms=now))
    elif made.requires_approval:
        request = ask(made, now_ms=now, expiry_ms=round(settings.approval_s * 1000))
        tx.send(topics.PLANS_APPROVAL_REQUESTS, key=made.plan_id, value=request)
        tell(tx, made.intent_id, now_ms=now, requested=request)
        metrics.approval("requested", "applied")
    else:
        publish(tx, made, now_ms=now)


def _deliberated(tx: Transaction, made: CognitivePlan, now: int) -> Consensus:
    """Have the specialists decide about a plan; tell what they said, and return it."""
    domain = made.original_domain
    consensus = consensus_of(
        made,
        now_ms=now,
        ladders=specialists.current(),
        trails=pheromones.trails(domain),
        trials=routing.trials(asker_of(made), registered.champions()),
    )
    tx.send(topics.PLANS_CONSENSUS, key=made.plan_id, value=consensus)
    tx.send(topics.LEARNING_PREDICTIONS, key=made.plan_id, value=to_be_labelled(consensus))
    if seen := exposed(consensus):
        tx.send(topics.EXPERIMENTS_OBSERVATIONS, key=made.plan_id, value=seen)
    deliberation_metrics.decided(consensus)
    return consensus
