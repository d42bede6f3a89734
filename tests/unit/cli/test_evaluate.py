from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.evaluate import read_labelled

HELD_OUT = Path(__file__).parents[2] / "data" / "nlu_held_out.tsv"
GOOD = "text\texpected\nvendas por região\tBUSINESS\nfazer coisa\tVALIDATION\n"


def hive(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", "nlu", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labelled.tsv"


def test_the_figures_are_there_as_json() -> None:
    told = json.loads(hive(str(HELD_OUT), "--json").stdout)

    assert told["n"] == len(list(read_labelled(HELD_OUT)))
    assert told["accuracy"] == pytest.approx(1 - len(told["wrong"]) / told["n"], abs=1e-4)
    assert 0 <= told["ece"] <= 1
    assert 0 < told["us_p50"] <= told["us_p99"]
    assert set(told["per_domain"]) == set(told["labels"]) == set(told["confusion"])
    assert all({"precision", "recall"} <= scores.keys() for scores in told["per_domain"].values())
    assert sum(sum(row.values()) for row in told["confusion"].values()) == told["n"]
    assert all(item["expected"] != item["predicted"] for item in told["wrong"])


def test_a_text_for_a_person_is_right_when_it_goes_to_one(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")

    told = json.loads(hive(str(file), "--json").stdout)

    assert (told["accuracy"], told["n"], told["wrong"]) == (1.0, 2, [])


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("expected", "domain"),
        "id\texpected\tnote\ttext\n1\tbusiness\t\t vendas por região \n2\tvalidation\t\tfazer coisa\n",
        GOOD.replace("BUSINESS\n", "BUSINESS\textra\n"),
    ],
)
def test_columns_may_stand_anywhere_and_others_are_passed_over(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8", newline="")

    assert list(read_labelled(file)) == [("vendas por região", "BUSINESS"), ("fazer coisa", "VALIDATION")]


def test_quotes_in_a_text_are_part_of_it(file: Path) -> None:
    file.write_text('text\texpected\n"vendas" por "região\tBUSINESS\n', encoding="utf-8")

    assert list(read_labelled(file)) == [('"vendas" por "região', "BUSINESS")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "must name the columns"),
        (b"text\tlabel\nx\tBUSINESS\n", "must name the columns text and expected"),
        (b"expected\nBUSINESS\n", "must name the columns"),
        (b"text\texpected\nx\tSALES\n", ":2: 'SALES' is no label; allowed: BUSINESS, "),
        (b"text\texpected\nx\n", ":2: '' is no label"),
        (b"text\texpected\n \tBUSINESS\n", ":2: there is no text"),
        (b"\xff\xfe\x00", "can't decode"),
        (b"text\texpected\n", "nothing to evaluate"),
    ],
)
def test_a_bad_file_is_said_in_one_line_and_ends_with_2(file: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        file.write_bytes(content)

    result = hive(str(file), "--json")

    [line] = result.stderr.strip().splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(file) in line
    assert says in line


def test_the_reliability_is_drawn(file: Path, tmp_path: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    plot = tmp_path / "reliability.png"

    result = hive(str(file), "--plot", str(plot))

    assert result.exit_code == 0, result.output
    data = plot.read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (720, 840)


def test_without_matplotlib_it_is_said_what_to_install(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GOOD, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    result = hive(str(file), "--plot", str(tmp_path / "x.png"))

    assert (result.exit_code, result.stderr) == (
        1,
        "Error: --plot needs matplotlib: pip install 'neural-hive-mind[plots]'\n",
    )


def test_a_plot_that_cannot_be_written_is_said_in_one_line(file: Path, tmp_path: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")

    result = hive(str(file), "--plot", str(tmp_path / "no" / "x.png"))

    assert (result.exit_code, "No such file" in result.stderr) == (1, True)


def test_the_tables_show_every_figure() -> None:
    shown = hive(str(HELD_OUT)).stdout

    for said in (" right (", "calibration error", "precision", "confusion", "reliability", "wrong", "COMPLIANCE"):
        assert said in shown
