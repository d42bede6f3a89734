"""That the servers read Cypher as `models.queries` does: what it proves is about what they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.embedded.stack import Stack
from app.errors import QueryRefused
from app.settings import Settings
from app.stores.neo4j import GraphStore
from models.queries import Allowed, Limits, parse_neo4j

ALLOWED = Allowed(labels=frozenset({"CypherContract"}), relationships=frozenset({"LEADS_TO"}))
READS = [
    "MATCH (n:CypherContract) RETURN DISTINCT n.name AS name, n.team AS team ORDER BY name DESC LIMIT 5",
    "MATCH (m)-[:LEADS_TO*1..10]->(n:CypherContract) WHERE m.name IN $names RETURN DISTINCT n.name AS name",
    "MATCH (n:CypherContract)-[:LEADS_TO]->(m) WITH n.name AS a, count(DISTINCT m) AS k WHERE k >= 1 RETURN a, k",
    "MATCH p = (a:CypherContract)-[:LEADS_TO*1..5]->(:CypherContract) WHERE a.name = $name RETURN length(p) AS hops",
    "MATCH (n:CypherContract) WITH n, count(*) AS c MATCH (n) WHERE n.name STARTS WITH 'a' RETURN n {.name} AS shown",
    "RETURN 1 AS x UNION ALL MATCH (n:`CypherContract`) RETURN n.name AS x // end",
    "UNWIND range(1, 3) AS x RETURN x /* comment */ / 2 - 1.5e3 * x % 3 AS y;",
    r"MATCH (n:Cyph\u0065rContract) RETURN n.name AS `b a`, 'it\'s' AS text",
    "MATCH (n:CypherContract) RETURN CASE WHEN n.name = 'a' THEN 1 ELSE 2 END AS kind ORDER BY kind",
]


@pytest.fixture
async def graph(stack: Stack) -> AsyncIterator[GraphStore]:
    async for store in graph_of(stack):
        yield store


@pytest.fixture
async def neo4j(real_stack: Stack) -> AsyncIterator[GraphStore]:
    async for store in graph_of(real_stack):
        yield store


async def graph_of(stack: Stack) -> AsyncIterator[GraphStore]:
    settings = Settings.load(stack.addresses)
    store = GraphStore(settings.neo4j, (settings.neo4j_user, str(settings.neo4j_password)), settings.neo4j_database)
    await store.run_write("CREATE (a:CypherContract {name: 'a'}), (b:CypherContract {name: 'b'}), (a)-[:LEADS_TO]->(b)")
    yield store
    await store.run_write("MATCH (n:CypherContract) DETACH DELETE n")
    await store.close()


async def rows(store: GraphStore, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def take(record: Any) -> bool:
        found.append(record.data())
        return True

    await store.read(cypher, parameters, take)
    return found


@pytest.mark.parametrize("statement", READS)
async def test_what_is_let_through_runs(graph: GraphStore, statement: str) -> None:
    given = {name: value for name, value in (("name", "a"), ("names", ["a"])) if f"${name} " in statement + " "}
    query = parse_neo4j({"cypher_query": statement, "parameters": given}, ALLOWED, Limits())
    assert await rows(graph, query.cypher, **given)


@pytest.mark.real
class TestNeo4jReadsAsWeDo:
    """If one of these fails with another version, the tokens are to be looked at again."""

    async def test_escapes_are_replaced_before_anything_else(self, neo4j: GraphStore) -> None:
        assert await rows(neo4j, r"R\u0045TURN 1 AS \u0061") == [{"a": 1}]
        assert await rows(neo4j, r"RETURN \u0027x\u0027 AS a") == [{"a": "x"}]
        assert await rows(neo4j, "RETURN 1 AS a // comment" + r"\u000a, 2 AS b") in ([{"a": 1}], [{"a": 1, "b": 2}])

    async def test_names_that_are_keywords_can_be_variables(self, neo4j: GraphStore) -> None:
        assert await rows(neo4j, "MATCH order = (n:CypherContract {name: 'a'}) RETURN length(order) AS x") == [{"x": 0}]
        assert await rows(neo4j, "WITH 1 AS starts WITH starts RETURN starts") == [{"starts": 1}]

    async def test_a_name_after_with_can_be_another_node(self, neo4j: GraphStore) -> None:
        cypher = "MATCH (n:CypherContract {name: 'a'}) WITH count(n) AS c MATCH (n:CypherContract) RETURN count(n) AS n"
        assert await rows(neo4j, cypher) == [{"n": 2}]

    @pytest.mark.parametrize("statement", ["RETURN 'a' AS ſ", "RETURN 1 AS ＳＥＴ"])
    async def test_letters_that_look_like_others_are_names(self, neo4j: GraphStore, statement: str) -> None:
        """Refused as keywords here, which is more than needed."""
        assert await rows(neo4j, statement)

    @pytest.mark.parametrize("limit_s", [0.5, 4])
    async def test_a_query_without_end_is_too_slow_and_the_store_is_not_to_blame(
        self, neo4j: GraphStore, limit_s: float
    ) -> None:
        endless = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y RETURN sum(x % 7 * y % 3) AS s"
        with pytest.raises(QueryRefused) as caught:
            await neo4j.read(endless, {}, lambda _: True, timeout_s=limit_s)
        assert caught.value.reason == "slow"
        # By now the server has ended it too: what it does in vain, it does for two seconds at the most.
        await asyncio.sleep(2.5)
        shown = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'x % 7' RETURN count(*) AS n"
        assert (await neo4j.run_write(shown))[0]["n"] <= 1  # the one that asks
