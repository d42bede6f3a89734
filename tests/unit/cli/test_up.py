from __future__ import annotations

import pytest

from app.cli.up import masked


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("HIVE_MONGO", "mongodb://me:s3cret@host:27017/db", "mongodb://***@host:27017/db"),
        ("HIVE_REDIS", "redis://:p@ss@host/0", "redis://***@host/0"),
        ("HIVE_NEO4J_PASSWORD", "s3cret", "***"),
        ("HIVE_NEO4J_PASSWORD", "", ""),
        ("HIVE_KAFKA", "127.0.0.1:9092", "127.0.0.1:9092"),
    ],
)
def test_credentials_are_not_shown(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown
