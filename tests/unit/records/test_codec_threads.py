"""Threads that decode a kind of record for the first time, all at once: in a process of their own, which may crash."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from __future__ import annotations
import sys, threading
from models.records import decode
from models.records.base import Record

DEEP, WIDE, KINDS, THREADS = 12, 8, 40, 4
sys.setswitchinterval(1e-6)

def nested():
    for depth in range(DEEP):
        inner = f"list[Kind{depth - 1}] | None" if depth else "int | None"
        fields = "".join(f"    f{place}: {inner} = None\\n" for place in range(WIDE))
        exec(f"class Kind{depth}(Record):\\n{fields}", globals())
    return globals()[f"Kind{DEEP - 1}"]

def read(kind):
    gate.wait()
    decode(kind, b'{"f0": [{"f1": [{"f7": []}]}], "f7": [{"f3": []}]}')

for _ in range(KINDS):
    kind, gate = nested(), threading.Barrier(THREADS)
    threads = [threading.Thread(target=read, args=(kind,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_a_kind_of_record_may_be_read_first_by_several_threads() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
