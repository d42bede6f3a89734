"""What Faust's worker leaves behind in the logging of a process."""

from __future__ import annotations

import logging

from faust.utils.terminal import SpinnerHandler

__all__ = ["end_spinner"]


def end_spinner() -> None:
    """Let nothing be logged that no handler writes.

    With `-l warn` Faust shows a spinner while a worker starts, and leaves its handler, and the root's level of DEBUG,
    behind: every library then formats its debug messages, for nothing, as long as the worker lives.
    """
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, SpinnerHandler):
            root.removeHandler(handler)
            root.setLevel(root.handlers[0].level if root.handlers else logging.WARNING)
