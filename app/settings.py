"""The one settings model.

Every setting can be given in the environment as ``HIVE_<NAME>`` or in ``hive.toml`` (or the file that ``HIVE_FILE``
names) as ``name = …``; the environment wins. Secrets never show in a repr, a log or an error.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORKER_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")
_LOG_FORMATS = ("text", "json")
_RESOLUTIONS = ("sequential", "priority_based", "notify")  # models.planning.conflicts says what they do
_COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
_AT_LEAST_ONE = (
    "partitions",
    "replication",
    "run_records",
    "batch_records",
    "waiting_records",
    "web_port",
    "rate_limit_burst",
    "nlu_cache_size",
    "nlu_cache_ttl_s",
    "label_ttl_s",
    "learn_full_per_s",
    "drift_events_kept_s",
    "drift_least_labels",
    "drift_window",
    "drift_interval",
    "drift_cool_down",
    "retrain_automatic_after",
    "collect_min_samples",
)
_NOT_NEGATIVE = (
    "handoff_s",
    "collect_days",
    "collect_min_confidence",
    "train_limit_s",
    "duplicate_window_s",
    "rate_limit_per_minute",
    "actor_answers_mb_per_minute",
    "actor_query_s_per_minute",
    "actor_rows_per_minute",
    "snapshot_every_s",
    "snapshot_at_most_s",
    "registry_every_s",
    "reprocess_every_s",
    "reprocess_times",
    "reprocess_backoff_s",
    "dead_letters_in_a_row",
    "dead_letters_share",
    "retrain_threshold",
    "retrain_interval_s",
    "retrain_cooldown_s",
    "retrain_approval_s",
    "retrain_retry_s",
    "drift_page_warning",
    "drift_page",
    "drift_psi",
)
_TOKEN_CHARS = 16
_PROBABILITIES = ("drift_adwin_warning", "drift_adwin", "drift_p", "drift_alpha")
_DRIFTS = ("error", "confidence", "features", "labels", "expected_accuracy")  # models.records.DriftSource
_SERVER = re.compile(r"[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_SCHEMES = {
    "mongo": ("mongodb", "mongodb+srv"),
    "neo4j": ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc"),
    "mlflow": ("http", "https"),
    "redis": ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
}


class Secret(str):
    """A string that does not show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


def _mask(address: str) -> str:
    return re.sub(r"://[^@/]*@", "://***@", address)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set, with its default.

    Raises:
        ConfigurationError: when a value is wrong, unknown, or only half given.
    """

    app_id: str = "neural-hive"
    """Consumer group, and prefix of the changelog topics and transactional ids."""
    worker: str = ""
    """This worker's name: the same after a restart, unlike every other worker's. Default: host and web port."""
    stages: str = ""
    """The stages that run here, separated by commas; all when empty. Workers of one ``app_id`` run the same ones."""
    web_port: int = 6066
    """Port of ``/metrics`` and ``/health``."""
    web_bind: str = "127.0.0.1"
    """Address the web port listens on."""
    web_host: str = ""
    """Address under which other workers reach the web port; by default ``web_bind``, or this machine's own when that
    is every address."""
    console_token: Secret = Secret("")
    """What people sign in to the console with; without one it is for looking, from this machine alone."""

    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, ``host:port[,host:port…]``."""
    kafka_username: str = ""
    """SASL user; goes with ``kafka_password``."""
    kafka_password: Secret = Secret("")
    """SASL password."""
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    """SASL mechanism, used when a user is given."""
    kafka_tls: bool = False
    """Encrypt the connection to Kafka."""

    mongo: Secret = Secret("mongodb://127.0.0.1:27017")
    """MongoDB address, with credentials where needed."""
    mongo_database: str = "neural_hive"
    """MongoDB database."""
    neo4j: str = "bolt://127.0.0.1:7687"
    """Neo4j (or FalkorDB) Bolt address."""
    neo4j_user: str = ""
    """Neo4j user; goes with ``neo4j_password`` unless the server takes an empty one."""
    neo4j_password: Secret = Secret("")
    """Neo4j password."""
    neo4j_database: str = "neo4j"
    """Neo4j database."""
    redis: Secret = Secret("redis://127.0.0.1:6379/0")
    """Redis address, with credentials where needed; see ``RedisStore`` for those of sentinels and clusters."""
    mlflow: Secret = Secret("")
    """Address of the model registry (MLflow), with credentials where needed; without one, specialists speak by what
    they learn in the stream."""
    store_timeout_s: float = 5.0
    """How long one call to a store may take."""

    catalog: Path = Path(__file__).parent / "sample" / "catalog.yaml"
    """The catalog of the sources that questions are about."""
    approval_s: float = 86_400.0
    """How long a plan may wait for its approval; then it is rejected."""
    handoff_s: float = 10.0
    """How long a ticket for outside workers waits for one to take it up; then its task is handed off."""
    conflict_resolution: str = "sequential"
    """What becomes of tasks of one plan that write the same thing: ``sequential`` (one waits for the other: create
    before update before delete, else as written), ``priority_based`` (what the text calls more urgent comes first) or
    ``notify`` (nothing orders them; the plan waits for a person)."""
    recall_ms: int = 50
    """How long planning may look for similar intentions, for all that are planned together; 0: not at all."""
    data_dir: Path = Path(".hive")
    """Where the local stack keeps its data and logs."""

    partitions: int = 4
    """Partitions of every topic (stages are co-partitioned, so they are all alike)."""
    replication: int = 1
    """Replicas of every topic."""
    create_topics: bool = True
    """Create missing topics when a worker starts."""

    run_records: int = 1000
    """The most records of one partition that travel as one run (a fraction of the session timeout's worth of work)."""
    batch_records: int = 20_000
    """The most records that a stage puts into one transaction."""
    waiting_records: int = 50_000
    """Records of one partition that may wait for a stage before fetching from it pauses (back-pressure)."""
    fetch_max_wait_ms: int = 50
    """How long the broker may hold back an empty fetch."""
    static_member: bool = True
    """Keep the partitions over a quick restart (not on a broker that never expels static members, like Tansu)."""
    session_timeout_s: float = 10.0
    """A worker that is silent for so long loses its partitions."""
    heartbeat_s: float = 2.5
    """Time between heartbeats of the consumer group."""
    transaction_timeout_ms: int = 12_000
    """The broker aborts a transaction that is open for longer."""
    commit_pace_ms: float = 40.0
    """A transaction begins twice as long after the one before as that one took, or so long if that is less; half of it
    in a lane of its own (docs/decisions/0002)."""
    commit_lanes: str = "understand"
    """Stages, separated by commas, that don't wait for the transactions of all others: each costs the broker more of
    them (docs/decisions/0001)."""
    linger_ms: float = 0.0
    """How long a producer waits for more before it sends; the commit's flush makes waiting useless (docs/decisions)."""
    batch_bytes: int = 262_144
    """Producer batch size in bytes."""
    compression: str = "lz4"
    """Producer compression."""

    duplicate_window_s: float = 300.0
    """For how long a correlation id that comes again is a duplicate (tables/correlations.py); 0: never."""
    rate_limit_per_minute: float = 0.0
    """Intentions that are taken from each actor in a minute (tables/actor_rates.py); 0: any number."""
    rate_limit_burst: float = 100.0
    """Intentions that are taken from an actor at once, on each partition."""
    actor_answers_mb_per_minute: float = 256.0
    """Megabytes that one actor's queries may give in a minute, on each worker; 0: any number."""
    actor_rows_per_minute: float = 0.0
    """Rows that one actor's queries may give in a minute, on each worker; 0: any number."""
    actor_query_s_per_minute: float = 0.0
    """Seconds that one actor's queries may take in a minute, on each worker, all together; 0: any number."""
    nlu_cache_size: int = 4096
    """Readings of texts that a worker keeps, about 2 KB each."""
    nlu_cache_redis: bool = False
    """Share readings between workers in Redis (app/understanding_cache.py). Off, since it costs CPU unless batches are
    large and many texts have been read by others: `python -m benchmarks cache` says from which share on it pays."""
    nlu_cache_ttl_s: int = 3600
    """How long readings are kept in Redis."""
    snapshot_every_s: float = 1.0
    """The least time from one snapshot of a learner to its next; feedback that comes meanwhile waits for it."""
    snapshot_at_most_s: float = 60.0
    """The most time from one snapshot of a specialist's ladder to its next, however long it takes to pack."""
    registry_every_s: float = 2.0
    """How often a worker looks which registered models are to decide; 0: it uses none."""
    learned_opinions: bool = True
    """Whether specialists speak by what they have learned too; off, by their rules alone."""
    label_ttl_s: float = 604_800.0
    """How long what was said of a plan waits for what should have been said."""
    drift_adwin_warning: float = 0.02
    """ADWIN's delta from which on errors count as a warning: how seldom it is a false one, about."""
    drift_adwin: float = 0.002
    """The same from which on they count as drift."""
    drift_page_warning: float = 6.0
    """Page-Hinkley's threshold from which on errors count as a warning, in nats."""
    drift_page: float = 10.5
    """The same from which on they count as drift."""
    drift_least_labels: int = 150
    """Labels before the first alarm, and after a drift before the next."""
    drift_window: int = 500
    """Plans of a window whose features or labels may have moved, and of the reference."""
    drift_interval: int = 250
    """Plans from one look at that to the next."""
    drift_psi: float = 0.25
    """The population stability index from which on a feature, or the mix of labels, has moved."""
    drift_p: float = 0.001
    """How improbable that must be besides, of all features together."""
    drift_cool_down: int = 500
    """Labels after a drift in which no other is declared, and after which a warning has passed."""
    drift_alpha: float = 0.00001
    """How seldom a learner that is no better takes another's place (models/online/ladder.py)."""
    drift_challenged_by: str = "error,expected_accuracy"
    """The warnings that start challengers: some of error, confidence, features, labels, expected_accuracy."""
    drift_events_kept_s: float = 7_776_000.0
    """How long what learners have seen of drift is kept in MongoDB."""
    learn_full_per_s: float = 20.0
    """Labels a second, of all partitions, that the dearest learners learn too; of more only the quick ones do."""

    experiment_traffic: str = "10,25,50,100"
    """Per cent of the actors that a challenger decides for, stage by stage (models/records/experiment.py)."""
    experiment_hours: str = "24,48,72"
    """How many hours each stage lasts at least, but for the last."""
    experiment_least_units: str = "100,250,500"
    """Of how many actors of each arm it must be known how it went before a stage is left."""
    retrain_threshold: float = 0.2
    """How strong a drift must be to begin a round of retraining (models/lifecycle/retraining/drift.py)."""
    retrain_interval_s: float = 3600.0
    """The least time between two looks at what has drifted."""
    retrain_cooldown_s: float = 86_400.0
    """The least time from the end of a specialist's round to one that a drift begins."""
    retrain_approval_s: float = 604_800.0
    """How long a round waits for a person's approval."""
    retrain_automatic: bool = False
    """Whether the system approves by itself, after ``retrain_automatic_after`` rounds that people had approved."""
    retrain_automatic_after: int = 3
    """So many rounds that people approved must have been promoted before the system may approve one."""
    retrain_retry_s: float = 60.0
    """How long after its first failure a step is tried again; twice as long after each further one."""
    retrain_hands: str = "app.lifecycle.hands:hands"
    """What carries the steps out, ``package.module:callable``; called with the settings it returns a
    ``models.lifecycle.hands.Hands``. These collect, train and validate in child processes, and want ``mlflow``."""

    collect_days: float = 90.0
    """Of how many days samples are collected to train from."""
    collect_min_confidence: float = 0.7
    """Only intentions that were understood at least so surely become samples; what that leaves out is reported."""
    collect_min_samples: int = 10_000
    """A specialist with fewer samples is not trained."""
    train_limit_s: float = 120.0
    """No further setting of a learner is tried after so long; each family is tried once at least."""

    reprocess_every_s: float = 300.0
    """How often it is looked for dead letters whose time has come to be tried again; 0: never."""
    reprocess_times: int = 10
    """How often a dead letter is tried again whose cause may pass (models/deadletters)."""
    reprocess_backoff_s: float = 120.0
    """How long after the first failure that is, at the earliest; twice as long after each further one."""
    dead_letters_in_a_row: int = 100
    """So many records of a partition may become dead letters in a row, then the worker stops (app/engine/limit.py);
    0: any number."""
    dead_letters_share: float = 0.5
    """Such a share of the last 1,000 records of a partition may become dead letters; 1: all."""

    log_format: str = "text"
    """How a worker writes its log: ``text``, or ``json``, an object a line."""
    trace_share: float = 0.0
    """Share of the intentions that are traced (OpenTelemetry), beside those their sender has chosen; 0: no traces."""

    stuck_s: float = 60.0
    """The watchdog ends the worker when nothing is committed for so long although records wait."""
    loop_lag_s: float = 30.0
    """The watchdog ends the worker when its event loop stands still for so long."""
    drain_s: float = 20.0
    """How long a worker that is told to stop may take to finish what it has begun."""

    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Where each setting that is not a default came from."""

    def __post_init__(self) -> None:
        if not self.worker:
            object.__setattr__(self, "worker", f"{socket.gethostname()}-{self.web_port}")
        self._validate()

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, *, file: Path | None = None) -> Settings:
        """Read the settings from a file and the environment.

        Raises:
            ConfigurationError: names the setting, where it came from, and what it may be.
        """
        environ = os.environ if environ is None else environ
        path = file or Path(environ.get("HIVE_FILE", "hive.toml"))
        given: dict[str, tuple[Any, str]] = {k: (v, str(path)) for k, v in _read(path, "HIVE_FILE" in environ).items()}
        known = {f.name for f in fields(cls)} - {"sources"}
        given |= {
            name: (environ[variable], variable) for name in known if (variable := f"HIVE_{name.upper()}") in environ
        }
        if unknown := sorted(given.keys() - known):
            raise ConfigurationError(f"{path}: unknown setting {unknown[0]!r}; known are: {', '.join(sorted(known))}")
        values = {name: _typed(cls, name, value, source) for name, (value, source) in given.items()}
        return cls(**values, sources={name: source for name, (_, source) in given.items()})

    def stages_of(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return which of the known stages run here.

        Raises:
            ConfigurationError: one isn't known.
        """
        return _stages("HIVE_STAGES", self.stages, known) or tuple(known)

    def lanes_of(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return which of the stages that run here have a committer of their own: none where one stage is all there is.

        Raises:
            ConfigurationError: one isn't known.
        """
        own, here = _stages("HIVE_COMMIT_LANES", self.commit_lanes, known), self.stages_of(known)
        return tuple(stage for stage in own if stage in here) if len(here) > 1 else ()

    def _validate(self) -> None:
        if bool(self.kafka_username) != bool(self.kafka_password):
            raise ConfigurationError("kafka_username and kafka_password go together: give both or none")
        if self.console_token and len(self.console_token) < _TOKEN_CHARS:
            raise ConfigurationError(f"console_token must have at least {_TOKEN_CHARS} characters")
        if self.neo4j_password and not self.neo4j_user:
            raise ConfigurationError("neo4j_password needs neo4j_user")
        if not _WORKER_NAME.fullmatch(self.worker):
            raise ConfigurationError(f"worker {self.worker!r}: letters, digits, '.', '_' and '-' only")
        if self.compression not in _COMPRESSIONS:
            raise ConfigurationError(f"compression {self.compression!r}: one of {', '.join(_COMPRESSIONS)}")
        if self.conflict_resolution not in _RESOLUTIONS:
            raise ConfigurationError(
                f"conflict_resolution {self.conflict_resolution!r}: one of {', '.join(_RESOLUTIONS)}"
            )
        if self.log_format not in _LOG_FORMATS:
            raise ConfigurationError(f"log_format {self.log_format!r}: one of {', '.join(_LOG_FORMATS)}")
        self._validate_numbers()
        self._validate_drift()
        if self.heartbeat_s * 3 > self.session_timeout_s:
            raise ConfigurationError("heartbeat_s must be at most a third of session_timeout_s")
        self._validate_addresses()

    def _validate_numbers(self) -> None:
        for least, names in ((1, _AT_LEAST_ONE), (0, _NOT_NEGATIVE)):
            for name in names:
                if getattr(self, name) < least:
                    raise ConfigurationError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if self.dead_letters_share > 1:
            raise ConfigurationError(f"dead_letters_share must be at most 1, not {self.dead_letters_share}")
        if not 0 <= self.trace_share <= 1:
            raise ConfigurationError(f"trace_share must be from 0 to 1, not {self.trace_share}")

    def _validate_drift(self) -> None:
        for name in _PROBABILITIES:
            if not 0 < getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be above 0 and below 1, not {getattr(self, name)}")
        if self.drift_adwin_warning < self.drift_adwin or self.drift_page_warning > self.drift_page:
            raise ConfigurationError(
                "a warning comes before a drift: drift_adwin_warning must be at least drift_adwin, and "
                "drift_page_warning at most drift_page"
            )
        if self.drift_interval > self.drift_window:
            raise ConfigurationError("drift_interval must be at most drift_window")
        if unknown := [each for each in self.drift_sources if each not in _DRIFTS]:
            raise ConfigurationError(f"drift_challenged_by: {unknown[0]!r} is none of {', '.join(_DRIFTS)}")

    @property
    def drift_sources(self) -> tuple[str, ...]:
        """What ``drift_challenged_by`` names."""
        return tuple(name for part in self.drift_challenged_by.split(",") if (name := part.strip()))

    def _validate_addresses(self) -> None:
        for server in self.kafka.split(","):
            if not _SERVER.fullmatch(server.strip()):
                raise ConfigurationError(f"kafka {self.kafka!r}: host:port, several separated by commas")
        for name, schemes in _SCHEMES.items():
            address = str(getattr(self, name))
            if urlsplit(address).scheme not in schemes and (address or name != "mlflow"):
                raise ConfigurationError(f"{name} {_mask(address)!r}: an address that begins with {schemes[0]}://")

    def kafka_client(self) -> dict[str, Any]:
        """Return the librdkafka properties that every client of this worker needs."""
        properties: dict[str, Any] = {"bootstrap.servers": self.kafka, "log_level": 3}
        if self.kafka_username:
            properties |= {
                "sasl.mechanism": self.kafka_sasl_mechanism,
                "sasl.username": self.kafka_username,
                "sasl.password": str(self.kafka_password),
            }
        tls, sasl = self.kafka_tls, bool(self.kafka_username)
        properties["security.protocol"] = ("SASL_" if sasl else "") + ("SSL" if tls else "PLAINTEXT")
        return properties


def _read(path: Path, wanted: bool) -> dict[str, Any]:  # noqa: FBT001
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if wanted:
            raise ConfigurationError(f"{path}: no such file (HIVE_FILE)") from None
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{path}: {exc}") from exc


def _typed(cls: type[Settings], name: str, value: Any, source: str) -> Any:
    default = next(f.default for f in fields(cls) if f.name == name)
    assert default is not MISSING  # noqa: S101 — every setting has one
    kind = type(default)
    if issubclass(kind, Path):
        return Path(str(value))
    if issubclass(kind, Secret):
        return Secret(value)
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        raise ConfigurationError(f"{source}: {name} must be of type {kind.__name__}, not {value!r}") from None


def _stages(variable: str, names: str, known: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(name for part in names.split(",") if (name := part.strip()))
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigurationError(f"{variable}: there is no stage {unknown[0]!r}; there are {', '.join(known)}")
    return wanted
