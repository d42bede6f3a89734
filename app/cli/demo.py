"""`hive demo`: everything up on fresh data, questions in both languages, each answer checked, everything down."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
from typing import TYPE_CHECKING

import click
from rich.console import Console

from app.cli import _render
from app.cli._asking import asking
from app.cli._state import is_up
from app.cli._trace import Trace
from app.errors import HiveError
from app.sample.generate import generate
from app.sample.oracle import expected, same_rows
from app.sample.questions import QUESTIONS
from app.settings import Settings

if TYPE_CHECKING:
    from app.cli._asking import Asker
    from app.embedded.stack import Stack
    from app.sample.generate import SampleData
    from app.sample.questions import Question

ANSWER_S = 30.0


@click.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many workers.")
def demo(*, workers: int) -> None:
    """Ask the sample's questions, check each answer.

    Runs on a stack and on data of its own (servers whose HIVE_… address is set are used); ends with 1 when an answer
    is not what the seeded data says.
    """
    from app.cli._running import ASKED, running  # the servers' drivers take seconds to import

    data_dir = Settings.load().data_dir / "demo"
    if is_up(data_dir):
        raise HiveError("a demo is running already")
    shutil.rmtree(data_dir, ignore_errors=True)
    settings = Settings.load({**os.environ, "HIVE_DATA_DIR": str(data_dir)})
    console = Console(stderr=True)
    with running(settings, workers=workers, sample=True, parts=ASKED, console=console) as (state, servers):
        wrong = _ask_all(Settings.load({**os.environ, **state.addresses}), servers)
    if wrong:
        raise HiveError(f"{len(wrong)} of {len(QUESTIONS)} answers are wrong: {', '.join(wrong)}")
    click.echo(f"{len(QUESTIONS)} questions, {len(QUESTIONS)} correct answers; everything is down again")


def _ask_all(settings: Settings, servers: Stack) -> list[str]:
    """Return the ids of the questions whose answer is wrong."""
    from app.sample.load import loaded_as_of

    as_of = asyncio.run(loaded_as_of(settings))
    if as_of is None:
        raise HiveError("the sample data is gone: something else has replaced it")
    data = generate(as_of=as_of)
    with asking(settings) as asker:
        return [question.id for question in QUESTIONS if not _ask_it(settings, servers, asker, question, data)]


def _ask_it(settings: Settings, servers: Stack, asker: Asker, question: Question, data: SampleData) -> bool:
    """Ask a question, without the server that it is to be answered without; one of the user's own is left alone."""
    if question.without is None:
        return _ask(settings, asker, question, data)
    part = servers.serving(question.without)
    if part is None:
        text = f"the server of {question.without} is yours, and not stopped: nothing has to stand in"
        _render.console.print(text, style="yellow")
        return _ask(settings, asker, question._replace(instead=None), data)
    _render.console.print(f"{part} is stopped: another source has to stand in", style="yellow")
    servers.stop(part)
    try:
        return _ask(settings, asker, question, data)
    finally:
        servers.start(part)


def _ask(settings: Settings, asker: Asker, question: Question, data: SampleData) -> bool:
    trace = Trace(settings)
    reply = asker.ask(question.text, timeout_s=ANSWER_S)
    plan = reply.completed
    wanted = expected(question.id, data, now=dt.datetime.fromtimestamp(plan.submitted_at / 1000, dt.UTC))
    show = _render.console.print
    show(_render.answer(reply))
    show(_render.way(trace.hops(*reply.ids)))
    answer = plan.answer
    sources = [task.source for task in plan.tasks or ()]
    if question.instead not in (None, *sources):
        show(f"WRONG: {question.instead} should have answered, not {sources}", style="red")
    elif answer and tuple(answer.columns) == question.columns and same_rows(answer.rows, wanted):
        show("correct: computed from the seeded data\n", style="green")
        return True
    else:
        show(_render.table("WRONG: the seeded data says", question.columns, wanted), style="red")
    return False
