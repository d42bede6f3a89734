"""From an understanding to its plan: microseconds, and memory over many plans. One core, no server."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from pathlib import Path

import msgspec

from app.clock import now_ms
from benchmarks.questions import SETS, score
from benchmarks.report import emit, progress
from models.nlu import to_envelope, understand
from models.planning import Catalog, load_catalog, make_plan
from models.records import CognitivePlan, Intent, IntentEnvelope, Submission, decode, encode

CATALOG = Path(__file__).parents[1] / "app" / "sample" / "catalog.yaml"
US_P50_MOST = 300.0
GROWTH_BLOCKS_MOST = 1_000  # of 400,000
PLANS = 100_000
WARM = 5_000

TEXTS = (
    "Vendas por região no último trimestre",
    "Top 5 products by revenue this year",
    "Quantos clientes ativos por segmento?",
    "How many failed logins were there yesterday?",
    "Total de incidentes críticos abertos por serviço",
    "Deployments by status last month",
    "Receita por mês este ano",
    "Acessos negados por país nos últimos 90 dias",
    "Migrar banco de dados de PostgreSQL para MongoDB",
    "Implementar novo módulo de relatórios com dashboard interativo",
    "Configurar auto-scaling para microserviços no Kubernetes",
    "Perform security audit on authentication system",
    "Create new user onboarding registration flow",
    "Refatorar o módulo de pagamentos",
    "apagar os clientes inativos",
    "como está o tempo",
)


def run(*, plans: int = PLANS) -> bool:
    """Measure, print the result, and return whether it is within its targets."""
    catalog = load_catalog(CATALOG.read_text(encoding="utf-8"), source=str(CATALOG))
    now = now_ms()
    envelopes = [_envelope(text, number, now) for number, text in enumerate(TEXTS)]
    for number in range(WARM):
        make_plan(envelopes[number % len(envelopes)], catalog, now_ms=now)
    times_us = _times(envelopes, catalog, now)
    everything = sorted(sample for samples in times_us for sample in samples)
    rates = _rates(catalog)
    progress(f"planning {plans:,} plans to see whether memory grows")
    growth_blocks = _growth(envelopes, catalog, now, plans)
    p50 = statistics.median(everything)
    emit(
        "planning",
        us_p50=round(p50, 1),
        us_p95=round(everything[int(len(everything) * 0.95)], 1),
        us_worst_text=round(max(statistics.median(samples) for samples in times_us), 1),
        plans=plans,
        growth_blocks=growth_blocks,
        independent_right=rates,
        encoded_bytes=statistics.median(len(encode(_plan(envelope, catalog, now))) for envelope in envelopes),
    )
    return p50 <= US_P50_MOST and growth_blocks <= GROWTH_BLOCKS_MOST


def _rates(catalog: Catalog) -> dict[str, str]:
    """Say how many questions of each set that nothing was fitted to are right: see tests/data/README.md."""
    rates = {}
    for file in SETS:
        found = score(file, catalog)
        for text, reasons in found.wrong.items():
            progress(f"{file}: {text}: {'; '.join(reasons)}")
        rates[file.removesuffix(".yaml")] = f"{found.right}/{found.of}"
    return rates


def _envelope(text: str, number: int, now: int) -> IntentEnvelope:
    submission = Submission(text=text, id=f"i-{number}")
    made = to_envelope(submission, understand(submission, now_ms=now), fallback_id="", now_ms=now)
    return decode(IntentEnvelope, json.dumps(json.loads(encode(made))).encode())  # as the stage receives it


def _plan(envelope: IntentEnvelope, catalog: Catalog, now: int) -> CognitivePlan:
    return make_plan(envelope, catalog, now_ms=now)


def _times(envelopes: list[IntentEnvelope], catalog: Catalog, now: int, *, rounds: int = 200) -> list[list[float]]:
    """Return the thread's own microseconds of each plan, text by text: what others do on the machine is not in them."""
    times: list[list[float]] = [[] for _ in envelopes]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for place, envelope in enumerate(envelopes):
                began_ns = time.thread_time_ns()
                make_plan(envelope, catalog, now_ms=now)
                times[place].append((time.thread_time_ns() - began_ns) / 1000)
    finally:
        gc.enable()
    return times


def _growth(envelopes: list[IntentEnvelope], catalog: Catalog, now: int, plans: int) -> int:
    """Return by how many blocks what Python holds has grown over so many plans, none of which is kept.

    The caches of words are filled first (16,384 each; every text here has a word of its own): it is looked at after
    half of the plans, and at the end.
    """
    after_half = 0
    for number in range(plans):
        envelope = envelopes[number % len(envelopes)]
        intent = Intent(text=f"{TEXTS[number % len(TEXTS)]} {number}", domain=envelope.intent.domain)
        make_plan(msgspec.structs.replace(envelope, intent=intent, id=f"i-{number}"), catalog, now_ms=now)
        if number == plans // 2:
            gc.collect()
            after_half = sys.getallocatedblocks()
    gc.collect()
    return sys.getallocatedblocks() - after_half
