"""The console as a person uses it: headless Chromium, a real worker, the embedded stack."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from app.settings import Settings
from app.stores.mongo import MongoStore
from models.ids import stable_id
from tests.broker.cluster import get, submit, worker
from tests.browser.chromium import browser_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from app.embedded.stack import Stack

TOKEN = "a-token-of-some-length"  # noqa: S105 — of these tests
DESTROYS = "apagar todos os clientes inativos"
WAIT_MS = 20_000

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(400)]


class Console(NamedTuple):
    """A worker with a console."""

    kafka: str
    port: int

    def address(self, view: str) -> str:
        """Return where a view is."""
        return f"http://127.0.0.1:{self.port}/console/#/{view}"


@pytest.fixture(scope="module")
def console(chromium_path: str, embedded_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Run the one worker of these tests; without a browser there is no need to."""
    del chromium_path
    asyncio.run(_one_customer(embedded_stack))
    folder: Path = tmp_path_factory.mktemp("worker")
    with worker(embedded_stack.addresses, folder, HIVE_CONSOLE_TOKEN=TOKEN, HIVE_HANDOFF_S="1") as (_, port):
        yield Console(embedded_stack.addresses["HIVE_KAFKA"], port)


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


@contextmanager
def looking(chromium: Browser, console: Console, view: str, *, width: int = 1280) -> Iterator[Page]:
    """Open a view as somebody who has not signed in; whatever the page complains of fails the test."""
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
        assert said == []
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


def test_who_has_not_signed_in_sees_nothing_and_the_worker_reads_nothing(chromium: Browser, console: Console) -> None:
    with looking(chromium, console, "approvals") as page:
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.locator("#tab-flow")).to_be_visible()
        assert page.locator("[id^=approve-]").count() == 0
    assert get(console.port, "/console/api/approvals")[0] == 401
