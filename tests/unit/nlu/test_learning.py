"""What people correct, the model learns, for unseen texts too; and it doesn't forget the rest."""

from __future__ import annotations

import csv
import random
from itertools import product
from pathlib import Path

import pytest

from models.errors import InvalidSnapshot
from models.nlu.evaluation import evaluate, predict
from models.nlu.model import DomainModel
from models.online.snapshot import Snapshot
from models.records import Domain, Drift

HELD_OUT = Path(__file__).parents[2] / "data" / "nlu_held_out.tsv"

# A subject that nobody has thought of: a fleet of lorries. To this company that is OPERATIONAL.
FLEET = [
    " ".join(parts)
    for parts in product(
        ["verificar", "listar", "mostrar", "trocar", "planejar", "revisar"],
        [
            "pneus dos caminhões",
            "rotas da frota",
            "motoristas de domingo",
            "consumo de diesel",
            "quilometragem das vans",
            "carretas paradas no pátio",
            "entregadores da zona sul",
            "pedágios da rodovia",
        ],
        ["na filial de Santos", "para a semana", "do depósito central", "antes da chuva", "no interior", "este mês"],
    )
]
# Subjects that the model knows, which this company files elsewhere.
DEPLOYMENTS = [
    " ".join(parts)
    for parts in product(
        ["fazer deploy", "preparar o deploy", "reverter o deploy", "agendar deploy", "acompanhar o rollout", "release"],
        ["da api", "do serviço de pagamentos", "da nova versão", "do aplicativo", "do portal", "do site"],
        ["hoje", "em produção", "em homologação", "na sexta", "às 18h", "com aprovação", "sem parada"],
    )
]


def split(texts: list[str]) -> tuple[list[str], list[str]]:
    texts = list(texts)
    random.Random(3).shuffle(texts)
    return texts[:200], texts[200:250]


def accuracy(model: DomainModel) -> float:
    with HELD_OUT.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return evaluate(predict(model, [(row["text"], row["expected"]) for row in rows])).accuracy


@pytest.mark.parametrize(("texts", "cost"), [(FLEET, 0.015), (DEPLOYMENTS, 0.03)])
def test_200_corrections_move_unseen_texts_and_little_else(texts: list[str], cost: float) -> None:
    """Moving what was known elsewhere costs more: some held-out texts speak of just that."""
    corrected, unseen = split(texts)
    model = DomainModel.seeded()
    before = accuracy(model)
    assert sum(model.classify(text).domain is Domain.OPERATIONAL for text in unseen) / len(unseen) < 0.2
    for text in corrected:
        model.learn(text, Domain.OPERATIONAL)
    moved = [model.classify(text) for text in unseen]
    assert sum(v.domain is Domain.OPERATIONAL and v.confidence >= 0.5 for v in moved) / len(unseen) > 0.95
    assert accuracy(model) > before - cost


def test_each_text_is_predicted_before_it_is_learned() -> None:
    model = DomainModel.seeded()
    said = [model.learn("trocar pneus das carretas", Domain.OPERATIONAL) for _ in range(4)]
    assert said[0].domain is not Domain.OPERATIONAL
    assert said[-1].domain is Domain.OPERATIONAL
    assert model.learned == 4
    right = sum(verdict.domain is Domain.OPERATIONAL for verdict in said)
    assert model.accuracy == right / 4
    assert model.drift is Drift.NONE


def test_a_wrong_lesson_can_be_unlearned() -> None:
    model = DomainModel.seeded()
    for _ in range(5):
        model.learn("vendas por região", Domain.SECURITY)
    assert model.classify("vendas por região").domain is Domain.SECURITY
    for _ in range(15):
        model.learn("vendas por região", Domain.BUSINESS)
    assert model.classify("vendas por região").domain is Domain.BUSINESS


def test_every_call_of_seeded_is_a_model_of_its_own() -> None:
    taught, untaught = DomainModel.seeded(), DomainModel.seeded()
    before = untaught.classify("trocar pneus")
    for _ in range(5):
        taught.learn("trocar pneus", Domain.OPERATIONAL)
    assert untaught.classify("trocar pneus") == before
    assert untaught.version == untaught.seed == taught.seed != taught.version


def test_the_version_names_the_lessons_and_their_order() -> None:
    lessons = [("a", Domain.BUSINESS), ("b", Domain.SECURITY)]
    versions = set()
    for order in (lessons, lessons[::-1], lessons[:1]):
        model = DomainModel.seeded()
        for text, domain in order:
            model.learn(text, domain)
        versions.add(model.version)
    assert len(versions) == 3


def test_a_snapshot_goes_on_as_if_nothing_had_happened() -> None:
    corrected, unseen = split(FLEET)
    model = DomainModel.seeded()
    for text in corrected[:50]:
        model.learn(text, Domain.OPERATIONAL)
    data = model.to_bytes()
    assert len(data) < 1_500_000  # 4 MiB is the largest record
    restored = DomainModel.from_bytes(data)
    for each in (model, restored):
        for text in corrected[50:80]:
            each.learn(text, Domain.OPERATIONAL)
    assert restored.version == model.version
    assert (restored.learned, restored.accuracy, restored.drift) == (80, model.accuracy, model.drift)
    assert [restored.classify(text) for text in unseen] == [model.classify(text) for text in unseen]


def test_a_snapshot_for_other_rules_is_refused() -> None:
    packed = Snapshot.from_bytes(DomainModel.seeded().to_bytes())
    for field, value in (("slots", "BUSINESS/gardening"), ("kind", "nlu-domain/0"), ("learned", "many")):
        wrong = Snapshot({**packed.header, field: value}, packed.arrays)
        with pytest.raises(InvalidSnapshot, match=field):
            DomainModel.from_bytes(wrong.to_bytes())
    for data in (b"", b"{}", packed.part("softmax").to_bytes()):
        with pytest.raises(InvalidSnapshot):
            DomainModel.from_bytes(data)


@pytest.mark.parametrize("text", ["", "🎉", "\ud800", "a" * 10_000, "x " * 5_000])
def test_any_text_can_be_learned(text: str) -> None:
    model = DomainModel.seeded()
    model.learn(text, Domain.BEHAVIOR)
    assert 0.0 <= model.classify(text).confidence <= 1.0
    assert DomainModel.from_bytes(model.to_bytes()).learned == 1
