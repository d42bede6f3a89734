"""Turns of phrase in words alone, without the text around them: what planning asks for. See `models.nlu.entities`."""

from __future__ import annotations

from models.nlu.entities.shapes import Order, Top, find_groups, find_top

__all__ = ["Order", "Top", "find_groups", "find_top"]
