"""The servers of one machine, started together: embedded ones (pip only) or real ones (Java, Maven, Redis).

    with Stack.embedded(Path(".hive")) as stack:
        stack.addresses  # {"HIVE_KAFKA": "127.0.0.1:23456", …}

A part whose address is already set (in the environment or in hive.toml) isn't started: its address is passed through.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from app.cache_dir import default_cache_dir
from app.embedded.datadir import exclusive
from app.embedded.errors import PortTaken, ServerExited, ServerNotReady
from app.embedded.falkordb import FALKORDB
from app.embedded.kafka_real import KAFKA_REAL, KAFKA_TO_KILL
from app.embedded.kafka_tansu import KAFKA_TANSU
from app.embedded.mlflow import MLFLOW
from app.embedded.neo4j_real import NEO4J_REAL
from app.embedded.part import Place
from app.embedded.ports import free_port, is_free
from app.embedded.process import ManagedProcess
from app.embedded.redis_real import REDIS_REAL
from app.embedded.secantus import SECANTUS
from app.errors import ConfigurationError
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from app.embedded.part import Launch, Part

EMBEDDED = {part.name: part for part in (KAFKA_TANSU, FALKORDB, SECANTUS, MLFLOW)}
REAL = {part.name: part for part in (KAFKA_REAL, NEO4J_REAL, REDIS_REAL, SECANTUS, MLFLOW)}
REAL["kafka-to-kill"] = KAFKA_TO_KILL
ADDRESSES = ("kafka", "mongo", "neo4j", "redis", "mlflow")
_COMPANIONS = {"neo4j": ("neo4j_user", "neo4j_password", "neo4j_database")}
_PORT_TRIES = 5
"""A free port may be taken before the server listens on it; five times in a row is something else."""


@dataclass(frozen=True)
class _Server:
    launch: Launch
    process: ManagedProcess


@dataclass
class Stack:
    """A context manager: the servers answer inside the block, and are gone after it.

    They are started side by side and stopped one by one, the last part first. A slow part (MLflow) is started when the
    others answer, and the block doesn't wait for it: `wait_ready` does.
    """

    parts: Collection[Part]
    """What to run; what is given isn't."""
    _: KW_ONLY
    data_dir: Path
    """Data, logs and locks of this stack."""
    cache_dir: Path
    """Downloads, shared by all stacks."""
    given: Mapping[str, str]
    """`HIVE_…` addresses of servers that run already."""
    ports: Mapping[str, int]
    """Ports that must be these; the others are free ones."""
    on_progress: Callable[[str], None]
    """Told, from several threads, what happens."""

    _servers: dict[str, _Server] = field(default_factory=dict, init=False)
    _held: ExitStack = field(default_factory=ExitStack, init=False)
    _lock_file: int = field(default=-1, init=False)
    _slow: list[Future[None]] = field(default_factory=list, init=False)
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)

    @classmethod
    def embedded(
        cls,
        data_dir: Path,
        *,
        settings: Settings | None = None,
        ports: Mapping[str, int] | None = None,
        parts: Collection[str] = ("kafka", "graph", "mongo", "mlflow"),
        on_progress: Callable[[str], None] | None = None,
    ) -> Self:
        """Make a stack of servers that come with pip.

        Args:
            data_dir: Its data and logs.
            settings: Say which servers are given; read from the environment and hive.toml by default.
            ports: Fixed ports by name (kafka, mongo, redis, neo4j, mlflow); `HIVE_<NAME>_PORT` by default.
            parts: Which parts: some of kafka, graph (Redis and Cypher), mongo, mlflow.
            on_progress: Told what happens.
        """
        return cls(
            [EMBEDDED[name] for name in parts],
            data_dir=data_dir,
            cache_dir=default_cache_dir(),
            given=_given(settings),
            ports=_fixed_ports() if ports is None else ports,
            on_progress=on_progress or _say_nothing,
        )

    @classmethod
    def real(
        cls,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        ports: Mapping[str, int] | None = None,
        parts: Collection[str] = ("kafka", "neo4j", "redis"),
        on_progress: Callable[[str], None] | None = None,
    ) -> Self:
        """Make a stack of the real servers; what isn't there is downloaded into the cache folder, once.

        Args:
            data_dir: Its data and logs.
            cache_dir: Downloads; `HIVE_CACHE` or the user's cache folder by default.
            ports: Fixed ports by name (kafka, kafka_controller, neo4j, redis, …); `HIVE_<NAME>_PORT` by default.
            parts: Which parts: some of kafka (or kafka-to-kill, see `kafka_real`), neo4j, redis, mongo, mlflow.
            on_progress: Told what happens.
        """
        return cls(
            [REAL[name] for name in parts],
            data_dir=data_dir,
            cache_dir=cache_dir or default_cache_dir(),
            given=_given(None),
            ports=_fixed_ports() if ports is None else ports,
            on_progress=on_progress or _say_nothing,
        )

    def __post_init__(self) -> None:
        self.parts = [part for part in self.parts if not _is_given(part, self.given)]

    def __enter__(self) -> Self:
        """Download what is missing, start everything, and wait until all but the slow parts answer.

        Raises:
            ServerError: a part can't run; none is left running.
        """
        try:
            self._lock_file = self._held.enter_context(exclusive(self.data_dir))
            for part in self.parts:
                if part.fetch is not None:
                    part.fetch(self.cache_dir, self.on_progress)
            self._threads = self._held.enter_context(ThreadPoolExecutor(max(1, len(self.parts))))
            for started in [self._threads.submit(self._start, part) for part in self.parts if not part.slow]:
                started.result()
            self._slow = [self._threads.submit(self._start, part) for part in self.parts if part.slow]
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything, last part first, and let go of the data folder."""
        self._stopping.set()  # a part that is just being started stops itself
        for part in reversed(list(self.parts)):
            if part.name in self._servers:
                self.stop(part.name)
        self._held.close()

    @property
    def addresses(self) -> dict[str, str]:
        """Where everything is: `HIVE_…` variables. A slow part is in it as soon as it is being started."""
        found = {k: v for server in self._servers.values() for k, v in server.launch.addresses.items()}
        of_given = tuple(f"HIVE_{name.upper()}" for name in ADDRESSES if f"HIVE_{name.upper()}" in self.given)
        return {k: v for k, v in found.items() if not k.startswith(of_given)} | dict(self.given)

    def wait_ready(self) -> None:
        """Wait until the slow parts answer too.

        Raises:
            ServerError: one of them can't run.
        """
        for started in self._slow:
            started.result()

    def serving(self, variable: str) -> str | None:
        """Return the part that serves an address, such as `HIVE_REDIS`; None where that address was given."""
        if variable in self.given:
            return None
        return next((part.name for part in self.parts if variable in _variables(part)), None)

    def start(self, name: str) -> None:
        """Start a part again that was stopped or killed, on the same ports and data, and wait until it answers."""
        self._servers[name].process.start()

    def stop(self, name: str) -> None:
        """End a part in order."""
        server = self._servers[name]
        server.process.stop(server.launch.stop_timeout_s)

    def kill(self, name: str) -> None:
        """End a part by SIGKILL, as a crash would."""
        self._servers[name].process.kill()

    def pause(self, name: str) -> None:
        """Let a part stand still (SIGSTOP): connections stay open, nothing answers."""
        self._servers[name].process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused part go on."""
        self._servers[name].process.send_signal(signal.SIGCONT)

    def alive(self, name: str) -> bool:
        """Return whether the process of a part runs (a paused one does)."""
        return name in self._servers and self._servers[name].process.alive

    def pid(self, name: str) -> int | None:
        """Return the process id of a part, to measure it."""
        return self._servers[name].process.pid

    def _start(self, part: Part) -> None:
        for tries_left in reversed(range(_PORT_TRIES)):
            ports = self._choose_ports(part)
            server = self._servers[part.name] = self._server(part, ports)
            server.process.spawn()
            if self._stopping.is_set():
                server.process.stop()
                return
            try:
                server.process.wait_ready()
            except (ServerExited, ServerNotReady):
                # Not whether it said so: FalkorDB goes on without Bolt, and without a word, when that port is taken.
                overtaken = not all(is_free(port) for port in ports.values())
                if self._stopping.is_set() or not overtaken or not tries_left:
                    raise
            else:
                where = " and ".join(server.launch.addresses[variable] for variable in _variables(part))
                self.on_progress(f"{part.name} answers on {where}")
                return

    def _server(self, part: Part, ports: Mapping[str, int]) -> _Server:
        data_dir = self.data_dir.absolute() / part.name
        data_dir.mkdir(parents=True, exist_ok=True)
        launch = part.launch(Place(data_dir=data_dir, cache_dir=self.cache_dir.absolute(), ports=ports))
        process = ManagedProcess(
            part.name,
            launch.argv,
            log_path=self.data_dir.absolute() / "logs" / f"{part.name}.log",
            env=launch.env,
            cwd=data_dir,
            ready=launch.ready,
            start_timeout_s=launch.start_timeout_s,
            grace_s=launch.stop_timeout_s,
            hold=(self._lock_file,),
        )
        return _Server(launch, process)

    def _choose_ports(self, part: Part) -> dict[str, int]:
        for name in part.ports:
            if name in self.ports and not is_free(self.ports[name]):
                raise PortTaken(name, self.ports[name], f"HIVE_{name.upper()}_PORT")
        return {name: self.ports.get(name) or free_port() for name in part.ports}


def _variables(part: Part) -> list[str]:
    return [f"HIVE_{name.upper()}" for name in part.ports if name in ADDRESSES]


def _is_given(part: Part, given: Mapping[str, str]) -> bool:
    return all(address in given for address in _variables(part))


def _given(settings: Settings | None) -> dict[str, str]:
    """Return the addresses that were set, wherever: a default says nothing about a server."""
    settings = settings or Settings.load()
    names = [name for name in ADDRESSES if name in settings.sources]
    names += [companion for name in names for companion in _COMPANIONS.get(name, ())]
    return {f"HIVE_{name.upper()}": str(getattr(settings, name)) for name in names}


def _fixed_ports() -> dict[str, int]:
    """Read `HIVE_<NAME>_PORT` for each name of a port.

    Raises:
        ConfigurationError: one isn't a port number.
    """
    names = {name for part in (*EMBEDDED.values(), *REAL.values()) for name in part.ports}
    return {name: _port(variable) for name in names if (variable := f"HIVE_{name.upper()}_PORT") in os.environ}


def _port(variable: str) -> int:
    text = os.environ[variable]
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise ConfigurationError(f"{variable} is {text!r}: a port number from 1 to 65535")


def _say_nothing(_: str) -> None:
    """Report no progress."""
