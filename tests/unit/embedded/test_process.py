from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from app.embedded.errors import ServerExited, ServerNotReady
from app.embedded.process import ManagedProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_S = 20
SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
WITH_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True); child.wait()"
)
PARENT = """
import sys, time
from pathlib import Path
from app.embedded.process import ManagedProcess

process = ManagedProcess("child", [sys.executable, "-c", sys.argv[2]], log_path=Path(sys.argv[1]), grace_s=1)
process.ready = lambda: bool(process.log_lines()) or "print" not in sys.argv[2]
process.start()
print(process.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(said.strip()) and not said.strip().startswith("Z")


def ends(pid: int) -> bool:
    """Wait for the end of a process that isn't our own child."""
    deadline = time.monotonic() + PATIENCE_S
    while is_running(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., ManagedProcess]]:
    made: list[ManagedProcess] = []

    def process(code: str, *, ready: Callable[[], bool] | None = None, start_timeout_s: float = 20) -> ManagedProcess:
        made.append(
            ManagedProcess(
                "server",
                [sys.executable, "-c", code],
                log_path=tmp_path / "logs" / "server.log",
                ready=ready,
                start_timeout_s=start_timeout_s,
            )
        )
        return made[-1]

    yield process
    for each in made:
        each.kill()


def wait_for_line(process: ManagedProcess) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while not process.log_lines():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process.log_lines()[0]


def test_is_ready_only_once_it_answers(make: Callable[..., ManagedProcess]) -> None:
    answers = iter([False, False, True])

    process = make(SLEEP, ready=lambda: next(answers))
    process.start()

    assert process.alive
    assert next(answers, None) is None


def test_early_exit_says_why(make: Callable[..., ManagedProcess]) -> None:
    process = make("import sys; print('no space left'); sys.exit(3)", ready=lambda: False)

    with pytest.raises(ServerExited, match=r"server ended with exit code 3 .*server\.log:\s+no space left") as caught:
        process.start()

    assert caught.value.log_lines == ("no space left",)


def test_an_answer_of_somebody_else_is_not_taken_for_its_own(make: Callable[..., ManagedProcess]) -> None:
    """Another server may hold the port on which ours could not listen."""
    process = make("import sys; sys.exit('address in use')")

    process.spawn()
    process.ready = lambda: not process.alive

    with pytest.raises(ServerExited, match="address in use"):
        process.wait_ready()


def test_a_command_that_is_not_there_is_an_early_exit(tmp_path: Path) -> None:
    process = ManagedProcess("server", ["/no/such/command"], log_path=tmp_path / "log")

    with pytest.raises(ServerExited, match="/no/such/command: No such file or directory"):
        process.start()


def test_no_answer_in_time_stops_it(make: Callable[..., ManagedProcess]) -> None:
    process = make("print('waiting for a friend', flush=True); " + SLEEP, ready=lambda: False, start_timeout_s=1)

    with pytest.raises(ServerNotReady, match="did not answer within 1 s"):
        process.start()

    assert not process.alive


def test_log_lines_are_those_since_the_last_start(make: Callable[..., ManagedProcess]) -> None:
    process = make("import os; print(os.getpid(), flush=True); " + SLEEP)
    process.start()
    first = wait_for_line(process)
    process.stop()

    process.start()

    assert wait_for_line(process) != first
    assert process.log_path.read_text().splitlines()[0] == first


def test_stop_kills_what_does_not_listen(make: Callable[..., ManagedProcess]) -> None:
    process = make(STUBBORN)
    process.start()
    wait_for_line(process)

    process.stop(0.2)

    assert process.exit_code == 128 + signal.SIGKILL


def test_stop_ends_a_paused_process(make: Callable[..., ManagedProcess]) -> None:
    process = make(SLEEP)
    process.start()
    process.send_signal(signal.SIGSTOP)

    process.stop()

    assert process.exit_code == 128 + signal.SIGTERM


def test_kill_takes_the_children_along(make: Callable[..., ManagedProcess]) -> None:
    process = make(WITH_CHILD)
    process.start()
    grandchild = int(wait_for_line(process))

    process.kill()

    assert ends(grandchild)


def test_children_do_not_outlive_a_server_that_crashes(make: Callable[..., ManagedProcess]) -> None:
    process = make(WITH_CHILD)
    process.start()
    grandchild = int(wait_for_line(process))
    assert process.pid is not None

    os.kill(process.pid, signal.SIGKILL)

    assert ends(grandchild)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("code", [SLEEP, STUBBORN, WITH_CHILD], ids=["plain", "stubborn", "with-child"])
def test_no_process_outlives_its_parent(tmp_path: Path, code: str, number: signal.Signals) -> None:
    log_path = tmp_path / "child.log"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log_path), code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    children = [int(parent.stdout.readline())]
    children += [int(line) for line in log_path.read_text().splitlines() if line.isdecimal()]

    parent.send_signal(number)
    parent.communicate()

    assert [ends(child) for child in children] == [True] * len(children)


def test_a_descriptor_is_held_until_the_process_has_ended(tmp_path: Path) -> None:
    """So a lock on a data folder outlives a crashed parent for as long as the server still writes there."""
    read_end, write_end = os.pipe()
    process = ManagedProcess("server", [sys.executable, "-c", SLEEP], log_path=tmp_path / "log", hold=(write_end,))
    process.start()
    os.close(write_end)
    os.set_blocking(read_end, False)

    with pytest.raises(BlockingIOError):
        os.read(read_end, 1)
    process.stop()

    assert os.read(read_end, 1) == b""
    os.close(read_end)
