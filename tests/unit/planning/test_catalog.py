"""A mistake in the catalog is a line in an error, never a strange answer."""

from __future__ import annotations

import pytest

from models.errors import CatalogError
from models.planning import load_catalog
from models.planning.catalog import phrase_stems
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


def test_the_sample_catalog_describes_five_collections_in_two_languages() -> None:
    assert set(CATALOG.sources) == {"sales", "customers", "incidents", "deployments", "access_log"}
    for source in CATALOG.sources.values():
        assert source.synonyms["pt"]
        assert source.synonyms["en"]
        assert source.time_field is not None
    assert "sources:" in CATALOG_FILE.read_text(encoding="utf-8")


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
    [("sources: [", 1), ("sources:\n\t- x", 2), ("a: b: c", 1), ("", None), ("sources: []", 1), ("- 1", 1)],
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
