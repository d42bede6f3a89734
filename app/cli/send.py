"""`hive send`: many intentions from a file."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, BinaryIO

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from app import topics
from app.cli._state import current_settings
from app.errors import HiveError, InvalidRecord
from app.stores import kafka
from models.records import Submission, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from confluent_kafka import KafkaError, Message, Producer

SHOWN_BAD_LINES = 20


def parse_line(line: bytes) -> tuple[bytes, bytes]:
    """Read a submission and return its key and its value; one without an id is given one.

    The key is the correlation id where there is one: what is sent again under it, with another id of its own, then
    lies on the same partition and is found to be a duplicate.

    Raises:
        InvalidRecord: the line is no submission.
    """
    submission = decode(Submission, line)
    if submission.id is None:
        submission = msgspec.structs.replace(submission, id=str(uuid.uuid4()))
    return str(submission.correlation_id or submission.id).encode(), encode(submission)


def good_lines(lines: Iterator[bytes], report: Callable[[int, str], None]) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of each good line; blank ones are passed over, bad ones reported by their number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield parse_line(line)
        except InvalidRecord as error:
            report(number, str(error))


class _Sending:
    """Counts what the broker has taken and what not."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.sent = 0
        self.failures: list[str] = []

    def send(self, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(
                    topics.INTENTIONS_SUBMITTED.name, key=key, value=value, on_delivery=self._delivered
                )
            except BufferError:  # librdkafka's queue is full: let it send
                self._producer.poll(0.5)
            else:
                self._producer.poll(0)
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error:
            self.failures.append(error.str())
        else:
            self.sent += 1

    def finish(self) -> None:
        """Wait until everything is taken or refused."""
        while left := len(self._producer):
            if self._producer.flush(kafka.ANSWER_S) >= left:
                raise HiveError(f"Kafka has stopped answering: {self.sent} sent, {left} left")


@click.command()
@click.argument("file", type=click.File("rb"))
def send(file: BinaryIO) -> None:
    """Send the lines of FILE as intentions.

    FILE is JSON Lines, - for standard input.

    Bad lines are reported by their number, the good ones are sent; ends with 1 when there were bad ones.
    """
    settings = current_settings()
    kafka.check_reachable(settings)
    bad: list[str] = []
    sending = _Sending(kafka.producer(settings))
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("sending", total=_size(file))
        lines = _watched(file, lambda line: progress.advance(bar, len(line)))
        for key, value in good_lines(lines, lambda number, why: bad.append(f"line {number}: {why}")):
            sending.send(key, value)
        sending.finish()
    for line in bad[:SHOWN_BAD_LINES]:
        click.echo(line, err=True)
    click.echo(f"{sending.sent} sent, {len(bad)} bad lines")
    if sending.failures:
        raise HiveError(f"Kafka took {sending.sent} and refused {len(sending.failures)}: {sending.failures[0]}")
    if bad:
        raise HiveError(f"{len(bad)} bad lines were not sent")


def _watched(lines: Iterable[bytes], watch: Callable[[bytes], None]) -> Iterator[bytes]:
    for line in lines:
        watch(line)
        yield line


def _size(file: BinaryIO) -> int | None:
    """Return a file's length in bytes, or None for a pipe."""
    if not file.seekable():
        return None
    end = file.seek(0, 2)
    file.seek(0)
    return end
