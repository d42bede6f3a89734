"""What grounding finds: typed queries on sources of the catalog, the tasks that carry them out, or why there are none.

A grounded question is a list of tasks in plain JSON, which any executor can carry out:

- A QUERY reads one source. `parameters["query_type"]` is `mongodb`, `neo4j`, `kafka` or `redis` (see `queries`), and
  `parameters["columns"]` names the columns of its rows.
- A TRANSFORM works on rows of the tasks that it depends on: `{"input": task id, "steps": [...], "columns": [...]}`.
  The steps are carried out in order on the rows of `input`, each on what the one before has left (see `steps`).

The rows of the last task are the answer.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from models.nlu.phrases import Order
from models.nlu.timerange import TimeRange
from models.planning.sources import Measure, Relationship, Source
from models.presentation import Presentation
from models.records import SecurityLevel, TaskType

Unit = Literal["hour", "day", "weekday", "week", "month", "quarter", "year"]
"""What a time is cut to; `weekday` is its ISO 8601 number, 1 for Monday to 7 for Sunday, as text."""

Operator = Literal["in", "nin", "eq", "ne", "gt", "gte", "lt", "lte", "between"]
Operation = Literal["find", "aggregate", "count", "distinct", "count_distinct"]

Number = int | float


class Group(NamedTuple):
    """One column to group by; a time field has a unit, another dimension has none.

    A `joined` one is a dimension of the source that the query leads through to (`Through`).
    """

    name: str
    field: str
    unit: Unit | None = None
    joined: bool = False


class Filter(NamedTuple):
    """Records whose dimension has one of these known values (`in`) or none of them (`nin`)."""

    dimension: str
    values: tuple[str, ...]
    operator: Literal["in", "nin"] = "in"


class Comparison(NamedTuple):
    """Records whose field compares so with a value; `between` takes two, both inclusive.

    With `of_group` it is the measure of each group that is compared, after the grouping.
    """

    field: str
    operator: Operator
    values: tuple[Number | str, ...]
    of_group: bool = False


class Way(NamedTuple):
    """Nodes at one end of a relationship, seen from named nodes at the other.

    `forward` asks for the far end ("what does X depend on"), otherwise the near end is asked for ("what depends on
    X"), over at most so many `hops`. `key` is the field that nodes are named by. With `between` the shortest path
    between the two named nodes is asked for.
    """

    relationship: Relationship
    forward: bool
    names: tuple[str, ...]
    hops: int = 1
    key: str = "name"
    between: bool = False


class Through(NamedTuple):
    """The one record of another source that belongs to each: its `to_field` is what `field` is here.

    Only records whose one passes the filters, comparisons and period are meant.
    """

    source: Source
    field: str
    to_field: str
    filters: tuple[Filter, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    time_range: TimeRange | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is asked of that record."""
        return bool(self.filters or self.comparisons or self.time_range)


class QuerySpec(NamedTuple):
    """A query in the catalog's terms; `ignored` are the words that it doesn't take into account."""

    source: Source
    operation: Operation
    measure: Measure
    groups: tuple[Group, ...]
    filters: tuple[Filter, ...]
    time_range: TimeRange | None
    order: Order
    limit: int
    ignored: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = ()
    way: Way | None = None
    sort: tuple[str, Literal["asc", "desc"]] | None = None
    through: Through | None = None

    @property
    def reads(self) -> tuple[Source, ...]:
        """The sources that the query reads."""
        return (self.source, self.through.source) if self.through else (self.source,)

    def source_of(self, group: Group) -> Source:
        """The source that a group is a dimension of."""
        return self.through.source if self.through and group.joined else self.source


Reason = Literal[
    "work",
    "no-source",
    "no-time",
    "unknown-group",
    "unknown-word",
    "unknown-value",
    "no-measure",
    "ambiguous",
    "no-comparison",
    "no-number",
    "no-link",
    "future",
]


class Ungrounded(NamedTuple):
    """Why there is no query: a short code, the word it hangs on, and what would be understood instead."""

    reason: Reason
    word: str
    choices: tuple[str, ...]


class GroundedTask(NamedTuple):
    """A task of a grounded question; `depends_on` are ids of tasks before it."""

    task_id: str
    task_type: Literal[TaskType.QUERY, TaskType.TRANSFORM, TaskType.VALIDATE]
    description: str
    parameters: dict[str, Any]
    depends_on: tuple[str, ...]
    source: Source | None


class Grounded(NamedTuple):
    """What answers a question: its queries, the tasks in their order, and how the last one's rows are shown.

    `assumed` says in the question's language what the question leaves open and the answer takes for granted.
    """

    specs: tuple[QuerySpec, ...]
    tasks: tuple[GroundedTask, ...]
    presentation: Presentation
    assumed: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that are read, each once."""
        return tuple({source.name: source for spec in self.specs for source in spec.reads}.values())

    @property
    def holds_pii(self) -> bool:
        """Whether a source that is read says something about a person."""
        return any(source.holds_pii for source in self.sources)

    @property
    def levels(self) -> tuple[SecurityLevel, ...]:
        """How sensitive each source that is read is."""
        return tuple(source.sensitivity for source in self.sources)
