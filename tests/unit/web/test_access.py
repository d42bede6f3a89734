"""Who may look and who may act: every changing endpoint, against everything that may be wrong with a request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from app.errors import ConfigurationError
from app.settings import Secret, Settings
from app.web.access import COOKIE, SESSION_S, Access, Denied, Throttle
from app.web.console import Console
from tests.unit.web.console import TOKEN, origin, running, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGING = (
    "/console/api/intentions",
    "/console/api/approvals/some-plan",
    "/console/api/validation/some-id",
    "/console/api/experiments/some-id",
    "/console/api/letters/plans/2/17",
    "/console/api/sign-out",
)
_LETTER = "{family}/{partition}/{offset}"
LOOKING = (
    *(
        "flow",
        "stages",
        "counts",
        "intentions",
        "intentions/x",
        "approvals",
        "validation",
        "specialists",
        "experiments",
    ),
    *("letters", "letters/plans/2/17", "events"),
)


def _changing_routes(console: Console) -> Iterator[str]:
    for route in console.application().router.routes():
        if route.method == "POST" and route.resource is not None:
            yield route.resource.canonical


async def test_the_matrix_below_names_every_endpoint_that_changes_something() -> None:
    async with running() as (_, console):
        listed = {path.removeprefix("/console").replace("some-plan", "{id}") for path in CHANGING}
        listed = {path.replace("some-id", "{id}").replace("plans/2/17", _LETTER) for path in listed}
        assert set(_changing_routes(console)) == listed | {"/api/session"}


@pytest.mark.parametrize("path", CHANGING)
async def test_nothing_is_changed_unless_everything_is_right(path: str) -> None:
    async with running() as (client, console):
        ours = origin(client)

        async def refused(headers: dict[str, str], *, method: str = "POST") -> tuple[int, str | None]:
            told = await client.request(method, path, json={}, headers=headers)
            return told.status, (await told.json())["error"]["code"] if "json" in told.content_type else None

        assert await refused(ours) == (401, "sign-in"), "nobody is signed in"
        right = await sign_in(client)
        assert await refused({**right, "Origin": "http://evil.example"}) == (403, "origin")
        assert await refused({"X-Hive-Csrf": right["X-Hive-Csrf"]}) == (403, "origin"), "none at all"
        assert await refused({**right, "Sec-Fetch-Site": "cross-site"}) == (403, "origin")
        assert await refused(ours) == (403, "csrf")
        assert await refused({**right, "X-Hive-Csrf": "x"}) == (403, "csrf")
        told = await client.post(path, data=b"{}", headers={**right, "Content-Type": "text/plain"})
        assert told.status == 415
        for method in ("PUT", "DELETE", "PATCH"):
            assert (await refused(right, method=method))[0] == 405
        if "letters" not in path and not path.endswith("intentions"):  # these show something, and change nothing
            assert (await refused(right, method="GET"))[0] == 405
        assert not console.watch.is_at_work, "nobody was asked"


@pytest.mark.parametrize("path", CHANGING)
async def test_without_a_token_in_the_settings_nobody_acts(path: str) -> None:
    async with running("") as (client, _):
        told = await client.post(path, json={}, headers=origin(client))
        assert (told.status, (await told.json())["error"]["code"]) == (403, "read-only")
        told = await client.post("/console/api/session", json={"name": "a", "token": ""}, headers=origin(client))
        assert (told.status, (await told.json())["error"]["code"]) == (403, "read-only")


@pytest.mark.parametrize("path", LOOKING)
async def test_with_a_token_looking_needs_a_session_and_without_one_this_machine(path: str) -> None:
    async with running() as (client, _):
        told = await client.get(f"/console/api/{path}")
        assert (told.status, (await told.json())["error"]["code"]) == (401, "sign-in")
    async with running("") as (client, _):
        for headers in ({"X-Forwarded-For": "10.0.0.9"}, {"Forwarded": "for=10.0.0.9"}, {"Host": "evil.example"}):
            told = await client.get(f"/console/api/{path}", headers=headers)
            assert (told.status, (await told.json())["error"]["code"]) == (403, "loopback"), headers


def test_who_is_not_on_this_machine_sees_nothing_without_a_token() -> None:
    access = Access("")
    access.may_look(None, peer="127.0.0.1", headers={"Host": "localhost:6066"})
    access.may_look(None, peer="::1", headers={"Host": "[::1]:6066"})
    for peer, host in (
        ("10.1.2.3", "localhost"),
        (None, "localhost"),
        ("127.0.0.1", "hive.example"),
        ("127.0.0.1", ""),
    ):
        with pytest.raises(Denied, match="localhost"):
            access.may_look(None, peer=peer, headers={"Host": host})


async def test_the_cookie_is_strict_and_unreadable_and_signing_out_ends_it() -> None:
    async with running() as (client, _):
        right = await sign_in(client, "  Ana   Lima ")
        told = await client.get("/console/api/me")
        assert (await told.json())["name"] == "Ana Lima"
        answer = await client.post("/console/api/session", json={"name": "Ana", "token": TOKEN}, headers=origin(client))
        cookie = answer.headers["Set-Cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/console/"))
        right = {**right, "X-Hive-Csrf": (await answer.json())["csrf"]}
        assert (await client.post("/console/api/sign-out", json={}, headers=right)).status == 200
        assert (await (await client.get("/console/api/me")).json())["name"] is None


async def test_wrong_tokens_and_names_are_refused_and_guessing_is_slow() -> None:
    async with running() as (client, _):

        async def tried(name: str, token: str) -> int:
            told = await client.post(
                "/console/api/session", json={"name": name, "token": token}, headers=origin(client)
            )
            return told.status

        assert [await tried(name, TOKEN) for name in ("", "x" * 65, "a\x00b")] == [422, 422, 422]
        assert [await tried("ana", "wrong") for _ in range(11)] == [401] * 10 + [429]
        assert await tried("ana", TOKEN) == 429, "not even the right one, for a minute"
        foreign = await client.post(
            "/console/api/session", json={"name": "a", "token": TOKEN}, headers={"Origin": "http://evil.example"}
        )
        assert foreign.status == 403


def test_a_session_ends_and_is_of_one_token_and_cannot_be_made_up() -> None:
    access, now_s = Access(TOKEN), time.time()
    cookie = access.sign_in("Ana", TOKEN, now_s=now_s)
    session = access.session(cookie, now_s=now_s)
    assert session is not None
    assert session.name == "Ana"
    assert access.session(cookie, now_s=now_s + SESSION_S + 1) is None
    assert Access("another-token-of-length").session(cookie, now_s=now_s) is None
    body, _, signature = cookie.partition(".")
    others = Access("another-token-of-length").sign_in("Eve", "another-token-of-length", now_s=now_s)
    for wrong in (
        "",
        ".",
        "x",
        body,
        f"{body}.",
        f"{others.partition('.')[0]}.{signature}",
        f"{cookie}x",
        "é.é",
        "a" * 2000,
    ):
        assert access.session(wrong, now_s=now_s) is None, wrong
    assert access.csrf(cookie) != Access("another-token-of-length").csrf(cookie)
    assert Access("").session(cookie, now_s=now_s) is None


def test_the_throttle_forgets_after_a_minute() -> None:
    throttle = Throttle(most=2)
    throttle.failed(0.0)
    throttle.failed(1.0)
    with pytest.raises(Denied):
        throttle.check(2.0)
    throttle.check(60.5)


async def test_every_answer_has_the_headers_that_keep_a_page_to_itself() -> None:
    async with running() as (client, _):
        for path in ("/console/", "/console/static/main.js", "/console/api/me", "/console/api/flow"):
            told = await client.get(path)
            policy = told.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy, "nothing from elsewhere"
            assert told.headers["X-Content-Type-Options"] == "nosniff"
            assert told.headers["X-Frame-Options"] == "DENY"
        assert (await client.get("/console", allow_redirects=False)).headers["Location"] == "/console/"


def test_a_short_token_is_refused_and_none_shows_itself() -> None:
    with pytest.raises(ConfigurationError, match="16"):
        Settings(console_token=Secret("short"))
    assert TOKEN not in repr(Settings(console_token=Secret(TOKEN)))
    assert COOKIE
