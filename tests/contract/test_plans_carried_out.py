"""Plans of several tasks, carried out on both stacks: their answers are those that plain Python finds in the sample."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from app import topics
from app.clock import now_ms
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.execution import executor_for
from app.sample import generate
from app.sample.generate import SampleData
from app.sample.load import load
from app.sample.oracle import expected, same_rows
from app.sample.questions import QUESTIONS
from app.settings import Settings
from app.stores.mongo import MongoStore
from models.queries import allowed_by
from models.records import CompletedPlan, PlanOutcome, TaskType
from tests.unit.orchestration.simulated import World
from tests.unit.planning.catalogs import CATALOG, NOW_MS, plan_of
from tests.unit.sample.test_sample import NOW

SEVERAL = ("events-by-kind", "sessions-by-channel", "incidents-of-dependents", "sessions-of-the-denied")
TEXTS = {question.id: question.text for question in QUESTIONS}
COMPARED = "Receita por região este mês comparada ao mês passado"


class Sample(NamedTuple):
    """Where the sample lies, and what it is."""

    settings: Settings
    data: SampleData


@pytest.fixture
async def sample(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sample]:
    monkeypatch.setattr(generate, "COUNTS", dict.fromkeys(generate.COUNTS, 800))
    settings = Settings.load({**stack.addresses, "HIVE_MONGO_DATABASE": "carried_out_contract"})
    create_missing(settings, [topics.SAMPLE_EVENTS])
    data = await load(settings, as_of=NOW, progress=lambda *_: None)
    yield Sample(settings, data)
    mongo = MongoStore(settings.mongo, settings.mongo_database, timeout_s=30)
    for name in await mongo.collections():
        await mongo.drop(name)
    await mongo.close()


async def carried_out(settings: Settings, texts: list[str], *, least: int = 2) -> list[CompletedPlan]:
    """Plan these questions and carry the plans out, each ticket on its store."""
    executor = executor_for(settings, allowed_by(CATALOG))
    try:
        ends = []
        for text in texts:
            plan = plan_of(text)
            assert len(plan.tasks) >= least, text
            world = World(plan)
            world.now_ms = now_ms()  # the tickets' deadlines are of today; the plan asks about the sample's day
            world.release()
            done = 0
            while not world.ends:
                assert done < len(world.tickets), f"{text}: nothing more happens, and it has not ended"
                world.happen(await executor.execute(world.tickets[done]))
                done += 1
            ends += world.ends
        return ends
    finally:
        await executor.close()


async def test_plans_of_several_tasks_give_the_right_answers(sample: Sample) -> None:
    settings, data = sample
    ends = await carried_out(settings, [*(TEXTS[name] for name in SEVERAL), COMPARED])
    for name, end in zip((*SEVERAL, COMPARED), ends, strict=True):
        wanted = compared(data) if name == COMPARED else expected(name, data, now=NOW)
        assert end.outcome is PlanOutcome.ANSWERED, (name, end.error)
        assert end.answer is not None
        assert wanted, f"{name}: an empty answer shows nothing"
        assert same_rows([list(row) for row in end.answer.rows], wanted), (name, end.answer.rows, wanted)
        assert TaskType.TRANSFORM in {task.type for task in end.tasks or ()}
    assert round(NOW.timestamp() * 1000) == NOW_MS, "the plans and the sample are of the same moment"


async def test_what_is_asked_through_a_join_is_answered_as_plain_python_does(sample: Sample) -> None:
    settings, data = sample
    customers = {one["customer_id"]: one for one in data.collections["customers"]}
    sales = [one for one in data.collections["sales"] if one["customer_id"] in customers]
    city = customers[sales[0]["customer_id"]]["city"]
    by_segment: dict[str, list[float]] = {}
    for one in sales:
        by_segment.setdefault(customers[one["customer_id"]]["segment"], []).append(one["amount"])
    wanted: dict[str, list[list[object]]] = {
        "receita por segmento de cliente": [[name, sum(amounts)] for name, amounts in by_segment.items()],
        "average order value by customer segment": [
            [name, sum(amounts) / len(amounts)] for name, amounts in by_segment.items()
        ],
        f"quantas vendas de clientes de {city}": [
            [sum(customers[one["customer_id"]]["city"] == city for one in sales)]
        ],
    }
    ends = await carried_out(settings, list(wanted), least=1)
    for (text, rows), end in zip(wanted.items(), ends, strict=True):
        assert end.outcome is PlanOutcome.ANSWERED, (text, end.error)
        assert end.answer is not None
        rows.sort(key=lambda row: (-row[-1], row[0]))  # type: ignore[operator]
        assert same_rows([list(row) for row in end.answer.rows], rows), (text, end.answer.rows, rows)
    assert len(by_segment) > 1


def compared(data: SampleData) -> list[list[object]]:
    """Revenue by region of the sample's month beside that of the month before, the largest first."""
    sales = data.collections["sales"]

    def revenue(region: str, month: int) -> float:
        amounts: list[float] = [
            one["amount"]
            for one in sales
            if one["region"] == region and (one["date"].year, one["date"].month) == (NOW.year, month)
        ]
        return sum(amounts)

    rows: list[list[object]] = []
    regions = {one["region"] for one in sales}
    for region in sorted(regions, key=lambda region: (-revenue(region, NOW.month), region)):
        now, before = revenue(region, NOW.month), revenue(region, NOW.month - 1)
        if now or before:
            rows.append([region, now, before, now - before, (now - before) / before if before else None])
    return rows
