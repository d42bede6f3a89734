"""What becomes of letters: which are tried again and when, and every state with every command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deadletters import (
    SYSTEM,
    LetterId,
    LetterState,
    LetterStatus,
    Rules,
    attempt_of,
    decide,
    describe,
    due,
    given_up,
    headers_again,
    is_again,
    scheduled,
)
from models.errors import InvalidRecord
from models.records import LetterAction, LetterCommand, decode, encode

RULES = Rules(times=10, backoff_ms=120_000)
NOW_MS = 1_800_000_000_000
MINUTE_MS = 60_000
LETTER = LetterId("plans", 2, 17)
W, R, D, G = LetterStatus
RETRY, REPLAY, DROP = LetterAction
FAILED = {"topic": "plans.ready", "error": "KeyError", "reason": "failed"}


def tried(times: int, topic: str = "plans.ready") -> dict[str, str]:
    """Return what the headers say of a record that has become a letter once more."""
    headers = headers_again([("trace", b"1")], LETTER, topic=topic, attempt=times)
    return describe([*headers, *((f"dead-letter-{name}", value.encode()) for name, value in FAILED.items())])


def command(action: LetterAction, *, again: bool = False) -> LetterCommand:
    by = SYSTEM if action is RETRY else "ana"
    return LetterCommand(letter=str(LETTER), action=action, by=by, at=NOW_MS, reason="because", again=again)


def in_state(status: LetterStatus | None) -> LetterState | None:
    if status is None:
        return None
    due_at = NOW_MS if status is W else None
    return LetterState(status=status, at=NOW_MS - MINUTE_MS, attempt=3, due_at=due_at)


def test_a_letter_is_tried_again_later_and_later_and_ten_times_at_most() -> None:
    waits = []
    for attempt in range(12):
        state = scheduled(tried(attempt), RULES, now_ms=NOW_MS)
        waits.append(None if state is None else ((state.due_at or 0) - NOW_MS) // MINUTE_MS)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, None, None]
    assert not given_up(tried(9), RULES)
    assert given_up(tried(10), RULES)


def test_it_never_waits_for_more_than_a_day() -> None:
    state = scheduled(tried(900_000), Rules(times=1_000_000, backoff_ms=120_000), now_ms=0)
    assert state is not None
    assert state.due_at == 86_400_000


@pytest.mark.parametrize("reason", ["not-json", "tombstone", "too-large", "invalid-field"])
def test_what_can_never_work_is_not_tried_again(reason: str) -> None:
    about = {**FAILED, "error": "InvalidRecord", "reason": reason}
    assert scheduled(about, RULES, now_ms=NOW_MS) is None
    assert not given_up(about, RULES)


def test_what_nobody_wrote_as_a_letter_is_left_alone() -> None:
    assert scheduled({}, RULES, now_ms=NOW_MS) is None


def test_nothing_is_tried_again_where_that_is_turned_off() -> None:
    assert scheduled(FAILED, Rules(times=0, backoff_ms=1), now_ms=NOW_MS) is None


def test_a_letter_is_due_when_its_time_has_come() -> None:
    state = scheduled(FAILED, RULES, now_ms=NOW_MS)
    assert state is not None
    assert not due(state, now_ms=NOW_MS + 2 * MINUTE_MS - 1)
    assert due(state, now_ms=NOW_MS + 2 * MINUTE_MS)
    early = decide(state, command(RETRY), now_ms=NOW_MS)
    assert early is None, "said too early, or twice"


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("action", LetterAction)
@pytest.mark.parametrize("status", [None, *LetterStatus])
def test_only_the_listed_transitions_change_anything(
    status: LetterStatus | None, action: LetterAction, *, again: bool
) -> None:
    allowed = {(W, RETRY): R, (None, REPLAY): R, (W, REPLAY): R, (None, DROP): D, (W, DROP): D}
    if again:
        allowed |= {(R, REPLAY): R, (D, REPLAY): R}
    after = decide(in_state(status), command(action, again=again), now_ms=NOW_MS)
    assert (after and after.status) == allowed.get((status, action))


def test_what_is_done_says_who_did_it_and_why_and_counts_the_attempts() -> None:
    dropped = decide(None, command(DROP), now_ms=NOW_MS)
    assert dropped == LetterState(status=D, at=NOW_MS, by="ana", why="because")
    retried = decide(in_state(W), command(RETRY), now_ms=NOW_MS)
    assert retried is not None
    assert (retried.attempt, retried.by) == (4, SYSTEM)
    replayed = decide(in_state(W), command(REPLAY), now_ms=NOW_MS)
    assert replayed is not None
    assert replayed.attempt == 0, "a person's replay begins anew"


def test_to_drop_one_a_reason_must_be_given() -> None:
    with pytest.raises(InvalidRecord, match="reason"):
        decode(LetterCommand, b'{"letter": "plans/2/17", "action": "drop", "by": "ana", "at": 1, "reason": " "}')
    assert decode(LetterCommand, encode(command(DROP))) == command(DROP)


def test_a_record_that_comes_again_has_its_own_headers_and_says_what_it_was() -> None:
    letter = [("trace", b"\xff"), ("empty", None), ("dead-letter-topic", b"plans.ready"), ("dead-letter-reason", b"x")]
    headers = headers_again(letter, LETTER, topic="plans.ready", attempt=4)
    assert headers[:2] == letter[:2]
    about = describe(headers)
    assert about == {"again": "plans.ready", "attempt": "4", "before": "plans/2/17"}
    assert is_again(headers, "plans.ready")
    assert not is_again(headers, "plans.completed"), "stages pass headers on: there it speaks of another record"
    assert attempt_of({**about, "topic": "plans.ready"}) == 4
    assert attempt_of({**about, "topic": "plans.completed"}) == 0


@pytest.mark.parametrize("attempt", ["", "-1", "x", "٣", "1.5", "9" * 100])
def test_a_count_that_somebody_has_made_up_is_no_error(attempt: str) -> None:
    assert 0 <= attempt_of({"again": "t", "topic": "t", "attempt": attempt}) <= 1_000_000


@given(st.lists(st.tuples(st.text(), st.none() | st.binary())), st.integers(0, 2**53))
def test_any_headers_can_be_read(headers: list[tuple[str, bytes | None]], now_ms: int) -> None:
    """An error here would stop the stage at the same letter for ever: it can't make a letter of a letter."""
    prefixed = [(f"dead-letter-{name}", value) for name, value in headers]
    scheduled(describe([*headers, *prefixed]), RULES, now_ms=now_ms)


@given(st.builds(LetterId, st.sampled_from(["plans", "execution"]), st.integers(0, 999), st.integers(0, 2**53)))
def test_an_id_is_read_as_it_is_written(letter: LetterId) -> None:
    assert LetterId.parse(str(letter)) == letter


@pytest.mark.parametrize(
    "text", ["", "plans", "plans/1", "plans/1/x", "Plans/1/2", "plans/-1/2", "plans/١/2", "a/1/2/3"]
)
def test_anything_else_is_no_id(text: str) -> None:
    with pytest.raises(InvalidRecord, match="such as plans/2/17"):
        LetterId.parse(text)
