"""plan: ``intentions.{domain}`` → ``plans.ready`` and its first ``execution.tickets``.

A plan that is rejected becomes an answer on ``plans.completed`` at once.
"""

from __future__ import annotations

from typing import Any

from agents._answers import answer
from app import topics
from app.clock import now_ms
from app.engine import runs, transaction
from app.main import app, catalog
from models.completion import refuse
from models.planning import first_tickets, make_plan
from models.records import PlanStatus


@app.agent(app.run_topic(*topics.INTENTIONS_OF.values()))
async def plan(stream: Any) -> None:
    """Make a plan of each intention."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for record in batch:
                with tx.attempt(record):
                    made = make_plan(record.value, catalog, now_ms=now_ms())
                    if made.status is PlanStatus.REJECTED:
                        answer(tx, refuse(made, now_ms=now_ms()))
                        continue
                    tx.send(topics.PLANS_READY, key=made.plan_id, value=made)
                    for ticket in first_tickets(made, now_ms=now_ms()):
                        tx.send(topics.EXECUTION_TICKETS, key=made.plan_id, value=ticket)
