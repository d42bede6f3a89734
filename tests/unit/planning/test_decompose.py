"""Work to tasks."""

from __future__ import annotations

import pytest

from models.nlu.words import language, words
from models.planning.decompose import MOST_COMMANDS, Decomposition, decompose
from models.planning.destructive import places
from models.planning.drafts import Work
from models.planning.intent_types import IntentType, classify_type
from models.planning.objectives import Objective, commands
from models.planning.support import is_complex
from models.planning.templates import TEMPLATES, best_pattern, pattern_score
from models.records import PlanTask, Priority, SecurityLevel, TaskType


def of(
    text: str, *, priority: Priority = Priority.NORMAL, level: SecurityLevel = SecurityLevel.INTERNAL
) -> Decomposition:
    found = words(text)
    spoken = language(found, None)
    return decompose(
        Work(text, found, commands(text, found, places(text, found)), classify_type(found), spoken, priority, level)
    )


def waits(tasks: list[PlanTask], task_id: str) -> set[str]:
    """All that a task waits for, directly or not."""
    by_id = {task.task_id: task for task in tasks}
    direct = by_id[task_id].dependencies
    return set(direct).union(*(waits(tasks, before) for before in direct))


@pytest.mark.parametrize(
    ("kind", "tasks", "duration_ms"),
    [
        (IntentType.VIABILITY_ANALYSIS, 8, 5600),
        (IntentType.TECHNICAL_ASSESSMENT, 6, 4100),
        (IntentType.SECURITY_AUDIT, 7, 5500),
        (IntentType.MIGRATION, 8, 5600),
        (IntentType.FEATURE_IMPLEMENTATION, 5, 4600),
        (IntentType.INFRASTRUCTURE_CHANGE, 6, 4400),
        (IntentType.REFACTORING, 5, 5200),
        (IntentType.PERFORMANCE_ANALYSIS, 6, 4800),
        (IntentType.INTEGRATION, 5, 4400),
        (IntentType.GENERIC, 4, 2300),
    ],
)
def test_every_type_has_its_template(kind: IntentType, tasks: int, duration_ms: int) -> None:
    steps = TEMPLATES[kind]
    assert (len(steps), sum(step.duration_ms for step in steps)) == (tasks, duration_ms)
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    for place, step in enumerate(steps):
        assert set(step.after) <= set(names[:place]), step.name
        assert step.capabilities
        assert step.aspect in ("architecture", "security", "quality", "performance")
        assert "{" in step.pt
        assert "{" in step.en


def test_the_viability_analysis_of_the_specification() -> None:
    made = of("Analisar viabilidade técnica de migração do sistema de autenticação para OAuth2 (com suporte a MFA)")
    assert (made.method, made.name) == ("template", "viability_analysis")
    assert [task.task_id for task in made.tasks] == [f"task_{number}" for number in range(8)]
    assert len({task.metadata["semantic_domain"] for task in made.tasks}) >= 3
    assert len({task.task_type for task in made.tasks}) >= 2
    assert made.tasks[3].dependencies == ["task_0", "task_1"]
    assert all("OAuth2" in task.description for task in made.tasks)


def test_the_two_sides_of_a_migration_are_named() -> None:
    made = of("Migrar sistema de autenticação de LDAP para OAuth2 com MFA")
    assert made.tasks[0].description == "Analisar a origem: sistema de autenticação de LDAP"
    assert made.tasks[1].description == "Especificar o destino: OAuth2 com MFA"
    assert made.tasks[0].parameters["target"] == "OAuth2 com MFA"


def test_scaling_is_planned_with_its_capacity() -> None:
    made = of("Projetar estratégia de auto-scaling para microserviços com base em métricas de CPU e memória")
    assert len(made.tasks) >= 5
    assert any("capacity" in task.description and "scaling" in task.description for task in made.tasks)


def test_a_text_without_sense_becomes_the_generic_tasks_with_its_words() -> None:
    made = of("xyz abc 123")
    assert (made.method, len(made.tasks)) == ("generic", 4)
    assert all("xyz abc 123" in task.description for task in made.tasks)


def test_several_commands_are_made_before_they_are_configured_deployed_and_tested() -> None:
    made = of("Criar novo microserviço de pagamentos, configurar CI/CD, fazer deploy em staging e executar testes")
    assert [task.task_type for task in made.tasks] == [
        TaskType.BUILD,
        TaskType.EXECUTE,
        TaskType.DEPLOY,
        TaskType.TEST,
    ]
    assert [task.dependencies for task in made.tasks] == [[], ["task_0"], ["task_1"], ["task_2"]]


@pytest.mark.parametrize(
    "text", ["query the customer table and create the customer table", "consulte os pedidos e atualize os pedidos"]
)
def test_a_write_comes_before_a_read_of_the_same_thing(text: str) -> None:
    made = of(text)
    [read] = [task for task in made.tasks if task.task_type is TaskType.QUERY]
    [write] = [task for task in made.tasks if task.task_type is not TaskType.QUERY]
    assert read.dependencies == [write.task_id]
    assert made.dropped == []


def test_a_deletion_is_sized_backed_up_and_checked() -> None:
    size, backup, delete, check = of("apagar os clientes inativos").tasks
    assert delete.metadata["action"] == "delete"
    assert delete.dependencies == [size.task_id, backup.task_id]
    assert delete.parameters["compensation"]["of"] == [backup.task_id]
    assert check.dependencies == [delete.task_id]
    assert "apagar clientes inativos" in delete.description, "the verb must not get lost"


def test_a_backup_that_is_asked_for_is_the_one_that_is_made_first() -> None:
    made = of("Delete old records and create backup")
    [delete] = [task for task in made.tasks if task.metadata.get("action") == "delete"]
    [backup] = [task for task in made.tasks if "backup" in task.description]
    assert backup.task_id in delete.dependencies


def test_names_that_are_nearly_the_same_are_the_same_thing() -> None:
    made = of("create the customers_table and update the customer_table")
    assert made.tasks[1].dependencies == ["task_0"]


@pytest.mark.parametrize(
    ("priority", "level", "support"),
    [
        (Priority.NORMAL, SecurityLevel.INTERNAL, []),
        (Priority.CRITICAL, SecurityLevel.INTERNAL, ["monitoring"]),
        (Priority.NORMAL, SecurityLevel.CONFIDENTIAL, ["security_check"]),
        (Priority.CRITICAL, SecurityLevel.RESTRICTED, ["security_check", "monitoring", "audit_trail"]),
    ],
)
def test_constraints_bring_their_support_tasks(priority: Priority, level: SecurityLevel, support: list[str]) -> None:
    made = of("Refatorar o módulo de pagamentos", priority=priority, level=level)
    there = {task.metadata["step"]: task for task in made.tasks if task.metadata.get("support")}
    assert list(there) == support
    work = [task for task in made.tasks if not task.metadata.get("support")]
    if "security_check" in there:
        assert all(there["security_check"].task_id in waits(made.tasks, task.task_id) for task in work)
    if "audit_trail" in there:
        everything = {task.task_id for task in made.tasks} - {there["audit_trail"].task_id}
        assert waits(made.tasks, there["audit_trail"].task_id) == everything


def test_a_complex_task_gets_a_check_before_and_one_behind() -> None:
    thing = "o cadastro de fornecedores, os contratos de compra e os relatórios de auditoria da contabilidade fiscal"
    made = of(f"criar o portal, atualizar {thing} e publicar a loja")
    kinds = [task.task_type.value for task in made.tasks]
    assert kinds == ["BUILD", "VALIDATE", "EXECUTE", "VALIDATE", "DEPLOY"]
    assert [task.dependencies for task in made.tasks] == [[], ["task_0"], ["task_1"], ["task_2"], ["task_3"]]


def test_complexity_is_that_of_the_formula() -> None:
    assert is_complex("x" * 150, entities=2, dependencies=0)
    assert not is_complex("x" * 75, entities=1, dependencies=1)
    assert is_complex("x" * 75, entities=2, dependencies=3)


def test_commands_beyond_the_limit_are_told() -> None:
    text = " e ".join(f"criar o serviço numero{number}" for number in range(MOST_COMMANDS + 3))
    made = of(text)
    assert sum(task.task_type is TaskType.BUILD for task in made.tasks) == MOST_COMMANDS
    assert len(made.left_out) == 3


def test_onboarding_is_a_pattern() -> None:
    made = of("Create new user onboarding registration flow")
    assert (made.method, made.name, len(made.tasks)) == ("pattern", "user_onboarding", 5)
    assert all(task.metadata["from_pattern"] for task in made.tasks)
    assert made.tasks[4].dependencies == ["task_2", "task_3"]


def test_all_four_objectives_on_records_are_the_crud_pattern() -> None:
    made = of("Criar, consultar, atualizar e excluir registros da tabela de pedidos")
    assert (made.name, made.factor) == ("crud_complete", 1.5)
    assert [task.metadata["action"] for task in made.tasks].count("delete") == 1


def test_query_data_is_no_pattern() -> None:
    assert best_pattern(frozenset({Objective.QUERY}), "query data") is None


@pytest.mark.parametrize(
    ("there", "text", "score"),
    [
        ({Objective.CREATE}, "cadastro de usuarios", 1.0),
        ({Objective.CREATE}, "recadastrostro de usuariosx", 0.5),  # no part of a word counts
        ({Objective.CREATE}, "cadastro", 0.8),
        ({Objective.QUERY}, "cadastro de usuarios", 0.0),
    ],
)
def test_scores_of_a_pattern(there: set[Objective], text: str, score: float) -> None:
    assert pattern_score("user_onboarding", frozenset(there), text) == pytest.approx(score)


def test_a_part_of_all_objectives_is_none_of_the_pattern() -> None:
    assert pattern_score("crud_complete", frozenset({Objective.CREATE, Objective.QUERY}), "tabela") == 0.0
