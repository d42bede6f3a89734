"""What would make a plan better: for each factor that a plan falls short in, what to do, in the asker's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.deliberation.factors import FACTORS
from models.records import Mitigation, SpecialistType
from models.records.opinion import MitigationPriority

__all__ = ["SHORT_BELOW", "mitigations_for"]

SHORT_BELOW: Final = 0.75
"""A factor with a lower score asks for something to be done."""

_MOST: Final = 3


class _Advice(NamedTuple):
    pt: str
    en: str
    actions: tuple[str, ...]


_ADVICE: Final = {
    "workflow": _Advice("dividir o plano em etapas independentes", "split the plan into independent steps", ("split",)),
    "kpi": _Advice(
        "dizer que resultado se espera, e com que prioridade", "say which result is expected, and how urgent it is",
        ("clarify_goal",),
    ),
    "cost": _Advice("reduzir o escopo, ou fazer em partes", "reduce the scope, or do it in parts", ("reduce_scope",)),
    "security": _Advice(
        "verificar permissões e proteger os dados antes de mudar algo",
        "check permissions and protect the data before anything is changed", ("security_check", "least_privilege"),
    ),
    "architecture": _Advice("projetar antes de mudar", "design before changing", ("design_review",)),
    "performance": _Advice("medir a carga e a capacidade", "measure load and capacity", ("capacity_plan", "load_test")),
    "code_quality": _Advice(
        "testar o que for mudado", "test what is changed", ("add_tests",),
    ),
    "usability": _Advice("confirmar com quem usa", "confirm with those who use it", ("user_review",)),
    "accessibility": _Advice("verificar a acessibilidade", "check accessibility", ("accessibility_check",)),
    "response_time": _Advice("executar tarefas em paralelo", "run tasks side by side", ("parallelize",)),
    "interaction_cost": _Advice(
        "avisar quem participa, e acompanhar", "inform those who take part, and watch", ("notify", "monitor"),
    ),
    "maintainability": _Advice("documentar e acompanhar", "document and watch", ("document", "monitor")),
    "scalability": _Advice("planejar a capacidade", "plan the capacity", ("capacity_plan",)),
    "extensibility": _Advice("definir as interfaces", "define the interfaces", ("define_interfaces",)),
    "modularity": _Advice("desacoplar as tarefas", "decouple the tasks", ("decouple",)),
    "tech_debt": _Advice("rever o que foi feito às pressas", "review what was done in a hurry", ("review",)),
    "design_patterns": _Advice("partir de um padrão conhecido", "start from a known pattern", ("use_pattern",)),
    "solid": _Advice("uma coisa em cada tarefa", "one thing in each task", ("split",)),
    "coupling_cohesion": _Advice("reduzir as dependências", "reduce the dependencies", ("decouple",)),
    "separation": _Advice(
        "olhar antes de mudar, e conferir depois", "look before changing, and check afterwards",
        ("look_first", "check_after"),
    ),
    "reversibility": _Advice(
        "fazer cópia de segurança e preparar o retorno", "make a backup and prepare the way back",
        ("backup", "rollback_plan"),
    ),
}  # fmt: skip


def mitigations_for(
    specialist: SpecialistType, scores: Sequence[float], *, no_way_back: bool, portuguese: bool
) -> list[Mitigation]:
    """Return at most `_MOST`: a way back where there is none, then what the plan falls shortest in."""
    factors = zip(FACTORS[specialist].factors, scores, strict=True)
    short = sorted([(score, factor.name, factor.weight) for factor, score in factors if score < SHORT_BELOW])
    wanted = [(0.0, "reversibility", 0.5)] if no_way_back else []
    return [
        _mitigation(specialist, name, impact=weight * (1.0 - score), score=score, portuguese=portuguese)
        for score, name, weight in (*wanted, *short)[:_MOST]
    ]


def _mitigation(specialist: SpecialistType, name: str, *, impact: float, score: float, portuguese: bool) -> Mitigation:
    advice = _ADVICE[name]
    if score < 0.5:
        priority = MitigationPriority.HIGH
    else:
        priority = MitigationPriority.MEDIUM if score < 0.65 else MitigationPriority.LOW
    return Mitigation(
        mitigation_id=f"{specialist.value}:{name}",
        description=advice.pt if portuguese else advice.en,
        priority=priority,
        estimated_impact=round(impact, 4),
        required_actions=list(advice.actions),
    )
