"""What several commands let people choose from."""

from __future__ import annotations

from typing import Final

import click

from models.records import SpecialistType

__all__ = ["SPECIALIST", "SPECIALISTS"]

SPECIALISTS: Final = [each.value for each in SpecialistType]
SPECIALIST: Final = click.Choice(SPECIALISTS)
