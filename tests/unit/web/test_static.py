"""The files of the page: nothing from elsewhere, no markup out of data, every word in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.web.console import STATIC

FILES = sorted(path for path in STATIC.iterdir() if path.suffix in {".js", ".html", ".css", ".svg"})
_KEY = re.compile(r'(?:^|[{,\s])(?:"([\w.-]+)"|(\w+)): "')


def words(language: str) -> set[str]:
    found = _KEY.findall((STATIC / f"{language}.js").read_text(encoding="utf-8"))
    return {quoted or bare for quoted, bare in found}


def test_every_word_is_there_in_both_languages() -> None:
    assert words("en") == words("pt")
    assert len(words("en")) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_small_brings_nothing_from_elsewhere_and_makes_no_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert not re.search(r"https?://(?!www\.w3\.org/|localhost )", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=\"|<style", text), "nothing inline: the policy forbids it"


def test_every_word_that_is_said_is_known() -> None:
    said = {
        key
        for path in FILES
        if path.suffix == ".js" and path.name not in {"en.js", "pt.js"}
        for key in re.findall(r'\bt\(\s*"([\w.-]+)"', path.read_text(encoding="utf-8"))
    }
    assert said - words("en") == set()
