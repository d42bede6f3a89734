"""Planning: an understood intention, grounded on the catalog, to a plan and its first tickets."""

from __future__ import annotations

from models.planning.catalog import Catalog, Source, load_catalog
from models.planning.grounding import Grounded, QuerySpec, Ungrounded, ground_question
from models.planning.plan import is_answered_here, make_plan
from models.planning.query import mongodb_parameters
from models.planning.tickets import first_tickets

__all__ = [
    "Catalog",
    "Grounded",
    "QuerySpec",
    "Source",
    "Ungrounded",
    "first_tickets",
    "ground_question",
    "is_answered_here",
    "load_catalog",
    "make_plan",
    "mongodb_parameters",
]
