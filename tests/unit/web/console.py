"""A console without a worker and without Kafka: what it refuses, it refuses before it asks anybody."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from app.settings import Secret, Settings
from app.web import serve_console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.web.console import Console

TOKEN = "a-token-of-some-length"  # noqa: S105 — of these tests

Client = TestClient[web.Request, web.Application]


def idle_worker(settings: Settings, application: web.Application) -> Any:
    """Return what a console needs to know of its worker."""
    return SimpleNamespace(
        settings=settings,
        web=SimpleNamespace(web_app=application),
        after_stop=lambda _: None,
        committer=SimpleNamespace(started=True),
        rebalancing=False,
        ready=True,
        generation=SimpleNamespace(number=1),
        consumer=SimpleNamespace(assignment=set),
        watchdog=SimpleNamespace(paused={}, lag_s=0.0),
    )


@asynccontextmanager
async def running(token: str = TOKEN) -> AsyncIterator[tuple[Client, Console]]:
    """Serve a console whose Kafka nobody can reach."""
    settings = Settings(kafka="127.0.0.1:1", console_token=Secret(token))
    application = web.Application()
    console = serve_console(idle_worker(settings, application))
    server = TestServer(application, host="127.0.0.1")
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield client, console
    console.stop()


def origin(client: Client) -> dict[str, str]:
    """Return the header that the console's own page sends."""
    return {"Origin": f"http://{client.host}:{client.port}"}


async def sign_in(client: Client, name: str = "Ana") -> dict[str, str]:
    """Sign in; return the headers that a changing request needs."""
    told = await client.post("/console/api/session", json={"name": name, "token": TOKEN}, headers=origin(client))
    assert told.status == 200, await told.text()
    return {**origin(client), "X-Hive-Csrf": (await told.json())["csrf"]}
