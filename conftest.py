"""The servers that tests run against are fixtures of a plugin; only a conftest at the root may name one."""

from __future__ import annotations

pytest_plugins = ["tests.stacks"]
