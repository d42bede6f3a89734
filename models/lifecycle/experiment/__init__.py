"""Experiments: a challenger against the champion, on the stream, sticky, and always validly judged."""

from __future__ import annotations

from models.lifecycle.experiment.command import command, exported, imported
from models.lifecycle.experiment.judge import due_at, harm, judge, measured, waits_for
from models.lifecycle.experiment.observe import expose, outcome
from models.lifecycle.experiment.plans import asker_of, exposed, labelled
from models.lifecycle.experiment.routing import arm_of, place_of, unit_of
from models.lifecycle.experiment.stage import hear, observe, reports
from models.lifecycle.experiment.state import TRANSITIONS, Cause, Experiment, Status, Unit

__all__ = [
    "TRANSITIONS",
    "Cause",
    "Experiment",
    "Status",
    "Unit",
    "arm_of",
    "asker_of",
    "command",
    "due_at",
    "exported",
    "expose",
    "exposed",
    "harm",
    "hear",
    "imported",
    "judge",
    "labelled",
    "measured",
    "observe",
    "outcome",
    "place_of",
    "reports",
    "unit_of",
    "waits_for",
]
