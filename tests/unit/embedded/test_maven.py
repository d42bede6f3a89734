from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from app.cache_dir import default_cache_dir
from app.embedded import kafka_real, maven, neo4j_real
from app.embedded.errors import DownloadFailed, ServerMissing

MAVEN = """#!/bin/sh
echo called >> "{calls}"
for argument; do case "$argument" in -DoutputDirectory=*) folder="${{argument#*=}}";; esac; done
mkdir -p "$folder" && sleep 0.2 && touch "$folder/server.jar" && {end}
"""


def silent(_: str) -> None:
    """Nobody looks at the progress."""


def put(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(script)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def pom(tmp_path: Path) -> Path:
    pom = tmp_path / "server-1.0.xml"
    pom.write_text("<project/>")
    return pom


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a Maven on the PATH that writes down each call."""
    calls = tmp_path / "calls"
    put(tmp_path / "bin", "mvn", MAVEN.format(calls=calls, end="true"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return calls


def test_downloads_once(tmp_path: Path, pom: Path, calls: Path) -> None:
    said: list[str] = []

    first = maven.fetch(pom, tmp_path / "cache", said.append)
    second = maven.fetch(pom, tmp_path / "cache", said.append)

    assert [file.name for file in first.iterdir()] == ["server.jar"]
    assert (second, calls.read_text(), len(said)) == (first, "called\n", 1)


def test_two_runs_at_once_download_once(tmp_path: Path, pom: Path, calls: Path) -> None:
    threads = [threading.Thread(target=maven.fetch, args=(pom, tmp_path / "cache", silent)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert calls.read_text() == "called\n"


def test_another_version_is_another_download(tmp_path: Path, pom: Path, calls: Path) -> None:
    first = maven.fetch(pom, tmp_path / "cache", silent)
    pom.write_text("<project>2</project>")

    assert maven.fetch(pom, tmp_path / "cache", silent) != first


def test_a_failed_download_leaves_nothing_and_says_why(tmp_path: Path, pom: Path, calls: Path) -> None:
    put(tmp_path / "bin", "mvn", MAVEN.format(calls=calls, end="echo no route to repository && exit 1"))

    with pytest.raises(DownloadFailed, match="no route to repository"):
        maven.fetch(pom, tmp_path / "cache", silent)

    assert [file.name for file in (tmp_path / "cache").iterdir() if file.is_dir()] == []


def test_without_maven_says_what_to_install(tmp_path: Path, pom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ServerMissing, match=r"Maven \(mvn\).*apt-get install openjdk-17-jdk-headless maven"):
        maven.fetch(pom, tmp_path / "cache", silent)


def test_without_java_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(ServerMissing, match=r"no java on the PATH.*Install a JDK 17 or 21"):
        maven.java("kafka")


def test_a_java_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "bin", "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(ServerMissing, match=r'openjdk version "11\.0\.2"'):
        maven.java("kafka")


def test_a_java_without_compiler_is_refused_if_one_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "bin", "java", "#!/bin/sh\necho 'openjdk version \"17.0.2\"' >&2\necho java.base@17\n")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    assert maven.java("kafka") == str(tmp_path / "bin" / "java")
    with pytest.raises(ServerMissing, match="without the compiler"):
        maven.java("neo4j", compiler=True)


def test_the_cache_folder_can_be_set() -> None:
    assert default_cache_dir({"HIVE_CACHE": "/c", "XDG_CACHE_HOME": "/x"}) == Path("/c")
    assert default_cache_dir({"XDG_CACHE_HOME": "/x"}) == Path("/x/neural-hive-mind")
    assert default_cache_dir({}) == Path.home() / ".cache" / "neural-hive-mind"


@pytest.mark.parametrize(
    "pom", [kafka_real.POM, kafka_real.POM_TO_KILL, neo4j_real.POM], ids=["kafka", "kafka to kill", "neo4j"]
)
def test_a_pom_holds_the_version_that_its_name_says(pom: Path) -> None:
    assert f"<version>{pom.stem.rpartition('-')[2]}</version>" in pom.read_text()
