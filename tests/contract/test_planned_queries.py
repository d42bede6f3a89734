"""What grounding asks of the graph is understood by both servers, and a catalog can be drafted from what they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from app import topics
from app.cli.catalog import catalog
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.sample import generate
from app.sample.load import load
from app.sample.people import SERVICES, TEAMS
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.neo4j import GraphStore
from models.planning.catalog import Catalog, check_catalog
from models.planning.grounding import Grounded, ground_question
from tests.unit.planning.catalogs import CATALOG, NOW_MS

AS_OF = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
async def settings(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    monkeypatch.setattr(generate, "COUNTS", dict.fromkeys(generate.COUNTS, 60))
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": "planned_contract"})
    create_missing(settings, [topics.SAMPLE_EVENTS])
    await load(settings, as_of=AS_OF, progress=lambda *_: None)
    yield settings
    mongo = MongoStore(settings.mongo, settings.mongo_database, timeout_s=30)
    for name in await mongo.collections():
        await mongo.drop(name)
    await mongo.close()


def dependents(name: str) -> set[str]:
    """Which services need this one, directly or not."""
    direct = {service for service, (_, needs) in SERVICES.items() if name in needs}
    return direct.union(*(dependents(service) for service in direct))


def rows_of(question: str) -> tuple[str, dict[str, object]]:
    grounded = ground_question(question, CATALOG, at_ms=NOW_MS)
    assert isinstance(grounded, Grounded), grounded
    [task] = grounded.tasks
    return task.parameters["cypher_query"], task.parameters["parameters"]


async def test_questions_about_the_graph_are_answered_by_both_servers(settings: Settings) -> None:
    auth = (settings.neo4j_user, str(settings.neo4j_password))
    async with AsyncExitStack() as stack:
        graph = GraphStore(settings.neo4j, auth, settings.neo4j_database, timeout_s=60)
        stack.push_async_callback(graph.close)
        await check_answers(graph)


async def check_answers(graph: GraphStore) -> None:
    needing = {name: sum(name in needs for _, needs in SERVICES.values()) for name in SERVICES}
    most = max(needing.values())
    wanted: dict[str, object] = {
        "quais serviços dependem do billing?": sorted(n for n, (_, needs) in SERVICES.items() if "payments" in needs),
        "which services depend on object-store, directly or indirectly?": sorted(dependents("object-store")),
        "do que o checkout depende?": sorted(SERVICES["checkout"][1]),
        "qual equipe é dona do ledger?": ["pagamentos"],
        "quais serviços da equipe de dados dependem do event-bus?": ["feature-store", "search", "warehouse"],
    }
    for question, names in wanted.items():
        found = await graph.run_write(*rows_of(question))
        assert [row["name"] for row in found] == names, question
    [counted] = await graph.run_write(*rows_of("quantos serviços dependem do event-bus?"))
    assert counted == {"services": needing["event-bus"]}
    by_team = await graph.run_write(*rows_of("quantos serviços cada equipe tem?"))
    assert {row["team"]: row["services"] for row in by_team} == {
        team: sum(owner == team for owner, _ in SERVICES.values()) for team in TEAMS
    }
    [path] = await graph.run_write(*rows_of("what is the shortest path from customer-portal to user-store?"))
    assert path["hops"] == len(path["path"]) - 1 == 3
    assert all(following in SERVICES[name][1] for name, following in pairwise(path["path"]))
    [first] = await graph.run_write(*rows_of("qual serviço tem mais dependentes?"))
    assert first["services"] == most
    assert needing[first["service"]] == most


def test_a_catalog_is_drafted_from_running_servers(settings: Settings) -> None:
    mongo = urlsplit(settings.mongo)._replace(path=f"/{settings.mongo_database}").geturl()
    scheme, _, address = settings.neo4j.partition("://")
    neo4j = f"{scheme}://{settings.neo4j_user}:{settings.neo4j_password}@{address}/{settings.neo4j_database}"
    done = CliRunner().invoke(catalog, ["infer", "--mongo", mongo, "--neo4j", neo4j])
    assert done.exit_code == 0, done.output
    drafted = check_catalog(done.stdout, source="draft")
    assert isinstance(drafted, Catalog), drafted
    places = {source.place for source in drafted.sources.values()}
    assert {*generate.COUNTS, "Service", "Team"} <= places
    assert drafted.sources["incidents"].dimension("severity").values
    assert {"DEPENDS_ON", "OWNED_BY"} <= {way.type for way in drafted.relationships.values()}
