"""What a text wants done, and with what."""

from __future__ import annotations

import pytest

from models.nlu.words import words
from models.planning.destructive import places
from models.planning.objectives import Command, Objective, commands, objectives
from models.records import TaskType

ORIGINAL = """
Criar API REST para cadastro de usuários → create
Atualizar configurações do sistema → update
Deletar registros antigos da base → delete
Buscar pedidos do último mês → query
Converter dados de CSV para JSON → transform
Build a new REST API for user management → create
Update the database schema → update
Remove deprecated endpoints → delete
Search for all active users → query
Migrate data to new format → transform
Gerar relatório de vendas e atualizar métricas → create update
Delete old records and create backup → delete create
""".strip().splitlines()


def told(text: str) -> list[Command]:
    found = words(text)
    return commands(text, found, places(text, found))


@pytest.mark.parametrize("line", ORIGINAL)
def test_the_twelve_of_the_specification_are_exactly_right(line: str) -> None:
    text, _, expected = line.partition(" → ")
    assert {objective.value for objective in objectives(told(text))} == set(expected.split())


@pytest.mark.parametrize(
    "text",
    [
        "budget address by region",  # "get" and "add" are in there
        "Deployments by status last month",
        "não apagar nada",
        "updates by team",
        "registros criados ontem",
        "records that were deleted",
    ],
)
def test_a_text_that_commands_nothing_asks(text: str) -> None:
    assert told(text) == []
    assert objectives(told(text)) == (Objective.QUERY,)


def test_each_command_has_its_object_as_it_was_written() -> None:
    found = told(
        "Criar API REST de cadastro, configurar CI/CD, fazer deploy em staging e executar testes de integração"
    )
    assert [(command.task_type, command.subject) for command in found] == [
        (TaskType.BUILD, "API REST de cadastro"),
        (TaskType.EXECUTE, "CI/CD"),
        (TaskType.DEPLOY, "deploy em staging"),
        (TaskType.TEST, "testes de integração"),
    ]


def test_commands_in_a_row_share_the_object_of_the_last() -> None:
    found = told("Criar, consultar, atualizar e excluir registros da tabela")
    assert {command.subject for command in found} == {"registros da tabela"}
    assert [command.objective for command in found] == [
        Objective.CREATE,
        Objective.QUERY,
        Objective.UPDATE,
        Objective.DELETE,
    ]


def test_a_long_object_is_cut_at_a_word() -> None:
    [command] = told("Implementar " + "palavra " * 100)
    assert command.subject.endswith("palavra …")
    assert len(command.subject) <= 82
