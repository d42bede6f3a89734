"""A query to the parameters of its task, and of what stands in for its source while that does not answer.

`parameters["source"]` is the source's name in the catalog. `parameters["fallbacks"]`, where it has any, are to be
tried in this order: `{"source": name, "parameters": {...}, "steps": [...]}`, whose rows after these steps (see `steps`)
have the columns of the query's own; or `{"cached_s": n}`, the last good answer, if it is no older than these seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from models.nlu.phrases import Order
from models.planning.grounding import steps as step
from models.planning.grounding.spec import QuerySpec
from models.planning.grounding.stores import Parameters, kafka_parameters, neo4j_parameters, redis_parameters
from models.planning.query import mongodb_parameters
from models.planning.sources import PLACES, Source

__all__ = ["compiled"]


def compiled(spec: QuerySpec, sources: Mapping[str, Source], *, as_rows: bool) -> tuple[Parameters, list[step.Step]]:
    """Return the parameters of a query, and the steps that make of its rows what is asked for.

    Args:
        spec: The query.
        sources: The catalog's.
        as_rows: A count is to be a row, too; it is one anyway where another source may stand in, which gives rows.
    """
    fallback = spec.source.fallback
    parameters, steps = _own(spec, as_rows=as_rows or any(link.source for link in fallback))
    parameters["source"] = spec.source.name
    links: list[Parameters] = []
    for link in fallback:
        if link.source is None:
            links.append({"cached_s": link.cached_s})
        elif spec.way is None and spec.through is None:  # there is no other place to follow them
            links.append(_elsewhere(spec, sources[link.source], parameters, steps))
    if links:
        parameters["fallbacks"] = links
    return parameters, steps


def _own(spec: QuerySpec, *, as_rows: bool) -> tuple[Parameters, list[step.Step]]:
    if spec.source.kind == "mongodb":
        return mongodb_parameters(spec, as_rows=as_rows), []
    if spec.source.kind == "neo4j":
        return neo4j_parameters(spec), []
    return kafka_parameters(spec) if spec.source.kind == "kafka" else redis_parameters(spec)


def _elsewhere(spec: QuerySpec, other: Source, own: Parameters, steps: list[step.Step]) -> Parameters:
    """Ask the same of another source: in the words of the first, at the place of the other."""
    first = spec.source
    place = {entry: getattr(other, entry) for entry in PLACES.values()}
    source = structs.replace(first, kind=other.kind, value=other.value, key_field=other.key_field, **place)
    if steps:
        # The first one only lists, and the steps behind it do the rest: so the other is to list the same records.
        source = structs.replace(source, list_fields=own["columns"])
        spec = spec._replace(
            operation="find",
            groups=(),
            comparisons=tuple(item for item in spec.comparisons if not item.of_group),
            order=Order.LATEST,
            sort=None,
            limit=own.get("limit", first.row_limit),
        )
    elif first.value == "zset" and spec.sort is None:
        spec = spec._replace(sort=("score", "asc" if spec.order is Order.SMALLEST else "desc"))
    parameters, more = _own(spec._replace(source=source), as_rows=True)
    if not more and other.kind in ("redis", "kafka"):
        more = [step.select(own["columns"])]
    if first.kind == "kafka" and first.time_field and first.time_field in own["columns"]:
        more = [*more, step.sort([(first.time_field, "asc")])]  # as a topic has them
    return {"source": other.name, "parameters": parameters, "steps": more}
