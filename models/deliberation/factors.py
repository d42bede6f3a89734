"""What each specialist weighs: the factors of the five, their weights, and how a score comes about.

Every score is ``1 - need * (1 - care)``: *need* is how much a plan calls for something (what changes nothing, needs no
tests), *care* how far its tasks see to it. 1 is good. Factors and weights are those of the original's heuristics, which
counted English words in Portuguese descriptions; what is counted here is the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from models.deliberation.evidence import Evidence
from models.deliberation.lexicon import Concept
from models.records import SpecialistType

__all__ = ["FACTORS", "Factor", "Specialist"]

C = Concept


class Factor(NamedTuple):
    """One factor.

    Attributes:
        name: Its name.
        weight: Its share of the plan's quality in the specialist's eyes.
        risk_weight: Its share of the specialist's own risk.
        score: Computes it: 0 bad, 1 good.
        asks: What it looks at, in a few words.
    """

    name: str
    weight: float
    risk_weight: float
    score: Callable[[Evidence], float]
    asks: str


class Specialist(NamedTuple):
    """One specialist: its factors, and how much of the plan's risk it sees.

    Attributes:
        factors: What it weighs; their weights sum to 1.
        relief: By how much a way back takes the plan's risk off, in its eyes.
        alarm: Which share of the plan's risk it answers for.
    """

    factors: tuple[Factor, ...]
    relief: float
    alarm: float


def _met(need: float, care: float) -> float:
    if need <= 0.0:
        return 1.0
    return 1.0 - need * (1.0 - care) if need < 1.0 else care


# -- business: is it worth it


def _workflow(e: Evidence) -> float:
    size = 0.8 if e.tasks <= 5 else 1.0 if e.tasks <= 15 else 0.7 if e.tasks <= 25 else 0.5
    if e.tasks == 1:
        size = 1.0  # one query that answers the question is no poor work flow
    return 0.6 * size + 0.4 * (1.0 - 0.7 * e.waiting * e.serial)


def _kpi(e: Evidence) -> float:
    """Its value: urgent work is worth its effort, and a question costs none; as far as the request was understood."""
    effort = max(e.cost, e.change)
    return _met(effort, e.priority) * (1.0 - 0.5 * e.doubt)


def _cost(e: Evidence) -> float:
    return 1.0 - 0.7 * e.cost


# -- technical: will it hold


def _security(e: Evidence) -> float:
    exposed = e.security * (0.4 + 0.6 * e.change) + 0.3 * e.environment * e.change
    return _met(exposed + (0.2 if e.asks_for(C.SECURITY) and e.change else 0.0), e.care(C.SECURITY))


def _architecture(e: Evidence) -> float:
    return _met(0.6 * e.change, e.care(C.DESIGN))


def _performance(e: Evidence) -> float:
    asked = 0.6 if e.asks_for(C.PERFORMANCE | C.SCALE) else 0.25
    return _met(max(asked * e.change, 0.5 * e.cost), e.care(C.PERFORMANCE, C.SCALE))


def _code_quality(e: Evidence) -> float:
    return _met(e.change, e.guarded)


# -- behavior: what it is like for those who use it


def _usability(e: Evidence) -> float:
    touched = 0.6 * e.change if e.asks_for(C.USER) else 0.15 * e.change
    return _met(touched, max(e.care(C.USER), e.care(C.QUALITY))) * (1.0 - 0.4 * e.doubt)


def _accessibility(e: Evidence) -> float:
    touched = 0.5 * e.change if e.asks_for(C.USER) else 0.05 * e.change
    return _met(touched, max(e.care(C.ACCESSIBLE), 0.5 * e.care(C.QUALITY)))


def _response_time(e: Evidence) -> float:
    """How long one waits for it, who is in a hurry longer; work side by side makes it shorter."""
    return _met(e.path * (0.4 + 0.6 * e.priority), 0.5 * (1.0 - e.serial))


def _interaction_cost(e: Evidence) -> float:
    hands = e.outside * min(1.0, e.tasks / 12.0)
    return _met(hands, max(0.5 * e.care(C.INFORM), 0.6 * e.care(C.OBSERVE)))


# -- evolution: can one live with it later


def _maintainability(e: Evidence) -> float:
    return _met(e.change, 0.6 * e.guarded + 0.4 * e.care(C.DOCUMENT, C.OBSERVE))


def _scalability(e: Evidence) -> float:
    need = 0.6 if e.asks_for(C.SCALE) and e.change else 0.25 * e.change
    return _met(need, e.care(C.SCALE, C.PERFORMANCE))


def _extensibility(e: Evidence) -> float:
    return _met(0.4 * e.change, e.care(C.EXTEND, C.MODULAR, C.DESIGN))


def _evolving_modularity(e: Evidence) -> float:
    return _met(0.6, 1.0 - _tangled(e))


def _tech_debt(e: Evidence) -> float:
    need = 0.8 if e.asks_for(C.DEBT) and e.change else 0.2 * e.change
    hasty = 0.3 * e.change * max(0.0, e.priority - 0.8) / 0.2  # what is critical is done in a hurry
    return _met(need + hasty, max(e.care(C.QUALITY), 0.8 * e.care(C.DOCUMENT)))


# -- architecture: is it put together well


def _design_patterns(e: Evidence) -> float:
    return _met(0.5 * e.change + (0.2 if e.tasks >= 8 else 0.0), e.care(C.PATTERN, C.DESIGN, C.LAYERED))


def _solid(e: Evidence) -> float:
    return 1.0 - 0.6 * e.overloaded - (0.4 if e.generic else 0.0)


def _coupling(e: Evidence) -> float:
    return 1.0 - 0.7 * max(_tangled(e), max(0.0, e.busiest - 2) / 6.0 if e.busiest <= 8 else 1.0)


def _separation(e: Evidence) -> float:
    return _met(0.8 * e.change, 0.5 * e.prepared + 0.5 * e.guarded)


def _modularity(e: Evidence) -> float:
    """A long chain can't be taken apart: each task waits for the one before."""
    if e.tasks < 3:
        return 1.0
    return 1.0 - 0.5 * max(0.0, e.levels / e.tasks - 0.5) * 2.0 * min(1.0, (e.tasks - 1) / 6.0)


def _tangled(e: Evidence) -> float:
    """More dependencies than tasks: 0 up to one a task, 1 from two and a half on."""
    return min(1.0, max(0.0, e.edges / e.tasks - 1.0) / 1.5) if e.tasks else 0.0


FACTORS: Final[dict[SpecialistType, Specialist]] = {
    SpecialistType.BUSINESS: Specialist(
        (
            Factor("workflow", 0.4, 0.4, _workflow, "size of the plan, and how much of it waits"),
            Factor("kpi", 0.3, 0.3, _kpi, "value for the effort, as far as the request was understood"),
            Factor("cost", 0.3, 0.3, _cost, "estimated work"),
        ),
        relief=0.35,
        alarm=0.95,
    ),
    SpecialistType.TECHNICAL: Specialist(
        (
            Factor("security", 0.3, 0.35, _security, "what is exposed, and what protects it"),
            Factor("architecture", 0.3, 0.3, _architecture, "design before change"),
            Factor("performance", 0.2, 0.2, _performance, "load and capacity"),
            Factor("code_quality", 0.2, 0.15, _code_quality, "writes that a check comes after"),
        ),
        relief=0.3,
        alarm=1.0,
    ),
    SpecialistType.BEHAVIOR: Specialist(
        (
            Factor("usability", 0.35, 0.35, _usability, "those who use it, and how clear the request is"),
            Factor("accessibility", 0.25, 0.25, _accessibility, "whether everybody can use it"),
            Factor("response_time", 0.25, 0.25, _response_time, "how long one waits"),
            Factor("interaction_cost", 0.15, 0.15, _interaction_cost, "hands it goes through"),
        ),
        relief=0.35,
        alarm=0.9,
    ),
    SpecialistType.EVOLUTION: Specialist(
        (
            Factor("maintainability", 0.25, 0.25, _maintainability, "checked, documented, watched"),
            Factor("scalability", 0.25, 0.25, _scalability, "room to grow"),
            Factor("extensibility", 0.2, 0.2, _extensibility, "interfaces and parts"),
            Factor("modularity", 0.15, 0.15, _evolving_modularity, "how tangled the tasks are"),
            Factor("tech_debt", 0.15, 0.15, _tech_debt, "debt taken up, and haste"),
        ),
        relief=0.35,
        alarm=0.95,
    ),
    SpecialistType.ARCHITECTURE: Specialist(
        (
            Factor("design_patterns", 0.25, 0.25, _design_patterns, "known patterns, a design"),
            Factor("solid", 0.25, 0.25, _solid, "one thing a task, and a specific plan"),
            Factor("coupling_cohesion", 0.2, 0.2, _coupling, "how much depends on how much"),
            Factor("separation", 0.15, 0.15, _separation, "looking, changing and checking apart"),
            Factor("modularity", 0.15, 0.15, _modularity, "parts that can go side by side"),
        ),
        relief=0.35,
        alarm=0.95,
    ),
}
"""The five, in the order of `SpecialistType`."""
