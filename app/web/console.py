"""The console's pages and what they ask for, on the worker's web port under `/console/`.

Nothing runs before somebody looks: the reader (app/web/watch.py), a few threads for whatever blocks, and the modules
that they need all come with the first request, and the reader goes a while after the last one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
from aiohttp import hdrs, web

from app.errors import BrokerUnavailable, HiveError, InvalidRecord, PartsMissing
from app.observability import health
from app.web.access import COOKIE, SESSION_S, Access, Denied, Session, Throttle
from app.web.stream import Streams
from app.web.watch import Watch
from models.deadletters import LetterId
from models.rolling.reading import Question

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.engine import HiveApp
    from app.observability.rolling import RollingMetrics

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["Console", "serve_console"]

logger = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent / "static"
MOST_BODY: Final = 64 * 1024
THREADS: Final = 4
"""So many may act or read at the same time; each waits for a worker, up to some seconds."""
MOST_WAITING: Final = 16
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class _Who(NamedTuple):
    """Who asks; no session: somebody who has not signed in."""

    session: Session | None


_WHO: Final = web.RequestKey("who", _Who)

_LETTER: Final = r"letters/{family}/{partition:\d+}/{offset:\d+}"

T = TypeVar("T")


def serve_console(app: HiveApp) -> Console:
    """Add the console to a worker's web server."""
    console = Console(app)
    app.web.web_app.router.add_get("/console", _to_the_console)
    app.web.web_app.add_subapp("/console/", console.application())
    app.after_stop(console.stop)
    return console


async def _to_the_console(request: web.Request) -> web.StreamResponse:
    del request
    raise web.HTTPFound("/console/")


class Console:
    """One worker's console.

    Args:
        app: The worker.

    Attributes:
        rolling: What all workers have counted; None: nobody counts.
        watch: What reads the topics.
    """

    def __init__(self, app: HiveApp) -> None:
        self._app = app
        self._settings = app.settings
        self._access = Access(str(app.settings.console_token))
        self._throttle = Throttle()
        self._pool: ThreadPoolExecutor | None = None
        self._busy = 0
        self.rolling: RollingMetrics | None = None
        self.watch = Watch(app.settings)
        self._streams = Streams(self.watch, self.flow)

    def application(self) -> web.Application:
        """Return what answers the requests."""
        application = web.Application(middlewares=[self._answer_errors, self._admit], client_max_size=MOST_BODY)
        application.on_response_prepare.append(_harden)
        application.on_shutdown.append(self._streams.end)
        add = application.router
        add.add_get("/", _page)
        add.add_static("/static/", STATIC)
        for path, handler in {
            "me": self._me,
            "counts": self._counts,
            "flow": self._flow,
            "stages": self._stages,
            "intentions": self._intentions,
            "intentions/{id}": self._intention,
            "approvals": self._approvals,
            "validation": self._validation,
            "specialists": self._specialists,
            "experiments": self._experiments,
            "letters": self._letters,
            _LETTER: self._letter,
            "events": self._events,
        }.items():
            add.add_get(f"/api/{path}", handler)
        for path, handler in {
            "session": self._sign_in,
            "sign-out": self._sign_out,
            "intentions": self._ask,
            "approvals/{id}": self._decide,
            "validation/{id}": self._place,
            "experiments/{id}": self._say,
            _LETTER: self._handle,
        }.items():
            add.add_post(f"/api/{path}", handler)
        return application

    def stop(self) -> None:
        """End whatever looking has begun."""
        self.watch.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    # -- who may

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Denied as denied:
            return _error(denied.status, denied.code, str(denied))
        except InvalidRecord as error:
            return _error(422, "invalid", str(error))
        except BrokerUnavailable as error:
            return _error(503, "unavailable", str(error))
        except HiveError as error:
            return _error(409, "refused", " ".join(str(error).split()))

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.match_info.route.resource
        if path is None or not path.canonical.startswith("/console/api/"):
            return await handler(request)
        cookie = request.cookies.get(COOKIE)
        session = self._access.session(cookie, now_s=time.time())
        request[_WHO] = _Who(session)
        if request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
            if path.canonical != "/console/api/me":
                self._access.may_look(session, peer=request.remote, headers=request.headers)
            return await handler(request)
        if path.canonical == "/console/api/session":
            self._access.may_sign_in(request.headers)
        else:
            self._access.may_act(session, cookie, headers=request.headers)
        if request.content_type != "application/json":
            raise Denied(415, "json", "application/json was expected")
        return await handler(request)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        session, cookie = request[_WHO].session, request.cookies.get(COOKIE)
        may_look = True
        try:
            self._access.may_look(session, peer=request.remote, headers=request.headers)
        except Denied as denied:
            if denied.code == "loopback":
                raise
            may_look = False
        return _json(
            {
                "name": session.name if session else None,
                "csrf": self._access.csrf(cookie) if session and cookie else None,
                "can_sign_in": self._access.is_open,
                "may_look": may_look,
                "worker": self._settings.worker,
                "app_id": self._settings.app_id,
            }
        )

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        said = await _body(request, _SignIn)
        now_s = time.time()
        self._throttle.check(now_s)
        try:
            cookie = self._access.sign_in(said.name, said.token, now_s=now_s)
        except Denied as denied:
            if denied.code == "wrong-token":
                self._throttle.failed(now_s)
                logger.warning("console: a wrong token, from %s", request.remote)
            raise
        answer = _json({"csrf": self._access.csrf(cookie)})
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=SESSION_S,
            path="/console/",
            httponly=True,
            samesite="Strict",
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
        )
        return answer

    async def _sign_out(self, request: web.Request) -> web.StreamResponse:
        del request
        answer = _json({})
        answer.del_cookie(COOKIE, path="/console/", httponly=True, samesite="Strict")
        return answer

    # -- what there is to see

    def flow(self) -> dict[str, Any]:
        """Return how much goes through, and how this worker is."""
        ready, about = health.ready(self._app)
        return {
            "topics": self.watch.meter.flow(),
            "worker": {**about, "ready": ready, "event_loop_lag_s": round(self._app.watchdog.lag_s, 3)},
            "skipped": self.watch.skipped,
            "problem": self.watch.problem,
        }

    async def _flow(self, request: web.Request) -> web.StreamResponse:
        del request
        await self.watch.look()
        return _json(self.flow())

    async def _stages(self, request: web.Request) -> web.StreamResponse:
        """Tell what all stages of all workers did in the last hour, minute by minute, as `/tables/rolling` does."""
        del request
        if self.rolling is None:
            return _json({"rows": [], "problem": None})
        try:
            told = await self.rolling.answer(Question(window="1h", step="1m", points=True))
        except PartsMissing as error:
            return _json({"rows": [], "problem": str(error)})
        return _json({**told, "problem": None})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        await self.watch.look()
        session = request[_WHO].session
        return await self._streams.serve(request, until_s=session.ends_at if session else None)

    async def _counts(self, request: web.Request) -> web.StreamResponse:
        del request
        return _json(await self._see("counts", self._settings))

    async def _intentions(self, request: web.Request) -> web.StreamResponse:
        limit, search = _number(request, "limit", 60), request.query.get("q", "")
        return _json({"intentions": await self._see("intentions.recent", limit=limit, search=search)})

    async def _intention(self, request: web.Request) -> web.StreamResponse:
        return _json({"way": await self._see("intentions.way", request.match_info["id"])})  # None: not yet, perhaps

    async def _approvals(self, request: web.Request) -> web.StreamResponse:
        limit, every = _number(request, "limit", 50), request.query.get("all") == "1"
        return _json({"approvals": await self._see("intentions.approvals", limit=limit, every=every)})

    async def _validation(self, request: web.Request) -> web.StreamResponse:
        return _json({"waiting": await self._see("waiting.unsure", limit=_number(request, "limit", 50))})

    async def _specialists(self, request: web.Request) -> web.StreamResponse:
        del request
        return _json(await self._see("learning.specialists"))

    async def _experiments(self, request: web.Request) -> web.StreamResponse:
        del request
        return _json({"experiments": await self._see("learning.experiments")})

    async def _letters(self, request: web.Request) -> web.StreamResponse:
        limit, every = _number(request, "limit", 100), request.query.get("all") == "1"
        return _json({"letters": await self._see("waiting.letters", self._settings, limit=limit, every=every)})

    async def _letter(self, request: web.Request) -> web.StreamResponse:
        letter = await self._see("waiting.letter", self._settings, _letter_id(request))
        return _error(404, "unknown", "there is no such dead letter") if letter is None else _json(letter)

    async def _see(self, what: str, *arguments: Any, **more: Any) -> Any:
        await self.watch.look()
        find = attrgetter(what)(await self._desk())
        return await self._run(partial(find, self.watch.kept, *arguments, **more))

    # -- what people do

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, "ask", "Ask")

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        await self.watch.look()
        return await self._act(request, "decide", "Decide", self.watch.kept, request.match_info["id"])

    async def _place(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, "place", "Place", request.match_info["id"])

    async def _say(self, request: web.Request) -> web.StreamResponse:
        await self.watch.look()
        return await self._act(request, "say", "Say", self.watch.kept, request.match_info["id"])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, "handle", "Handle", _letter_id(request))

    async def _act(self, request: web.Request, what: str, kind: str, *about: Any) -> web.StreamResponse:
        actions = (await self._desk()).actions
        said = await _body(request, getattr(actions, kind))
        session = request[_WHO].session
        assert session is not None  # noqa: S101 — admitted
        done = await self._run(partial(getattr(actions, what), self._settings, *about, said, by=session.name))
        logger.info("console: %s by %s: %s", what, session.name, done)
        return _json(done)

    async def _desk(self) -> Any:
        return await self._run(partial(import_module, "app.web.desk"))

    async def _run(self, call: Callable[[], T]) -> T:
        """Call what blocks, in one of a few threads.

        Raises:
            BrokerUnavailable: too many wait for one.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="console")
        if self._busy >= MOST_WAITING:
            raise BrokerUnavailable("too many ask at the same time; try again in a moment")
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._busy -= 1


class _SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    token: str


async def _page(request: web.Request) -> web.StreamResponse:
    del request
    return web.FileResponse(STATIC / "index.html")


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store" if "/api/" in request.path else "no-cache")


def _json(told: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(told), status=status, content_type="application/json")


def _error(status: int, code: str, message: str) -> web.Response:
    return _json({"error": {"code": code, "message": message}}, status=status)


async def _body(request: web.Request, kind: type[T]) -> T:
    data = await request.read()
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Denied(422, "invalid", str(error)) from error


def _letter_id(request: web.Request) -> LetterId:
    return LetterId.parse("/".join(request.match_info[part] for part in ("family", "partition", "offset")))


def _number(request: web.Request, name: str, default: int) -> int:
    with contextlib.suppress(ValueError):
        return max(1, min(500, int(request.query.get(name, default))))
    return default
