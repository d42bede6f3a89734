"""The servers that tests run against are fixtures of a plugin; only a conftest at the root may name one."""

from __future__ import annotations

import signal

from hypothesis import settings

# How long an example takes is the machine's business, not the test's (the first one may import a library).
settings.register_profile("hive", deadline=None)
settings.load_profile("hive")

pytest_plugins = ["tests.stacks"]


def pytest_configure() -> None:
    """Take signals as in a terminal: what a shell starts in the background ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
