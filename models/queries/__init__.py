"""Queries of tasks: typed parameters, and the proof by parsing that they read only what the catalog lists.

One module for each ``query_type``; each turns the plain JSON of a task's parameters into a query that its store can
carry out as it is, or raises `QueryRefused`. Nothing here talks to a store.
"""

from __future__ import annotations

from models.queries.allowed import Allowed, allowed_by
from models.queries.kafka import KafkaQuery, parse_kafka
from models.queries.limits import Limits
from models.queries.mongodb import MongoQuery, parse_mongodb
from models.queries.neo4j import Neo4jQuery, parse_neo4j
from models.queries.redis import RedisQuery, parse_redis
from models.queries.shape import check_shape

__all__ = [
    "Allowed",
    "KafkaQuery",
    "Limits",
    "MongoQuery",
    "Neo4jQuery",
    "RedisQuery",
    "allowed_by",
    "check_shape",
    "parse_kafka",
    "parse_mongodb",
    "parse_neo4j",
    "parse_redis",
]
