"""What is used of the Neo4j driver, imported without pandas.

The driver imports pandas where it is installed (MLflow brings it), to turn results into data frames, which nothing here
does; that takes a second of each start.
"""

from __future__ import annotations

import sys
from typing import Any

_MODULES: dict[str, Any] = sys.modules  # None in it means: as if it were not installed

_hidden = "pandas" not in _MODULES
if _hidden:
    _MODULES["pandas"] = None
try:
    from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncDriver, AsyncGraphDatabase, AsyncSession, Query, unit_of_work
    from neo4j.exceptions import AuthError, DriverError, Neo4jError
    from neo4j.exceptions import ConfigurationError as BadAddress
    from neo4j.graph import Node, Path, Relationship
    from neo4j.spatial import Point
    from neo4j.time import Date, DateTime, Duration, Time
finally:
    if _hidden:
        del _MODULES["pandas"]

__all__ = [
    "READ_ACCESS",
    "WRITE_ACCESS",
    "AsyncDriver",
    "AsyncGraphDatabase",
    "AsyncSession",
    "AuthError",
    "BadAddress",
    "Date",
    "DateTime",
    "DriverError",
    "Duration",
    "Neo4jError",
    "Node",
    "Path",
    "Point",
    "Query",
    "Relationship",
    "Time",
    "unit_of_work",
]
