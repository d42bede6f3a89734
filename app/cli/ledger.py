"""`hive ledger`: is what was recorded still what was decided?"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from app.cli import _render
from app.cli._state import current_settings
from models.planning.ledger import GENESIS, Verdict, step

if TYPE_CHECKING:
    from app.settings import Settings
    from models.records import Scalar


@click.group()
def ledger() -> None:
    """Verify the chains of the ledger.

    They hold what was planned, approved and answered.
    """


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, as_json: bool) -> None:
    """Check every chain: is an entry missing, changed, or out of its place?

    Ends with 1 when a chain is not whole.
    """
    found = asyncio.run(verdicts(current_settings()))
    if as_json:
        click.echo(msgspec.json.encode([verdict._asdict() for verdict in found]))
    else:
        rows: list[list[Scalar]] = [
            [each.chain, each.entries, each.head[:16], each.problem or "whole"] for each in found
        ]
        _render.console.print(_render.table("ledger", ["chain", "entries", "head", "it is"], rows))
    sys.exit(1 if any(verdict.problem for verdict in found) else 0)


async def verdicts(settings: Settings) -> list[Verdict]:
    """Look at every chain that MongoDB has."""
    from app.ledger import Ledger
    from app.stores.mongo import MongoStore  # the driver takes a second to import

    mongo = MongoStore.of(settings)
    kept = Ledger(mongo)
    found = []
    try:
        for chain in await kept.chains():
            verdict = Verdict(chain, 0, GENESIS)
            async for entry in kept.entries(chain):
                verdict = step(verdict, entry)
                if verdict.problem is not None:
                    break
            found.append(verdict)
    finally:
        await mongo.close()
    return found
