"""Questions about the sample data, in Portuguese and English; `app.sample.oracle` knows their answers."""

from __future__ import annotations

from typing import NamedTuple

from models.records import Domain


class Question(NamedTuple):
    """A text, the domain it belongs to, and the columns of its answer.

    With `without`, an address such as `HIVE_REDIS`, it is asked while the server there is stopped, and `instead` is the
    source of the catalog that has to answer.
    """

    id: str
    text: str
    domain: Domain
    columns: tuple[str, ...]
    without: str | None = None
    instead: str | None = None


QUESTIONS = (
    Question(
        "sales-by-region",
        "Vendas por região no último trimestre",
        Domain.BUSINESS,
        ("region", "revenue"),
    ),
    Question(
        "failed-logins",
        "How many failed logins were there yesterday?",
        Domain.SECURITY,
        ("accesses",),
    ),
    Question(
        "top-products",
        "Top 5 products by revenue this year",
        Domain.BUSINESS,
        ("product", "revenue"),
    ),
    Question(
        "revenue-by-month",
        "Receita por mês este ano",
        Domain.BUSINESS,
        ("month", "revenue"),
    ),
    Question(
        "resolution-time",
        "Average resolution time of incidents by severity in the last 6 months",
        Domain.OPERATIONAL,
        ("severity", "mean_minutes_to_resolve"),
    ),
    Question(
        "latest-failed-deployments",
        "List the last 5 failed deployments in production",
        Domain.INFRASTRUCTURE,
        ("date", "service", "version", "environment", "status", "author"),
    ),
    Question(
        "services-by-team",
        "Quantos serviços cada equipe tem?",
        Domain.OPERATIONAL,
        ("team", "services"),
    ),
    Question(
        "events-by-kind",
        "Events by kind in the last 6 hours",
        Domain.BUSINESS,
        ("kind", "events"),
    ),
    Question(
        "sessions-by-channel",
        "Sessões por canal",
        Domain.BEHAVIOR,
        ("channel", "sessions"),
    ),
    Question(
        "incidents-of-dependents",
        "Quantos incidentes tiveram os serviços que dependem do auth nos últimos 90 dias?",
        Domain.OPERATIONAL,
        ("incidents",),
    ),
    Question(
        "sessions-of-the-denied",
        "List the sessions of users with denied logins in the last 90 days",
        Domain.SECURITY,
        ("user", "started_at", "channel", "pages"),
    ),
    # Last, since Redis and the graph are one server of the embedded stack.
    Question(
        "sales-counters",
        "Liste os contadores de vendas do Norte e do Sul",
        Domain.BUSINESS,
        ("region", "value"),
        without="HIVE_REDIS",
        instead="sales_counters_copy",
    ),
)
