"""``query_type`` kafka: records of one topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.execution.rows import MASK, Rows
from app.execution.runner import StoreRunner
from app.execution.texts import Encoding, decoded, text_or_base64
from app.stores.kafka_reads import KafkaStore, Read
from models.queries import parse_kafka

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.stores.kafka import Found
    from models.queries import Limits

CONFLUENT_MAGIC = 0
CONFLUENT_HEADER_BYTES = 5


class KafkaRunner(StoreRunner[KafkaStore]):
    """Runs the reads of tasks on topics.

    The output is `messages`, their `count`, `truncated`, and how many records were `scanned`, whether to the end
    (`complete`). A message has `topic`, `partition`, `offset`, `timestamp` (ms), `key` and `value`; what is no JSON is
    text or base64, as `value_encoding` says. For a task that names its `columns` the output is `documents` instead:
    the entries of the values, those that are no JSON objects under `value`.
    """

    async def run(self, parameters: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Run one read."""
        query = parse_kafka(parameters, self._allowed, limits)
        read = Read(
            topic=query.topic,
            most=query.limits.rows,
            most_bytes=query.limits.size_bytes,
            most_scanned=query.limits.scanned,
            timeout_s=query.limits.time_s,
            partition=query.partition,
            offset=query.offset,
            from_ms=query.from_ms,
            to_ms=query.to_ms,
            key=query.key,
        )
        records = await self._store.read(read)
        masked = self._allowed.masked(query.topic)
        rows = Rows(query.limits, masked)
        for record in records.records:
            rows.add(_row(record, masked) if query.as_rows else _message(record, masked))
        return {
            "documents" if query.as_rows else "messages": rows.rows,
            "count": len(rows.rows),
            "truncated": records.truncated or not records.complete,
            "complete": records.complete,
            "scanned": records.scanned,
        }


def _row(record: Found, masked: frozenset[str]) -> dict[str, Any]:
    value = None if record.value is None else _value(record.value, masked)[0]
    return value if isinstance(value, dict) else {"value": value}


def _value(raw: bytes, masked: frozenset[str]) -> tuple[Any, Encoding]:
    """Return a value; what has fields that can't be told apart is masked as a whole when one of them is."""
    value, encoding = decoded(raw)
    return (MASK if masked and encoding != "json" else value), encoding


def _message(record: Found, masked: frozenset[str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp_ms,
        "key": None,
        "value": None,
    }
    if record.key is not None:
        message["key"], message["key_encoding"] = text_or_base64(record.key)
    if record.value is not None:
        message["value"], encoding = _value(record.value, masked)
        message["value_encoding"] = encoding
        # Confluent's framing, in Avro and others: a zero byte and the schema's number.
        if encoding == "base64" and record.value[0] == CONFLUENT_MAGIC and len(record.value) > CONFLUENT_HEADER_BYTES:
            message["schema_id"] = int.from_bytes(record.value[1:CONFLUENT_HEADER_BYTES], "big")
    return message
