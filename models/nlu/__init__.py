"""Understanding a text, by rules: domain and confidence, language, keywords, time ranges, "top N", "by X"."""

from __future__ import annotations

from models.nlu.understanding import Route, Understanding, route, to_envelope, understand

__all__ = ["Route", "Understanding", "route", "to_envelope", "understand"]
