"""The chain of a query: its source, what stands in for it, the last good answer; each in turn, until one answers.

A source that is down is left alone (a circuit breaker for each), a passing failure is tried once more, and every try
gets its part of the time until the ticket's deadline. What was tried is told in `Trail`.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.errors import QueryRefused, StoreUnavailable
from app.execution.sources import CircuitOpen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from app.execution.sources import Sources

__all__ = ["CACHE", "Answer", "Cached", "Link", "Trail", "walk"]

CACHE: Final = "last-good"
"""What the last good answer is called among the sources."""
TRIES: Final = 2
QUICK_SHARE: Final = 0.5
"""Of its time: a source that has taken longer to fail isn't asked again at once."""
RETRY_AFTER_S: Final = (0.02, 0.2)
AGAIN_S: Final = 5.0


class Link(msgspec.Struct, frozen=True):
    """One source that can answer.

    Attributes:
        source: Its name in the catalog, else its query type.
        kind: Its query type.
        parameters: What it is asked.
        question: The same, as bytes.
        steps: What is done with its rows.
    """

    source: str
    kind: str
    parameters: Mapping[str, Any]
    question: bytes
    steps: Sequence[Mapping[str, Any]] = ()


class Cached(msgspec.Struct, frozen=True):
    """The last good answer, up to an age."""

    max_age_s: int


@dataclass(slots=True)
class Answer:
    """What a chain gives: the output, of which source, and how old it is when it comes from the cache."""

    output: dict[str, Any]
    source: str
    cached_age_s: float | None = None

    @property
    def partial(self) -> bool:
        """Whether it is only a part of what was to be looked at."""
        return self.output.get("complete") is False


@dataclass(slots=True)
class Trail:
    """What was tried: for each source in turn how it ended, in how many ms, and in how many attempts."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, source: str, ending: str, began_s: float, attempts: int) -> None:
        """Note how asking a source ended."""
        ms = round((time.perf_counter() - began_s) * 1000, 1)
        self.entries.append({"source": source, "ending": ending, "ms": ms, "attempts": attempts})

    @property
    def attempts(self) -> int:
        """How often a source was asked."""
        return sum([entry["attempts"] for entry in self.entries])


def walk(
    links: Sequence[Link | Cached], sources: Sources, trail: Trail, *, asker: str, until_s: float
) -> Awaitable[Answer]:
    """Return the answer of the first link that gives a whole one, else a part of one.

    Args:
        links: The query's own source first.
        sources: Which ask, and know how their stores are.
        trail: Is told what was tried.
        asker: On whose behalf.
        until_s: The deadline, in seconds of the monotonic clock.

    Raises:
        QueryRefused: the first link's source refuses the query, now and later; what stands in may not do otherwise.
        StoreUnavailable: none can answer for now.
    """
    first = links[0]
    assert isinstance(first, Link)  # noqa: S101 — whoever made the chain put the query there
    if len(links) == 1:
        return _patiently(first, sources, trail, asker, until_s - time.monotonic())
    return _in_order(first, links, sources, trail, asker, until_s)


async def _in_order(
    first: Link, links: Sequence[Link | Cached], sources: Sources, trail: Trail, asker: str, until_s: float
) -> Answer:
    part: Answer | None = None
    refused: QueryRefused | None = None
    unavailable: StoreUnavailable | None = None
    for number, link in enumerate(links):
        try:
            if isinstance(link, Cached):
                answer = await _last_good(first, link, sources, trail)
            else:
                left_s = (until_s - time.monotonic()) / sum(isinstance(other, Link) for other in links[number:])
                answer = await _patiently(link, sources, trail, asker, left_s)
        except StoreUnavailable as error:
            unavailable = error if unavailable is None else _sooner(unavailable, error)
        except QueryRefused as error:
            if number == 0 and error.reason != "slow":
                raise
            refused = refused or error
        else:
            if answer is not None and not answer.partial:
                return answer
            part = part or answer
    if part is not None:
        return part
    if unavailable is not None:
        raise unavailable
    raise refused or StoreUnavailable(first.kind, "nothing answers")


async def _last_good(first: Link, link: Cached, sources: Sources, trail: Trail) -> Answer | None:
    began_s = time.perf_counter()
    found = await sources.last_good.find(first.question, link.max_age_s)
    trail.add(CACHE, "completed" if found else "missing", began_s, 1)
    return Answer(found[0], CACHE, found[1]) if found else None


async def _patiently(link: Link, sources: Sources, trail: Trail, asker: str, left_s: float) -> Answer:
    """Ask a source, and once more when it has failed at once for a reason that may pass."""
    began_s = time.perf_counter()
    attempts = 0
    ending = "unavailable"
    try:
        while True:
            tried_s = time.perf_counter()
            attempts += 1
            try:
                answer = Answer(await sources.ask(link, asker, left_s - (tried_s - began_s)), link.source)
            except CircuitOpen:
                attempts -= 1
                ending = ending if attempts else "open"
                raise
            except StoreUnavailable:
                if attempts >= TRIES or time.perf_counter() - tried_s > QUICK_SHARE * sources.limits.time_s:
                    raise
            else:
                ending = "partial" if answer.partial else "completed"
                return answer
            await asyncio.sleep(random.uniform(*RETRY_AFTER_S))
    except QueryRefused as error:
        ending = error.reason
        raise
    finally:
        trail.add(link.source, ending, began_s, attempts)


def _sooner(one: StoreUnavailable, other: StoreUnavailable) -> StoreUnavailable:
    """Return what may be tried again first."""
    return min(one, other, key=lambda error: AGAIN_S if error.again_in_s is None else error.again_in_s)
