"""What commands destruction, what only speaks of it, and how bad it would be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.nlu.words import words
from models.planning.destructive import SAFE, Severity, detect, places
from models.records import PlanTask, TaskType
from tests.unit.planning.catalogs import plan_of

COMMANDS = """
apagar o banco de produção
Deletar todos os registros antigos
Remove all records from database
Delete all production data
Apagar completamente o banco de dados de produção sem backup
Deletar registros antigos da base
excluir usuários
destruir o ambiente
eliminar duplicados
limpar a tabela de logs
remover o índice
apagar tudo
destroy the cluster
erase the disk
wipe the server
purge old messages
Apague os clientes inativos
Exclua os pedidos de ontem
por favor, apague os registros
vamos deletar a base
Quantos clientes temos? Apague todos.
liste os clientes e apague os inativos
Não esqueça de apagar os logs
don't forget to delete the logs
do not hesitate to delete it
nunca termine sem apagar os temporários
Não consulte nada, apague tudo
não apague os clientes, mas apague os pedidos
os dados devem ser apagados
all records should be deleted
quero que todos os registros sejam apagados
quero o banco de produção apagado
I want the table dropped
fazer uma limpeza completa do banco
perform a deletion of all users
execute a exclusão de todos os clientes
drop table users
drop the customers collection
truncate table sales
can you delete all records
você pode apagar os registros?
preciso apagar os clientes
temos que apagar isso
I need to delete the users
quero que apague tudo
create a job that deletes all data
Começar apagando os logs
Deletar todos os dados de clientes inativos e atualizar sistema de pagamentos
""".strip().splitlines()

DESCRIPTIONS = """
produto mais vendido
Produtos por região
dropdown de países não abre
Mark records as deleted
marcar registros como apagados
não apagar nada
Não apague nada
não apague, remova nem exclua nada
do not delete anything
never delete records
without deleting anything
registros apagados ontem
deleted records by user
quantos registros foram apagados ontem
how many users were deleted last week
which deployments were removed
Quem apagou a tabela?
como apagar um registro?
how do I delete a record
who can delete records
drop in sales last month
the drop in revenue
drop-off rate by page
queda nas vendas
liste os jobs que apagam arquivos
the job deletes old files
Deletes by user yesterday
show delete operations by user
count delete requests by user yesterday
relatório de exclusões por usuário
remoções por dia
cleanup jobs by status
Buscar usuários ativos
Criar novo registro
Transformar dados
Get user by id
firewalls by region
base limpa de clientes
quero ver os registros do banco apagados
evite apagar os logs
em vez de apagar, arquive
avoid deleting data
stop deleting the logs
soft delete these records
restaurar os registros excluídos
Process all records from production database
Consultar status do pedido 12345
show all products in production
""".strip().splitlines()


def task(description: str, action: str | None = None, number: int = 0) -> PlanTask:
    metadata = {} if action is None else {"action": action}
    return PlanTask(task_id=f"t{number}", task_type=TaskType.EXECUTE, description=description, metadata=metadata)


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_is_found(text: str) -> None:
    assert detect(text).is_destructive


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_a_word_that_commands_nothing_is_left_alone(text: str) -> None:
    assert detect(text) == SAFE


@pytest.mark.parametrize(
    "verb",
    [
        "deletar",
        "remover",
        "apagar",
        "limpar",
        "excluir",
        "destruir",
        "eliminar",
        "delete",
        "remove",
        "drop",
        "truncate",
        "purge",
        "destroy",
        "erase",
        "wipe",
    ],
)
def test_every_verb_of_the_two_languages_is_found_and_named(verb: str) -> None:
    found = words(f"please {verb} customers")
    assert places(f"please {verb} customers", found) == {1}
    assert detect("", [task(f"{verb} customers")]).tasks == ("t0",)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("apagar o banco de produção", Severity.CRITICAL),
        ("Delete all production data", Severity.CRITICAL),
        ("Apagar completamente o banco", Severity.CRITICAL),
        ("drop table users", Severity.HIGH),
        ("apagar o banco de testes", Severity.HIGH),
        ("excluir um usuário", Severity.LOW),
        ("excluir um usuário do produto e da producao2", Severity.LOW),  # "prod" is in neither
        ("apague o pedido e remova o cliente", Severity.MEDIUM),
    ],
)
def test_how_bad_a_text_is(text: str, severity: Severity) -> None:
    assert detect(text).severity is severity


@pytest.mark.parametrize(
    ("count", "severity"),
    [(1, Severity.LOW), (2, Severity.MEDIUM), (3, Severity.HIGH), (4, Severity.HIGH), (5, Severity.CRITICAL)],
)
def test_many_destroying_tasks_are_worse(count: int, severity: Severity) -> None:
    found = detect("", [task("Delete one record", number=number) for number in range(count)])
    assert (found.severity, len(found.tasks)) == (severity, count)


@pytest.mark.parametrize(("action", "severity"), [("delete", Severity.LOW), ("drop", Severity.HIGH)])
def test_a_task_destroys_by_its_action(action: str, severity: Severity) -> None:
    found = detect("", [task("old records", action)])
    assert found.severity is severity
    assert [(reason.kind, reason.word) for reason in found.reasons] == [("action", action)]


def test_a_task_with_another_action_is_safe_whatever_it_speaks_of() -> None:
    assert detect("", [task("Back up before anything is deleted: delete all users", "backup")]) == SAFE


def test_strict_takes_an_indicator_and_normal_does_not() -> None:
    tasks = [task("Process all records from production database")]
    assert detect("", tasks) == SAFE
    strict = detect("", tasks, strict=True)
    assert [reason.word for reason in strict.reasons] == ["all", "production"]
    assert detect("", [task("Get user by id")], strict=True) == SAFE


def test_switched_off_it_finds_nothing() -> None:
    assert detect("delete everything", [task("x", "drop")], enabled=False) == SAFE


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = detect(text, [task(text)])
    assert found.is_destructive == bool(found.reasons)


@given(st.sampled_from(DESCRIPTIONS), st.sampled_from(["apague todos os clientes", "delete all users"]))
def test_what_is_said_before_hides_no_command(before: str, command: str) -> None:
    assert detect(f"{before}. {command}").is_destructive


@pytest.mark.parametrize(
    "text",
    [
        "Apaguem já todos os registros de log",
        "quero que você remova os usuários antigos",
        "vamos zerar a tabela de vendas",
        "please get rid of the old backups",
        "go ahead and nuke the staging database",
        "dá um drop na tabela clientes",
        "faz um truncate na tabela pedidos",
        "preciso que os dados de teste sejam eliminados",
        "The old records must be purged by Friday",
        "let's wipe everything and start over",
        "Não deixe de excluir as contas inativas",
        "apagá-los imediatamente",
        "can you delete user042?",
        "você pode apagar os clientes inativos?",
        "delete from customers where active = false",
        "DROP DATABASE prod;",
        "rm -rf /data",
        "Crie um backup e depois destrua o cluster antigo",
        "Schedule a nightly job that deletes expired sessions",
        "Limpe o cache e remova os arquivos temporários",
        "overwrite the production table with test data",
        "Desfaça-se dos dados do cliente C00123",
        "descarte as sessões abertas",
        "I need the customers table emptied",
        "zere o contador de vendas do Norte",
        "reset the production database",
        "formate o disco do servidor",
        "clear the cache",
        "jogue fora os backups antigos",
        "use the API to delete all customers",
        "create a script to delete the logs and run it",
        "livre-se das tabelas temporárias",
        "truncate table orders",
        "Remover-se-ão todos os dados",
        "os registros devem ser zerados",
    ],
)
def test_what_commands_destruction_waits_for_a_person(text: str) -> None:
    plan = plan_of(text)
    assert plan.is_destructive
    assert plan.requires_approval


@pytest.mark.parametrize(
    "text",
    [
        "Não apague nada, só liste os clientes",
        "Quantos registros foram apagados ontem?",
        "which users deleted files last week?",
        "Liste os clientes que foram removidos da base em outubro",
        "show deleted records by user",
        "never delete production data",
        "Relatório de exclusões por mês",
        "Implementar botão de excluir conta",
        "how do I remove a user?",
        "sem apagar os dados, migre o banco para PostgreSQL",
        "proibido remover usuários",
        "quem tem permissão para apagar registros?",
        "Marcar pedidos como excluídos",
        "add a dropdown to the products page",
        "vendas de produtos de limpeza",
        "prevent users from deleting invoices",
        "the drop in revenue last month",
        "Corrigir o bug que apaga o carrinho",
        "Auditar as exclusões feitas em produção",
        "criar política de remoção de dados",
        "Restore the deleted customers",
        "reset the password of user042",
        "reset da senha do usuário",
        "formatar datas das tabelas em ISO",
        "clear summary of sales by region",
        "how to get rid of old backups?",
        "don't get rid of the backups",
        "jogue fora dos padrões",
        "vendas zeradas por região",
        "vendas fora do Sul",
        "customers away from Recife",
        "quanto se vendeu ontem?",
        "sobrescrever o método toString",
        "reset rate by country",
        "show the reset count",
        "permita que usuários cancelem pedidos",
    ],
)
def test_what_tells_forbids_or_asks_about_destruction_waits_for_nobody(text: str) -> None:
    plan = plan_of(text)
    assert not plan.is_destructive
    assert not plan.requires_approval
