"""Two rounds of retraining in a row, from a drift to a champion and to none, while plans are asked for.

All of it is real but the world: a specialist's drift is said to have been seen, generated records tell what people
said of plans, and simulated askers want plans and say what was right. One worker plans, labels, compares and retrains;
it collects, trains and validates, MLflow's aliases say who is the champion, and the worker follows them. It is killed
after each event that a round tells. Experiments last as long as they do by default: a rehearsal's clock lets the days
go by.

The first round's records follow the rule by which askers judge, so what is trained of them is better than the
champion, who is right by half. A hundred days later they follow the reverse: what is trained of them passes the
validation, and does harm.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from click.testing import CliRunner

from app import topics
from app.cli import main as hive
from app.clock import now_ms, rehearsed
from app.retraining import EVENTS
from app.settings import Settings
from app.stores.mongo import MongoStore
from app.stores.registry import ModelRegistry
from benchmarks.audited import DAY_MS, AuditedWorld
from benchmarks.collector import store
from benchmarks.experiments_live import CHAMPION, RULE, SPECIALIST, Live, envelopes
from benchmarks.faults.retraining import PROMOTED, ROLLED_BACK, drift_of
from benchmarks.organisation import Judged
from benchmarks.report import emit, progress
from models.lifecycle.experiment import Experiment
from models.lifecycle.registry import Alias, Tag
from models.planning import load_catalog, make_plan
from models.records import Recommendation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.clock import Rehearsal

TRIED_AGAIN: Final = "step_failed"
"""It may be told between the others: on a busy machine a server may not answer in time."""
MINUTE_MS: Final = 60_000
STEP_MS: Final = 4 * 3_600_000
"""The clock goes so far at once while there is an experiment, else a minute."""
PLANS: Final = 100
"""That are asked for in that time."""
AFTER: Final = 50
"""Plans that are looked at once a round is over."""
BEGINS_BEFORE_MS: Final = 330 * DAY_MS
APART_MS: Final = 100 * DAY_MS
NOISE: Final = 0.05
"""Of what people say, so much is what they do not mean."""
PATIENCE_S: Final = 600.0
_REVERSED: Final = dict(zip(RULE.values(), reversed(RULE.values()), strict=True))


class _Case(NamedTuple):
    """A round: what it is called, whether the records follow the reverse of the rule, and what it must tell."""

    name: str
    reverse: bool
    wanted: list[str]


def run(addresses: Mapping[str, str], folder: Path, *, records: int, kill: bool) -> bool:
    """Go through both rounds; print what each did.

    Args:
        addresses: Of Kafka, MongoDB and MLflow.
        folder: Where everything is kept.
        records: Audit records of each round; a sixth of them become samples.
        kill: Whether the worker is killed after each event.
    """
    settings = {
        "HIVE_STAGES": "plan,label,compare,retrain",
        "HIVE_COLLECT_MIN_SAMPLES": str(min(Settings.collect_min_samples, records // 6)),
        "HIVE_TRAIN_LIMIT_S": "0",  # one setting of each family
        "HIVE_RETRAIN_RETRY_S": "1",
        "HIVE_RECALL_MS": "0",
    }
    cases = (_Case("a good challenger", False, PROMOTED), _Case("a harmful challenger", True, ROLLED_BACK))
    with rehearsed(folder / "clock", at_ms=now_ms() - BEGINS_BEFORE_MS) as clock:
        live = Live(addresses, folder, settings=settings)
        rounds = _Rounds(live, clock, Settings.load({**addresses, "HIVE_DATA_DIR": str(folder)}))
        try:
            live.start()
            met = [rounds.go(case, records=records, kill=kill) for case in cases]
        finally:
            live.stop()
    return all(met)


class _Rounds:
    """Rounds of one specialist, one after the other."""

    def __init__(self, live: Live, clock: Rehearsal, settings: Settings) -> None:
        self._live, self._clock, self._settings = live, clock, settings
        self._hearing = live.reader(topics.LEARNING_EVENTS)
        self._told: list[dict[str, Any]] = []
        self._heard_s: list[float] = []

    def go(self, case: _Case, *, records: int, kill: bool) -> bool:
        """Go through a round, and look at what it has left."""
        self._clock.forward(APART_MS)
        store(_world(records, reverse=case.reverse), self._settings)
        before = asyncio.run(_aliases(self._settings))
        self._told, self._heard_s = [], []
        began_s, asked = time.monotonic(), len(self._live.judged)
        self._live.send(topics.LEARNING_EVENTS, SPECIALIST.value, drift_of(SPECIALIST, champion=CHAMPION))
        killed_after = self._until_it_ends(kill=kill)
        round_id, names = self._told[0]["round_id"], [event["event"] for event in self._told]
        kept = asyncio.run(_kept(self._settings, round_id))
        made = asyncio.run(_made(self._settings, round_id))
        after = asyncio.run(_aliases(self._settings))
        wanted = before.get(Alias.CHAMPION) if case.reverse else next(iter(made), None)
        decides = self._decides(wanted)
        state = self._state()
        again = [event["why"] for event in self._told if event["event"] == TRIED_AGAIN]
        same = kept == [event["event_id"] for event in self._told]
        met = (
            [name for name in names if name != TRIED_AGAIN] == case.wanted
            and (len(made), same) == (1, True)
            and wanted is not None
            and after.get(Alias.CHAMPION) == wanted
            and after.get(Alias.PREVIOUS) == before.get(Alias.PREVIOUS if case.reverse else Alias.CHAMPION)
            and Alias.CHALLENGER not in after
            and decides == {wanted: AFTER}
        )
        emit(
            "rounds",
            what=case.name,
            simulated="the drift, the audit records, the askers",
            kills=len(killed_after),
            killed_after=killed_after,
            events=names,
            tried_again=again,
            same_in_mongodb=same,
            samples=self._detail("collected", "samples"),
            validated=self._detail("validated", "metrics"),
            registered=made,
            aliases_before=before,
            aliases_after=after,
            plans=len(self._live.judged) - asked,
            stage_hours=self._hours(),
            status=None if state is None else state.status.value,
            why=None if state is None else state.why,
            outcomes=None if state is None else list(state.lift.n),
            right=None if state is None else list(state.lift.good),
            decides_afterwards=decides,
            seconds_until_each=[
                round(then - at, 1) for at, then in zip([began_s, *self._heard_s], self._heard_s, strict=False)
            ],
            met=met,
        )
        return met

    def _until_it_ends(self, *, kill: bool) -> list[str]:
        """Let the round go on to its end, killing whenever it has told something; return what that was, each time."""
        killed_after: list[str] = []
        seen, approved, deadline_s = 0, False, time.monotonic() + PATIENCE_S
        while not self._told or self._told[-1]["event"] != "ended":
            names = self._hear()
            if time.monotonic() > deadline_s:
                raise RuntimeError("\n".join([f"the round stands at {names}", *self._live.worker.log_lines()]))
            if kill and len(names) > seen and names[-1] != "ended":
                progress(f"killed after {', '.join(names[seen:])}")
                seen = len(names)
                killed_after.append(names[-1])
                self._live.again()
            elif names[-1:] == ["approval_requested"] and not approved:
                said = CliRunner().invoke(
                    hive, ["retrain", "approve", SPECIALIST.value, "--by", "ana"], env=dict(self._live.env)
                )
                if said.exit_code != 0:
                    raise RuntimeError(said.output)
                approved = True
            else:
                self._live_on()
        return killed_after

    def _live_on(self) -> None:
        """Let plans be asked for and judged by people while there is an experiment, and the time go by."""
        state = self._state()
        if state is None or not state.is_open:
            self._clock.forward(MINUTE_MS)
        elif now_ms() - state.now_ms < 2 * STEP_MS:  # else the worker is behind
            told, asked = len(self._told), self._live.ask(PLANS)
            self._live.until(lambda: self._live.judged.keys() >= set(asked) or len(self._hear()) > told)
            for each in self._live.judged.keys() & asked:
                self._live.label(self._live.judged[each])
            self._clock.forward(STEP_MS)
        self._live.hear(0.05)

    def _hear(self) -> list[str]:
        for message in self._hearing.consume(100, 0.05):
            event = json.loads(message.value()) if message.error() is None else {}
            if "round_id" in event and "number" in event:
                self._told.append(event)
                self._heard_s.append(time.monotonic())
        return [event["event"] for event in self._told]

    def _detail(self, event: str, name: str) -> Any:
        """Return what was told with an event; None: it was not."""
        return next((told["details"].get(name) for told in self._told if told["event"] == event), None)

    def _states(self) -> list[Experiment]:
        name = f"retrain-{SPECIALIST.value}-{self._told[0]['round_id'][:8]}" if self._told else ""
        return [state for _, state in self._live.states.get(name, [])]

    def _state(self) -> Experiment | None:
        return next(reversed(self._states()), None)

    def _hours(self) -> list[float]:
        """Return how long each stage has lasted that is over, by the rehearsal's clock."""
        begins = {state.stage: state.stage_since for state in self._states()}
        return [round((begins[stage] - begins[stage - 1]) / 3_600_000, 1) for stage in sorted(begins) if stage]

    def _decides(self, version: str | None) -> dict[str, int]:
        """Return which models have judged plans, once the worker follows: the version that is wanted, or another."""
        deadline_s = time.monotonic() + 30.0
        while time.monotonic() < deadline_s:
            counts: dict[str, int] = {}
            for judged in self._live.wait(self._live.ask(AFTER)):
                told = judged.consensus.opinions[0].explainability
                name = (told.model_version if told.model_type != CHAMPION else None) or "the ladder"
                counts[name] = counts.get(name, 0) + 1
            if set(counts) == {version}:
                break
        return counts


def _world(records: int, *, reverse: bool) -> AuditedWorld:
    """Return what was said of plans in the ninety days before now."""
    file = Path(__file__).parents[2] / "app" / "sample" / "catalog.yaml"
    catalog = load_catalog(file.read_text(encoding="utf-8"), source=file.name)
    plans = {text: make_plan(envelope, catalog, now_ms=now_ms()) for text, envelope in envelopes().items()}
    chance = random.Random(2 if reverse else 1)
    judged = []
    for _ in range(1_009):  # a prime: so the same plan does not always meet the same fate
        text = chance.choice(list(plans))
        label: Recommendation = RULE[text]
        if reverse != (chance.random() < NOISE):
            label = _REVERSED[label]
        judged.append(Judged(plans[text], {SPECIALIST: label}))
    scope = "reversed" if reverse else "right"
    return AuditedWorld(records, seed=1, now_ms=now_ms(), scope=scope, whose=(SPECIALIST,), different=judged)


async def _aliases(settings: Settings) -> dict[str, str]:
    async with ModelRegistry.of(settings) as registry:
        return await registry.aliases(SPECIALIST)


async def _made(settings: Settings, round_id: str) -> list[str]:
    """Return the versions that a round has registered."""
    async with ModelRegistry.of(settings) as registry:
        versions = await registry.versions(SPECIALIST)
    return [each.version for each in versions if each.tags.get(Tag.ROUND) == round_id]


async def _kept(settings: Settings, round_id: str) -> list[Any]:
    mongo = MongoStore.of(settings)
    page = await mongo.page(EVENTS, {"round_id": round_id}, by="number", limit=100)
    await mongo.close()
    return [each["_id"] for each in page]
