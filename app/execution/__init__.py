"""Execute tickets on the stores: one file for each query type, one executor for all."""

from __future__ import annotations

from app.execution.executor import QueryExecutor
from app.execution.sources import AT_ONCE, Runner
from app.execution.wiring import executor_for

__all__ = ["AT_ONCE", "QueryExecutor", "Runner", "executor_for"]
