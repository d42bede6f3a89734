"""Questions about the sample data, in Portuguese and English; `app.sample.oracle` knows their answers."""

from __future__ import annotations

from typing import NamedTuple

from models.records import Domain


class Question(NamedTuple):
    """A text, the domain it belongs to, and the columns of its answer."""

    id: str
    text: str
    domain: Domain
    columns: tuple[str, ...]


QUESTIONS = (
    Question(
        "sales-by-region",
        "Vendas por região no último trimestre",
        Domain.BUSINESS,
        ("region", "revenue"),
    ),
    Question(
        "open-critical-incidents",
        "Total de incidentes críticos abertos por serviço",
        Domain.OPERATIONAL,
        ("service", "incidents"),
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
        "active-customers",
        "Quantos clientes ativos por segmento?",
        Domain.BUSINESS,
        ("segment", "customers"),
    ),
    Question(
        "deployments-by-status",
        "Deployments by status last month",
        Domain.INFRASTRUCTURE,
        ("status", "deployments"),
    ),
    Question(
        "revenue-by-month",
        "Receita por mês este ano",
        Domain.BUSINESS,
        ("month", "revenue"),
    ),
    Question(
        "denied-by-country",
        "Acessos negados por país nos últimos 90 dias",
        Domain.SECURITY,
        ("country", "accesses"),
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
        "average-ticket-online",
        "Ticket médio das vendas online no mês passado",
        Domain.BUSINESS,
        ("average_ticket",),
    ),
)
