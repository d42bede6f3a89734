from __future__ import annotations

import msgspec
from msgspec.structs import replace

from app.engine.tables import Table
from models.lifecycle.experiment import Experiment, Status, Unit
from models.records import Recommendation
from tables.experiments import (
    EXPERIMENT_UNITS,
    EXPERIMENTS,
    EXPOSED_PLANS,
    LOOKED_AT,
    forget_ended,
    forget_plans,
    forget_units,
)
from tests.unit.lifecycle.test_experiment_states import begun


def held(spec: object, values: dict[str, object]) -> Table[object]:
    table: Table[object] = Table(spec.name, changelog="c", value_type=spec.value_type, count=1)  # type: ignore[attr-defined]
    table.partitions[0] = {key.encode(): msgspec.json.encode(value) for key, value in values.items()}
    return table


def test_the_oldest_that_are_over_go_first_and_none_that_runs() -> None:
    over = replace(begun(), status=Status.FAILED)
    states: dict[str, object] = {
        "runs": begun(),
        "a": over,
        "b": over,
        "passed": replace(over, status=Status.PASSED),
        "c": over,
    }
    view = held(EXPERIMENTS, states).view(0)
    forget_ended(view, kept=3)  # type: ignore[arg-type]
    assert set(view) == {"runs", "passed", "c"}
    forget_ended(view, kept=0)  # type: ignore[arg-type]
    assert set(view) == {"runs", "passed"}


def test_units_of_experiments_that_are_over_are_forgotten_a_few_at_a_time() -> None:
    unit = Unit(True, 0.1, 0, "p", Recommendation.APPROVE, 0.7, False)
    states: dict[str, Experiment] = {"runs": begun(), "over": replace(begun(), status=Status.STOPPED)}
    names = [f"over/{number:016x}" for number in range(LOOKED_AT + 2)]
    view = held(EXPERIMENT_UNITS, {**dict.fromkeys(names, unit), "runs/1": unit, "unknown/1": unit}).view(0)
    forget_units(view, states)  # type: ignore[arg-type]
    assert len(view) == 4
    forget_units(view, states)  # type: ignore[arg-type]
    assert set(view) == {"runs/1"}


def test_plans_that_nobody_says_anything_about_are_forgotten_when_there_are_too_many() -> None:
    table = held(EXPOSED_PLANS, {f"p{number}": ["e/1"] for number in range(6)})
    view = table.view(0)
    forget_plans(view, most=6)  # type: ignore[arg-type]
    assert len(view) == 6
    forget_plans(view, most=5)  # type: ignore[arg-type]
    assert set(view) == {"p4", "p5"}
