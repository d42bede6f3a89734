"""What `understand` remembers of those who send, and what people say about what it could not make out."""

from __future__ import annotations

import json
import random
import time
import uuid
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from app.cli import main
from tests.broker.cluster import answers, new_group, producer, read, worker, worker_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.embedded.stack import Stack

TEXT = "receita das lojas novas por vendedor"
UNANSWERABLE = "vendas por planeta"


def unclear() -> str:
    """Return a text that nobody can make out: another one each time, for what is said about one is learned."""
    chance = random.SystemRandom()
    return " ".join("".join(chance.choices("bcdfghjklmnpqrstvwxz", k=6)) for _ in range(2))


def send(
    kafka: str, *, key: str, partition: int | None = None, topic: str = "intentions.submitted", **body: Any
) -> str:
    """Submit an intention with an id of its own; return the id."""
    identity = str(body.pop("id", uuid.uuid4()))
    to = producer(kafka)
    where = {} if partition is None else {"partition": partition}
    to.produce(topic, json.dumps({"id": identity, **body}), key=key, **where)
    assert to.flush(10) == 0
    return identity


def of_key(kafka: str, topic: str, key: str, *, count: int = 1, timeout_s: float = 30) -> list[dict[str, Any]]:
    """Return the values of a key, once there are so many, and whatever comes in a second more."""

    def ours(messages: list[Any]) -> list[Any]:
        return [m for m in messages if m.key() == key.encode()]

    read(kafka, [topic], lambda found: len(ours(found)) >= count, timeout_s=timeout_s)
    time.sleep(1)
    return [json.loads(m.value()) for m in ours(read(kafka, [topic], lambda _: False, timeout_s=2))]


def hive(addresses: Mapping[str, str], folder: Path, *arguments: str) -> str:
    """Run a command; return what it prints."""
    done = CliRunner().invoke(main, arguments, env={**addresses, "HIVE_DATA_DIR": str(folder)})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_person_says_what_an_unclear_intention_is_and_the_second_word_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path):
        text = unclear()
        asked = send(kafka, key="any", text=f"{text} ana@example.com")
        assert answers(kafka, {asked})[asked]["status"] == "not_understood"

        def listed() -> dict[str, Any]:
            return {
                item["intention_id"]: item for item in json.loads(hive(stack.addresses, tmp_path, "validate", "--json"))
            }

        assert listed()[asked]["text"] == f"{text} [EMAIL]"
        assert asked in hive(stack.addresses, tmp_path, "validate", "--limit", "1000")

        said = hive(stack.addresses, tmp_path, "validate", asked, "--domain", "security", "--by", "ana")
        assert said == f"{asked} is SECURITY: sent on, and learned\n"
        assert asked not in listed()
        [again] = of_key(kafka, "intentions.validated", asked)
        send(kafka, topic="intentions.validated", key=asked, **{**again, "by": "bia", "domain": "BUSINESS"})
        audits = of_key(kafka, "intentions.audit", asked, count=3)
        assert [audit["outcome"] for audit in audits] == ["validation", "validated", "already_validated"]
        assert (audits[2]["domain"], audits[2]["by"]) == ("SECURITY", "ana")
        assert all("ana@" not in json.dumps(audit) for audit in audits)

        [gone_on] = of_key(kafka, "intentions.security", asked)
        assert (gone_on["intent"]["text"], gone_on["confidence"]) == (f"{text} [EMAIL]", 1.0)
        assert gone_on["metadata"]["validated_by"] == "ana"
        [lesson] = of_key(kafka, "feedback.intentions", asked)
        assert (lesson["domain"], lesson["by"], lesson["text"]) == (
            "SECURITY",
            "ana",
            f"{text} [EMAIL]",
        )
        assert of_key(kafka, "intentions.business", asked, timeout_s=1) == []


def test_a_person_corrects_an_intention_that_has_gone_to_its_domain_and_a_text(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path):
        known = send(kafka, key="any", text=TEXT)
        assert known in answers(kafka, {known})
        arguments = ("correct", known, "--domain", "BEHAVIOR", "--by", "ana")
        assert hive(stack.addresses, tmp_path, *arguments) == f"learned: {TEXT!r} is BEHAVIOR\n"
        assert hive(stack.addresses, tmp_path, *arguments) == f"{known} is BEHAVIOR already: ana was first\n"
        [lesson] = of_key(kafka, "feedback.intentions", known)
        assert (lesson["domain"], lesson["previous_domain"], lesson["source"]) == ("BEHAVIOR", "BUSINESS", "correction")

        text = f"drenar o zorgômetro {uuid.uuid4().hex} de ana@example.com"
        told = json.loads(
            hive(stack.addresses, tmp_path, "correct", "--text", text, "--domain", "OPERATIONAL", "--json")
        )
        assert (told["outcome"], told["domain"]) == ("corrected", "OPERATIONAL")
        [lesson] = of_key(kafka, "feedback.intentions", told["intention_id"])
        assert lesson["text"] == text.replace("ana@example.com", "[EMAIL]")


def test_what_is_sent_twice_is_done_once_over_a_kill_and_again_once_it_has_failed(
    real_stack: Stack, tmp_path: Path
) -> None:
    kafka = real_stack.addresses["HIVE_KAFKA"]
    process, _ = worker_process(real_stack.addresses, tmp_path, {"HIVE_APP_ID": new_group(kafka, "twice")})
    process.start()
    try:
        first = send(kafka, key="order-7", text=unclear(), correlation_id="order-7")
        assert answers(kafka, {first})[first]["status"] == "not_understood"
        process.kill()
        process.start()
        second = send(kafka, key="order-7", text=unclear(), correlation_id="order-7")
        told = answers(kafka, {second})[second]
        assert (told["status"], told["metadata"]["duplicate_of"]) == ("duplicate", first)
        assert of_key(kafka, "intentions.validation", second, timeout_s=1) == []

        # The same id again: no second answer under it, but a note.
        send(kafka, key="order-7", id=first, text=unclear(), correlation_id="order-7")
        audits = of_key(kafka, "intentions.audit", first, count=2)
        assert [audit["outcome"] for audit in audits] == ["validation", "duplicate"]
        assert len(of_key(kafka, "plans.completed", first)) == 1

        # On whatever partition it came in: an intention that has failed may be sent again.
        for partition in range(4):
            failed = send(kafka, key="k", partition=partition, text=UNANSWERABLE, correlation_id=f"order-{partition}")
            assert answers(kafka, {failed})[failed]["status"] == "not_grounded"
            time.sleep(0.5)  # the release is in the transaction of the answer, and read a moment later
            again = send(kafka, key="k", partition=partition, text=UNANSWERABLE, correlation_id=f"order-{partition}")
            assert answers(kafka, {again})[again]["status"] == "not_grounded", "no duplicate"

        # So may one that became a dead letter on its way.
        lost = send(kafka, key="k", partition=2, text=unclear(), correlation_id="order-9")
        assert answers(kafka, {lost})[lost]["status"] == "not_understood"
        metadata = {"submitted_partition": 2}
        on = "intentions.business"
        send(kafka, topic=on, key=lost, id=lost, correlation_id="order-9", metadata=metadata, actor="nobody")
        assert of_key(kafka, "intentions.released", "order-9")[0]["intention_id"] == lost
        time.sleep(0.5)
        again = send(kafka, key="k", partition=2, text=unclear(), correlation_id="order-9")
        assert answers(kafka, {again})[again]["status"] == "not_understood"
        assert process.alive
    finally:
        process.stop(timeout_s=30)


def test_an_actor_over_the_limit_is_told_so_and_others_are_not(stack: Stack, tmp_path: Path) -> None:
    kafka = stack.addresses["HIVE_KAFKA"]
    with worker(stack.addresses, tmp_path, HIVE_RATE_LIMIT_PER_MINUTE="4", HIVE_RATE_LIMIT_BURST="2"):
        ids = [send(kafka, key="ana", text=unclear(), actor={"id": "ana"}) for _ in range(3)]
        other = send(kafka, key="ana", text=unclear(), actor={"id": "bia"})
        told = answers(kafka, {*ids, other})
        taken = "not_understood"
        assert [told[identity]["status"] for identity in (*ids, other)] == [taken, taken, "rejected", taken]
        # Four a minute over four partitions: one a minute on this one.
        assert 50_000 < told[ids[2]]["metadata"]["retry_after_ms"] <= 60_001
        assert "tente de novo em" in told[ids[2]]["error"]
        assert of_key(kafka, "intentions.audit", ids[2])[0]["outcome"] == "rate_limited"
