"""Personal data out of the log, whoever logs it."""

from __future__ import annotations

import logging

from models.nlu.pii import mask

__all__ = ["USUAL", "PiiFilter"]

USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""The fields that every log record has; any other was given with the call, or by a filter."""
_TRACEBACKS = logging.Formatter()


class PiiFilter(logging.Filter):
    """Masks personal data in every record that passes: message and arguments, extra fields, traceback, stack.

    Add it to handlers, not to loggers: a logger's filters don't see what its children log. It lets every record pass.
    Where there is something to mask, the record becomes a message without arguments; otherwise it stays as it is.
    A formatter that doesn't reuse `exc_text`, as the standard one does, has to mask tracebacks itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; a handler after this one finds it masked."""
        try:
            message = record.getMessage()
        except Exception as error:  # noqa: BLE001  (whatever str() of an argument raises)
            # The handler would print message and arguments beside a traceback; so only where it happened is said.
            message = f"A log call that can't be formatted ({type(error).__name__}): {record.pathname}:{record.lineno}"
            record.msg, record.args = message, ()
        masked = mask(message)
        if masked is not message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _TRACEBACKS.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask(record.exc_text)
        if record.stack_info:
            record.stack_info = mask(record.stack_info)
        fields = record.__dict__
        for name in fields.keys() - USUAL:
            if isinstance(value := fields[name], str):
                fields[name] = mask(value)
        return True
