"""Take the pictures of docs/img/console: ``python -m tests.browser.screenshots``, about four minutes.

Nothing in them is made up: the real servers with the sample data, a worker with all stages, questions that it
answers, labels that turn round half-way so that a learner sees a drift, and an experiment that is fed by them.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PIL import Image
from rich.console import Console as Terminal

from app import topics
from app.cli._running import running
from app.cli.experiment import say
from app.clock import now_ms
from app.embedded.stack import Stack
from app.retraining import experiment_rules
from app.sample.questions import QUESTIONS
from app.settings import Settings
from models.ids import stable_id
from models.records import (
    Actor,
    ExperimentWord,
    PlanFeedback,
    Recommendation,
    Submission,
    encode,
)
from tests.broker.cluster import answers, producer
from tests.browser.chromium import browser_at
from tests.stacks import REAL_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

FOLDER: Final = Path(__file__).parents[2] / "docs" / "img" / "console"
TOKEN: Final = uuid.uuid4().hex
WIDTHS: Final = ((1280, 860), (390, 844))
PHASES: Final = ((90, Recommendation.APPROVE), (110, Recommendation.APPROVE), (80, Recommendation.REJECT))
"""So many plans, and what is then said that should have been recommended."""
EXPERIMENTS: Final = (("technical", "small-forest"), ("behavior", "tree"))
LATE: Final = (
    "apagar todos os clientes inativos",
    "check the numbers",
    "resolve isso pra mim",
    "ver o relatório",
    "Remover os pedidos cancelados de 2024",
)


def main() -> None:
    """Run everything, and take the pictures."""
    path = shutil.which("chromium")
    if path is None:
        sys.exit("no Chromium is installed (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(prefix="hive-pictures-") as folder:
        os.environ |= {
            "HIVE_DATA_DIR": folder,
            "HIVE_CONSOLE_TOKEN": TOKEN,
            "HIVE_EXPERIMENT_HOURS": "0.002,0.004,24",
            "HIVE_EXPERIMENT_LEAST_UNITS": "5,10,100",
            "HIVE_REPROCESS_EVERY_S": "0",
            "HIVE_HANDOFF_S": "2",
            "HIVE_SNAPSHOT_AT_MOST_S": "1",
        }
        with Stack.real(Path(folder) / "servers", parts=REAL_PARTS) as servers:
            os.environ |= servers.addresses
            with running(Settings.load(), workers=1, sample=True, parts=(), console=Terminal()) as (state, _):
                settings = Settings.load({**os.environ, **state.addresses})
                shown = _fill(settings)
                with browser_at(path) as browser, _traffic(settings):
                    _take(browser, state.workers[0].web_port, shown)


@contextmanager
def _traffic(settings: Settings) -> Iterator[None]:
    """Have people ask while the pictures are taken."""
    done = threading.Event()
    texts = cycle(question.text for question in QUESTIONS)

    def ask() -> None:
        while not done.is_set():
            _ask(settings, [next(texts)], pause_s=0.0)
            done.wait(random.uniform(0.05, 0.4))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


def _fill(settings: Settings) -> dict[str, str]:
    """Have something to be seen; return what is shown of each view: its address."""
    texts = cycle(question.text for question in QUESTIONS)
    for number, (plans, said) in enumerate(PHASES):
        ids = _ask(settings, [next(texts) for _ in range(plans)], pause_s=0.06)
        answers(settings.kafka, set(ids), timeout_s=60)
        _label(settings, ids, said)
        time.sleep(4.0)
        if number < len(EXPERIMENTS):
            specialist, rung = EXPERIMENTS[number]
            rules = msgspec.to_builtins(experiment_rules(settings))
            more = {"specialist": specialist, "challenger": f"rung:{rung}", "rules": rules}
            say(settings, f"{specialist}-{rung}", ExperimentWord.START, "Ana Lima", **more)
    to = producer(settings.kafka)
    for value in (b'{"text": 42}', b"vendas por regi\xe3o", b'{"text": ""}', b'{"pergunta": "Vendas por regiao"}'):
        to.produce(topics.INTENTIONS_SUBMITTED.name, value, str(uuid.uuid4()))
    to.flush(10)
    [*_, way] = _ask(
        settings,
        [*LATE, "Quantos incidentes tiveram os serviços que dependem do auth nos últimos 90 dias?"],
        pause_s=0.3,
    )
    answers(settings.kafka, {way}, timeout_s=30)
    time.sleep(2.0)
    return {
        "flow": "flow",
        "intention": f"intentions/{way}",
        "approvals": "approvals",
        "validation": "validation",
        "specialists": "specialists",
        "experiments": "experiments",
        "letters": "letters",
    }


def _ask(settings: Settings, texts: list[str], *, pause_s: float) -> list[str]:
    to, ids = producer(settings.kafka), []
    for number, text in enumerate(texts):
        submission = Submission(id=str(uuid.uuid4()), text=text, actor=Actor(id=f"actor-{uuid.uuid4()}-{number}"))
        to.produce(topics.INTENTIONS_SUBMITTED.name, encode(submission), submission.id)
        ids.append(str(submission.id))
        to.poll(pause_s)
        time.sleep(pause_s)
    to.flush(10)
    return ids


def _label(settings: Settings, ids: list[str], said: Recommendation) -> None:
    to = producer(settings.kafka)
    for intention in ids:
        plan_id = stable_id("plan", intention)
        feedback = PlanFeedback(plan_id=plan_id, recommendation=said, by="Ana Lima", at=now_ms())
        to.produce(topics.FEEDBACK_PLANS.name, encode(feedback), plan_id)
        to.poll(0)
        time.sleep(0.02)
    to.flush(10)


def _take(browser: Browser, port: int, shown: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width, height in WIDTHS:
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="pt-BR" if scheme == "dark" else "en-US",
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}/console/")
            page.click("#sign-in-first")
            page.fill("#ask-name", "Ana Lima")
            page.fill("#ask-token", TOKEN)
            page.click("dialog button[type=submit]")
            page.wait_for_selector("#me")
            if width == WIDTHS[0][0] and scheme == "light":
                page.wait_for_timeout(40_000)  # so long it takes until the lines of the flow have a shape
            for name, address in shown.items():
                if scheme == "dark" and name not in {"flow", "intention"}:
                    continue  # two in the dark, in Portuguese, are enough to see how it looks
                _picture(page, port, name, address, f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png")
            context.close()


def _picture(page: Page, port: int, name: str, address: str, file: str) -> None:
    page.goto(f"http://127.0.0.1:{port}/console/#/{address}")
    view = f".view-{'intentions' if name == 'intention' else name}"
    page.wait_for_selector(f"{view} .card:visible, {view} .rows:visible")
    page.wait_for_timeout(800)
    if name == "letters" and page.locator(".letter").count() == 0:
        page.locator("#rows a").first.click()
        page.wait_for_selector(".letter")
    page.screenshot(path=FOLDER / file, full_page=True)
    with Image.open(FOLDER / file) as taken:  # few colours, and a third of the bytes
        small = taken.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(FOLDER / file, optimize=True)


if __name__ == "__main__":
    main()
