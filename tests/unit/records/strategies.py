"""Hypothesis strategies for every record, built from the records' own types."""

from __future__ import annotations

from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from models.records import (
    CognitivePlan,
    CompletedPlan,
    Consistency,
    ConsolidatedDecision,
    ExecutionResult,
    ExecutionTicket,
    Feedback,
    Intent,
    IntentAudit,
    IntentEnvelope,
    LearningEvent,
    Qos,
    Record,
    Release,
    SpecialistOpinion,
    Submission,
    SubmittedIntent,
    Validation,
)

KINDS: list[type[Record]] = [
    Submission,
    IntentEnvelope,
    CognitivePlan,
    ExecutionTicket,
    ExecutionResult,
    SpecialistOpinion,
    ConsolidatedDecision,
    CompletedPlan,
    IntentAudit,
    Feedback,
    Validation,
    Release,
    LearningEvent,
]

TEXT = st.text(max_size=20)
QUESTION = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
# Within 64 bits: beyond them, parsers differ in whether they keep a number exact.
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Make records of a kind that keep the rules between fields."""
    hints = get_type_hints(kind, include_extras=True)
    fields = {name: _strategy(hint) for name, hint in hints.items() if name != "extra"}
    if kind in (Intent, SubmittedIntent, Feedback):
        fields["text"] = QUESTION
    if kind is CognitivePlan:
        return st.fixed_dictionaries(fields).map(_in_order)
    if kind in (Submission, IntentEnvelope):
        fields["qos"] = st.builds(Qos, consistency=st.just(Consistency.STRONG))
    if kind is Submission:
        flat = {**fields, "text": QUESTION, "intent": st.none()}
        nested = {**fields, "text": st.none(), "intent": records(SubmittedIntent)}
        return st.builds(Submission, **flat) | st.builds(Submission, **nested)
    if kind is Validation:
        waits = {**fields, "text": st.none(), "envelope": records(IntentEnvelope)}
        known = {**fields, "text": QUESTION, "envelope": st.none()}
        return st.fixed_dictionaries(waits).map(_of_its_envelope) | st.builds(Validation, **known)
    return st.builds(kind, **fields)


def _of_its_envelope(fields: dict[str, Any]) -> Validation:
    return Validation(**{**fields, "intention_id": fields["envelope"].id})


def _in_order(fields: dict[str, Any]) -> CognitivePlan:
    """Make the tasks' graph acyclic: distinct ids, each one after the one it depends on."""
    tasks = [
        msgspec.structs.replace(task, task_id=f"task_{at}", dependencies=[f"task_{at - 1}"] if at else [])
        for at, task in enumerate(fields["tasks"])
    ]
    return CognitivePlan(**{**fields, "tasks": tasks, "execution_order": [task.task_id for task in tasks]})


def _strategy(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if origin in (Union, UnionType):
        return st.one_of([_strategy(argument) for argument in arguments])
    if origin is list:
        return st.lists(_strategy(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(TEXT, _strategy(arguments[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Record | Enum):
        return records(hint) if issubclass(hint, Record) else st.sampled_from(list(hint))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT, int: INTEGERS, float: FLOATS, bool: st.booleans(), type(None): st.none(), Any: JSON,
    }  # fmt: skip
    return plain[hint]


def _bounded(base: type, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    if base is int:
        return st.integers(meta.ge, meta.le)  # type: ignore[arg-type]
    if base is float:
        return st.floats(meta.ge, meta.le)
    return st.text(min_size=meta.min_length or 0, max_size=20)


def camel_case(value: Any) -> Any:
    """Write a record as JSON with camelCase names, leaving the keys of free maps alone."""
    if isinstance(value, list):
        return [camel_case(item) for item in value]
    if not isinstance(value, Record):
        return value
    names = [name for name in value.__struct_fields__ if name != "extra"]
    return {_camel(name): camel_case(getattr(value, name)) for name in names}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
