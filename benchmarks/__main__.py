"""`python -m benchmarks`: JSON lines on stdout, progress on stderr, exit code 1 where a target is missed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from app import topics
from app.engine.admin import create_missing
from app.settings import Settings
from benchmarks import collector as collectors
from benchmarks import deliberation as deliberations
from benchmarks import execute as executes
from benchmarks import experiments as simulations
from benchmarks import experiments_kills, learning_cost, learning_simulated, nlu_cache
from benchmarks import latency as latencies
from benchmarks import learning as learnings
from benchmarks import nlu as nlus
from benchmarks import online as onlines
from benchmarks import overhead as overheads
from benchmarks import passthrough as passthroughs
from benchmarks import planning as plannings
from benchmarks import restore as restores
from benchmarks import rollback as rollbacks
from benchmarks import scrape as scrapes
from benchmarks.cluster import Cluster
from benchmarks.faults import rounds as retraining_rounds
from benchmarks.faults.plan import Plan
from benchmarks.faults.planning import PlanningRun
from benchmarks.faults.rolling import RollingPlan, RollingRun
from benchmarks.faults.run import FaultRun, StandsStill
from benchmarks.faults.stores import StoodStill
from benchmarks.faults.tickets import TicketPlan, TicketRun
from benchmarks.report import emit, progress
from benchmarks.servers import (
    embedded_stack,
    mlflow,
    real_kafka,
    real_kafka_and_redis,
    real_kafka_and_stores,
    real_redis,
    real_redis_and_neo4j,
    real_stack,
    whole_application,
)


@click.group(chain=True)
def main() -> None:
    """Measure the engine beside its peers, or try to break it; several commands run one after the other."""


@main.result_callback()
def end(met: list[bool]) -> None:
    """End with 1 where a target was missed."""
    sys.exit(0 if all(met) else 1)


@main.command()
@click.option("--repeats", default=3, show_default=True, help="How often each engine runs; the median counts.")
@click.option("--only", default="", help="Only these engines, separated by commas.")
def passthrough(repeats: int, only: str) -> bool:
    """Records a second of each engine."""
    data_dir = _data_dir("passthrough")
    with real_kafka(data_dir / "kafka") as stack:
        return passthroughs.run(Cluster(stack.addresses["HIVE_KAFKA"]), data_dir, repeats=repeats, only=only)


@main.command()
def latency() -> bool:
    """Milliseconds from submission to domain, and to the answer; and what an idle worker costs."""
    data_dir = _data_dir("latency")
    with real_kafka(data_dir / "kafka") as stack:
        kafka = stack.addresses["HIVE_KAFKA"]
        with whole_application(kafka, data_dir) as worker:
            idle = latencies.idle(worker.pid or 0)
            return latencies.run(Cluster(kafka)) and idle


@main.command()
def restore() -> bool:
    """Restore a table of 1,000,000 keys."""
    with real_kafka(_data_dir("restore") / "kafka") as stack:
        return restores.run(Cluster(stack.addresses["HIVE_KAFKA"]))


@main.command()
@click.option("--plans", default=plannings.PLANS, show_default=True, help="Over so many plans memory must not grow.")
def planning(plans: int) -> bool:
    """Microseconds from an understanding to its plan, and memory; no server is needed."""
    return plannings.run(plans=plans)


@main.command()
@click.option("--seeds", default="1", show_default=True, help="Which runs, separated by commas.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write the rolling accuracy of the last run there.")
def learning(seeds: str, plot: Path | None) -> bool:
    """Specialists that learn live: a hidden rule that flips."""
    met = []
    for seed in map(int, seeds.split(",")):
        data_dir = _data_dir("learning")
        with real_kafka_and_redis(data_dir / "servers") as stack:
            met.append(learnings.flip(stack.addresses, data_dir, seed=seed, plot=plot))
    return all(met)


@main.command("learning-simulated")
@click.option("--seed", default=1, show_default=True, help="Of the plans.")
def learning_without_servers(seed: int) -> bool:
    """A hidden rule that flips, with a learner that is up to date and one that lags; no server is needed."""
    return learning_simulated.run(seed=seed)


@main.command("learning-cost")
def learning_costs() -> bool:
    """What scoring with five ladders, learning, and the swap of a snapshot cost; no server is needed."""
    return learning_cost.cost()


@main.command("learning-kills")
@click.option("--seeds", default="1,2,3", show_default=True, help="Which runs, separated by commas.")
def learning_kills(seeds: str) -> bool:
    """Kill the worker that learns at 20 random moments, and compare to the bit."""
    met = []
    for seed in map(int, seeds.split(",")):
        data_dir = _data_dir("learning-kills")
        with real_kafka_and_redis(data_dir / "servers") as stack:
            met.append(learnings.kills(stack.addresses, data_dir, seed=seed))
    return all(met)


@main.command()
def online() -> bool:
    """Learning in the stream: accuracy, drifts found and false alarms, beside river's learners and single detectors."""
    return onlines.run()


@main.command()
@click.option("--runs", default=1000, show_default=True, help="Of equal models; the others are a part of that.")
def experiments(runs: int) -> bool:
    """Simulated experiments: false decisions, what is found and how soon, what is rolled back; no server is needed."""
    return simulations.simulate(runs=runs)


@main.command()
@click.option("--plans", default=deliberations.PLANS, show_default=True, help="Simulated plans that are learned.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the learning curves into this file.")
def deliberation(plans: int, plot: Path | None) -> bool:
    """Five specialists in a simulated organisation, from a cold start; and what a decision costs; no server needed."""
    return deliberations.run(plans=plans, plot=plot)


@main.command()
def cache() -> bool:
    """Texts read anew, kept in the process, and fetched from Redis: when does sharing pay?"""
    with real_redis(_data_dir("cache")) as stack:
        return nlu_cache.run(stack.addresses["HIVE_REDIS"])


@main.command()
def execute() -> bool:
    """Tickets a second on Redis and Neo4j, beside a bare loop of their drivers."""
    with real_redis_and_neo4j(_data_dir("execute")) as stack:
        return executes.run(stack.addresses)


@main.command()
@click.option("--hostile", default=200_000, show_default=True, help="Random and hostile texts that are read.")
def nlu(hostile: int) -> bool:
    """Understanding: what it learns, how honest it is, what a text costs, and that none can break it."""
    return nlus.run(hostile=hostile)


@main.command()
@click.option("--seeds", default="1,2,3", show_default=True, help="One run for each, separated by commas.")
@click.option("--records", default=400_000, show_default=True)
@click.option("--kills", default=12, show_default=True, help="SIGKILLs of workers.")
@click.option("--stops", default=3, show_default=True, help="SIGSTOPs of workers, longer than the session timeout.")
@click.option("--broker-kills", default=2, show_default=True, help="SIGKILLs of the broker.")
@click.option("--duration", "duration_s", default=120.0, show_default=True, help="Seconds in which all that happens.")
def faults(seeds: str, **amounts: float) -> bool:
    """Kill, stop and scale; then prove that nothing was lost, doubled or out of order."""
    data_dir = _data_dir("faults")
    right = []
    for seed in seeds.split(","):
        plan = Plan(seed=int(seed), **amounts)  # type: ignore[arg-type] # click has made them what Plan takes
        with real_kafka(data_dir / f"kafka-{seed}", to_kill=plan.broker_kills > 0) as stack:
            try:
                right.append(FaultRun(plan, stack, data_dir).run().right)
            except StandsStill as exc:  # the other seeds have something to say too
                emit("faults", seed=plan.seed, records=plan.records, stands_still=str(exc))
                right.append(False)
    return all(right)


@main.command(name="planning-faults")
@click.option("--seeds", default="1,2,3", show_default=True, help="One run for each, separated by commas.")
def planning_faults(seeds: str) -> bool:
    """Take each store down and kill the worker; then prove that planning waited for none and lost nothing."""
    data_dir = _data_dir("planning-faults")
    right = []
    for seed in map(int, seeds.split(",")):
        with real_stack(data_dir / f"stack-{seed}") as stack:
            try:
                right.append(PlanningRun(seed, stack, data_dir).run().right)
            except StoodStill as exc:
                emit("planning-faults", seed=seed, stands_still=str(exc))
                right.append(False)
    return all(right)


@main.command(name="ticket-faults")
@click.option("--seeds", default="1,2,3", show_default=True, help="One run for each, separated by commas.")
@click.option("--tickets", default=20_000, show_default=True, help="A quarter of them on each store.")
@click.option("--duration", "duration_s", default=240.0, show_default=True, help="Seconds in which they are asked for.")
def ticket_faults(seeds: str, tickets: int, duration_s: float) -> bool:
    """Take the stores down in turn and kill workers; then prove that every plan has ended, once, with a reason."""
    data_dir = _data_dir("ticket-faults")
    right = []
    for seed in map(int, seeds.split(",")):
        with real_stack(data_dir / f"stack-{seed}") as stack:
            try:
                run = TicketRun(TicketPlan(seed=seed, tickets=tickets, duration_s=duration_s), stack, data_dir)
                right.append(run.run().right)
            except StoodStill as exc:
                emit("ticket-faults", seed=seed, stands_still=str(exc))
                right.append(False)
    return all(right)


@main.command(name="experiments-live")
@click.option("--seeds", default="1,2,3", show_default=True, help="One run for each, separated by commas.")
@click.option("--kills", default=5, show_default=True, help="Of each experiment.")
def experiments_live(seeds: str, kills: int) -> bool:
    """A better and a harmful challenger through a real worker that is killed; count anew what was counted."""
    met = []
    for seed in map(int, seeds.split(",")):
        data_dir = _data_dir("experiments-live")
        with real_kafka_and_redis(data_dir / "servers") as stack:
            met.append(experiments_kills.live(stack.addresses, data_dir, seed=seed, kills=kills))
    return all(met)


@main.command()
@click.option("--records", default=60_000, show_default=True, help="Of each round's audit; a sixth becomes samples.")
@click.option("--kill/--no-kill", default=True, show_default=True, help="Kill the worker after each event of a round.")
def rounds(*, records: int, kill: bool) -> bool:
    """Retrain a specialist twice, on the embedded stack: what is better becomes champion, what does harm does not."""
    data_dir = _data_dir("rounds")
    with embedded_stack(data_dir / "stack", "graph", "mlflow") as stack:
        return retraining_rounds.run(stack.addresses, data_dir, records=records, kill=kill)


@main.command(name="rolling-faults")
@click.option("--seeds", default="1,2,3", show_default=True, help="One run for each, separated by commas.")
@click.option("--records", default=67_000, show_default=True, help="That tell of about 200,000 events.")
@click.option("--duration", "duration_s", default=90.0, show_default=True, help="Seconds in which they come in.")
def rolling_faults(seeds: str, records: int, duration_s: float) -> bool:
    """Kill and scale those who count a week of events; then recompute every bucket."""
    data_dir = _data_dir("rolling-faults")
    right = []
    for seed in map(int, seeds.split(",")):
        with real_kafka(data_dir / f"kafka-{seed}") as stack:
            plan = RollingPlan(seed=seed, records=records, duration_s=duration_s)
            try:
                right.append(RollingRun(plan, stack.addresses["HIVE_KAFKA"], data_dir).run().right)
            except StoodStill as exc:
                emit("rolling-faults", seed=seed, stands_still=str(exc))
                right.append(False)
    return all(right)


@main.command()
@click.option("--records", default=60_000, show_default=True, help="Of the audit; a sixth of them are usable.")
def collector(records: int) -> bool:
    """Collect samples of generated audit records from Kafka and MongoDB, and see whether they give labels away."""
    data_dir = _data_dir("collector")
    with embedded_stack(data_dir / "stack") as stack:
        return collectors.run(stack.addresses, data_dir, records=records)


@main.command()
def rollback() -> bool:
    """Seconds until each of three workers decides by the model before, while they score 200 plans a second."""
    data_dir = _data_dir("rollback")
    with real_kafka_and_redis(data_dir / "servers") as stack, mlflow(data_dir / "mlflow") as address:
        return rollbacks.run({**stack.addresses, "HIVE_MLFLOW": address}, data_dir)


@main.command()
@click.option("--intentions", default=2500, show_default=True, help="Of each burst.")
@click.option("--rounds", default=1, show_default=True, help="Of four workers: on, off, off, on.")
def overhead(intentions: int, rounds: int) -> bool:
    """What the metrics cost: bursts of intentions with all of them on, scraped, and with none."""
    data_dir = _data_dir("overhead")
    with real_kafka(data_dir / "kafka") as stack:
        create_missing(Settings.load({**os.environ, **stack.addresses}), topics.TOPICS)
        return overheads.run(Cluster(stack.addresses["HIVE_KAFKA"]), data_dir, intentions=intentions, rounds=rounds)


@main.command()
@click.option("--seconds", default=90.0, show_default=True, help="Of intentions; a bucket is done after 60.")
def scrape(seconds: float) -> bool:
    """Have a real Prometheus scrape two workers, and ask every query of every board."""
    data_dir = _data_dir("scrape")
    with real_kafka_and_stores(data_dir / "stack") as addresses, mlflow(data_dir / "mlflow") as registry:
        return scrapes.run({**addresses, "HIVE_MLFLOW": registry}, data_dir, seconds=seconds)


@main.command(name="all")
@click.pass_context
def everything(context: click.Context) -> bool:
    """All of these with their defaults."""
    commands = (
        passthrough,
        latency,
        restore,
        execute,
        faults,
        planning_faults,
        ticket_faults,
        rounds,
        rolling_faults,
    )
    met: list[bool] = [context.invoke(command) for command in commands]
    return all(met)


def _data_dir(name: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix=f"hive-bench-{name}-"))
    progress(f"{name}: data and logs are in {path}")
    return path


if __name__ == "__main__":
    main()
