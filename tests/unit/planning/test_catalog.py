"""A mistake in the catalog is a line in an error, never a strange answer."""

from __future__ import annotations

import pytest

from models.errors import CatalogError, QueryRefused
from models.planning import load_catalog
from models.planning.catalog import check_catalog, phrase_stems
from models.queries import Limits, allowed_by, parse_mongodb, parse_neo4j
from tests.unit.planning.catalogs import CATALOG, CATALOG_FILE

MINIMAL = """\
sources:
  - name: orders
    kind: mongodb
    collection: orders
    label: {pt: pedidos, en: orders}
    synonyms: {pt: [compra], en: [purchase]}
    time_field: at
    fields:
      - {name: at, type: date}
      - {name: total, type: number}
      - {name: state, type: string}
    default_measure: orders
    measures:
      - {name: orders, aggregation: count, label: {pt: pedidos, en: orders}}
      - {name: value, aggregation: sum, field: total, label: {pt: valor, en: value}}
    dimensions:
      - {name: state, field: state, label: {pt: estado, en: state}, values: {DE: [alemanha], SP: []}}
    list_fields: [at, total]
"""


def error_of(text: str) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        load_catalog(text, source="shop.yaml")
    return caught.value


def test_a_small_catalog_loads() -> None:
    catalog = load_catalog(MINIMAL, source="shop.yaml")
    assert list(catalog.sources) == ["orders"]
    assert catalog.sources["orders"].row_limit == 1000
    assert {term.kind for term in catalog.terms[phrase_stems("Pedidos")]} == {"source", "measure"}


def test_the_sample_catalog_describes_all_four_stores_in_two_languages() -> None:
    kinds: dict[str, set[str]] = {}
    for source in CATALOG.sources.values():
        if not source.replica:
            kinds.setdefault(source.kind, set()).add(source.place)
        assert source.synonyms["pt"]
        assert source.synonyms["en"]
    assert kinds == {
        "mongodb": {"sales", "customers", "incidents", "deployments", "access_log"},
        "neo4j": {"Service", "Team"},
        "kafka": {"sample.events"},
        "redis": {"session:{user}", "counter:incidents:{service}", "counter:sales:{region}"},
    }
    assert {way.type for way in CATALOG.relationships.values()} == {"DEPENDS_ON", "OWNED_BY"}
    assert "sources:" in CATALOG_FILE.read_text(encoding="utf-8")


STORES = """
  - name: hosts
    kind: neo4j
    node: Host
    label: {pt: máquinas, en: hosts}
    synonyms: {}
    fields: [{name: name, type: string}]
    default_measure: hosts
    measures: [{name: hosts, aggregation: count, label: {pt: máquinas, en: hosts}}]
    dimensions: []
    list_fields: [name]
  - name: carts
    kind: redis
    key: 'cart:{customer}'
    value: hash
    label: {pt: carrinhos, en: carts}
    synonyms: {}
    fields: [{name: customer, type: string}, {name: total, type: number}]
    default_measure: carts
    measures: [{name: carts, aggregation: count, label: {pt: carrinhos, en: carts}}]
    dimensions: []
    list_fields: [customer, total]
    joins: [{field: customer, to: orders, to_field: state}]
relationships:
  - {name: runs_on, type: RUNS_ON, from: hosts, to: hosts, label: {pt: roda em, en: runs on}, verbs: {en: [run on]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("node: Host", "collection: hosts", 19, "needs `node`"),
        ("    node: Host", "    node: Host\n    topic: hosts", 22, "`topic` has no meaning"),
        ("node: Host", "node: 'Host`) DETACH DELETE (n'", 21, "sources[1].node"),
        ("'cart:{customer}'", "'cart:{client}'", 31, "client: not among the fields"),
        ("'cart:{customer}'", "'cart:{customer'", 31, "sources[2].key"),
        ("    value: hash\n", "", 29, "needs `value`"),
        ("value: hash", "value: zset", 31, "member, score"),
        ("to: orders", "to: invoices", 40, "no source invoices"),
        ("to_field: state", "to_field: client", 40, "not among the fields of orders"),
        ("field: customer,", "field: client,", 40, "client: not among the fields"),
        ("from: hosts", "from: orders", 42, "`from` must be a source of kind neo4j"),
        ("to: hosts, label", "to: racks, label", 42, "`to` must be a source of kind neo4j"),
        ("{name: total, type: number}", "{name: total, type: number, pattern: '('}", 10, "no regular expression"),
    ],
)
def test_a_mistake_in_what_other_stores_need_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    text = MINIMAL + STORES.removeprefix("\n")
    assert old in text
    assert load_catalog(text, source="shop.yaml").sources["hosts"].place == "Host"
    error = error_of(text.replace(old, new, 1))
    assert says in error.detail
    assert error.line == line


REPLICA = """\
  - name: orders_copy
    replica: true
    kind: mongodb
    collection: orders_copy
    label: {pt: cópia, en: copy}
    synonyms: {pt: [duplicata]}
    time_field: at
    fields:
      - {name: at, type: date}
      - {name: total, type: number}
      - {name: state, type: string}
    default_measure: orders
    measures: [{name: orders, aggregation: count, label: {pt: pedidos, en: orders}}]
    dimensions: []
    list_fields: [at, total]
"""
TOTAL = "total, type: number}\n      - {name: state, type: string}\n    default_measure: orders\n    measures: ["
FALLBACK = "    fallback: [{source: orders_copy}, {cached: 15m}]\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("{source: orders_copy}", "{source: orders_cpy}", 19, "no source orders_cpy"),
        ("{source: orders_copy}", "{source: orders}", 19, "nor for itself"),
        ("{source: orders_copy}", "{cached: 1h}", 19, "twice"),
        ("{source: orders_copy}", "{source: orders_copy, cached: 1h}", 19, "either a `source` or `cached`"),
        ("{cached: 15m}", "{}", 19, "either a `source` or `cached`"),
        ("{cached: 15m}", "{cached: 15}", 19, "fallback[1].cached"),
        ("{cached: 15m}", "{cached: 15min}", 19, "fallback[1].cached"),
        ("{cached: 15m}", "{older: 15m}", 19, "older"),
        ("      - {name: state, type: string}\n    default", "    default", 19, "no field state of type string"),
        (TOTAL, TOTAL.replace("number", "integer"), 19, "no field total"),
        ("    replica: true", "    replica: true\n    sensitivity: RESTRICTED", 19, "sensitivity"),
        ("synonyms: {pt: [duplicata]}\n    time_field: at", "synonyms: {pt: [duplicata]}", 19, "time_field"),
        ("    replica: true", "    replica: true\n    fallback: [{cached: 1h}]", 22, "only stands in"),
    ],
)
def test_a_mistake_in_a_fallback_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    text = MINIMAL + FALLBACK + REPLICA
    assert old in text
    at = text.rindex(old)
    error = error_of(text[:at] + new + text[at + len(old) :])
    assert says in error.detail
    assert error.line == line


def test_what_queries_may_use_is_the_catalogs() -> None:
    listed = "queries: {procedures: [db.labels], operators: [$match, $group, $sum, $eq]}\n"
    allowed = allowed_by(load_catalog(MINIMAL + listed, source="shop.yaml"))
    call = {"cypher_query": "CALL db.labels() YIELD label RETURN label"}
    assert parse_neo4j(call, allowed, Limits()).cypher
    group = {"$group": {"_id": None, "n": {"$sum": 1}}}
    asked = {"collection": "orders", "operation": "aggregate", "pipeline": [{"$match": {"a": {"$eq": 1}}}, group]}
    assert parse_mongodb(asked, allowed, Limits()).pipeline == asked["pipeline"]
    for refused in ({"$match": {"a": {"$regex": "x"}}}, {"$sort": {"a": 1}}, {"$out": "x"}):
        with pytest.raises(QueryRefused):
            parse_mongodb({**asked, "pipeline": [refused]}, allowed, Limits())
    with pytest.raises(QueryRefused):
        parse_neo4j(call, allowed_by(load_catalog(MINIMAL, source="shop.yaml")), Limits())


@pytest.mark.parametrize(
    "listed", ["{procedures: [labels]}", "{procedures: ['a.b()']}", "{operators: [match]}", "{x: 1}"]
)
def test_what_is_no_procedure_or_operator_is_told_with_its_line(listed: str) -> None:
    error = error_of(MINIMAL + f"queries: {listed}\n")
    assert error.line == 19
    assert "queries" in error.detail


def test_a_replica_stands_in_and_is_not_asked_for_by_its_words() -> None:
    catalog = load_catalog(MINIMAL + FALLBACK + REPLICA, source="shop.yaml")
    first, second = catalog.sources["orders"].fallback
    assert (first.source, second.cached_s) == ("orders_copy", 900)
    assert {term.source for terms in catalog.terms.values() for term in terms} == {"orders"}


@pytest.mark.parametrize("field", ["total", "state", "at"])
def test_what_is_sensitive_can_not_be_asked_about(field: str) -> None:
    text = MINIMAL.replace(f"{{name: {field}, ", f"{{name: {field}, sensitive: true, ", 1)
    assert f"{field} is sensitive" in error_of(text).detail


def test_every_mistake_is_told_not_only_the_first() -> None:
    wrong = MINIMAL.replace("default_measure: orders", "default_measure: profit").replace("[at, total]", "[at, tax]")
    found = check_catalog(wrong, source="shop.yaml")
    assert isinstance(found, list)
    assert [error.line for error in found] == [12, 18]
    several = check_catalog(
        wrong.replace("kind: mongodb", "kind: oracle") + STORES.replace("number", "money"), source="x"
    )
    assert isinstance(several, list)
    assert [error.line for error in several] == [3, 36]


@pytest.mark.parametrize(("value", "kind"), [("maybe", "boolean"), ("4.5", "integer"), ("four", "number")])
def test_a_value_must_be_of_its_fields_type(value: str, kind: str) -> None:
    text = MINIMAL.replace("{name: state, type: string}", f"{{name: state, type: {kind}}}")
    assert repr(value) in error_of(text.replace("{DE: [alemanha], SP: []}", f"{{'{value}': []}}")).detail


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: mongodb", "kind: oracle", 3, "oracle"),
        ("type: number", "type: money", 10, "money"),
        ("    collection: orders\n", "", 2, "collection"),
        ("collection: orders", "collection: $where", 4, "sources[0].collection"),
        ("row", "row", None, ""),
        ("    default_measure: orders", "    colour: red\n    default_measure: orders", 2, "colour"),
        ("default_measure: orders", "default_measure: profit", 12, "default_measure profit"),
        ("field: total", "field: state", 15, "measure value"),
        ("time_field: at", "time_field: state", 7, "type date"),
        ("field: state,", "field: status,", 17, "status"),
        ("list_fields: [at, total]", "list_fields: [at, tax]", 18, "tax"),
        ("name: value", "name: orders", 15, "twice"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int | None, says: str) -> None:
    if old == new:
        assert load_catalog(MINIMAL, source="shop.yaml").sources
        return
    assert old in MINIMAL
    error = error_of(MINIMAL.replace(old, new, 1))
    assert (error.source, error.line) == ("shop.yaml", line)
    assert says in error.detail
    assert str(error).startswith(f"shop.yaml:{line}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [("sources: [", 1), ("sources:\n\t- x", 2), ("a: b: c", 1), ("", 1), ("sources: []", 1), ("- 1", 1)],
)
def test_what_is_no_catalog_at_all_is_refused(text: str, line: int | None) -> None:
    assert error_of(text).line == line


def test_two_sources_of_one_name_are_refused() -> None:
    again = MINIMAL.removeprefix("sources:\n")
    assert "same name" in error_of(MINIMAL + again).detail


def test_a_value_that_is_a_small_word_is_not_read_into_every_sentence() -> None:
    catalog = load_catalog(MINIMAL, source="shop.yaml")
    assert phrase_stems("DE") not in catalog.terms
    assert phrase_stems("alemanha") in catalog.terms
    assert phrase_stems("SP") in catalog.terms


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "it is empty: describe at least one collection under `sources:`"),
        ("# nothing\n", 1, "it is empty: describe at least one collection under `sources:`"),
        (
            "sources:\n  - {name: a, kind: nosuch, label: {pt: a, en: a}}\n",
            2,
            "sources[0].kind: Invalid enum value 'nosuch'; allowed: mongodb, neo4j, kafka, redis",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_would_be_right(text: str, line: int, said: str) -> None:
    error = error_of(text)
    assert (error.line, error.detail) == (line, said)
