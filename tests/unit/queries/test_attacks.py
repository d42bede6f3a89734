"""Attacks on the stores by way of a task's parameters: each is refused before anything is sent."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.errors import QueryRefused
from models.queries import Allowed, Limits, check_shape, parse_kafka, parse_mongodb, parse_neo4j, parse_redis
from models.queries.mongodb import OPERATORS, STAGES

ALLOWED = Allowed(
    collections=frozenset({"sales", "customers"}),
    labels=frozenset({"Service", "Team"}),
    relationships=frozenset({"DEPENDS_ON", "OWNED_BY"}),
    topics=frozenset({"sample.events"}),
    keys=("session:{user}", "counter:sales:{region}"),
    sensitive={"customers": frozenset({"cpf"}), "Team": frozenset({"cpf"})},
)
LIMITS = Limits()
PARSERS: dict[str, Any] = {
    "mongodb": parse_mongodb,
    "neo4j": parse_neo4j,
    "kafka": parse_kafka,
    "redis": parse_redis,
}
SERVICE = "MATCH (n:Service) "


def nested(value: Any, levels: int, wrap: Any) -> Any:
    for _ in range(levels):
        value = wrap(value)
    return value


def find(**filter_: Any) -> dict[str, Any]:
    return {"collection": "sales", "filter": filter_}


def pipeline(*stages: Any, collection: str = "sales") -> dict[str, Any]:
    return {"collection": collection, "operation": "aggregate", "pipeline": list(stages)}


JAVASCRIPT = {"$function": {"body": "function() { return 1 }", "args": [], "lang": "js"}}

MONGODB: list[tuple[dict[str, Any], str]] = [
    # code
    (find(**{"$where": "sleep(10000)"}), "operator"),
    (find(a={"$elemMatch": {"b": {"$not": {"$where": "1"}}}}), "operator"),
    (find(**{"$or": [{"a": 1}, {"$and": [{"$nor": [{"$where": "1"}]}]}]}), "operator"),
    (find(**{"$expr": JAVASCRIPT}), "operator"),
    ({"collection": "sales", "projection": {"x": JAVASCRIPT}}, "operator"),
    (pipeline({"$group": {"_id": None, "x": {"$accumulator": {"init": "f"}}}}), "operator"),
    (pipeline({"$facet": {"a": [{"$match": {"$where": "1"}}]}}), "operator"),
    (pipeline({"$match": {"$expr": {"$cond": [True, JAVASCRIPT, 1]}}}), "operator"),
    # writing
    (pipeline({"$out": "sales"}), "writes"),
    (pipeline({"$match": {}}, {"$merge": {"into": "sales"}}), "writes"),
    (pipeline({"$facet": {"a": [{"$out": "x"}]}}), "writes"),
    (pipeline({"$lookup": {"from": "customers", "as": "c", "pipeline": [{"$merge": "sales"}]}}), "writes"),
    (pipeline({"$unionWith": {"coll": "customers", "pipeline": [{"$out": "x"}]}}), "writes"),
    (pipeline({"$match": {"a": {"$out": "x"}}}), "writes"),
    # other collections and the server
    (pipeline({"$lookup": {"from": "secrets", "localField": "a", "foreignField": "b", "as": "c"}}), "not-listed"),
    (pipeline({"$unionWith": "secrets"}), "not-listed"),
    (pipeline({"$unionWith": {"coll": "secrets"}}), "not-listed"),
    (pipeline({"$facet": {"a": [{"$lookup": {"from": "secrets", "as": "s"}}]}}), "not-listed"),
    (pipeline({"$lookup": {"from": "customers", "as": "c", "pipeline": [{"$unionWith": "secrets"}]}}), "not-listed"),
    (pipeline({"$lookup": {"from": {"db": "admin", "coll": "system.users"}, "as": "c"}}), "not-listed"),
    (pipeline({"$lookup": {"coll": "secrets", "from": "sales", "as": "c"}}), "parameters"),
    (pipeline({"$graphLookup": {"from": "secrets"}}), "operator"),
    (pipeline({"$currentOp": {"allUsers": True}}), "operator"),
    (pipeline({"$listSessions": {}}), "operator"),
    (pipeline({"$collStats": {}}), "operator"),
    (pipeline({"$changeStream": {}}), "operator"),
    ({"collection": "system.users"}, "not-listed"),
    ({"collection": "admin.$cmd"}, "not-listed"),
    ({"collection": "secrets"}, "not-listed"),
    ({"collection": "sales\0secrets"}, "not-listed"),
    ({"collection": "Sales"}, "not-listed"),
    # names that are read in two ways
    (find(**{"＄where": "1"}), "operator"),
    (find(**{"﹩where": "1"}), "operator"),
    (find(**{" $where": "1"}), "operator"),
    (find(**{"$WHERE": "1"}), "operator"),
    (find(**{"$where\0": "1"}), "parameters"),
    (find(**{"$\u200bwhere": "1"}), "operator"),
    (pipeline({"$match": {}, "$out": "x"}), "parameters"),
    # parameters that are smuggled, or none
    ({"collection": "sales", "$where": "1"}, "parameters"),
    ({"collection": "sales", "hint": {"a": 1}}, "parameters"),
    ({"collection": "sales", "operation": "update"}, "parameters"),
    ({"collection": "sales", "operation": ["find"]}, "parameters"),
    ({"collection": {"$ne": None}}, "parameters"),
    ({"collection": "sales", "filter": "{'$where': '1'}"}, "parameters"),
    ({"collection": "sales", "limit": "1000"}, "parameters"),
    ({"collection": "sales", "limit": -1}, "parameters"),
    ({"collection": "sales", "skip": 2**40}, "parameters"),
    ({"collection": "sales", "sort": {"a": {"$meta": "textScore"}}}, "parameters"),
    (find(a=nested({}, 100, lambda inner: {"$not": inner})), "depth"),
    (pipeline(nested({"$match": {}}, 40, lambda inner: {"$facet": {"a": [inner]}})), "depth"),
    # what is sensitive
    (pipeline({"$group": {"_id": "$cpf"}}, collection="customers"), "not-listed"),
    (pipeline({"$project": {"x": {"$concat": ["$cpf", ""]}}}, collection="customers"), "not-listed"),
    (pipeline({"$lookup": {"from": "customers", "as": "c"}}, {"$project": {"x": "$c.cpf"}}), "not-listed"),
    (pipeline({"$unionWith": "customers"}, {"$group": {"_id": "$$ROOT.cpf"}}), "not-listed"),
    ({"collection": "customers", "operation": "distinct", "field": "cpf"}, "not-listed"),
    ({"collection": "customers", "filter": {"cpf": {"$regex": "^1"}}}, "not-listed"),
    ({"collection": "customers", "filter": {"$or": [{"cpf": {"$gt": "5"}}]}}, "not-listed"),
    ({"collection": "customers", "sort": {"cpf": 1}}, "not-listed"),
    (pipeline({"$project": {"x": {"$objectToArray": "$$ROOT"}}}, collection="customers"), "operator"),
    (pipeline({"$project": {"x": {"$getField": "cpf"}}}, collection="customers"), "operator"),
]

CYPHER: list[tuple[str, str]] = [
    # writing
    ("CREATE (n:Service) RETURN n", "writes"),
    (SERVICE + "SET n.x = 1 RETURN n", "writes"),
    (SERVICE + "DETACH DELETE n RETURN 1", "writes"),
    (SERVICE + "REMOVE n.name RETURN n", "writes"),
    (SERVICE + "MERGE (m:Service) RETURN m", "writes"),
    (SERVICE + "FOREACH (x IN [1] | SET n.x = x) RETURN n", "writes"),
    (SERVICE + "WITH n INSERT (:Service) RETURN n", "writes"),
    (SERVICE + "RETURN n UNION CREATE (n:Service) RETURN n", "writes"),
    ("DROP DATABASE neo4j", "writes"),
    ("ALTER USER neo4j SET PASSWORD 'x'", "writes"),
    ("SHOW USERS", "writes"),
    ("TERMINATE TRANSACTIONS 'x'", "writes"),
    # the same in disguise
    (SERVICE + "sEt n.x = 1 RETURN n", "writes"),
    (SERVICE + r"\u0053ET n.x = 1 RETURN n", "writes"),
    (SERVICE + r"S\u0045\u0054 n.x = 1 RETURN n", "writes"),
    (SERVICE + "/**/SET/**/n.x = 1 RETURN n", "writes"),
    (SERVICE + "// a comment\nSET n.x = 1 RETURN n", "writes"),
    (SERVICE + "// a comment\rSET n.x = 1 RETURN n", "writes"),
    (SERVICE + r"RETURN n // \u000aSET n.x = 1", "writes"),
    (SERVICE + r"\u002f* *\u002f SET n.x = 1 RETURN n", "writes"),
    (SERVICE + "ſET n.x = 1 RETURN n", "writes"),
    (SERVICE + "ＳＥＴ n.x = 1 RETURN n", "writes"),
    (SERVICE + "WHERE n.x = 1. SET n.y = 2 RETURN n", "parameters"),
    (SERVICE + r"WHERE n.x = '\u0027 SET n.y = 2 RETURN n //'", "writes"),
    (SERVICE + r"WHERE n.x = '\\u0027 SET n.y = 2 //' RETURN n", "parameters"),
    (SERVICE + r"WHERE n.x = '\\\u0027 SET n.y = 2 //' RETURN n", "parameters"),
    (SERVICE + "WHERE n.x = 'a' + \"' SET n.y = '\" SET n.z = 2 RETURN n", "writes"),
    (SERVICE + "RETURN n /* not closed", "parameters"),
    (SERVICE + "RETURN 'not closed", "parameters"),
    (SERVICE + "\u2028SET n.x = 1 RETURN n", "parameters"),
    (SERVICE + "RETURN n\0; SET n.x = 1", "parameters"),
    # several statements
    (SERVICE + "RETURN n; MATCH (m:Service) DELETE m", "writes"),
    (SERVICE + r"RETURN n\u003b MATCH (m:Service) RETURN m", "writes"),
    # away from the graph
    ("LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "writes"),
    ("LOAD CSV WITH HEADERS FROM 'http://169.254.169.254/' AS line RETURN line", "writes"),
    (SERVICE + "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "writes"),
    (r"\u004c\u004f\u0041\u0044 CSV FROM 'file:///etc/passwd' AS line RETURN line", "writes"),
    ("USE system SHOW DATABASES", "writes"),
    (SERVICE + "RETURN COLLECT { USE system MATCH (m:Service) RETURN m } AS x", "writes"),
    # procedures, subqueries, functions
    ("CALL dbms.listConfig()", "writes"),
    ("CALL dbms.components() YIELD name RETURN name", "writes"),
    (SERVICE + "CALL db.labels() YIELD label RETURN label", "operator"),
    (SERVICE + "CALL apoc.cypher.doIt('CREATE (x)', {}) YIELD value RETURN value", "operator"),
    (SERVICE + "CALL `apoc`.`load`.`json`('http://x') YIELD value RETURN value", "operator"),
    (SERVICE + "cAlL/**/apoc . load . json ('http://x') YIELD value RETURN value", "operator"),
    (SERVICE + r"\u0043ALL apoc.load.json('http://x') YIELD value RETURN value", "operator"),
    (SERVICE + "CALL { CREATE (m:Service) } RETURN n", "writes"),
    (SERVICE + "CALL (n) { DELETE n } IN TRANSACTIONS RETURN 1", "writes"),
    ("RETURN apoc.load.json('http://x') AS x", "operator"),
    ("RETURN `apoc.load.json`('http://x') AS x", "operator"),
    ("RETURN {a: apoc.util.sleep(10000)} AS x", "operator"),
    ("RETURN graph.byName('system') AS x", "operator"),
    ("RETURN file() AS x", "operator"),
    ("EXPLAIN MATCH (n:Service) RETURN n", "writes"),
    ("CYPHER 25 MATCH (n:Service) RETURN n", "writes"),
    # what the catalog doesn't list
    ("MATCH (n) RETURN n", "not-listed"),
    ("MATCH (n:Secret) RETURN n", "not-listed"),
    ("MATCH (n:`Secret`) RETURN n", "not-listed"),
    (r"MATCH (n:`\u0053ecret`) RETURN n", "not-listed"),
    ("MATCH (n:Service|Secret) RETURN n", "not-listed"),
    ("MATCH (n:Service|:Secret) RETURN n", "not-listed"),
    ("MATCH (n:!Service) RETURN n", "not-listed"),
    ("MATCH (n:%) RETURN n", "not-listed"),
    ("MATCH (n:(Service|Secret)) RETURN n", "not-listed"),
    ("MATCH (n:$($label)) RETURN n", "parameters"),
    ("MATCH (n:$label) RETURN n", "not-listed"),
    ("MATCH (n IS Secret) RETURN n", "not-listed"),
    (SERVICE + "WHERE n IS Secret RETURN n", "operator"),
    (SERVICE + "WHERE n:Secret RETURN n", "not-listed"),
    (SERVICE + ", (m) RETURN m", "not-listed"),
    (SERVICE + "MATCH order = (m) RETURN order", "not-listed"),
    (SERVICE + "MATCH (m) WHERE m:Service RETURN m", "not-listed"),
    (SERVICE + "WITH count(n) AS c MATCH (n) RETURN n", "not-listed"),
    (SERVICE + "WITH n, 1 AS starts WITH starts MATCH (n) RETURN n", "not-listed"),
    (SERVICE + "WHERE EXISTS { MATCH (x:Team) } MATCH (x) RETURN x", "not-listed"),
    (SERVICE + "RETURN COUNT { (x) }", "not-listed"),
    (SERVICE + "RETURN n UNION MATCH (n) RETURN n", "not-listed"),
    (SERVICE + "MATCH (n)-->(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)--(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-/**/-(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-[r]-(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-[*]-(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-[:HIDES]-(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-[:DEPENDS_ON|HIDES]-(m) RETURN m", "not-listed"),
    (SERVICE + "MATCH (n)-[:!DEPENDS_ON]-(m) RETURN m", "not-listed"),
    (SERVICE + "RETURN [(n)-[r]-(m) | m] AS x", "not-listed"),
    (SERVICE + "RETURN [(n)<-[:HIDES]-(m) | m] AS x", "not-listed"),
    ("MATCH ((n)) RETURN n", "operator"),
    ("MATCH p = shortestPath((a)-[*]-(b)) RETURN p", "not-listed"),
    # what is sensitive
    ("MATCH (t:Team) RETURN t.cpf AS x", "not-listed"),
    ("MATCH (t:Team) RETURN t.`cpf` AS x", "not-listed"),
    (r"MATCH (t:Team) RETURN t.c\u0070f AS x", "not-listed"),
    ("MATCH (t:Team) RETURN t['cpf'] AS x", "not-listed"),
    ("MATCH (t:Team) RETURN properties(t)['c' + 'pf'] AS x", "not-listed"),
    ("MATCH (t:Team) RETURN [k IN keys(t) | t[k]] AS x", "not-listed"),
    ("MATCH (t:Team) WITH t AS in RETURN 1 AS a, in[$k] AS x", "not-listed"),
    ("MATCH (t:Team) WHERE t.cpf STARTS WITH '1' RETURN count(t) AS x", "not-listed"),
    ("MATCH (t:Team) RETURN t {.cpf} AS x", "not-listed"),
]

NEO4J: list[tuple[dict[str, Any], str]] = [
    *(({"cypher_query": cypher}, reason) for cypher, reason in CYPHER),
    ({}, "parameters"),
    ({"cypher_query": ["MATCH (n:Service) RETURN n"]}, "parameters"),
    ({"cypher_query": "RETURN 1 AS x", "access_mode": "WRITE"}, "parameters"),
    ({"cypher_query": "RETURN 1 AS x", "database": "system"}, "parameters"),
    ({"cypher_query": "RETURN $x AS x"}, "parameters"),
    ({"cypher_query": "RETURN $x AS x", "parameters": {"x} RETURN 1 //": 1, "x": 1}}, "parameters"),
    ({"cypher_query": "RETURN $x AS x", "parameters": {"x": 2**64}}, "parameters"),
    ({"cypher_query": "RETURN 1 AS x " * 5000}, "parameters"),
    ({"cypher_query": "RETURN 1 AS x", "timeout": "forever"}, "parameters"),
]

REDIS: list[tuple[dict[str, Any], str]] = [
    *(
        ({"operation": operation, "key": "session:a"}, "parameters")
        for operation in ("eval", "EVAL", "set", "del", "flushall", "config", "script", "get\r\nFLUSHALL", "subscribe")
    ),
    ({"command": "EVAL", "key": "session:a"}, "parameters"),
    ({"operation": "get"}, "parameters"),
    ({"key": ["session:a"]}, "parameters"),
    ({"key": "foreign"}, "not-listed"),
    ({"key": "session:"}, "not-listed"),
    ({"key": "xsession:a"}, "not-listed"),
    ({"key": "SESSION:a"}, "not-listed"),
    ({"key": "counter:incidents:x"}, "not-listed"),
    ({"operation": "mget", "keys": ["session:a", "foreign"]}, "not-listed"),
    ({"operation": "hash", "keys": ["foreign"]}, "not-listed"),
    ({"operation": "zset", "key": "session:a", "keys": ["session:b"]}, "parameters"),
    ({"operation": "mget", "keys": ["session:a"] * 1001}, "size"),
    ({"key": "session:" + "a" * 2000}, "parameters"),
    ({"key": "session:a\0b"}, "parameters"),
    ({"operation": "scan"}, "not-listed"),
    ({"operation": "keys", "pattern": "*"}, "not-listed"),
    ({"operation": "scan", "pattern": "sess*"}, "not-listed"),
    ({"operation": "scan", "pattern": "?ession:*"}, "not-listed"),
    ({"operation": "scan", "pattern": "[s]ession:*"}, "not-listed"),
    ({"operation": "scan", "pattern": "session\\*:a"}, "not-listed"),
    ({"operation": "scan", "pattern": "counter:*"}, "not-listed"),
    ({"operation": "scan", "pattern": "session:*", "count": 10**9}, "parameters"),
    ({"operation": "scan", "pattern": "session:*", "key_pattern": "foreign:{x}"}, "not-listed"),
]

KAFKA: list[tuple[dict[str, Any], str]] = [
    ({}, "parameters"),
    ({"topic": "foreign"}, "not-listed"),
    ({"topic": "__consumer_offsets"}, "not-listed"),
    ({"topic": "plans.approval"}, "not-listed"),
    ({"topic": "^.*"}, "not-listed"),
    ({"topic": ["sample.events"]}, "parameters"),
    ({"topic": "sample.events", "group": "neural-hive"}, "parameters"),
    ({"topic": "sample.events", "offset": -2}, "parameters"),
    ({"topic": "sample.events", "partition": 2**40}, "parameters"),
    ({"topic": "sample.events", "max_messages": "100"}, "parameters"),
    ({"topic": "sample.events", "timeout_ms": 0}, "parameters"),
    ({"topic": "sample.events", "offset": 0, "from_ms": 0}, "parameters"),
    ({"topic": "sample.events", "from_ms": 2, "to_ms": 1}, "parameters"),
    ({"topic": "sample.events", "bootstrap.servers": "evil:9092"}, "parameters"),
]

ATTACKS = [
    pytest.param(kind, parameters, reason, id=f"{kind}-{number}")
    for kind, attacks in (("mongodb", MONGODB), ("neo4j", NEO4J), ("redis", REDIS), ("kafka", KAFKA))
    for number, (parameters, reason) in enumerate(attacks)
]


@pytest.mark.parametrize(("kind", "parameters", "reason"), ATTACKS)
def test_an_attack_is_refused(kind: str, parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        PARSERS[kind](parameters, ALLOWED, LIMITS)
    assert (caught.value.reason, caught.value.detail != "") == (reason, True)


@pytest.mark.parametrize(("kind", "limit"), [("mongodb", "limit"), ("redis", "limit"), ("kafka", "max_messages")])
def test_a_huge_limit_is_lowered_to_the_executors(kind: str, limit: str) -> None:
    base = {"mongodb": {"collection": "sales"}, "redis": {"key": "session:a"}, "kafka": {"topic": "sample.events"}}
    assert PARSERS[kind]({**base[kind], limit: 10**9}, ALLOWED, LIMITS).limits.rows == LIMITS.rows


def test_the_time_can_be_lowered_and_not_raised() -> None:
    events = {"topic": "sample.events"}
    assert parse_kafka({**events, "timeout_ms": 10**9}, ALLOWED, LIMITS).limits.time_s == LIMITS.time_s
    assert parse_kafka({**events, "timeout_ms": 50}, ALLOWED, LIMITS).limits.time_s == 0.05
    assert parse_neo4j({"cypher_query": "RETURN 1 AS x", "timeout": 1}, ALLOWED, LIMITS).limits.time_s == 1


# What hypothesis builds

forbidden_operators = st.sampled_from(
    ["$where", "$function", "$accumulator", "$out", "$merge", "$objectToArray", "$getField", "$text", "$graphLookup"]
)
wrappers = st.sampled_from(
    [
        lambda inner: {"$and": [{"a": 1}, inner]},
        lambda inner: {"$or": [inner, {"b": 2}]},
        lambda inner: {"a": {"$elemMatch": inner}},
        lambda inner: {"a": {"$not": inner}},
        lambda inner: {"$expr": {"$cond": [inner, 1, 2]}},
        lambda inner: {"$expr": {"$map": {"input": "$a", "in": inner}}},
        lambda inner: {"a": [1, [inner]]},
        lambda inner: {"a.b": {"$in": [inner]}},
    ]
)
stage_wrappers = st.sampled_from(
    [
        lambda stages: [{"$facet": {"a": [{"$match": {}}], "b": stages}}],
        lambda stages: [{"$lookup": {"from": "customers", "as": "c", "pipeline": stages}}],
        lambda stages: [{"$unionWith": {"coll": "customers", "pipeline": stages}}],
        lambda stages: [{"$limit": 1}, *stages, {"$sort": {"a": 1}}],
    ]
)


@given(operator=forbidden_operators, around=st.lists(wrappers, max_size=8), stages=st.lists(stage_wrappers, max_size=5))
def test_a_forbidden_operator_is_found_wherever_it_hides(operator: str, around: list[Any], stages: list[Any]) -> None:
    hidden: Any = {operator: "x"}
    for wrap in around:
        hidden = wrap(hidden)
    asked: Any = [{"$match": hidden}]
    for wrap in stages:
        asked = wrap(asked)
    for parameters in (find(**hidden), pipeline(*asked)):
        with pytest.raises(QueryRefused):
            parse_mongodb(parameters, ALLOWED, LIMITS)


@given(st.text(alphabet="$＄﹩abewhrout\u200b\0 ", min_size=1, max_size=10))
def test_no_key_that_looks_like_an_operator_gets_through_unless_it_is_listed(key: str) -> None:
    try:
        parse_mongodb(find(**{key: 1}), ALLOWED, LIMITS)
    except QueryRefused:
        return
    assert key in OPERATORS | {"$date", "$oid"} or not key.strip().startswith("$")
    assert key not in STAGES - OPERATORS


CLAUSES = [
    "SET n.x = 1", "DELETE n", "DETACH DELETE n", "REMOVE n.x", "MERGE (x:Service)", "CREATE (x:Service)",
    "FOREACH (i IN [1] | SET n.x = i)", "CALL apoc.load.json('u') YIELD value", "CALL { RETURN 1 AS one }",
    "LOAD CSV FROM 'u' AS line", "MATCH (x)", "MATCH (x:Secret)", "MATCH (n)-[r]-(x)", "MATCH (n)--(x)",
    "WITH n WHERE apoc.util.sleep(1) IS NULL",
]  # fmt: skip
NOISE = [" ", "\n", "\t", "\r\n", "/* ; */", "/**/", "// ' \n", "/* ' */", '/* " ` */', "//\r"]


def disguised(text: str, chance: random.Random) -> str:
    """Write a clause with other cases, escapes and comments, as the server reads it all the same."""
    written = []
    for character in text:
        way = chance.random()
        if character == " ":
            written.append(chance.choice(NOISE))
        elif way < 0.2 and character.isalpha():
            written.append(f"\\u{ord(character):04{chance.choice('xX')}}")
        else:
            # Labels, names of procedures and strings keep their case; what matters is that keywords lose theirs.
            written.append(character.swapcase() if way < 0.5 and character.isupper() else character)
    return "".join(written)


@given(
    clause=st.sampled_from(CLAUSES),
    before=st.sampled_from(["", "WHERE n.name = ' // ' ", 'WHERE n.name = "/*" ', "WITH n ", "WHERE n.`a b` = 1 "]),
    after=st.sampled_from([" RETURN n", " WITH n RETURN n.name AS name", " RETURN n ORDER BY n.name LIMIT 5"]),
    seed=st.randoms(use_true_random=False),
)
@example(clause="SET n.x = 1", before="", after=" RETURN n", seed=random.Random(1))
def test_a_forbidden_clause_is_found_in_every_disguise(
    clause: str, before: str, after: str, seed: random.Random
) -> None:
    with pytest.raises(QueryRefused):
        parse_neo4j({"cypher_query": f"MATCH (n:Service) {before}{disguised(clause, seed)}{after}"}, ALLOWED, LIMITS)


@given(st.text(max_size=60))
def test_any_text_in_a_string_stays_in_it(text: str) -> None:
    """What is sent for a string holds the same string, whatever is in it, or the statement is refused."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    try:
        query = parse_neo4j({"cypher_query": f"MATCH (n:Service) WHERE n.name = '{quoted}' RETURN n"}, ALLOWED, LIMITS)
    except QueryRefused:
        assert "\\u" in text or "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
        return
    assert query.cypher == f"MATCH (n:Service) WHERE n.name = '{quoted}' RETURN n"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for statement in (text, f"MATCH (n:Service) {text} RETURN n", f"RETURN {text} AS x"):
        try:
            query = parse_neo4j({"cypher_query": statement}, ALLOWED, LIMITS)
        except QueryRefused:
            continue
        assert parse_neo4j({"cypher_query": query.cypher}, ALLOWED, LIMITS).cypher == query.cypher


@given(st.text(alphabet="session:counter*?[]\\^-ab{}", max_size=25))
def test_a_glob_reaches_no_further_than_a_listed_pattern(glob: str) -> None:
    try:
        ALLOWED.glob(glob)
    except QueryRefused:
        return
    assert glob.replace("\\", "").startswith(("session:", "counter:sales:"))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_encoded_or_refused(value: Any) -> None:
    try:
        encoded = check_shape(value, depth=4, size_bytes=100)
    except QueryRefused:
        return
    assert len(encoded) <= 100
