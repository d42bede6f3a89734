"""Fetch a Java server's jars by Maven, once, into the cache folder; and find the Java to run them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.embedded.errors import DownloadFailed, ServerMissing

if TYPE_CHECKING:
    from collections.abc import Callable

JAVA_MIN = 17
INSTALL = (
    "Install a JDK 17 or 21 and Maven: `apt-get install openjdk-17-jdk-headless maven`, "
    "or `brew install openjdk@21 maven`; or set the address of a server that you run"
)
OUTPUT_CHARACTERS = 2000


def libraries(pom: Path, cache_dir: Path) -> Path:
    """Return the folder that holds, or will hold, the jars that a pom names."""
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    return cache_dir / f"{pom.stem}-{digest}"


def fetch(pom: Path, cache_dir: Path, on_progress: Callable[[str], None]) -> Path:
    """Return the folder of jars; download them when it isn't there.

    Two runs at once wait for each other. The folder gets its name when it is complete, so it is there whole or not at
    all.

    Raises:
        ServerMissing: Maven isn't installed.
        DownloadFailed: Maven failed; with its last words.
    """
    target = libraries(pom, cache_dir)
    if target.is_dir():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerMissing(pom.stem, "Maven (mvn), which downloads it, isn't on the PATH", f"{INSTALL}.")
    cache_dir.mkdir(parents=True, exist_ok=True)
    with (cache_dir / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():  # the other run may have brought it
            on_progress(f"downloading {pom.stem} by Maven, once, into {target}")
            _download(maven, pom, target)
    return target


def _download(maven: str, pom: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.", dir=target.parent) as scratch:
        project = Path(scratch) / "pom.xml"
        shutil.copyfile(pom, project)
        incomplete = Path(scratch) / "libs"
        done = subprocess.run(
            [
                maven,
                "-B",
                "-q",
                "-f",
                str(project),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={incomplete}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode or not any(incomplete.glob("*.jar")):
            raise DownloadFailed(pom.stem, done.stdout.strip()[-OUTPUT_CHARACTERS:])
        incomplete.rename(target)


def java(part: str, *, compiler: bool = False) -> str:
    """Return the `java` to use: that of `JAVA_HOME`, else the one on the PATH.

    Args:
        part: What it is for.
        compiler: Whether a whole JDK is needed, not only a run-time.

    Raises:
        ServerMissing: there is none, it is too old, or it lacks the compiler.
    """
    home = os.environ.get("JAVA_HOME")
    binary = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if binary is None:
        lacks = f"JAVA_HOME is {home!r}, but there is no bin/java in it" if home else "there is no java on the PATH"
        raise ServerMissing(part, lacks, f"{INSTALL}.")
    said = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version[1]) < JAVA_MIN:
        raise ServerMissing(part, f"{binary} is {said.splitlines()[0] if said else 'broken'}", f"{INSTALL}.")
    if (
        compiler
        and "jdk.compiler"
        not in subprocess.run([binary, "--list-modules"], capture_output=True, text=True, check=False).stdout
    ):
        raise ServerMissing(part, f"{binary} is a run-time without the compiler", f"{INSTALL}.")
    return binary
