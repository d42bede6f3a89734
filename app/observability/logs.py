"""The log of a worker as one JSON object a line, with the record that was being processed."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from app.engine.tracing import PROCESSED
from app.observability.pii_log import USUAL

__all__ = ["JsonFormatter", "RecordFilter"]

_IDS = {"intention": ("intention_id", "intent_id"), "plan": ("plan_id",)}


class RecordFilter(logging.Filter):
    """Adds what was being processed: topic, partition, offset, and the ids of the intention and the plan.

    Add it to handlers. It lets every record pass.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields, where something is being processed."""
        processed = PROCESSED.get()
        if processed is not None:
            found: dict[str, Any] = {
                "topic": processed.topic,
                "partition": processed.partition,
                "offset": processed.offset,
            }
            for shown, names in _IDS.items():
                said = next((value for name in names if (value := getattr(processed.value, name, None))), None)
                if said is not None:
                    found[shown] = said
            for name, value in found.items():
                record.__dict__.setdefault(name, value)  # what the call itself says is nearer
        return True


class JsonFormatter(logging.Formatter):
    """Writes `at` (UTC), `level`, `logger`, `message`, whatever fields there are, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in record.__dict__.items() if name not in USUAL and name not in told}
        # `PiiFilter` has put the masked traceback there.
        if record.exc_text or record.exc_info:
            told["traceback"] = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
        return json.dumps(told, default=str, ensure_ascii=False)
