"""Understanding a text: domain and confidence, language, keywords, entities, personal data."""

from __future__ import annotations

from models.nlu.confidence import Route, route
from models.nlu.understanding import Understanding, to_envelope, understand, understood

__all__ = ["Route", "Understanding", "route", "to_envelope", "understand", "understood"]
