"""The tree of errors: whose fault it is, and what happens next.

::

    HiveError                     (models.errors)
    ├── InvalidRecord             the record can never be processed   -> dead letter
    ├── CatalogError              the catalog file is wrong           -> stop, fix the file
    ├── ConfigurationError        the settings are wrong              -> stop, fix the setting
    ├── BrokerUnavailable         Kafka does not answer               -> wait and retry, or stop (CLI)
    ├── StoreUnavailable          a store does not answer             -> its stage waits and retries
    ├── QueryRefused              a query that will never be run      -> a FAILED result that says why
    ├── RegistryRefused           the model registry says no          -> the command ends, a worker keeps its models
    ├── PartsMissing              a question about a table was not answered for all partitions -> ask again
    └── StaleRun                  the partitions have moved on        -> dropped, their new owner does it
"""

from __future__ import annotations

from models.errors import CatalogError, HiveError, InvalidRecord, QueryRefused

__all__ = [
    "BrokerUnavailable",
    "CatalogError",
    "ConfigurationError",
    "HiveError",
    "InvalidRecord",
    "PartsMissing",
    "QueryRefused",
    "RegistryRefused",
    "StaleRun",
    "StoreUnavailable",
]


class ConfigurationError(HiveError):
    """A setting is missing, wrong or only half given."""


class BrokerUnavailable(HiveError):
    """Kafka does not answer."""


class StoreUnavailable(HiveError):
    """A store does not answer: what was asked of it may work later.

    Args:
        store: The store's name (``mongo``, ``neo4j``, ``redis``).
        detail: What happened, in one line.
        again_in_s: When it is to be tried again at the latest, if whoever asked knows.
    """

    def __init__(self, store: str, detail: str, *, again_in_s: float | None = None) -> None:
        super().__init__(f"{store} is unavailable: {detail}")
        self.store = store
        self.detail = detail
        self.again_in_s = again_in_s


class RegistryRefused(HiveError):
    """The model registry says no, now and later, or what it gives must not be used.

    Attributes:
        code: MLflow's word for why, or ours.
    """

    def __init__(self, detail: str, code: str = "") -> None:
        super().__init__(detail)
        self.code = code


class PartsMissing(HiveError):
    """Nobody has answered for some partitions of a table: a worker is gone or silent, or partitions are on their way.

    Args:
        partitions: Which ones.
        unanswered: By the name of each worker that did not answer: its address, and what happened.
    """

    def __init__(self, partitions: list[int], unanswered: dict[str, str]) -> None:
        why = "; ".join(f"{worker} did not answer ({what})" for worker, what in unanswered.items())
        names = ", ".join(map(str, partitions))
        super().__init__(f"nobody answers for partitions {names}: {why or 'they are being assigned; ask again'}")
        self.partitions = partitions
        self.unanswered = unanswered


class StaleRun(HiveError):
    """The run was delivered under a generation of the group that is over."""
