from __future__ import annotations

import io

from rich.console import Console, RenderableType

from app.cli._asking import Outside, Reply, Waiting
from app.cli._render import SHOWN_ROWS, answer, cell, headings, outside, table, waiting, way, when
from app.stores.kafka import Found
from models.completion import planned
from models.planning.approval import ask
from models.records import Answer, CompletedPlan, CompletionStatus, Domain, PlanOutcome
from tests.unit.orchestration.simulated import World, failed, query
from tests.unit.orchestration.simulated import outside as work
from tests.unit.orchestration.simulated import plan_of as simulated_plan
from tests.unit.planning.catalogs import NOW_MS, plan_of


def shown(renderable: RenderableType) -> str:
    console = Console(width=100, file=io.StringIO())
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def reply(**fields: object) -> Reply:
    plan = {
        "intention_id": "i-1",
        "plan_id": "p-1",
        "status": CompletionStatus.COMPLETED,
        "question": "Vendas por [região]?",
        "domain": Domain.BUSINESS,
        "confidence": 0.7,
        "submitted_at": 1,
        "completed_at": 2,
        "answer": Answer(columns=["region", "revenue"], rows=[["Sul", 1234.5]], text="1 linha", source="mongodb:sales"),
    }
    return Reply(CompletedPlan(**{**plan, **fields}), 12.34)  # type: ignore[arg-type]


def test_numbers_are_easy_to_read() -> None:
    assert [cell(value) for value in (1234567, 1234.5, True, None, "x")] == ["1,234,567", "1,234.50", "yes", "–", "x"]


def test_an_answer_shows_its_rows_and_where_they_are_from() -> None:
    text = shown(answer(reply()))

    assert "Vendas por [região]?" in text
    assert "Sul" in text
    assert "1,234.50" in text
    assert "mongodb:sales" in text


def test_many_rows_are_cut_and_said_to_be() -> None:
    rows: list[list[str | int | float | bool | None]] = [[f"row-{number}", number] for number in range(SHOWN_ROWS + 5)]

    text = shown(answer(reply(answer=Answer(columns=["a", "b"], rows=rows, text="", source="s"))))

    assert "and 5 more rows" in text
    assert f"row-{SHOWN_ROWS}" not in text


def test_a_plan_without_an_answer_shows_why() -> None:
    text = shown(answer(reply(status=CompletionStatus.FAILED, answer=None, error="the store is closed")))

    assert "the store is closed" in text


def test_units_stand_beside_the_names_of_their_columns() -> None:
    known = Answer(
        columns=["region", "revenue"],
        rows=[["Sul", 1.5]],
        text="",
        source="s",
        types=["text", "number"],
        units=[None, "BRL"],
    )

    assert headings(known) == ["region", "revenue (BRL)"]
    assert headings(Answer(columns=["region"], rows=[], text="", source="s")) == ["region"]
    assert "revenue (BRL)" in shown(answer(reply(answer=known)))


def test_a_part_of_an_answer_is_said_to_be_one() -> None:
    assert "completed (partial) ·" in shown(answer(reply(outcome=PlanOutcome.PARTIAL)))
    assert "completed ·" in shown(answer(reply(outcome=PlanOutcome.ANSWERED)))


def test_a_plan_that_failed_shows_how_each_task_ended() -> None:
    world = World(simulated_plan(query("first"), query("second", "first"))).release()
    end = world.run(lambda ticket: failed(ticket, error="no field ana@example.com"))

    text = shown(answer(Reply(end, 1.0)))

    assert "no field [EMAIL]" in text
    assert [word in text for word in ("failed", "skipped", "first", "second")] == [True] * 4
    assert len(Reply(end, 1.0).as_json()["tasks"]) == 2


def test_what_a_plan_waits_for_is_said_in_one_line_with_how_long() -> None:
    told = Outside(simulated_plan(query("here"), *(work(f"w{number}") for number in range(7))))

    line = outside(told, handoff_s=2.5)

    assert line.startswith("waits for outside workers to take up w0, w1, w2, w3, w4 and 2 more, each up to 2.5 s: ")
    assert line.endswith("hive plans show plan-1 --watch")


def test_planned_work_shows_its_tasks_and_that_nothing_was_executed() -> None:
    plan = plan_of("Refatorar o módulo de pagamentos")

    text = shown(answer(Reply(planned(plan, now_ms=NOW_MS), 12.34)))

    assert all(task.task_id in text and task.task_type.value in text for task in plan.tasks)
    assert "nada foi executado aqui" in text
    assert "planned · 12 ms" in text


def test_a_plan_that_waits_shows_what_it_would_do_and_what_a_person_can_say() -> None:
    plan = plan_of("apagar os clientes de ana@example.com")
    request = ask(plan, now_ms=NOW_MS, expiry_ms=60_000)

    text = shown(waiting(Waiting(request, 12.34)))

    assert "ana@example.com" not in text
    assert "It waits for an approval; nothing of it is done before." in text
    assert "destructive (low): at least 0.7" in text
    assert f"hive approvals approve {plan.plan_id}" in text
    assert f"hive approvals reject {plan.plan_id} --reason" in text
    assert when(request.expires_at) in text


def test_an_answer_is_never_read_as_markup() -> None:
    assert "[bold red]x[/]" in shown(table("t", ["a"], [["[bold red]x[/]"]]))


def test_the_way_counts_from_the_first_record() -> None:
    hops = [
        Found("intentions.submitted", 1, 5, 1000, b"k", None, []),
        Found("plans.completed", 2, 7, 1040, b"k", None, []),
    ]

    text = shown(way(hops))

    assert "+0 ms" in text
    assert "+40 ms" in text


def test_json_has_what_scripts_need() -> None:
    assert reply().as_json() == {
        "intention_id": "i-1",
        "domain": "BUSINESS",
        "confidence": 0.7,
        "plan_id": "p-1",
        "decision": None,
        "status": "completed",
        "answer": {
            "columns": ["region", "revenue"],
            "rows": [["Sul", 1234.5]],
            "text": "1 linha",
            "source": "mongodb:sales",
            "types": [],
            "units": [],
        },
        "error": None,
        "outcome": None,
        "tasks": [],
        "timings": {},
        "latency_ms": 12.3,
    }
