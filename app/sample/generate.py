"""Twenty thousand records of an invented company, the same for the same seed and day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from app.sample import people

DAYS = 730
"""How far back the data goes from `as_of`."""

COUNTS = {"sales": 12_000, "customers": 1_500, "incidents": 1_500, "deployments": 1_500, "access_log": 4_500}
EVENTS = 500
SESSIONS = 160

Document = dict[str, Any]

_COUNTED = {"incidents": "service", "sales": "region"}
"""What Redis has counters of, and what for each."""
_COPIED = {"incidents": "incident_counters", "sales": "sales_counters"}


class Graph(NamedTuple):
    """Services and teams; edges are (from, type, to) by name: DEPENDS_ON and OWNED_BY."""

    nodes: list[Document]
    edges: list[tuple[str, str, str]]


class SampleData(NamedTuple):
    """The sample: MongoDB documents (aware UTC times), graph, Redis keys, Kafka events (oldest first)."""

    collections: dict[str, list[Document]]
    graph: Graph
    counters: dict[str, int]
    sessions: dict[str, Document]
    events: list[Document]

    @property
    def copies(self) -> dict[str, list[Document]]:
        """What is in Redis, as documents of MongoDB: they stand in while Redis does not answer."""
        sessions = [
            session | {"started_at": datetime.fromisoformat(session["started_at"])}
            for session in self.sessions.values()
        ]
        copies: dict[str, list[Document]] = {"sessions_copy": sessions}
        for kind, field in _COUNTED.items():
            prefix = f"counter:{kind}:"
            copies[f"{_COPIED[kind]}_copy"] = [
                {field: key.removeprefix(prefix), "value": value}
                for key, value in self.counters.items()
                if key.startswith(prefix)
            ]
        return copies

    @property
    def total(self) -> int:
        """The number of records in all stores."""
        documents = sum(map(len, self.collections.values()))
        graph = len(self.graph.nodes) + len(self.graph.edges)
        return documents + graph + len(self.counters) + len(self.sessions) + len(self.events)


def generate(seed: int = 7, *, as_of: datetime) -> SampleData:
    """Make the data of the 730 days before `as_of` (aware; its microseconds are dropped)."""
    end = as_of.astimezone(UTC).replace(microsecond=0)
    customers = _customers(Random(f"{seed}:customers"), end)
    makers: dict[str, Callable[[Random, datetime], list[Document]]] = {
        "sales": lambda rng, at: _sales(rng, at, customers),
        "customers": lambda _rng, _at: customers,
        "incidents": _incidents,
        "deployments": _deployments,
        "access_log": _access_log,
    }
    collections = {name: make(Random(f"{seed}:{name}"), end) for name, make in makers.items()}
    return SampleData(
        collections,
        _graph(),
        _counters(collections),
        _sessions(Random(f"{seed}:sessions"), end),
        _events(Random(f"{seed}:events"), end),
    )


def _moment(rng: Random, end: datetime, days: int = DAYS) -> datetime:
    return end - timedelta(seconds=rng.randrange(1, days * 86_400))


def _moments(rng: Random, end: datetime, count: int, recent: int = 20) -> list[datetime]:
    """Instants in order, `recent` of them in the last two days, so that "yesterday" is never empty."""
    found = [_moment(rng, end, 2) for _ in range(recent)]
    found += [_moment(rng, end) for _ in range(count - recent)]
    return sorted(found)


def _weighted(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _person(rng: Random) -> str:
    return f"{rng.choice(people.FIRST_NAMES)} {rng.choice(people.LAST_NAMES)}"


def _users(rng: Random, count: int) -> list[str]:
    return [f"user{number:03d}" for number in rng.sample(range(100, 1000), count)]


_REGIONS = {"Norte": 8, "Nordeste": 20, "Centro-Oeste": 12, "Sudeste": 42, "Sul": 18}
_SEGMENTS = {"enterprise": 10, "mid-market": 20, "small-business": 30, "consumer": 40}


def _customers(rng: Random, end: datetime) -> list[Document]:
    customers = []
    for number, created_at in enumerate(_moments(rng, end, COUNTS["customers"]), 1):
        segment = _weighted(rng, _SEGMENTS)
        region = _weighted(rng, _REGIONS)
        company = f"{rng.choice(people.COMPANY_WORDS)} {rng.choice(people.COMPANY_KINDS)}"
        customers.append(
            {
                "customer_id": f"C{number:05d}",
                "name": _person(rng) if segment == "consumer" else company,
                "segment": segment,
                "region": region,
                "city": rng.choice(people.CITIES[region]),
                "created_at": created_at,
                "active": rng.random() < 0.82,
            }
        )
    return customers


def _sales(rng: Random, end: datetime, customers: Sequence[Document]) -> list[Document]:
    products = dict(zip(people.PRODUCTS, (14, 18, 9, 11, 7, 10, 4, 12, 3, 8, 13, 6), strict=True))
    channels = {"online": 50, "loja": 20, "parceiro": 22, "telefone": 8}
    sales = []
    for date in _moments(rng, end, COUNTS["sales"]):
        customer = rng.choice(customers)
        product = _weighted(rng, products)
        category, price = people.PRODUCTS[product]
        quantity = rng.choice((1, 1, 1, 2, 2, 3, 5, 10))
        discount = rng.choice((1.0, 1.0, 1.0, 0.95, 0.9, 0.85))
        sales.append(
            {
                "date": date,
                "region": customer["region"],
                "product": product,
                "category": category,
                "channel": _weighted(rng, channels),
                "customer_id": customer["customer_id"],
                "amount": round(price * quantity * discount, 2),
                "quantity": quantity,
                "currency": "BRL",
            }
        )
    return sales


def _incidents(rng: Random, end: datetime) -> list[Document]:
    severities = {"critical": 8, "high": 22, "medium": 40, "low": 30}
    typical_minutes = {"critical": 55, "high": 120, "medium": 420, "low": 1_400}
    incidents = []
    for number, opened_at in enumerate(_moments(rng, end, COUNTS["incidents"]), 1):
        severity = _weighted(rng, severities)
        minutes = max(3, int(rng.lognormvariate(0, 0.7) * typical_minutes[severity]))
        closed_at: datetime | None = opened_at + timedelta(minutes=minutes)
        status = rng.choice(("resolved", "closed", "closed"))
        if closed_at is not None and (closed_at > end or rng.random() < 0.06):
            closed_at, status = None, rng.choice(("open", "open", "investigating"))
        service = rng.choice(list(people.SERVICES))
        incidents.append(
            {
                "incident_id": f"INC-{number:05d}",
                "opened_at": opened_at,
                "closed_at": closed_at,
                "service": service,
                "severity": severity,
                "status": status,
                "team": people.SERVICES[service][0],
                "minutes_to_resolve": minutes if closed_at else None,
            }
        )
    return incidents


def _deployments(rng: Random, end: datetime) -> list[Document]:
    versions = dict.fromkeys(people.SERVICES, 0)
    authors = [_person(rng) for _ in range(24)]
    deployments = []
    for date in _moments(rng, end, COUNTS["deployments"]):
        service = rng.choice(list(people.SERVICES))
        versions[service] += 1
        major, minor = divmod(versions[service], 12)
        deployments.append(
            {
                "date": date,
                "service": service,
                "version": f"{major + 1}.{minor}.{rng.randrange(10)}",
                "environment": _weighted(rng, {"production": 45, "staging": 35, "development": 20}),
                "status": _weighted(rng, {"succeeded": 86, "failed": 9, "rolled-back": 5}),
                "author": rng.choice(authors),
            }
        )
    return deployments


def _access_log(rng: Random, end: datetime) -> list[Document]:
    users = _users(rng, 300)
    countries = {"BR": 80, "PT": 6, "US": 8, "DE": 3, "CN": 2, "RU": 1}
    outcomes = {"success": 84, "failure": 11, "denied": 5}
    return [
        {
            "at": at,
            "user": rng.choice(users),
            # TEST-NET-2 and -3 (RFC 5737): addresses that belong to nobody.
            "ip": f"{rng.choice(('198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}",
            "action": _weighted(rng, {"login": 55, "download": 25, "export": 12, "admin": 8}),
            "outcome": _weighted(rng, outcomes),
            "country": _weighted(rng, countries),
        }
        for at in _moments(rng, end, COUNTS["access_log"], recent=240)
    ]


def _graph() -> Graph:
    nodes: list[Document] = [{"label": "Team", "name": team} for team in people.TEAMS]
    nodes += [{"label": "Service", "name": name, "team": team} for name, (team, _) in people.SERVICES.items()]
    edges = [(name, "OWNED_BY", team) for name, (team, _) in people.SERVICES.items()]
    edges += [(name, "DEPENDS_ON", other) for name, (_, others) in people.SERVICES.items() for other in others]
    return Graph(nodes, edges)


def _counters(collections: dict[str, list[Document]]) -> dict[str, int]:
    """Redis counters, which agree with the documents: incidents of each service, sales of each region."""
    counters: dict[str, int] = {}
    for kind, field in _COUNTED.items():
        for document in collections[kind]:
            key = f"counter:{kind}:{document[field]}"
            counters[key] = counters.get(key, 0) + 1
    return counters


def _sessions(rng: Random, end: datetime) -> dict[str, Document]:
    sessions: dict[str, Document] = {}
    for user in _users(rng, SESSIONS):
        started = end - timedelta(seconds=rng.randrange(3_600))
        sessions[f"session:{user}"] = {
            "user": user,
            "started_at": started.isoformat(),
            "channel": rng.choice(("web", "mobile", "api")),
            "pages": rng.randrange(1, 60),
        }
    return sessions


def _events(rng: Random, end: datetime) -> list[Document]:
    kinds = {"page_view": 60, "add_to_cart": 20, "checkout_started": 12, "payment_failed": 3, "signup": 5}
    times = sorted(_moment(rng, end, 1) for _ in range(EVENTS))
    users = _users(rng, 120)
    return [
        {
            "event_id": f"E{number:05d}",
            "at": at.isoformat(),
            "kind": _weighted(rng, kinds),
            "user": rng.choice(users),
        }
        for number, at in enumerate(times, 1)
    ]
