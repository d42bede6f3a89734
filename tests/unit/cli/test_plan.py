"""`hive plan`: no server, no sending."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from app.cli import main


def hive(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="hive")


def test_a_question_is_shown_with_its_query_and_risk() -> None:
    result = hive("plan", "vendas por região")
    assert result.exit_code == 0
    assert "Grounded on sales" in result.stdout
    assert " low\n" in result.stdout
    assert "not needed" in result.stdout


def test_what_destroys_says_that_a_person_has_to_approve_it() -> None:
    result = hive("plan", "apagar o banco de produção", "--priority", "critical", "--security-level", "restricted")
    assert "(destroys)" in result.stdout
    assert "a person has to approve it first" in result.stdout
    assert "destructive (critical)" in result.stdout


def test_json_is_the_understanding_and_the_plan() -> None:
    told = json.loads(hive("plan", "Migrar de LDAP para OAuth2", "--json").stdout)
    assert told["intent"]["intent"]["text"] == "Migrar de LDAP para OAuth2"
    assert len(told["plan"]["tasks"]) == 8


def test_mermaid_is_a_flow_chart() -> None:
    assert hive("plan", "Migrar de LDAP para OAuth2", "--mermaid").stdout.startswith("flowchart TD\n")


def test_an_empty_text_is_said_in_one_line() -> None:
    result = hive("plan", "  ")
    assert result.exit_code == 1
    [line] = result.stderr.strip().splitlines()
    assert "empty-text" in line


def test_it_says_what_each_specialist_thinks_and_what_comes_of_it() -> None:
    work = hive("plan", "Refatorar o módulo de pagamentos")
    assert work.exit_code == 0
    assert "by their rules alone" in work.stdout
    for name in ("business", "technical", "behavior", "evolution", "architecture", "decision"):
        assert f" {name}  " in work.stdout
    told = json.loads(hive("plan", "--json", "Apagar completamente o banco de dados sem backup").stdout)
    assert len(told["consensus"]["opinions"]) == 5
    assert told["consensus"]["decision"]["plan_id"] == told["plan"]["plan_id"]
