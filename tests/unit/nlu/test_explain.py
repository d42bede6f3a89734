"""An explanation accounts for all of a verdict."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.nlu.explain import explain
from models.nlu.model import DomainModel
from models.nlu.seeding import LABELS
from models.records import Domain


@pytest.fixture(scope="module")
def model() -> DomainModel:
    return DomainModel.seeded()


def test_the_words_that_tell_are_named_first(model: DomainModel) -> None:
    found = explain("configurar controle de acesso ao cluster Kubernetes", model)
    assert found.domain is Domain.SECURITY
    assert found.second is Domain.INFRASTRUCTURE
    loudest = max(found.words, key=found.words.__getitem__)
    assert loudest in {"acesso", "controle de acesso"}
    assert found.words["ao"] < found.words["acesso"]
    rules = [said for said in found.speaks if said.kind == "rules"]
    assert "controle_de_acesso: SECURITY/authorization" in {said.what for said in rules}
    assert all(set(said.adds) == set(LABELS) for said in found.speaks)
    assert [abs(said.weight) for said in found.speaks] == sorted((abs(s.weight) for s in found.speaks), reverse=True)


def test_a_text_without_a_domain_is_explained_by_that(model: DomainModel) -> None:
    found = explain("bom dia, tudo bem?", model)
    assert (found.best, found.route) == ("NONE", "validation")
    assert found.words["bom"] > 0


def test_personal_data_is_in_no_explanation(model: DomainModel) -> None:
    found = explain("login suspeito de ana.souza@example.com", model)
    assert found.text == "login suspeito de [EMAIL]"
    assert not any("souza" in said.what or "souza" in said.word for said in found.speaks)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=80)
    | st.lists(st.sampled_from(["controle", "de", "acesso", "vendas", "api", "é"])).map(" ".join)
)
def test_what_is_added_up_is_the_verdict(model: DomainModel, text: str) -> None:
    """The softmax of the sums gives the probabilities: nothing is left out, nothing is made up."""
    found = explain(text, model)
    most = max(found.logits.values())
    powers = {label: math.exp(logit - most) for label, logit in found.logits.items()}
    total = sum(powers.values())
    for label, probability in found.probabilities.items():
        assert powers[label] / total == pytest.approx(probability, abs=1e-4)
    assert found.confidence == pytest.approx(model.classify(found.text).confidence, abs=1e-4)


def test_a_model_explains_what_it_was_taught() -> None:
    model = DomainModel.seeded()
    text = "pneus das carretas na garagem"
    before = explain(text, model)
    for _ in range(5):
        model.learn("trocar pneus das carretas", Domain.OPERATIONAL)
    after = explain(text, model)
    assert after.domain is Domain.OPERATIONAL
    assert after.words["pneus"] > before.words["pneus"]
    assert after.model_version != before.model_version
