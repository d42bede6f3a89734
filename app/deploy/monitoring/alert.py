"""What an alert is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Alert", "Severity"]

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        name: Its name.
        query: What must have a value for it to fire; `@name` is a declared metric.
        lasts: For how long, before it fires.
        severity: critical wakes somebody, warning waits for the morning, info is for who looks.
        summary: What is wrong, in one sentence; Prometheus's templates are allowed.
        about: The declared metric whose meaning and action are its description; empty where `advice` says it.
        advice: What to do, where no declared metric says it.
    """

    name: str
    query: str
    lasts: str
    severity: Severity
    summary: str
    about: str = ""
    advice: str = ""
