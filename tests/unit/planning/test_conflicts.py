"""Tasks on the same thing: their order, and what becomes of those that are in each other's way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nlu.words import language, words
from models.planning import first_tickets, make_plan
from models.planning.conflicts import Conflict, Resolution
from models.planning.dag import depends, mermaid
from models.planning.decompose import Decomposition, decompose
from models.planning.destructive import places
from models.planning.drafts import Work
from models.planning.intent_types import classify_type
from models.planning.ledger import explanation
from models.planning.objectives import commands
from models.records import ApprovalStatus, CognitivePlan, PlanTask, Priority
from tests.unit.planning.catalogs import CATALOG, NOW_MS, envelope_of


def of(text: str, resolution: Resolution = Resolution.SEQUENTIAL) -> Decomposition:
    found = words(text)
    told = commands(text, found, places(text, found))
    return decompose(Work(text, found, told, classify_type(found), language(found, None), resolution=resolution))


def plan(text: str, resolution: Resolution) -> CognitivePlan:
    return make_plan(envelope_of(text), CATALOG, now_ms=NOW_MS, resolution=resolution)


def graph(tasks: list[PlanTask]) -> dict[str, list[str]]:
    return {task.task_id: task.dependencies for task in tasks}


def order(text: str, resolution: Resolution) -> list[str]:
    """The two tasks that are in conflict, by verb, in the order in which they are carried out."""
    made = of(text, resolution)
    [conflict] = made.conflicts
    assert conflict.resolved
    assert depends(graph(made.tasks), conflict.second, conflict.first)
    verbs = {task.task_id: str(task.parameters["verb"]) for task in made.tasks}
    return [verbs[conflict.first], verbs[conflict.second]]


@pytest.mark.parametrize(
    ("text", "severity", "entity"),
    [
        ("apague os logs e apague os logs antigos", "critical", "log"),
        ("delete the invoices and delete the paid invoices", "critical", "invoic"),
        ("apague os pedidos e atualize os pedidos", "high", "ped"),
        ("delete the table users and create the table users", "high", "tabl"),
        ("atualizar os preços da loja e ajustar os preços da filial", "medium", "prec"),
        ("create the billing page and create the billing form", "low", "billing"),
    ],
)
def test_two_writes_of_one_thing_are_a_conflict(text: str, severity: str, entity: str) -> None:
    made = of(text)
    [conflict] = made.conflicts
    assert (conflict.severity, conflict.resolution, conflict.resolved) == (severity, "sequential", True)
    assert conflict.entity.startswith(entity)


@pytest.mark.parametrize(
    "text",
    [
        "criar o painel de custos e atualizar o painel de custos",  # the kinds of the writes tell the order
        "configurar o gateway e implantar o gateway",  # so does what is deployed after it is configured
        "back up the invoices and delete the invoices",
        "consulte os pedidos e consulte os pedidos antigos",  # nothing is written
        "query the orders and update the orders",
        "apague os logs e atualize os preços",  # two things
    ],
)
def test_what_is_ordered_anyway_or_no_two_writes_is_no_conflict(text: str) -> None:
    for resolution in Resolution:
        assert of(text, resolution).conflicts == [], resolution


def test_in_sequence_an_update_comes_before_the_deletion() -> None:
    assert order("apague os pedidos e atualize os pedidos", Resolution.SEQUENTIAL) == ["atualizar", "apagar"]


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("apague os pedidos e atualize os pedidos", ["apagar", "atualizar"]),  # as written
        ("erase the table users and create the table users", ["erase", "create"]),
        ("update the orders and urgently erase the orders", ["erase", "update"]),
        ("atualize os pedidos, mas primeiro apague os pedidos", ["apagar", "atualizar"]),
        ("erase the orders last and update the orders", ["update", "erase"]),
        ("por último apague os pedidos e atualize os pedidos", ["atualizar", "apagar"]),
        ("erase the orders of last month and update the orders", ["erase", "update"]),  # that is no urgency
        ("apague os pedidos; com urgência imediatamente atualize os pedidos", ["atualizar", "apagar"]),
    ],
)
def test_by_priority_what_is_urgent_comes_first_else_what_is_written_first(text: str, verbs: list[str]) -> None:
    assert order(text, Resolution.PRIORITY_BASED) == verbs


def test_the_text_says_how_urgent_a_command_is() -> None:
    def said(text: str) -> list[Priority | None]:
        found = words(text)
        return [command.priority for command in commands(text, found, places(text, found))]

    assert said("first create the page, update the logo and finally publish the site") == [
        Priority.HIGH,
        None,
        Priority.LOW,
    ]
    assert said("apague os logs imediatamente e crie a tabela") == [Priority.CRITICAL, None]
    assert said("delete the first ten orders and create the last report page") == [None, None]


@pytest.mark.parametrize("resolution", [Resolution.SEQUENTIAL, Resolution.PRIORITY_BASED])
def test_a_resolved_conflict_is_told_and_asks_nobody(resolution: Resolution) -> None:
    made = plan("atualizar os preços da loja e ajustar os preços da filial", resolution)
    [told] = made.metadata["planning"]["conflicts"]
    assert told == {
        "first": "task_0",
        "second": "task_1",
        "entity": told["entity"],
        "severity": "medium",
        "resolution": resolution.value,
        "resolved": True,
    }
    assert made.tasks[1].dependencies == ["task_0"]
    assert not made.requires_approval
    assert explanation(made)["planning"]["conflicts"] == [told]
    assert any("medium conflict" in reason and "task_1 waits" in reason for reason in made.metadata["risk_reasons"])


def test_a_conflict_that_is_left_open_waits_for_a_person() -> None:
    made = plan("atualizar os preços da loja e ajustar os preços da filial", Resolution.NOTIFY)
    [told] = made.metadata["planning"]["conflicts"]
    assert (told["resolution"], told["resolved"]) == ("notify", False)
    assert [task.dependencies for task in made.tasks] == [[], []]
    assert made.requires_approval
    assert made.approval_status is ApprovalStatus.PENDING
    assert first_tickets(made, now_ms=NOW_MS) == []
    assert explanation(made)["planning"]["conflicts"] == [told]
    assert any("nothing orders them" in reason for reason in made.metadata["risk_reasons"])
    assert "    t0 -. medium conflict .- t1\n" in mermaid(made)


def test_what_a_deletion_brings_along_stays_before_and_behind_it() -> None:
    made = of("delete the table users and create the table users", Resolution.PRIORITY_BASED)
    steps = {str(task.metadata.get("action")): task.task_id for task in made.tasks}
    [create] = [task.task_id for task in made.tasks if task.parameters["verb"] == "create"]
    assert depends(graph(made.tasks), create, steps["delete"])
    assert depends(graph(made.tasks), create, steps["backup"])
    assert depends(graph(made.tasks), steps["check"], steps["delete"])


@pytest.mark.parametrize(
    ("one", "other"),
    [("customers_table", "customer_table"), ("orders", "orders-archive"), ("pedidos", "tabela_pedidos")],
)
def test_names_that_are_nearly_the_same_or_a_part_are_the_same_thing(one: str, other: str) -> None:
    assert len(of(f"update the {one} and modify the {other}").conflicts) == 1


def test_names_that_share_a_part_only_are_two_things() -> None:
    assert of("update the order_items and modify the order_notes").conflicts == []


_VERBS = ("create", "update", "delete", "query", "migrate", "urgently delete", "finally update", "first create")
_THINGS = ("the orders", "the orders_archive", "the users", "the invoices")


@given(
    st.lists(st.tuples(st.sampled_from(_VERBS), st.sampled_from(_THINGS)), min_size=2, max_size=8),
    st.sampled_from(Resolution),
)
def test_a_resolved_conflict_is_ordered_and_no_plan_has_a_cycle(
    told: list[tuple[str, str]], resolution: Resolution
) -> None:
    made = of(" and ".join(f"{verb} {thing}" for verb, thing in told), resolution)
    waits = graph(made.tasks)
    assert made.dropped == []
    assert not any(depends(waits, task, task) for task in waits)
    for conflict in made.conflicts:
        assert isinstance(conflict, Conflict)
        ordered = depends(waits, conflict.second, conflict.first), depends(waits, conflict.first, conflict.second)
        assert conflict.resolved is (resolution is not Resolution.NOTIFY)
        if conflict.resolved:
            assert ordered == (True, False)
