"""The graph of intentions and the ledger, on the embedded and on the real servers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from app.cli.ledger import verdicts
from app.ledger import LEDGER, Ledger, documents
from app.recall import Memory
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from models.planning.ledger import Head, append, verify
from models.planning.memory import END, RECALL, REMEMBER, similar_of
from models.records import LedgerFact
from tests.unit.planning.catalogs import plan_of

if TYPE_CHECKING:
    from app.embedded.stack import Stack


async def test_similar_intentions_are_found_with_their_outcome_and_written_once(stack: Stack) -> None:
    settings = Settings.load(stack.addresses)
    graph = GraphStore(settings.neo4j, (settings.neo4j_user, str(settings.neo4j_password)), settings.neo4j_database)
    mark = uuid.uuid4().hex[:8]
    memory = Memory(graph)

    def about(number: int, keys: list[str]) -> dict[str, Any]:
        marked = [f"{mark}-{key}" for key in keys]
        return {
            "id": f"{mark}-{number}",
            "text": "t",
            "domain": "BUSINESS",
            "plan_id": "p",
            "at": number,
            "keys": marked,
        }

    try:
        for _ in range(2):  # delivered again
            await memory.write(REMEMBER, about(1, ["venda", "regiao", "mes"]))
            await memory.write(REMEMBER, about(2, ["venda", "produto"]))
            await memory.write(REMEMBER, about(3, ["incidente"]))
            await memory.write(END, {"id": f"{mark}-1", "outcome": "failed"})
        keys = [f"{mark}-venda", f"{mark}-regiao"]
        rows = await graph.rows(RECALL, {"id": f"{mark}-9", "keys": keys, "of": 2})
        found = similar_of(rows, 2)
        assert [(item.intent_id, item.shared, item.outcome) for item in found] == [
            (f"{mark}-1", 2, "failed"),
            (f"{mark}-2", 1, None),
        ]
        [count] = await graph.run_write(
            "MATCH (i:Intent) WHERE i.id STARTS WITH $mark RETURN count(i) AS n", {"mark": mark}
        )
        assert count["n"] == 3
    finally:
        await graph.close()


async def test_an_entry_is_kept_once_and_a_changed_one_is_found(stack: Stack) -> None:
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": "ledger_contract"})
    mongo = MongoStore(settings.mongo, settings.mongo_database)
    try:
        await mongo.drop(LEDGER)
        kept, head, entries = Ledger(mongo), Head(), []
        for number in range(5):
            entry, head = append(head, "a/0", LedgerFact(intent_id=f"i-{number}", at=number, plan=plan_of("vendas")))
            entries.append(entry)
        await kept.keep(documents(entries[:3]))
        await kept.keep(documents(entries))  # delivered again
        assert [entry async for entry in kept.entries("a/0")] == entries
        assert await verdicts(settings) == [verify(entries, "a/0")]
        await mongo.put(LEDGER, {**documents(entries[2:3])[LEDGER][0], "by": "mallory"})
        [found] = await verdicts(settings)
        assert (found.entries, found.problem) == (2, "entry 2 was changed")
    finally:
        await mongo.drop(LEDGER)
        await mongo.close()
