"""`python -m app.cli`: the command `hive` where its script is not on the path."""

from __future__ import annotations

from app.cli import main

main(prog_name="hive")
