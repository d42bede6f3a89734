"""Intentions that wait for their domain, and dead letters: told as the command line does, from what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from app import topics
from app.cli._letters import letter_of
from app.cli._people import left
from app.cli._render import kafka_text
from app.letters import fetch
from models.deadletters import PREFIX, LetterState, attempt_of
from models.nlu.pii import mask

if TYPE_CHECKING:
    from app.cli._letters import Letter
    from app.settings import Settings
    from app.stores.kafka import Found
    from app.web.kept import Kept
    from models.deadletters import LetterId

__all__ = ["LetterShown", "letter", "letters", "unsure"]

SHOWN_CHARS: Final = 16_384
_HANDLED: Final = topics.DEAD_LETTERS_HANDLED.name


class LetterShown(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter; `why_not` says why it can't be sent again, `value` and `headers` are there for one alone.

    What is personal in texts is masked here; `hive dlq show --raw` has the bytes.
    """

    id: str
    at: int
    came_from: str
    partition: str
    offset: str
    stage: str
    error: str
    reason: str
    message: str
    status: str
    attempts: int
    bytes: int
    why_not: str | None
    by: str | None
    by_why: str | None
    key: str | None = None
    value: str | None = None
    headers: dict[str, str | None] = {}


def unsure(kept: Kept, *, limit: int) -> list[dict[str, Any]]:
    """Return the intentions that wait for a person to say their domain, the oldest first."""
    names = (topics.INTENTIONS_VALIDATION.name, topics.INTENTIONS_VALIDATED.name)
    return [item.as_json() for item in left(record for name in names for record in kept.all(name))[:limit]]


def letters(kept: Kept, settings: Settings, *, limit: int, every: bool = False) -> list[LetterShown]:
    """Return the dead letters that nobody has dealt with, the newest first; with `every` the others, too."""
    states = _states(kept)
    found = [
        letter_of(record, states, partitions=settings.partitions)
        for spec in topics.DEAD_LETTERS
        for record in kept.newest(spec.name)
    ]
    found = [each for each in found if every or each.is_left]
    found.sort(key=lambda each: -each.at_ms)
    return [_shown(each) for each in found[:limit]]


def letter(kept: Kept, settings: Settings, place: LetterId) -> LetterShown | None:
    """Return a dead letter with what is in it; None: there is none."""
    spec = topics.DEAD_LETTERS_OF.get(place.family)
    records = kept.of(spec.name, f"{place.partition}/{place.offset}") if spec else []
    record = records[-1] if records else fetch(settings, [place]).get(place)
    if record is None:
        return None
    return _shown(letter_of(record, _states(kept), partitions=settings.partitions), record)


def _states(kept: Kept) -> dict[str, LetterState]:
    return {
        (record.key or b"").decode(errors="replace"): msgspec.json.decode(record.value or b"", type=LetterState)
        for record in kept.newest(_HANDLED)
    }


def _shown(found: Letter, record: Found | None = None) -> LetterShown:
    about, state = found.about, found.state
    value = None if record is None else kafka_text(record.value)
    return LetterShown(
        id=str(found.id),
        at=found.at_ms,
        came_from=about.get("topic", "–"),
        partition=about.get("partition", "–"),
        offset=about.get("offset", "–"),
        stage=about.get("stage", "–"),
        error=about.get("error", ""),
        reason=about.get("reason", ""),
        message=mask(about.get("message", "")),
        status=found.status,
        attempts=attempt_of(about),
        bytes=found.size,
        why_not=found.to if isinstance(found.to, str) else None,
        by=state.by if state else None,
        by_why=state.why if state else None,
        key=kafka_text(found.key),
        value=None if value is None else mask(value[:SHOWN_CHARS]) + ("…" if len(value) > SHOWN_CHARS else ""),
        headers={}
        if record is None
        else {name: mask(kafka_text(text) or "") for name, text in record.headers if not name.startswith(PREFIX)},
    )
