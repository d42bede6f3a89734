"""The engine: how records move. It knows nothing of what they mean."""

from __future__ import annotations

from app.engine.hive import HiveApp
from app.engine.run import Batch, Record, Run, runs
from app.engine.tables import Table, TableView
from app.engine.transaction import Transaction, transaction

__all__ = ["Batch", "HiveApp", "Record", "Run", "Table", "TableView", "Transaction", "runs", "transaction"]
