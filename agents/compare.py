"""compare: ``experiments.commands``, ``experiments.observations`` → ``learning.events``, ``retraining.reports``.

How each experiment stands is a table, written in the transaction that tells of it: whatever is killed in between, each
unit counts once and each stage is entered once. Workers follow the table's changelog to know whom to treat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents._timers import say
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, experiment_units, experiments, exposed_plans
from models.lifecycle.experiment import due_at, hear, observe, reports
from models.records import ExperimentCommand, ExperimentWord
from tables.experiments import MOST_UNITS, forget_ended, forget_plans, forget_units

if TYPE_CHECKING:
    from app.engine import Record, Transaction

LOOK_S = 1.0
"""How often it is looked for experiments whose time has come."""
SYSTEM = "system"
_told: dict[str, int] = {}
"""The times that have been said to have come, by experiment: once each."""


@app.agent(app.run_topic(topics.EXPERIMENTS_COMMANDS, topics.EXPERIMENTS_OBSERVATIONS))
async def compare(stream: Any) -> None:
    """Let experiments hear and see."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    _apply(tx, record, at_ms=min(record.timestamp_ms, now_ms()))


def _apply(tx: Transaction, record: Record, *, at_ms: int) -> None:
    states = tx.view(experiments, record)
    if isinstance(record.value, ExperimentCommand):
        forget_ended(states)
        events = hear(states, record.value, at_ms=at_ms)
    else:
        units, waiting = tx.view(experiment_units, record), tx.view(exposed_plans, record)
        forget_units(units, states)
        forget_plans(waiting)
        if record.value.exposures and units.size >= MOST_UNITS:
            return
        events = observe(states, units, waiting, record.value, at_ms=at_ms)
    for event in events:
        tx.send(topics.LEARNING_EVENTS, key=event.experiment_id, value=event)
    for report in reports(events):
        tx.send(topics.RETRAINING_REPORTS, key=report.specialist.value, value=report)


@app.timer(interval=LOOK_S, on_leader=False)
async def look() -> None:
    """Say of the experiments on this worker whose time has come that it has."""
    if not app.ready:
        return
    now, words = now_ms(), []
    for name, state in experiments.items():
        due = due_at(state)
        if due is not None and due <= now and _told.get(name) != due:
            _told[name] = due
            said = ExperimentCommand(experiment_id=name, word=ExperimentWord.TICK, by=SYSTEM, at=now)
            words.append((name, said, None))
    await say("compare", topics.EXPERIMENTS_COMMANDS, words)
