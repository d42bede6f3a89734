"""One step of a round, in a process of its own: what takes minutes of a core is not done beside a worker's stages.

``python -m app.lifecycle.step`` reads a :class:`Task` from stdin and writes a :class:`Done` to stdout. It holds a lock
on the round: when a worker was killed and its successor begins the step again, the second one waits for the first and
finds what that has made.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.clock import now_ms
from app.errors import BrokerUnavailable, HiveError, StoreUnavailable
from app.lifecycle import datasets
from app.lifecycle.collect import collect, rules_of
from app.lifecycle.contenders import champion_of, fetch_samples
from app.lifecycle.task import Done, Task
from app.lifecycle.training import importances_of, run_of, train_from
from app.lifecycle.validate import PAGE, Contender, files_of, validate
from app.settings import Settings
from app.stores.registry import ModelRegistry
from models.lifecycle.dataset import Origin
from models.lifecycle.hands import Collected, Order, Trained, Validated
from models.lifecycle.quality import check_size
from models.lifecycle.training import Plan


def round_folder(settings: Settings, order: Order) -> Path:
    """Return where a round keeps what it has made, on this machine."""
    return settings.data_dir / "rounds" / f"{order.specialist.value}-{order.round_id}"


def main() -> None:
    """Carry a step out."""
    os.nice(10)
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    settings = Settings.load()
    folder = round_folder(settings, task.order)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            done = Done(result=msgspec.to_builtins(_carry_out(settings, folder, task)))
        except HiveError as error:
            final = not isinstance(error, BrokerUnavailable | StoreUnavailable)
            done = Done(error=f"{type(error).__name__}: {error}", final=final)
    sys.stdout.buffer.write(msgspec.json.encode(done))


def _carry_out(settings: Settings, folder: Path, task: Task) -> Collected | Trained | Validated:
    if task.step == "collect":
        return _collect(settings, folder, task.order)
    if task.step == "train":
        return _train(settings, folder, task.order)
    if task.trained is None:
        raise HiveError(f"there is nothing to {task.step}")
    return asyncio.run(_validate(settings, task.trained, task.order))


def _collect(settings: Settings, folder: Path, order: Order) -> Collected:
    parquet = folder / "samples.parquet"
    if not datasets.manifest_path(parquet).exists():
        rules = rules_of(settings, to_ms=order.since_ms)
        collected = collect(settings, rules)
        gathered = collected.gatherer.gathered(order.specialist)
        check_size(len(gathered.samples), settings.collect_min_samples, whose=order.specialist.value)
        simulated = collected.gatherer.simulated
        origin = Origin(collected_at_ms=now_ms(), rules=rules, read=collected.read, simulated=simulated)
        datasets.write(parquet, order.specialist, gathered, origin)
    manifest = datasets.read_manifest(parquet)
    return Collected(
        samples=manifest.samples, dataset=str(parquet), sha256=manifest.sha256, simulated=manifest.origin.simulated
    )


def _train(settings: Settings, folder: Path, order: Order) -> Trained:
    """Train and log the run; what is needed from here on lies in the registry, wherever the next step is done."""
    result = folder / "trained.json"
    if result.exists():
        return msgspec.json.decode(result.read_bytes(), type=Trained)
    _collect(settings, folder, order)  # on another machine than before it may not be there
    parquet = folder / "samples.parquet"
    report, packed = train_from(parquet, Plan(limit_s=settings.train_limit_s))
    run = run_of(report, parquet, name=order.round_id, at_ms=now_ms())

    async def logged() -> str:
        async with ModelRegistry.of(settings) as registry:
            return await registry.log(order.specialist, run, packed)

    trained = Trained(run_id=asyncio.run(logged()), family=report.family, metrics=dict(run.metrics))
    datasets.write_file(result, msgspec.json.encode(trained))
    return trained


async def _validate(settings: Settings, trained: Trained, order: Order) -> Validated:
    async with ModelRegistry.of(settings) as registry:
        parquet = round_folder(settings, order) / "samples.parquet"
        if not datasets.manifest_path(parquet).exists():  # it was collected on another machine
            await fetch_samples(registry, trained.run_id, parquet)
        candidate = Contender(name="the candidate", packed=await registry.run_file(trained.run_id))
        champion = await champion_of(registry, order.specialist)
        found = validate(candidate, champion, parquet, at_ms=order.since_ms, by=f"round {order.round_id}")
        found = replace(found, importances=await importances_of(registry, trained.run_id))
        await registry.add_files(trained.run_id, files_of(found))
    verdict = found.verdict
    figures, comparison = verdict.figures, verdict.comparison
    measured = {"accuracy": figures.accuracy, "f1": figures.f1, "confidence_mean": figures.confidence_mean}
    if comparison is not None:
        measured |= {"accuracy_above": comparison.accuracy, "accuracy_above_low": comparison.accuracy_low}
    return Validated(passed=verdict.passed, missed=verdict.missed, report=f"{trained.run_id}/{PAGE}", metrics=measured)


if __name__ == "__main__":
    main()
