"""Queries to tasks: each one a QUERY, and a TRANSFORM where the store can't do all of it or several belong together.

A VALIDATE stands before a TRANSFORM that gives wrong numbers, and not just fewer, when it gets only some of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.planning.grounding import steps as step
from models.planning.grounding.columns import Columns
from models.planning.grounding.describe import describe
from models.planning.grounding.fallbacks import compiled
from models.planning.grounding.spec import Grounded, GroundedTask, QuerySpec
from models.planning.grounding.stores import columns
from models.planning.sources import Source
from models.presentation import Presentation
from models.records import TaskType


class Builder:
    """Collects the tasks of one question, in an order in which each follows what it depends on.

    Args:
        language: `pt` or `en`.
        sources: The catalog's, for those that stand in for others.
    """

    def __init__(self, language: str, sources: Mapping[str, Source]) -> None:
        self.language = language
        self._sources = sources
        self.tasks: list[GroundedTask] = []
        self.specs: list[QuerySpec] = []
        self._cut_at: dict[str, int] = {}  # the rows after which a store stops, though nobody has asked it to

    def query(self, spec: QuerySpec, *, alone: bool = False) -> str:
        """Add the tasks of a query, and return the id of the one that has its rows.

        With `alone` the answer is what the query gives, so that a count may stay a number.
        """
        self.specs.append(spec)
        parameters, steps = compiled(spec, self._sources, as_rows=not alone)
        task_id = self._add(TaskType.QUERY, describe(spec, self.language), parameters, (), spec)
        if steps:
            what = "count" if spec.operation == "count" else spec.operation
            task_id = self.transform(task_id, steps, columns(spec), what)
        if spec.limit == spec.source.row_limit:
            self._cut_at[task_id] = spec.limit
        return task_id

    def transform(
        self, task_id: str, steps: list[step.Step], names: list[str], what: str, *, of_all: bool = False
    ) -> str:
        """Add a task that works on the rows of another, and of those that its steps name.

        With `of_all` it fails, and says why, unless these are all rows that there are.
        """
        inputs = (task_id, *(one["with"] for one in steps if "with" in one))
        parameters: dict[str, Any] = {"input": task_id, "steps": steps, "columns": names}
        if cut_at := {name: self._cut_at[name] for name in inputs if name in self._cut_at}:
            parameters["cut_at"] = cut_at
        checked = (self._complete(inputs),) if of_all else ()
        depends_on = (*inputs, *checked)
        return self._add(TaskType.TRANSFORM, f"{what}: {', '.join(names)}", parameters, depends_on, None)

    def _complete(self, inputs: tuple[str, ...]) -> str:
        """Add a task that checks that nothing is missing of the rows of others."""
        checks = {name: [{"check": "complete", "cut_at": self._cut_at.get(name)}] for name in inputs}
        first, *others = inputs
        parameters: dict[str, Any] = {"input": first, "checks": checks[first], "columns": self.columns_of(first)}
        if others:
            parameters["others"] = {name: checks[name] for name in others}
        return self._add(TaskType.VALIDATE, f"complete: {', '.join(inputs)}", parameters, inputs, None)

    def _add(
        self,
        kind: Any,
        description: str,
        parameters: dict[str, Any],
        depends_on: tuple[str, ...],
        spec: QuerySpec | None,
    ) -> str:
        task_id = f"task_{len(self.tasks)}"
        source = spec.source if spec else None
        self.tasks.append(GroundedTask(task_id, kind, description, parameters, depends_on, source))
        return task_id

    def columns_of(self, task_id: str) -> list[str]:
        """Return the columns of a task's rows."""
        found: list[str] = next(task.parameters["columns"] for task in self.tasks if task.task_id == task_id)
        return found

    def finish(
        self,
        spec: QuerySpec,
        title: str,
        ignored: tuple[str, ...],
        *,
        assumed: tuple[str, ...] = (),
        lists: bool | None = None,
        keys: int | None = None,
    ) -> Grounded:
        """Return all tasks; `spec` is the query whose measure and length the answer has.

        The first `keys` columns say what a row of it is about: all but the last, if nothing else is said.
        """
        names = list(self.tasks[-1].parameters["columns"])
        sources = tuple({source.name: source for item in self.specs for source in item.reads}.values())
        is_list = spec.operation in ("find", "distinct") if lists is None else lists
        is_count = len(self.tasks) == 1 and self.tasks[0].parameters.get("operation") == "count"
        counted = spec.measure.aggregation in ("sum", "count")
        described = Columns(self.specs)
        presentation = Presentation(
            columns=names,
            source=" + ".join(f"{source.kind}:{source.place}" for source in sources),
            title="; ".join((title, *assumed)),
            operation="find" if is_list else "count" if is_count else "aggregate",
            unit=None if is_list or spec.operation == "count_distinct" else spec.measure.unit,
            limit=spec.limit,
            limit_asked=spec.limit < spec.source.row_limit,
            of_nothing=0 if counted or spec.operation == "count_distinct" else None,
            ignored=list(ignored),
            types=[described.type_of(name) for name in names],
            units=[described.unit_of(name) for name in names],
            keys=keys,
        )
        return Grounded(tuple(self.specs), tuple(self.tasks), presentation, assumed)
