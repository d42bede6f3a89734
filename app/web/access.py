"""Who may look, and who may act.

Without a token in the settings nobody may act, and only who sits at this machine may look. With one, everybody has to
sign in, with the token and a name; the name stands on whatever they do.

A session is a cookie that the server can check by itself: name, end and a signature whose key is made of the token, so
that every worker knows it, and a new token ends all sessions. The cookie goes nowhere but to the console
(``SameSite=Strict``, ``HttpOnly``), and a changing request needs more than it: the page's own origin, and a word that
is made of the session and that another site can't read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from models.errors import HiveError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COOKIE", "CSRF", "SESSION_S", "Access", "Denied", "Session", "Throttle"]

COOKIE: Final = "hive_console"
CSRF: Final = "X-Hive-Csrf"
SESSION_S: Final = 12 * 3600
_NAME_CHARS: Final = 64
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Denied(HiveError):
    """Somebody may not do that.

    Attributes:
        status: The HTTP status that says so.
        code: One word for the page, which says it in the person's language.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class Session(NamedTuple):
    """Who is signed in, and until when (epoch seconds)."""

    name: str
    ends_at: int


class _Signed(msgspec.Struct, frozen=True):
    name: str
    ends_at: int


class Access:
    """Decides about requests by what is known of them.

    Args:
        token: What lets people in; empty: nobody.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._key = hmac.digest(self._token, b"hive console session 1", "sha256") if token else b""

    @property
    def is_open(self) -> bool:
        """Whether people can sign in; otherwise the console is for looking, on this machine."""
        return bool(self._token)

    def sign_in(self, name: str, token: str, *, now_s: float) -> str:
        """Return the cookie of a new session.

        Raises:
            Denied: the token is another one, or there is none; or the name is no name.
        """
        self._check_open()
        if not hmac.compare_digest(hashlib.sha256(token.encode()).digest(), hashlib.sha256(self._token).digest()):
            raise Denied(401, "wrong-token", "this is not the console's token")
        name = " ".join(name.split())
        if not name or len(name) > _NAME_CHARS or not name.isprintable():
            raise Denied(422, "name", f"a name of 1 to {_NAME_CHARS} characters was expected: it stands on what you do")
        body = msgspec.json.encode(_Signed(name, round(now_s) + SESSION_S))
        return f"{_text(body)}.{_text(self._sign(b'session', body))}"

    def session(self, cookie: str | None, *, now_s: float) -> Session | None:
        """Return whose cookie this is; None: nobody's, or no longer."""
        if not self._token or not cookie or len(cookie) > 1024:
            return None
        body_text, _, signature = cookie.partition(".")
        try:
            body = _bytes(body_text)
            if not hmac.compare_digest(self._sign(b"session", body), _bytes(signature)):
                return None
            signed = msgspec.json.decode(body, type=_Signed)
        except (ValueError, msgspec.MsgspecError):
            return None
        return Session(signed.name, signed.ends_at) if now_s < signed.ends_at else None

    def csrf(self, cookie: str) -> str:
        """Return the word that a changing request of this session has to bring."""
        return _text(self._sign(b"csrf", cookie.encode()))

    def may_look(self, session: Session | None, *, peer: str | None, headers: Mapping[str, str]) -> None:
        """Check a request that changes nothing.

        Raises:
            Denied: it may not be answered.
        """
        if self._token:
            if session is None:
                raise Denied(401, "sign-in", "sign in first")
        elif not _is_loopback(peer) or any(name in headers for name in _FORWARDED) or not _is_local_host(headers):
            # A name in Host that is not this machine's: another site's page that was led here (DNS rebinding).
            raise Denied(403, "loopback", "without HIVE_CONSOLE_TOKEN the console is for http://localhost alone")

    def may_sign_in(self, headers: Mapping[str, str]) -> None:
        """Check a request that brings the token.

        Raises:
            Denied: nobody can sign in, or another site asks.
        """
        self._check_open()
        _check_origin(headers)

    def may_act(self, session: Session | None, cookie: str | None, *, headers: Mapping[str, str]) -> Session:
        """Check a request that changes something; return who acts.

        Raises:
            Denied: it must not be carried out.
        """
        self._check_open()
        _check_origin(headers)
        if session is None or cookie is None:
            raise Denied(401, "sign-in", "sign in first")
        if not hmac.compare_digest(headers.get(CSRF, "").encode(), self.csrf(cookie).encode()):
            raise Denied(403, "csrf", f"the header {CSRF} of this session is missing: reload the page")
        return session

    def _check_open(self) -> None:
        if not self._token:
            raise Denied(403, "read-only", "set HIVE_CONSOLE_TOKEN and start the worker again to act here")

    def _sign(self, what: bytes, body: bytes) -> bytes:
        return hmac.digest(self._key, what + b"\0" + body, "sha256")


class Throttle:
    """Lets the token be guessed slowly only: so many wrong ones in a minute, from everybody together.

    Args:
        most: How many.
    """

    def __init__(self, most: int = 10) -> None:
        self._most = most
        self._failed: list[float] = []

    def check(self, now_s: float) -> None:
        """Check that there is a try left.

        Raises:
            Denied: there is none.
        """
        self._failed = [at for at in self._failed if now_s - at < 60]
        if len(self._failed) >= self._most:
            raise Denied(429, "slow-down", "too many wrong tokens; wait a minute")

    def failed(self, now_s: float) -> None:
        """Note a wrong token."""
        self._failed.append(now_s)


def _check_origin(headers: Mapping[str, str]) -> None:
    origin, host = headers.get("Origin", ""), headers.get("Host", "")
    if not origin or urlsplit(origin).netloc.lower() != host.lower():
        raise Denied(403, "origin", "the request does not come from the console's own page")
    if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Denied(403, "origin", "the request comes from another site")


def _is_loopback(peer: str | None) -> bool:
    try:
        return ipaddress.ip_address(peer or "").is_loopback
    except ValueError:
        return False


def _is_local_host(headers: Mapping[str, str]) -> bool:
    try:
        name = urlsplit(f"//{headers.get('Host', '')}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
