from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from models.records import Domain

TEXT = "investigar logins suspeitos de ontem do ip 10.0.0.7 e de ana@example.com, top 5 por região"


def hive(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["understand", *arguments])


def test_a_text_is_explained_as_json() -> None:
    told = json.loads(hive(TEXT, "--json").stdout)

    assert (told["domain"], told["route"], told["language"]) == ("SECURITY", "domain", "pt")
    assert 0.5 <= told["confidence"] <= 1
    assert 0 <= told["margin"] <= 1
    assert told["second"] in set(Domain) - {told["domain"]}
    assert told["text"].endswith("do ip [IP] e de [EMAIL], top 5 por região")
    assert {"TIME_RANGE", "TOP_N", "GROUP_BY", "EMAIL", "IP"} <= {entity["entity_type"] for entity in told["entities"]}
    assert [item["kind"] for item in told["pii"]] == ["IP", "EMAIL"]
    assert [TEXT[item["start"] : item["end"]] for item in told["pii"]] == ["10.0.0.7", "ana@example.com"]


def test_what_speaks_for_a_domain_adds_up_to_what_was_decided() -> None:
    told = json.loads(hive("firewall", "--json").stdout)

    assert max(told["words"], key=told["words"].__getitem__) == "firewall"
    assert {speaks["kind"] for speaks in told["speaks"]} == {"word", "piece", "rules", "bias"}
    summed = {label: sum(speaks["adds"][label] for speaks in told["speaks"]) for label in told["logits"]}
    assert summed == pytest.approx(told["logits"], abs=1e-3)


def test_the_catalog_s_nouns_are_named() -> None:
    told = json.loads(hive("faturamento por região", "--json").stdout)

    assert "sales.revenue" in {entity["value"] for entity in told["entities"]}


def test_the_tables_say_what_where_and_why() -> None:
    shown = hive(TEXT).stdout

    for said in (
        "SECURITY/",
        "intentions.security",
        "TOP_N",
        "personal, masked",
        "what speaks for SECURITY",
        "suspeitos",
    ):
        assert said in shown
    assert hive("fazer coisa").stdout.count("intentions.validation") == 1


def test_a_language_that_is_given_is_taken() -> None:
    assert json.loads(hive("dashboard", "--language", "en", "--json").stdout)["language"] == "en"
    assert "which is not supported" in hive("quiero ver las ventas del año pasado por favor", "--language", "es").stdout


def test_what_the_system_refuses_is_refused() -> None:
    result = hive("   ")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "empty-text" in result.stderr
