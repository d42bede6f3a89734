"""`hive catalog`: check the file that describes the sources, or draft one from running servers."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from models.planning.catalog import check_catalog
from models.planning.draft import Samples, draft_catalog

WRONG = 2
"""How `check` ends when a catalog has a mistake."""

SAMPLED = 500
"""Records that are looked at of each collection and label."""

_NODES = "MATCH (n) WITH DISTINCT labels(n) AS labels UNWIND labels AS label RETURN DISTINCT label ORDER BY label"
_WAYS = (
    "MATCH (a)-[r]->(b) WITH DISTINCT labels(a) AS starts, type(r) AS kind, labels(b) AS ends "
    "UNWIND starts AS start UNWIND ends AS end RETURN DISTINCT start, kind, end"
)


@click.group()
def catalog() -> None:
    """Check or draft the catalog of your sources."""


@catalog.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Read a catalog; one line for each mistake, and exit code 2 when there is one."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8 at byte {error.start}") from error
    found = check_catalog(text, source=str(file))
    if isinstance(found, list):
        for mistake in found:
            click.echo(" ".join(str(mistake).split()), err=True)
        sys.exit(WRONG)
    click.echo(
        f"{file}: {len(found.sources)} sources, {len(found.relationships)} relationships, {len(found.terms)} phrases"
    )


@catalog.command()
@click.option("--mongo", metavar="URI", help="mongodb://…/database: a source for each collection.")
@click.option("--neo4j", metavar="URI", help="bolt://user:password@host:port/database: a source for each label.")
@click.option("--timeout", "timeout_s", default=30.0, show_default=True, help="Seconds for one answer of a server.")
def infer(*, mongo: str | None, neo4j: str | None, timeout_s: float) -> None:
    """Draft a catalog from what running servers hold, and print it."""
    if not mongo and not neo4j:
        raise click.UsageError("give --mongo, --neo4j or both")
    samples = asyncio.run(_samples(mongo, neo4j, timeout_s))
    if not samples.collections and not samples.nodes:
        raise click.ClickException("there is nothing to describe: no collections, no labels")
    click.echo(draft_catalog(samples), nl=False)


async def _samples(mongo: str | None, neo4j: str | None, timeout_s: float) -> Samples:
    collections = await _collections(mongo, timeout_s) if mongo else {}
    nodes, ways = await _graph(neo4j, timeout_s) if neo4j else ({}, [])
    return Samples(collections, nodes, ways)


async def _collections(uri: str, timeout_s: float) -> dict[str, list[dict[str, Any]]]:
    from app.stores.mongo import MongoStore  # the drivers take seconds to import

    database = urlsplit(uri).path.strip("/")
    if not database:
        raise click.UsageError("--mongo needs the database: mongodb://host:port/database")
    async with AsyncExitStack() as stack:
        store = MongoStore(uri, database, timeout_s=timeout_s)
        stack.push_async_callback(store.close)
        names = sorted(name for name in await store.collections() if not name.startswith("system."))
        return {name: (await store.execute({"collection": name, "limit": SAMPLED}))["documents"] for name in names}


async def _graph(uri: str, timeout_s: float) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[str, str, str]]]:
    from app.stores.neo4j import GraphStore

    parts = urlsplit(uri)
    auth = (unquote(parts.username or ""), unquote(parts.password or ""))
    address = f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}"
    async with AsyncExitStack() as stack:
        store = GraphStore(address, auth, parts.path.strip("/") or "neo4j", timeout_s=timeout_s)
        stack.push_async_callback(store.close)
        labels = [str(row["label"]) for row in await store.rows(_NODES)]
        nodes = {}
        for label in labels:
            rows = await store.rows(
                f"MATCH (n) WHERE $label IN labels(n) RETURN properties(n) AS found LIMIT {SAMPLED}", {"label": label}
            )
            nodes[label] = [dict(row["found"]) for row in rows]
        ways = [(str(row["start"]), str(row["kind"]), str(row["end"])) for row in await store.rows(_WAYS)]
        return nodes, ways
