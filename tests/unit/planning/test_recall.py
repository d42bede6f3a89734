"""Looking up what was asked before: never longer than the deadline, and a plan says what it did without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from app.circuit import Circuit
from app.errors import StoreUnavailable
from app.recall import MOST_AT_ONCE, Recaller
from models.completion import decline, planned
from models.planning.approval import Approval
from models.planning.memory import END, REMEMBER, keys_of, remembered
from models.records import ApprovalStatus, LedgerFact
from tests.unit.planning.catalogs import NOW_MS, envelope_of, plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.records import IntentEnvelope

ROW = {
    "intent_id": "i-0", "text": "vendas", "domain": "BUSINESS", "plan_id": "p", "outcome": "failed", "at": 1,
    "shared": 2,
}  # fmt: skip
ENVELOPE = envelope_of("vendas por região")


class Graph:
    """A graph that answers as it is told."""

    def __init__(self, *, fails: bool = False, seconds: float = 0) -> None:
        self.fails, self.seconds, self.asked = fails, seconds, 0

    async def rows(self, cypher: str, parameters: Any = None) -> list[dict[str, Any]]:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise StoreUnavailable("neo4j", "refused")
        return [ROW]


class Redis:
    """A dictionary, or a server that is down or slow."""

    def __init__(self, *, fails: bool = False, seconds: float = 0) -> None:
        self.fails, self.seconds, self.asked = fails, seconds, 0
        self.held: dict[Any, Any] = {}

    async def run(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise StoreUnavailable("redis", "refused")
        [command] = commands
        if command[0] == "SETEX":
            self.held[command[1]] = command[3]
            return ["OK"]
        return [self.held.get(command[1])]


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def recaller(graph: Graph, redis: Redis, *, deadline_s: float = 0.05, clock: Clock | None = None) -> Recaller:
    circuits = {name: Circuit(clock=clock or Clock()) for name in ("graph_circuit", "redis_circuit")}
    return Recaller(graph, redis, deadline_s=deadline_s, **circuits)  # type: ignore[arg-type] # two small twins


def named(number: int) -> IntentEnvelope:
    return msgspec.structs.replace(ENVELOPE, id=f"i-{number}")


async def test_what_was_found_is_kept_in_redis() -> None:
    graph, redis = Graph(), Redis()
    looking = recaller(graph, redis)
    for _ in range(2):
        found = (await looking.recall([ENVELOPE]))["i-1"]
        assert [(similar.intent_id, similar.outcome, similar.shared) for similar in found.similar] == [
            ("i-0", "failed", 2)
        ]
        assert not found.without
    assert graph.asked == 1


async def test_a_slow_graph_is_not_waited_for_and_its_answer_serves_the_next_one() -> None:
    graph, redis = Graph(seconds=0.2), Redis()
    looking = recaller(graph, redis)
    began_s = asyncio.get_running_loop().time()
    found = (await looking.recall([ENVELOPE]))["i-1"]
    assert asyncio.get_running_loop().time() - began_s < 0.19
    assert (found.similar, found.without) == ((), ["neo4j: no answer in 50 ms"])
    await asyncio.sleep(0.3)
    assert (await looking.recall([ENVELOPE]))["i-1"].similar


async def test_after_failures_nothing_is_asked_for_a_while() -> None:
    graph, clock = Graph(fails=True), Clock()
    looking = recaller(graph, Redis(), clock=clock)
    for _ in range(3):
        assert "neo4j is unavailable" in (await looking.recall([ENVELOPE]))["i-1"].without[0]
    assert (await looking.recall([ENVELOPE]))["i-1"].without == ["neo4j: it was down lately"]
    assert graph.asked == 3
    clock.now_s, graph.fails = 16.0, False
    assert (await looking.recall([ENVELOPE]))["i-1"].similar


async def test_without_redis_the_graph_answers() -> None:
    found = (await recaller(Graph(), Redis(fails=True)).recall([ENVELOPE]))["i-1"]
    assert found.similar
    assert found.without == ["redis: redis is unavailable: refused"]


async def test_a_redis_that_hangs_is_named_and_after_some_failures_the_graph_is_asked_at_once() -> None:
    graph, redis, clock = Graph(), Redis(fails=True, seconds=0.1), Clock()
    looking = recaller(graph, redis, clock=clock)
    assert (await looking.recall([ENVELOPE]))["i-1"].without == ["redis: no answer in 50 ms"]
    await looking.recall([named(number) for number in (2, 3)])
    await asyncio.sleep(0.15)
    found = (await looking.recall([ENVELOPE]))["i-1"]
    assert found.similar
    assert (found.without, redis.asked) == (["redis: it was down lately"], 3)
    clock.now_s, redis.fails, redis.seconds = 16.0, False, 0
    assert not (await looking.recall([ENVELOPE]))["i-1"].without


async def test_what_redis_has_kept_serves_while_the_graph_is_down() -> None:
    graph, redis = Graph(), Redis()
    looking = recaller(graph, redis)
    await looking.recall([ENVELOPE])
    graph.fails = True
    others = [msgspec.structs.replace(envelope_of(f"vendas por {word}"), id=word) for word in ("mês", "dia", "produto")]
    for other in others:
        await looking.recall([other])
    found = (await looking.recall([ENVELOPE]))["i-1"]
    assert (len(found.similar), found.without) == (1, ())


async def test_many_at_once_leave_the_graph_alone() -> None:
    graph = Graph()
    found = await recaller(graph, Redis()).recall([named(number) for number in range(1, MOST_AT_ONCE + 6)])
    assert graph.asked == MOST_AT_ONCE
    assert sum(recalled.without == ["neo4j: too many look-ups at once"] for recalled in found.values()) == 5


async def test_switched_off_nothing_is_asked() -> None:
    graph = Graph()
    assert await recaller(graph, Redis(), deadline_s=0).recall([ENVELOPE]) == {}
    assert graph.asked == 0


def test_keys_do_not_depend_on_the_order_or_the_endings_of_words() -> None:
    assert keys_of(envelope_of("vendas por região")) == keys_of(envelope_of("regiões: venda"))


def test_nothing_personal_is_a_key() -> None:
    keys = keys_of(envelope_of("relatório de vendas para joao.silva@empresa.com, CPF 529.982.247-25"))
    assert "vend" in keys
    assert not [key for key in keys if "joao" in key or "silva" in key or "529" in key]


def test_what_is_remembered_of_a_plan_and_of_its_end() -> None:
    plan = plan_of("apagar os clientes inativos")
    statement = remembered(LedgerFact(intent_id="i-1", at=7, plan=plan))
    assert statement is not None
    assert statement[0] == REMEMBER
    assert statement[1].keys() == {"id", "text", "domain", "plan_id", "at", "keys"}
    assert statement[1]["keys"] == list(keys_of(envelope_of("apagar os clientes inativos")))
    ended = planned(plan, now_ms=NOW_MS)
    assert remembered(LedgerFact(intent_id="i-1", at=8, completed=ended)) == (END, {"id": "i-1", "outcome": "planned"})
    refused = decline(plan, Approval(status=ApprovalStatus.REJECTED, since=0, by="ana", reason="no"), now_ms=NOW_MS)
    assert remembered(LedgerFact(intent_id="i-1", at=8, completed=refused)) == (
        END,
        {"id": "i-1", "outcome": "rejected"},
    )
