"""The statements that are let through, as they are sent."""

from __future__ import annotations

import contextlib
import time

import pytest

from models.errors import QueryRefused
from models.queries import Allowed
from models.queries.cypher import read_only

ALLOWED = Allowed(
    labels=frozenset({"Service", "Team", "Two words"}),
    relationships=frozenset({"DEPENDS_ON", "OWNED_BY"}),
    procedures=frozenset({"db.labels"}),
)

AS_THEY_ARE = [
    "MATCH (n:Service) RETURN DISTINCT n.name AS name, n.team AS team ORDER BY name DESC LIMIT 5",
    "MATCH (n:Service) RETURN count(DISTINCT n) AS services",
    "MATCH (m)-[:DEPENDS_ON*1..10]->(n:Service) WHERE m.name IN $p0 RETURN DISTINCT n.name AS name ORDER BY name",
    "MATCH (n:Service)-[:DEPENDS_ON]->(m) WITH n.name AS name, count(DISTINCT m) AS k WHERE k >= $p0 RETURN name, k",
    "MATCH p = (a:Service)-[:DEPENDS_ON*1..10]->(b:Service) WHERE a.name = $p0 AND b.name = $p1 RETURN p",
    "MATCH p = (:Service)-[:DEPENDS_ON*]->(:Service) RETURN [x IN nodes(p) | x.name] AS path, length(p) AS hops",
    "MATCH p = shortestPath((a:Service)-[:DEPENDS_ON*..5]-(b:Service)) WHERE a.name < b.name RETURN p",
    "MATCH (n:Service) WHERE n.at >= datetime($p0) RETURN right('0' + toString(n.at.week), 2) AS week, sum(n.x) AS x",
    "MATCH (n:Service {name: $n}) OPTIONAL MATCH (n)-[r:OWNED_BY]->(t:Team) RETURN n, r, t",
    "MATCH (n:Service) WHERE EXISTS { (n)-[:DEPENDS_ON]->(:Service) } AND NOT (n)<-[:OWNED_BY]-() RETURN n.set AS load",
    "MATCH (n:Service) WITH n, count(*) AS c MATCH (n) RETURN {a: n.name, set: 1} AS m, COUNT { MATCH (x:Team) } AS k",
    "MATCH (n:Service) WHERE n.name STARTS WITH 'a' AND n.team IS NOT NULL MATCH (n) RETURN n {.name, .team} AS shown",
    "RETURN 1 AS x UNION ALL MATCH (n:`Two words`) RETURN n.`a``b` AS x",
    "UNWIND range(1, 10) AS x RETURN x / 2 - 1.5e3 * x % 3 AS y, date.truncate('month', date()) AS d",
    "MATCH (n:Service|Team) WHERE n:Service OR NOT n:Team RETURN CASE WHEN n:Team THEN 1 ELSE 2 END AS kind",
    "CALL db.labels() YIELD label RETURN label",
    "MATCH (n:Service) RETURN n.call AS call, n.load AS create",
]


@pytest.mark.parametrize("statement", AS_THEY_ARE)
def test_a_statement_that_reads_is_sent_as_it_is(statement: str) -> None:
    assert read_only(statement, ALLOWED).text == statement


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ("RETURN 1 AS x;", "RETURN 1 AS x"),
        ("RETURN/* a */1 /* b */AS x // c", "RETURN 1 AS x"),
        (r"MATCH (n:S\u0065rvice) RETURN n", "MATCH (n:Service) RETURN n"),
        (r"RETURN '\u0041' AS x", "RETURN 'A' AS x"),
        (r"RETURN '\ud83d\ude00' AS x", "RETURN '😀' AS x"),
        ('RETURN "it\'s" AS x', r"RETURN 'it\'s' AS x"),
        (r"RETURN '\\n\n' AS x", "RETURN '\\\\n\n' AS x"),
        ("MATCH\t(n:Service)\r\nRETURN  n", "MATCH (n:Service) RETURN n"),
    ],
)
def test_comments_and_escapes_are_not_sent(statement: str, sent: str) -> None:
    assert read_only(statement, ALLOWED).text == sent


def test_the_parameters_are_named() -> None:
    assert read_only("RETURN $a AS a, $`b c` AS b, '$d' AS d", ALLOWED).parameters == {"a", "b c"}


def test_the_message_says_what_would_be_right() -> None:
    with pytest.raises(QueryRefused, match="label 'Secret' is not open to queries; open are: Service, Team, Two words"):
        read_only("MATCH (n:Secret) RETURN n", ALLOWED)


def test_no_statement_takes_long_to_read() -> None:
    """20,000 characters of whatever is worst are looked at in less than a second."""
    for part in ("WITH 1 AS a ", "/*", "[", "(", "EXISTS {", "MATCH (n:Service) ", "a.", "`", "{a:", "n:Service|"):
        statement = ("MATCH (n:Service) RETURN " + part * 20_000)[:20_000]
        began_s = time.thread_time()
        with contextlib.suppress(QueryRefused):
            read_only(statement, ALLOWED)
        assert time.thread_time() - began_s < 1, part
