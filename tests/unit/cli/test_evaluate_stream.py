from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

ELEC2 = Path("../shared/data/elec2/electricity.csv")
CHEAP = ("--rungs", "logistic,tree")
GOOD = "x,kind,y\n" + "1,a,up\n2,b,down\n" * 20


def hive(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", "stream", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def flipping(n: int, flip: int) -> str:
    """Numbers, a category that tells nothing, gaps; `up` where x is above a half, from the flip on below."""
    chance = random.Random(3)
    lines = ["id,x,kind,y"]
    for at in range(n):
        x = chance.random()
        cell = "?" if chance.random() < 0.05 else f"{x:.4f}"
        lines.append(f"{at},{cell},{chance.choice('abc')},{'up' if (x > 0.5) != (at >= flip) else 'down'}")
    return "\n".join(lines) + "\n"


def test_the_figures_are_there_as_json_and_the_flip_is_found(file: Path, tmp_path: Path) -> None:
    file.write_text(flipping(1_600, 900), encoding="utf-8")
    plot = tmp_path / "out.png"
    result = hive(str(file), "--label", "y", "--drop", "id", "--json", "--plot", str(plot), *CHEAP)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["n"], told["rows"], told["unlabelled"], told["categorical"]) == (1_600, 1_600, 0, ["kind"])
    assert told["missing"] == {"x": flipping(1_600, 900).count("?")}
    [drift] = told["drifts"]
    assert 900 < drift <= 1_100
    assert told["accuracy"] > 0.85
    assert told["kappa_temporal"] == pytest.approx(
        (told["accuracy"] - told["no_change"]) / (1 - told["no_change"]), abs=1e-3
    )
    assert 0 < told["macro_f1"] <= 1
    assert -1 <= told["kappa"] <= 1
    assert told["us_per_row"] > 0
    assert told["champion"] in told["rungs"]
    assert struct.unpack(">II", plot.read_bytes()[16:24]) == (1200, 540)


def test_the_tables_show_the_figures(file: Path) -> None:
    file.write_text(flipping(1_200, 700), encoding="utf-8")
    shown = hive(str(file), "--label", "y", "--drop", "id", *CHEAP).stdout
    for said in ("µs a row", "kappa temporal", "rungs", "drifts", "page-hinkley"):
        assert said in shown


def test_late_labels_make_it_worse_and_rows_without_a_label_are_not_counted(file: Path) -> None:
    file.write_text(GOOD + "3,a,\n", encoding="utf-8")
    now, late = (
        json.loads(hive(str(file), "--label", "y", "--json", "--delay", str(delay)).stdout) for delay in (0, 30)
    )
    assert (now["n"], now["rows"], now["unlabelled"]) == (40, 41, 1)
    assert late["accuracy"] < now["accuracy"]


@pytest.mark.parametrize(
    "content", [GOOD.replace(",", ";"), GOOD.replace(",", "\t"), "\ufeff" + GOOD.replace("\n", "\r\n")]
)
def test_other_separators_and_line_ends_are_read(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8", newline="")
    assert json.loads(hive(str(file), "--label", "y", "--json", *CHEAP).stdout)["n"] == 40


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (None, (), "No such file"),
        (b"", (), "there is no column 'y'; there are: none"),
        (b"a,b\n1,2\n", (), "there is no column 'y'; there are: a, b"),
        (b"a,a,y\n1,2,3\n", (), "two columns are called 'a'"),
        (b"a,y\n1,2\n", ("--drop", "z"), "there is no column 'z'"),
        (b"a,y\n1,2\n", ("--drop", "y"), "can't be dropped"),
        (b"a,y\n1,2\n", ("--drop", "a"), "no column is left"),
        (b"a,y\n1,2\n1\n", (), ":3: 1 cells, but 2 columns"),
        (b"a,y\n", (), "nothing to evaluate"),
        (b"a,y\n1,\n", (), "nothing to evaluate"),
        (b"\xff\xfe\x00", (), "can't decode"),
        (b"a,y\n" + b"".join(b"1,%d\n" % n for n in range(101)), CHEAP, "more than 100 different values"),
    ],
)
def test_a_bad_file_is_said_in_one_line_and_ends_with_2(
    file: Path, content: bytes | None, arguments: tuple[str, ...], says: str
) -> None:
    if content is not None:
        file.write_bytes(content)
    result = hive(str(file), "--label", "y", "--json", *arguments)
    [line] = result.stderr.strip().splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(file) in line
    assert says in line


def test_an_unknown_rung_is_refused(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    result = hive(str(file), "--label", "y", "--rungs", "oracle")
    assert (result.exit_code, "'oracle' is no kind of learner" in result.stderr) == (2, True)


@pytest.mark.skipif(not ELEC2.exists(), reason=f"{ELEC2} is not there")
def test_the_electricity_market_is_learned_and_late_labels_are_told(file: Path) -> None:
    """The first 4,000 rows, without the dear rungs; the whole is `python -m benchmarks online`."""
    with ELEC2.open(encoding="utf-8") as lines:
        file.write_text("".join(line for line, _ in zip(lines, range(4_001), strict=False)), encoding="utf-8")
    told = json.loads(
        hive(str(file), "--label", "class", "--drop", "date", "--json", "--rungs", "logistic,quick").stdout
    )
    assert told["accuracy"] > 0.88
    assert told["kappa_temporal"] > 0
