"""The console as a person uses it: headless Chromium, a real worker, the embedded stack."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiohttp import web
from playwright.sync_api import expect

from app.embedded.ports import free_port
from app.embedded.stack import Stack
from app.engine.admin import create_missing
from app.settings import Secret, Settings
from app.stores.mongo import MongoStore
from app.topics import TOPICS
from app.web import serve_console
from models.ids import stable_id
from models.records import Drift, DriftAction, DriftEvent, DriftSource, FeatureShift, encode
from tests.broker.cluster import answers, get, producer, submit, worker
from tests.browser.chromium import browser_at
from tests.stacks import EMBEDDED_PARTS, running
from tests.unit.web.console import idle_worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

TOKEN = "a-token-of-some-length"  # noqa: S105 — of these tests
DESTROYS = "apagar todos os clientes inativos"
WAIT_MS = 20_000

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(400)]


CHANGING = ("intentions", "approvals/x", "validation/x", "experiments/x", "letters/plans/0/1", "sign-out")
POST = """async (path) => {
    const body = JSON.stringify({ decision: "approved", text: "x", domain: "BUSINESS", word: "stop", action: "drop" });
    const headers = { "Content-Type": "application/json", "X-Hive-Csrf": "guessed" };
    const answer = await fetch(`/console/api/${path}`, { method: "POST", headers, body });
    return [answer.status, (await answer.json()).error?.code];
}"""


class Console(NamedTuple):
    """A worker with a console."""

    kafka: str
    port: int

    def address(self, view: str) -> str:
        """Return where a view is."""
        return f"http://127.0.0.1:{self.port}/console/#/{view}"


@pytest.fixture(scope="module")
def servers(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run servers for these tests alone, who look at all that there is; without a browser there is no need to."""
    del chromium_path
    with running(Stack.embedded(tmp_path_factory.mktemp("servers"), parts=EMBEDDED_PARTS)) as stack:
        stack.wait_ready()
        yield stack


@pytest.fixture(scope="module")
def console(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Run the one worker of these tests."""
    create_missing(Settings.load(servers.addresses), TOPICS)
    asyncio.run(_one_customer(servers))
    folder: Path = tmp_path_factory.mktemp("worker")
    with worker(servers.addresses, folder, HIVE_CONSOLE_TOKEN=TOKEN, HIVE_HANDOFF_S="1") as (_, port):
        kafka = servers.addresses["HIVE_KAFKA"]
        asked = submit(kafka, "Quantos clientes ativos por segmento?")  # for every view to have something
        assert asked in answers(kafka, {asked})
        yield Console(kafka, port)


@pytest.fixture(scope="module")
def chromium(console: Console, chromium_path: str) -> Iterator[Browser]:
    """Run the browser, once the worker is there: it goes with this module, for its event loop is in the others' way."""
    del console
    with browser_at(chromium_path) as browser:
        yield browser


async def _one_customer(stack: Stack) -> None:
    """Have something to be counted before it would be deleted."""
    store = MongoStore.of(Settings.load(stack.addresses))
    await store.put("customers", {"_id": "somebody", "status": "inactive"})
    await store.close()


def posted(page: Page, path: str) -> list[Any]:
    """Have the page post something as the console would; return status and code."""
    told: list[Any] = page.evaluate(POST, path)
    return told


def send(console: Console, topic: str, value: bytes, *, key: str, headers: list[tuple[str, str]] | None = None) -> None:
    to = producer(console.kafka)
    to.produce(topic, value, key, headers=list(headers or []))
    assert to.flush(10) == 0


@contextmanager
def read_only(kafka: str) -> Iterator[int]:
    """Serve a console without a token, without a worker around it; yield its port."""
    settings = Settings(kafka=kafka, console_token=Secret(""))
    port = free_port()
    ended = threading.Event()

    async def serve() -> None:
        application = web.Application()
        console = serve_console(idle_worker(settings, application))
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        while not ended.is_set():  # noqa: ASYNC110 — it is set in another thread
            await asyncio.sleep(0.05)
        await runner.cleanup()
        console.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        deadline_s = time.monotonic() + 10
        while get(port, "/console/api/me")[0] != 200:
            assert time.monotonic() < deadline_s
        yield port
    finally:
        ended.set()
        thread.join()


@contextmanager
def looking(
    chromium: Browser, console: Console, view: str, *, width: int = 1280, complains: bool = False
) -> Iterator[Page]:
    """Open a view as somebody who has not signed in; what it complains of fails the test, unless it may.

    Chromium itself reports each refused request as an error.
    """
    context = chromium.new_context(viewport={"width": width, "height": 860}, locale="en-US")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    expect.set_options(timeout=WAIT_MS)
    page.set_default_timeout(WAIT_MS)
    try:
        page.goto(console.address(view))
        yield page
        assert complains or said == []
    finally:
        context.close()


@contextmanager
def signed_in(chromium: Browser, console: Console, view: str, *, width: int = 1280) -> Iterator[Page]:
    """Open a view as Ana."""
    with looking(chromium, console, view, width=width) as page:
        page.get_by_role("button", name="Sign in").first.click()
        page.get_by_label("Your name").fill("Ana Lima")
        page.get_by_label("Token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#me")).to_have_text("Ana Lima")
        yield page


def test_a_person_approves_a_destructive_plan_and_sees_it_run(chromium: Browser, console: Console) -> None:
    intention = submit(console.kafka, DESTROYS)
    plan_id = stable_id("plan", intention)
    with signed_in(chromium, console, "approvals") as page:
        card = page.locator(f"#plan-{plan_id}")
        expect(card).to_contain_text("It would destroy something")
        expect(card.get_by_role("img", name="Plan of 4 tasks")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        card.get_by_role("button", name="Approve").press("Enter")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("I have read what is destroyed").press("Space")
        dialog.get_by_role("button", name="Approve").press("Enter")
        page.wait_for_url(f"**/#/intentions/{intention}")
        way = page.get_by_role("article")
        expect(way).to_contain_text("approved by Ana Lima")
        expect(way.locator(".node.is-completed")).to_have_count(1)
        expect(way.locator(".node.is-handed_off")).to_have_count(1)
        expect(way.locator("header")).to_contain_text("handed off")
        expect(page.locator(f"#row-{intention}")).to_contain_text("handed off")


def test_a_drift_appears_without_a_reload_and_so_does_what_came_of_a_question(
    chromium: Browser, console: Console
) -> None:
    with signed_in(chromium, console, "specialists") as page:
        expect(page.get_by_role("heading", name="What has changed")).to_be_visible()
        marked = page.evaluate("window.neverReloaded = true")
        seen = f"feature_{uuid.uuid4().hex[:8]}"
        event = DriftEvent(
            model="business",
            source=DriftSource.ERROR,
            level=Drift.DRIFT,
            detector="adwin",
            action=DriftAction.RESET,
            at_example=321,
            before=0.04,
            after=0.41,
            champion="small-forest",
            movers=[FeatureShift(name=seen, psi=1.0, ks=0.5, p=0.0, before=0.1, after=0.9)],
        )
        send(console, "learning.events", encode(event), key="business")
        change = page.locator(".changes li", has_text=seen)
        expect(change).to_contain_text("drift")
        expect(change).to_contain_text("0.04 → 0.41")
        expect(page.locator("#s-business").locator("xpath=../..")).to_contain_text("small-forest")
        page.locator("#tab-intentions").click()
        page.get_by_label("Ask, in Portuguese or English").fill("quantos clientes inativos temos?")
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("article")).to_contain_text("from text to answer")
        assert page.evaluate("window.neverReloaded") == marked


def test_a_dead_letter_is_read_and_sent_again(chromium: Browser, console: Console) -> None:
    intention = str(uuid.uuid4())
    text = f"quantos clientes existem? {intention[:8]}"
    about = {"topic": "intentions.submitted", "partition": "0", "offset": "1", "stage": "understand"}
    about |= {"error": "KeyError", "reason": "failed", "message": f"something was missing for {intention}"}
    headers = [(f"dead-letter-{name}", value) for name, value in about.items()]
    body = json.dumps({"id": intention, "text": text}).encode()
    with signed_in(chromium, console, "letters", width=390) as page:
        expect(page.get_by_role("heading", name="Dead letters")).to_be_visible()
        send(console, "intentions.dead-letter", body, key=intention, headers=headers)
        page.locator("#rows a", has_text=intention).click()
        letter = page.get_by_role("article")
        expect(letter).to_contain_text("KeyError")
        expect(letter.locator("pre")).to_contain_text(text)
        letter.get_by_role("button", name="Send again").click()
        page.get_by_role("dialog").get_by_role("button", name="Send again").click()
        expect(letter).to_contain_text("sent again")
        expect(letter).to_contain_text("Ana Lima")
        page.goto(console.address(f"intentions/{intention}"))
        expect(page.get_by_role("article")).to_contain_text(text)


def test_a_person_says_which_domain_an_intention_has(chromium: Browser, console: Console) -> None:
    intention = submit(console.kafka, "check the numbers")
    with signed_in(chromium, console, "validation") as page:
        card = page.locator(f"#wait-{intention}")
        card.get_by_role("button", name="Business").click()
        expect(card).to_have_count(0)
        page.goto(console.address(f"intentions/{intention}"))
        expect(page.get_by_role("article")).to_contain_text("Ana Lima said which domain")


def test_every_view_fits_a_phone_and_can_be_reached_by_keyboard(chromium: Browser, console: Console) -> None:
    with signed_in(chromium, console, "flow", width=390) as page:
        for view in ("flow", "intentions", "approvals", "validation", "specialists", "experiments", "letters"):
            page.locator(f"#tab-{view}").press("Enter")
            expect(page.locator(f".view-{view} :is(.card, .rows)").locator("visible=true").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
            assert page.locator("main h1").count() == 1
            expect(page.locator(f"#tab-{view}")).to_be_in_viewport(ratio=0.99)
        page.get_by_role("button", name="Português").press("Enter")
        expect(page.locator("main h1")).to_have_text("Cartas mortas")
        assert page.evaluate("document.documentElement.lang") == "pt-BR"


def test_who_has_not_signed_in_sees_nothing_and_changes_nothing(chromium: Browser, console: Console) -> None:
    with looking(chromium, console, "approvals", complains=True) as page:
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.locator(".card.approval, .rows").count() == 0
        for path in CHANGING:
            assert posted(page, path) == [401, "sign-in"], path
    assert get(console.port, "/console/api/approvals")[0] == 401


def test_without_a_token_in_the_settings_there_is_much_to_see_and_nothing_to_do(
    chromium: Browser, console: Console
) -> None:
    plan_id = stable_id("plan", submit(console.kafka, DESTROYS))
    with (
        read_only(console.kafka) as port,
        looking(chromium, Console(console.kafka, port), "approvals", complains=True) as page,
    ):
        expect(page.locator("#read-only")).to_be_visible()
        expect(page.locator(f"#plan-{plan_id}")).to_contain_text("It would destroy something")
        expect(page.locator("main").get_by_role("button")).to_have_count(0)
        for path in CHANGING:
            assert posted(page, path) == [403, "read-only"], path
