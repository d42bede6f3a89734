"""Queries as each store wants them, on a catalog whose sources the sample has none of."""

from __future__ import annotations

from typing import Any

import pytest

from models.planning import load_catalog
from models.planning.grounding import Grounded, Ungrounded, ground_question
from models.records import Entity, TaskType
from tests.unit.planning.catalogs import CATALOG, NOW_MS

SHOP = load_catalog(
    """\
sources:
  - name: carts
    kind: redis
    key: 'cart:{shop}:{customer}'
    value: hash
    label: {pt: carrinhos, en: carts}
    synonyms: {}
    fields:
      - {name: shop, type: string}
      - {name: customer, type: string, pattern: 'c\\d+'}
      - {name: total, type: number}
    default_measure: carts
    measures:
      - {name: carts, aggregation: count, label: {pt: carrinhos, en: carts}}
      - {name: total, aggregation: sum, field: total, unit: BRL, label: {pt: valor total, en: cart value}}
    dimensions:
      - {name: shop, field: shop, label: {pt: filial, en: shop}, values: {north: [], 'a*b': [estrela], south: []}}
    list_fields: [shop, customer, total]
  - name: ranking
    kind: redis
    key: 'ranking:{game}'
    value: zset
    label: {pt: ranking, en: ranking}
    synonyms: {pt: [placar], en: [leaderboard]}
    fields:
      - {name: game, type: string}
      - {name: member, type: string}
      - {name: score, type: number}
    default_measure: score
    measures: [{name: score, aggregation: sum, field: score, label: {pt: pontos, en: points}}]
    dimensions:
      - {name: game, field: game, label: {pt: jogo, en: game}, values: {chess: [xadrez], go: []}}
    list_fields: [member, score]
  - name: logins
    kind: kafka
    topic: app-logins
    key_field: email
    time_field: at
    label: {pt: entradas, en: logins}
    synonyms: {}
    row_limit: 100
    fields:
      - {name: at, type: date}
      - {name: email, type: string, pii: true, pattern: '[\\w.+-]+@[\\w.-]+\\w'}
      - {name: device, type: string}
    default_measure: logins
    measures: [{name: logins, aggregation: count, label: {pt: entradas, en: logins}}]
    dimensions:
      - {name: device, field: device, label: {pt: aparelho, en: device}, values: {phone: [celular], laptop: []}}
    list_fields: [at, device]
  - name: hosts
    kind: neo4j
    node: Host-Group
    time_field: built-at
    label: {pt: máquinas, en: hosts}
    synonyms: {}
    fields:
      - {name: name, type: string}
      - {name: rack, type: string}
      - {name: cores, type: integer}
      - {name: built-at, type: date}
    default_measure: hosts
    measures:
      - {name: hosts, aggregation: count, label: {pt: máquinas, en: hosts}}
      - {name: cores, aggregation: avg, field: cores, label: {pt: núcleos, en: cores}}
    dimensions:
      - {name: host, field: name, label: {pt: máquina, en: host}, values: {alpha: [], beta: []}}
      - {name: rack, field: rack, label: {pt: armário, en: rack}, values: {r1: [], r2: []}}
    list_fields: [name, rack]
""",
    source="shop.yaml",
)


def asked(text: str, entities: list[Entity] | None = None) -> Grounded:
    found = ground_question(text, SHOP, at_ms=NOW_MS, language="en", entities=entities)
    assert isinstance(found, Grounded), found
    return found


def first(text: str) -> dict[str, Any]:
    return asked(text).tasks[0].parameters


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("list the carts of c42 in the shop north", {"operation": "hash", "keys": ["cart:north:c42"]}),
        ("list the carts of c42 in the shops north and south",
         {"operation": "hash", "keys": ["cart:north:c42", "cart:south:c42"]}),
        ("list the carts of c42", {"operation": "scan", "pattern": "cart:*:c42", "fetch_values": True, "limit": 1000}),
        ("how many carts", {"operation": "scan", "pattern": "cart:*:*", "fetch_values": False}),
        ("list the carts of the shop estrela", {"operation": "scan", "pattern": "cart:a\\*b:*"}),
        ("top 3 of the chess leaderboard",
         {"operation": "zset", "key": "ranking:chess", "order": "desc", "limit": 3, "columns": ["member", "score"]}),
        ("bottom 3 of the chess leaderboard", {"operation": "zset", "key": "ranking:chess", "order": "asc"}),
        ("list the last 5 logins of ana@example.com", {"query_type": "kafka", "key": "ana@example.com", "limit": 5}),
        ("list the logins by phone of ana@example.com", {"key": "ana@example.com", "limit": 100}),
    ],
)  # fmt: skip
def test_keys_and_patterns_are_made_of_what_is_named(text: str, wanted: dict[str, Any]) -> None:
    parameters = first(text)
    assert {name: parameters.get(name) for name in wanted} == wanted


def test_what_a_list_of_keys_leaves_open_is_done_by_a_transform() -> None:
    found = asked("list the carts over 100 reais in the shop north")
    assert [task.task_type for task in found.tasks] == [TaskType.QUERY, TaskType.TRANSFORM]
    assert found.tasks[1].depends_on == ("task_0",)
    steps = found.tasks[1].parameters["steps"]
    assert steps[0] == {"op": "where", "column": "total", "operator": "gt", "values": [100]}
    assert [step["op"] for step in steps] == ["where", "sort", "limit", "select"]


HOSTS = "MATCH (n:`Host-Group`)"
BUILT = "n.`built-at`"


@pytest.mark.parametrize(
    ("text", "cypher", "values"),
    [
        ("how many hosts", f"{HOSTS} RETURN count(DISTINCT n) AS hosts", []),
        (
            "average cores by rack",
            f"{HOSTS} RETURN n.rack AS rack, avg(n.cores) AS cores ORDER BY cores DESC, rack LIMIT 1000",
            [],
        ),
        (
            "racks with more than 3 hosts",
            (
                f"{HOSTS} WITH n.rack AS rack, count(DISTINCT n) AS hosts WHERE hosts > $p0"
                " RETURN rack, hosts ORDER BY hosts DESC, rack LIMIT 1000"
            ),
            [3],
        ),
        (
            "how many hosts in rack r1 were built in March 2025",
            (
                f"{HOSTS} WHERE n.rack IN $p0 AND {BUILT} >= datetime($p1) AND {BUILT} < datetime($p2)"
                " RETURN count(DISTINCT n) AS hosts"
            ),
            [["r1"], "2025-03-01T00:00:00+00:00", "2025-04-01T00:00:00+00:00"],
        ),
        (
            "list the hosts with more than 8 cores except rack r2",
            (
                f"{HOSTS} WHERE NOT n.rack IN $p0 AND n.cores > $p1"
                " RETURN DISTINCT n.name AS name, n.rack AS rack LIMIT 1000"
            ),
            [["r2"], 8],
        ),
        (
            "hosts by year",
            (
                f"{HOSTS} RETURN left(toString({BUILT}), 4) AS year, count(DISTINCT n) AS hosts"
                " ORDER BY year, hosts DESC LIMIT 1000"
            ),
            [],
        ),
    ],
)
def test_what_is_asked_of_nodes_is_cypher_with_parameters(text: str, cypher: str, values: list[Any]) -> None:
    found = first(text)
    assert found["cypher_query"] == cypher
    assert found["parameters"] == {f"p{number}": value for number, value in enumerate(values)}


def test_an_address_that_the_text_no_longer_has_comes_from_the_entities() -> None:
    text = "list the logins of [EMAIL]"
    entity = Entity(entity_type="EMAIL", value="ana@example.com", confidence=1.0, start=19, end=26)
    assert asked(text, [entity]).tasks[0].parameters["key"] == "ana@example.com"


@pytest.mark.parametrize("value", ["", "x/y", "2025-01-01/2025-02-01", "2025-02-01T00:00:00Z/2025-01-01T00:00:00Z"])
def test_what_a_sender_declares_may_be_anything(value: str) -> None:
    kinds = ("TIME_RANGE", "COMPARISON", "TOP_N", "EMAIL", "GROUP_BY", "SORT_BY", "SORT_ORDER", "NONSENSE")
    for kind in kinds:
        for start, end in ((0, 4), (3, 3), (90, 99), (None, None)):
            entity = Entity(entity_type=kind, value=value, confidence=1.0, start=start, end=end)
            found = ground_question("list the hosts", SHOP, at_ms=NOW_MS, language="en", entities=[entity])
            assert isinstance(found, Grounded | Ungrounded)


def test_a_source_is_named_with_its_store_and_its_secrecy() -> None:
    found = ground_question(
        "Which deployments came before yesterday's incidents?", CATALOG, at_ms=NOW_MS, language="en"
    )
    assert isinstance(found, Grounded)
    assert [source.name for source in found.sources] == ["incidents", "deployments"]
    assert found.presentation.source == "mongodb:incidents + mongodb:deployments"
    assert found.holds_pii
    assert found.assumed == ("same service, the nearest one, up to 7 days before",)
    assert found.presentation.title.endswith(found.assumed[0])
