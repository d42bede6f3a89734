"""`hive catalog`: every mistake is one line, and the exit code says whether there is one."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from app.cli.catalog import catalog
from tests.unit.planning.catalogs import CATALOG, CATALOG_FILE


def test_a_right_catalog_is_counted() -> None:
    done = CliRunner().invoke(catalog, ["check", str(CATALOG_FILE)])
    assert done.exit_code == 0
    assert f"{len(CATALOG.sources)} sources, {len(CATALOG.relationships)} relationships" in done.stdout


def test_each_mistake_is_a_line_with_its_place(tmp_path: Path) -> None:
    text = CATALOG_FILE.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("kind: kafka", "kind: tape").replace("aggregation: avg", "aggregation: mode"))
    done = CliRunner().invoke(catalog, ["check", str(wrong)])
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    numbers = [int(line.removeprefix(f"{wrong}:").split(":")[0]) for line in lines]
    written = wrong.read_text(encoding="utf-8").splitlines()
    assert [next(word for word in ("mode", "tape") if word in written[number - 1]) for number in numbers] == [
        "mode",
        "mode",
        "tape",
    ]


def test_what_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(b"sources: \xff\xfe")
    done = CliRunner().invoke(catalog, ["check", str(wrong)])
    assert done.exit_code == 1
    assert "not UTF-8 at byte 9" in done.stderr


def test_infer_needs_a_server() -> None:
    assert CliRunner().invoke(catalog, ["infer"]).exit_code == 2
    done = CliRunner().invoke(catalog, ["infer", "--mongo", "mongodb://127.0.0.1:1"])
    assert done.exit_code == 2
    assert "needs the database" in done.stderr
