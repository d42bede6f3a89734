"""record: ``ledger.facts`` → ``ledger.entries``, ``memory.facts``: what the stages have decided, chained.

The chain grows in the transaction that takes the fact, so that every fact is in it once, whatever is killed.
"""

from __future__ import annotations

from typing import Any

from app import topics
from app.engine import runs, transaction
from app.main import app, ledger_heads, settings
from models.planning.ledger import Head, append


@app.agent(app.run_topic(topics.LEDGER_FACTS))
async def record(stream: Any) -> None:
    """Chain each fact to the one before."""
    async for batch in runs(stream):
        async with transaction(batch) as tx:
            for fact in batch:
                with tx.attempt(fact):
                    chain = f"{settings.app_id}/{fact.partition}"
                    heads = tx.view(ledger_heads, fact)
                    entry, heads[chain] = append(heads.get(chain, Head()), chain, fact.value)
                    tx.send(topics.LEDGER_ENTRIES, key=chain, value=entry, partition=fact.partition)
                    if fact.value.approval is None:
                        tx.send(topics.MEMORY_FACTS, key=fact.key, value=fact.value)
