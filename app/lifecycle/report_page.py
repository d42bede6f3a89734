"""What validation found, as one HTML page: its plots are in it, and it loads nothing from anywhere."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.lifecycle.validate import Validation
    from models.lifecycle.validation import Comparison, Figures, Thresholds

__all__ = ["page"]

_GOOD, _BAD, _INK, _FAINT, _BAR = "#1a7f4b", "#b3261e", "#1f2933", "#d5dbe1", "#4a7fb5"
_WIDTH: Final = 560
_LEFT: Final = 205
"""Where the plots begin, right of what names their rows."""
_ROW: Final = 26
_MOST_FEATURES: Final = 12

_STYLE: Final = f"""
body {{ font: 15px/1.5 system-ui, sans-serif; color: {_INK}; max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; margin: 0; }} h2 {{ font-size: 1.05rem; margin: 0 0 .5rem; }}
.verdict {{ display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-weight: 600; }}
.grid {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(480px, 1fr)); gap: 1.2rem; }}
section {{ border: 1px solid {_FAINT}; border-radius: .5rem; padding: 1rem; }}
table {{ border-collapse: collapse; width: 100%; }} th, td {{ text-align: right; padding: .2rem .5rem; }}
th:first-child, td:first-child {{ text-align: left; }} thead th {{ border-bottom: 1px solid {_FAINT}; }}
.bad {{ color: {_BAD}; font-weight: 600; }} .faint {{ color: #66727f; }} svg {{ max-width: 100%; height: auto; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .8rem 0; }} dd {{ margin: 0; }}
"""


def page(found: Validation) -> str:
    """Return the page."""
    verdict = found.verdict
    colour, word = (_GOOD, "passed") if verdict.passed else (_BAD, "refused")
    missed = "".join(f'<li class="bad">{escape(each)}</li>' for each in verdict.missed)
    title = f"{found.specialist.value}: {found.candidate}"
    parts = [
        _section("Against the thresholds", _thresholds(verdict.figures, verdict.thresholds)),
        _section("By label", _by_label(verdict.figures, verdict.thresholds)),
        _section("What was right, and what was predicted", _confusion(verdict.figures)),
        _section(f"Does it know how sure it is? (ECE {verdict.figures.ece:.3f})", _reliability(verdict.figures)),
        _section(
            f"Against the champion: {found.champion or 'none'}", _comparison(verdict.comparison, verdict.thresholds)
        ),
    ]
    if found.importances:
        parts.append(_section("What it looks at: accuracy that is lost without a feature", _bars(found.importances)))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} {word}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)} "
        f'<span class="verdict" style="background:{colour}">{word}</span></h1>\n'
        f"<ul>{missed}</ul>{_facts(found)}\n"
        f'<div class="grid">{"".join(parts)}</div>\n</body></html>\n'
    )


def _facts(found: Validation) -> str:
    when = f"{_day(found.test_from_ms)} to {_day(found.test_to_ms)}"
    facts = {
        "family": found.family.replace("_", " "),
        "tested on": f"{found.verdict.figures.samples:,} samples, {when}"
        + (", of simulated work" if found.simulated else ""),
        "data": found.data_sha256,
        "model": found.sha256,
        "validated": f"{_minute(found.at_ms)} by {found.by}",
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items()) + "</dl>"


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>\n"


def _svg(height: float, body: Iterable[str], label: str, *, width: float = _WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" aria-label="{escape(label)}" '
        f'font-family="system-ui, sans-serif" font-size="13">{"".join(body)}</svg>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{more}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str = _INK, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}"/>'


def _thresholds(figures: Figures, least: Thresholds) -> str:
    """Draw a bar for each figure, and a tick where it must reach."""
    rows = [
        ("confidence (mean)", figures.confidence_mean, least.confidence_mean),
        ("F1 (macro)", figures.f1, least.f1),
        ("accuracy", figures.accuracy, least.accuracy),
        *((f"precision {name}", each.precision, least.precision_min) for name, each in figures.classes.items()),
        *((f"recall {name}", each.recall, least.recall_min) for name, each in figures.classes.items()),
    ]
    scale = _WIDTH - _LEFT - 60
    body: list[str] = []
    for place, (name, value, line) in enumerate(rows):
        top = place * _ROW + 4
        good = value >= line - 1e-9
        body += [
            _text(_LEFT - 8, top + 14, name, anchor="end"),
            _rect(_LEFT, top, scale, _ROW - 8, "#eef1f4"),
            _rect(_LEFT, top, scale * value, _ROW - 8, _GOOD if good else _BAD),
            _line(_LEFT + scale * line, top - 2, _LEFT + scale * line, top + _ROW - 6, more=' stroke-width="2"'),
            _text(_LEFT + scale + 8, top + 14, f"{value:.3f}", colour=_INK if good else _BAD),
        ]
    return _svg(len(rows) * _ROW + 4, body, "each figure, and the least that is needed")


def _by_label(figures: Figures, least: Thresholds) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td>{_cell(each.precision, least.precision_min)}{_cell(each.recall, least.recall_min)}"
        f"<td>{each.f1:.3f}</td><td>{each.support:,}</td></tr>"
        for name, each in figures.classes.items()
    )
    head = "<thead><tr><th>label</th><th>precision</th><th>recall</th><th>F1</th><th>samples</th></tr></thead>"
    foot = (
        f'<p class="faint">accuracy {figures.accuracy:.3f}, F1 {figures.f1:.3f}, mean confidence '
        f"{figures.confidence_mean:.3f}, log loss {figures.log_loss:.3f}</p>"
    )
    return f"<table>{head}<tbody>{rows}</tbody></table>{foot}"


def _cell(value: float, least: float) -> str:
    bad = ' class="bad"' if value < least - 1e-9 else ""
    return f"<td{bad}>{value:.3f}</td>"


def _confusion(figures: Figures) -> str:
    """Draw a square for each pair of labels, darker the larger its share of what was right."""
    size, left, top = 100, 130, 44
    count = len(figures.labels)
    body = [_text(left + count * size / 2, 14, "predicted", anchor="middle", colour="#66727f")]
    for place, name in enumerate(figures.labels):
        body.append(_text(left + place * size + size / 2, 34, name[:15], anchor="middle"))
        body.append(_text(left - 8, top + place * size + size / 2 + 4, name, anchor="end"))
    for row, counts in enumerate(figures.confusion):
        whole = sum(counts)
        for column, number in enumerate(counts):
            share = number / whole if whole else 0.0
            x, y = left + column * size, top + row * size
            rgb = (round(255 - share * part) for part in ((181, 128, 74) if row == column else (76, 170, 180)))
            body.append(_rect(x + 1, y + 1, size - 2, size - 2, f"rgb({', '.join(map(str, rgb))})"))
            ink = "#fff" if share > 0.55 else _INK
            body.append(_text(x + size / 2, y + size / 2 - 1, f"{number:,}", anchor="middle", colour=ink))
            if whole:
                small = ' font-size="11"'
                body.append(
                    _text(x + size / 2, y + size / 2 + 15, f"{share:.0%}", anchor="middle", colour=ink, more=small)
                )
    return _svg(top + count * size + 4, body, "confusion matrix", width=left + count * size + 4)


def _reliability(figures: Figures) -> str:
    """Draw how often it was right over how sure it was; the size of a dot is how many samples it stands for."""
    side, left, top = 300, 60, 12
    body = [
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{_FAINT}"/>',
        _line(left, top + side, left + side, top, colour="#9aa5b1", more=' stroke-dasharray="5 4"'),
        _text(left + side / 2, top + side + 36, "how sure it was", anchor="middle"),
        _text(16, top + side / 2, "right", anchor="middle", more=f' transform="rotate(-90 16 {top + side / 2:.1f})"'),
    ]
    for tenth in (0.0, 0.25, 0.5, 0.75, 1.0):
        body.append(_text(left + side * tenth, top + side + 17, f"{tenth:g}", anchor="middle", colour="#66727f"))
        body.append(_text(left - 6, top + side * (1 - tenth) + 4, f"{tenth:g}", anchor="end", colour="#66727f"))
    points = [(left + side * sure, top + side * (1 - right), n) for sure, right, n in figures.reliability]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    body.append(f'<polyline points="{path}" fill="none" stroke="{_BAR}" stroke-width="2"/>')
    most = max((n for _, _, n in points), default=1)
    for x, y, n in points:
        radius = 3 + 7 * (n / most) ** 0.5
        body.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{_BAR}" fill-opacity=".75">'
            f"<title>{n:,} samples</title></circle>"
        )
    return _svg(top + side + 44, body, "how often it was right over how sure it was", width=left + side + 20)


def _comparison(found: Comparison | None, thresholds: Thresholds) -> str:
    """Draw the differences with their intervals, the zero line, and how far below it an interval may reach."""
    if found is None:
        return '<p class="faint">There is none, and nothing else to hold it against.</p>'
    rows: Sequence[tuple[str, float, float, float]] = [
        ("accuracy", found.accuracy, found.accuracy_low, found.accuracy_high),
        ("F1", found.f1, found.f1_low, found.f1_high),
    ]
    reach = 1.15 * max(thresholds.margin * 2, *(abs(end) for _, _, low, high in rows for end in (low, high)))
    left, width = 90, _WIDTH - 215

    def at(value: float) -> float:
        return left + width * (value + reach) / (2 * reach)

    height = len(rows) * 44 + 10
    body = [
        _rect(left, 6, at(-thresholds.margin) - left, height - 12, "#fbeae9"),
        _line(at(0.0), 4, at(0.0), height, colour="#9aa5b1"),
        _line(at(-thresholds.margin), 4, at(-thresholds.margin), height, colour=_BAD, more=' stroke-dasharray="4 3"'),
        _text(at(0.0), height + 16, "as good", anchor="middle", colour="#66727f"),
        _text(left, height + 34, f"red: more than {thresholds.margin:g} worse", colour=_BAD),
    ]
    for place, (name, value, low, high) in enumerate(rows):
        y = place * 44 + 28
        colour = _BAD if low < -thresholds.margin - 1e-9 else _GOOD
        body += [
            _text(left - 8, y + 4, name, anchor="end"),
            _line(at(low), y, at(high), y, colour=colour, more=' stroke-width="4"'),
            f'<circle cx="{at(value):.1f}" cy="{y}" r="6" fill="{colour}"/>',
            _text(left + width + 8, y - 2, f"{value:+.3f}"),
            _text(left + width + 8, y + 14, f"{low:+.3f} … {high:+.3f}", colour="#66727f", more=' font-size="11"'),
        ]
    return _svg(height + 42, body, f"difference from the champion, {found.level:.0%} interval")


def _bars(importances: dict[str, float]) -> str:
    rows = sorted(importances.items(), key=lambda item: -item[1])[:_MOST_FEATURES]
    most = max(1e-9, *(value for _, value in rows))
    scale = _WIDTH - _LEFT - 70
    body: list[str] = []
    for place, (name, value) in enumerate(rows):
        top = place * _ROW + 4
        body += [
            _text(_LEFT - 8, top + 14, name[:26], anchor="end"),
            _rect(_LEFT, top, scale * max(value, 0.0) / most, _ROW - 8, _BAR),
            _text(_LEFT + scale * max(value, 0.0) / most + 6, top + 14, f"{value:.3f}"),
        ]
    return _svg(len(rows) * _ROW + 4, body, "the features that count most")


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d")


def _minute(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
