"""When does it help to share readings of texts in Redis? What a text costs read anew, kept, and fetched from there.

CPU time of this thread for a text, and how long a batch waits: a shared reading must be cheaper than reading anew to be
worth anything, and the wait is latency that reading anew does not have.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from app import understanding_cache
from app.stores.redis_cache import RedisCache
from app.understanding_cache import SharedReadings
from benchmarks.report import emit, progress
from models.nlu.cache import ReadingCache
from models.nlu.model import DomainModel
from models.nlu.reading import read
from models.records import Submission

if TYPE_CHECKING:
    from collections.abc import Callable

BATCHES = (1, 10, 50, 200)
ROUNDS = 15
NOW_MS = 1_800_000_000_000
_TEXTS = [
    f"{what} por {by} {when} {where}"
    for what, by, when, where in product(
        ("vendas", "receita", "número de pedidos", "ticket médio", "devoluções", "novos clientes", "chamados"),
        ("região", "canal", "produto", "categoria", "segmento", "dia", "mês", "vendedor"),
        ("ontem", "no último trimestre", "nos últimos 30 dias", "este ano", "na semana passada", "em março"),
        ("no sul", "nas lojas novas", "no aplicativo", "sem as lojas fechadas", "acima da meta", "do plano anual"),
    )
]
"""Texts of about nine words, which are all known: what a system is asked all day long."""


class Cost(NamedTuple):
    """Of a text: CPU time in microseconds; of its batch: milliseconds until it is there."""

    cpu_us: float
    wait_ms: float


def run(url: str) -> bool:
    """Measure on the Redis at this address; print a line for each size of a batch."""
    return asyncio.run(_run(url))


async def _run(url: str) -> bool:
    deadline_ms = understanding_cache.DEADLINE_S * 1000
    understanding_cache.DEADLINE_S = 1.0  # type: ignore[misc] # what it costs is measured, not what is given up
    model = DomainModel.seeded()
    for text in _TEXTS:
        read(text, asked=None, at_ms=NOW_MS, model=model)
    for size in BATCHES:
        progress(f"batches of {size}")
        anew, kept, fetched, written = await _costs(url, model, size)
        emit(
            "nlu-cache",
            batch=size,
            read_anew_us=anew.cpu_us,
            kept_us=kept.cpu_us,
            from_redis_us=fetched.cpu_us,
            to_redis_us=written.cpu_us,
            read_anew_wait_ms=anew.wait_ms,
            from_redis_wait_ms=fetched.wait_ms,
            deadline_ms=deadline_ms,
            redis_pays_from_hit_rate=_hit_rate(anew.cpu_us, fetched.cpu_us, written.cpu_us),
        )
    return True


def _hit_rate(anew_us: float, fetched_us: float, written_us: float) -> float | None:
    """Return the share of hits from which asking costs less CPU than reading anew; None: not even if all are.

    Asking costs `fetched` for each text (a miss a little less), and a miss `anew` and `written` on top.
    """
    saved_us = anew_us - fetched_us
    return None if saved_us <= 0 else round((fetched_us + written_us) / (anew_us + written_us), 2)


async def _costs(url: str, model: DomainModel, size: int) -> list[Cost]:
    """Return what it costs to read anew, to find kept, to fetch, and to write."""
    rounds: list[list[Cost]] = []
    for number in range(ROUNDS):
        texts = [
            f"vendas por região e canal nos últimos {10 + at} dias da loja {number * size + at}" for at in range(size)
        ]
        submissions = [Submission(text=text) for text in texts]
        first, second = ReadingCache(), ReadingCache()
        scope = uuid.uuid4().hex
        writer, reader = _shared(url, first, scope), _shared(url, second, scope)
        for shared in (writer, reader):
            await shared.start()
            while not shared.answers:  # noqa: ASYNC110 — it tells nobody
                await asyncio.sleep(0.001)
        await writer.fetch(submissions, now_ms=NOW_MS, model=model)
        anew = _timed(size, lambda: [read(text, asked=None, at_ms=NOW_MS, model=model) for text in texts])  # noqa: B023
        for text in texts:
            first.read(text, asked=None, at_ms=NOW_MS, model=model)
        kept = _timed(size, lambda: [first.read(text, asked=None, at_ms=NOW_MS, model=model) for text in texts])  # noqa: B023
        began = _now()
        writer.share(model)
        while writer.is_writing:  # noqa: ASYNC110 — as above
            await asyncio.sleep(0)
        written = _cost(size, began)
        began = _now()
        await reader.fetch(submissions, now_ms=NOW_MS, model=model)
        fetched = _cost(size, began)
        assert len(second) == size
        rounds.append([anew, kept, fetched, written])
        await writer.stop()
        await reader.stop()
    return [
        Cost(round(median(c.cpu_us for c in column), 1), round(median(c.wait_ms for c in column), 3))
        for column in zip(*rounds, strict=True)
    ]


def _shared(url: str, local: ReadingCache, scope: str) -> SharedReadings:
    return SharedReadings(RedisCache(url, timeout_s=1.0), local, ttl_s=60, scope=scope)


def _now() -> tuple[int, int]:
    return time.thread_time_ns(), time.perf_counter_ns()


def _cost(size: int, began: tuple[int, int]) -> Cost:
    cpu_ns, wall_ns = (now - then for now, then in zip(_now(), began, strict=True))
    return Cost(cpu_ns / 1000 / size, wall_ns / 1e6)


def _timed(size: int, call: Callable[[], object]) -> Cost:
    began = _now()
    call()
    return _cost(size, began)
