"""No personal data leaves by the log."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

from app.observability.pii_log import PiiFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL = "ana@example.com"
CPF = "529.982.247-25"


class Log:
    """A logger of its own with one handler that masks, and what came out of it."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.handler = logging.StreamHandler(self.out)
        self.handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.handler.addFilter(PiiFilter())
        self.logger = logging.getLogger("hive.test.pii")
        self.logger.setLevel(logging.DEBUG)
        self.logger.propagate = False
        self.logger.addHandler(self.handler)

    @property
    def text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.logger.removeHandler(made.handler)


def test_message_and_arguments_are_masked(log: Log) -> None:
    log.logger.info("intention of %s", EMAIL)
    log.logger.warning(f"CPF {CPF}")
    log.logger.error("%(who)s wrote to %(whom)s", {"who": "Dra. Ana", "whom": EMAIL})
    assert log.text.splitlines() == [
        "INFO hive.test.pii intention of [EMAIL]",
        "WARNING hive.test.pii CPF [CPF]",
        "ERROR hive.test.pii Dra. [NAME] wrote to [EMAIL]",
    ]


def test_data_that_only_message_and_argument_together_make_is_masked(log: Log) -> None:
    log.logger.info("%s@example.com", "ana")
    assert log.text == "INFO hive.test.pii [EMAIL]\n"


def test_arguments_that_are_no_text_are_masked(log: Log) -> None:
    log.logger.info("got %r", {"email": EMAIL, "ids": [1, 2]})
    assert log.text == "INFO hive.test.pii got {'email': '[EMAIL]', 'ids': [1, 2]}\n"


def test_a_record_with_nothing_to_mask_stays_as_it_is() -> None:
    record = logging.makeLogRecord({"msg": "%d records in %.1f s", "args": (12, 0.5)})
    assert PiiFilter().filter(record)
    assert (record.msg, record.args) == ("%d records in %.1f s", (12, 0.5))


def test_a_percent_sign_in_what_was_masked_is_no_format(log: Log) -> None:
    log.logger.info("100%% of %s", EMAIL)
    assert log.text == "INFO hive.test.pii 100% of [EMAIL]\n"


def test_records_of_children_are_masked(log: Log) -> None:
    log.logger.getChild("stage").info(EMAIL)
    assert log.text == "INFO hive.test.pii.stage [EMAIL]\n"


def test_tracebacks_are_masked(log: Log) -> None:
    try:
        int(EMAIL)
    except ValueError:
        log.logger.exception("failed for %s", CPF)
    assert EMAIL not in log.text
    assert "ERROR hive.test.pii failed for [CPF]\nTraceback" in log.text
    assert log.text.endswith("ValueError: invalid literal for int() with base 10: '[EMAIL]'\n")


def test_the_stack_is_masked(log: Log) -> None:
    record = logging.makeLogRecord({"msg": "here", "stack_info": f"Stack: {EMAIL}"})
    log.handler.handle(record)
    assert log.text.endswith("Stack: [EMAIL]\n")


def test_extra_fields_are_masked() -> None:
    record = logging.makeLogRecord({"msg": "sent", "question": f"de {EMAIL}", "count": 3})
    PiiFilter().filter(record)
    assert (record.__dict__["question"], record.__dict__["count"]) == ("de [EMAIL]", 3)


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(EMAIL)


@pytest.mark.parametrize(
    ("message", "argument", "error"),
    [("%d of them", EMAIL, "TypeError"), ("%s and %s", CPF, "TypeError"), ("%s", Unprintable(), "RuntimeError")],
)
def test_a_call_that_cannot_be_formatted_gives_nothing_away(
    log: Log, capsys: pytest.CaptureFixture[str], message: str, argument: object, error: str
) -> None:
    """The standard handler prints message and arguments to stderr then."""
    log.logger.info(message, argument)
    assert f"can't be formatted ({error}): {__file__}:" in log.text
    assert EMAIL not in log.text
    assert capsys.readouterr().err == ""


def test_two_handlers_may_both_mask(log: Log) -> None:
    second = logging.StreamHandler(io.StringIO())
    second.addFilter(PiiFilter())
    log.logger.addHandler(second)
    try:
        log.logger.info("intention of %s", EMAIL)
    finally:
        log.logger.removeHandler(second)
    assert second.stream.getvalue() == "intention of [EMAIL]\n"
    assert log.text == "INFO hive.test.pii intention of [EMAIL]\n"
