"""Debian's `promtool`: without it its tests are skipped, or fail where `CI` is "true"."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

WHERE = "of the package prometheus (`apt-get install prometheus`) isn't on the PATH"


def command(name: str) -> str:
    """Return the path of `promtool` or `prometheus`; skip the test, or fail it, where there is none."""
    found = shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{name} {WHERE}")
    return found


def promtool(*arguments: str, given: str | None = None) -> str:
    """Run promtool; return what it says, which must be no complaint."""
    done = subprocess.run(
        [command("promtool"), *arguments], input=given, capture_output=True, text=True, check=False, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
