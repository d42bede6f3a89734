"""Sentences for the asker, in Portuguese and English."""

from __future__ import annotations

from collections.abc import Iterable

_SENTENCES = {
    "planned": (
        "planejado em {count} tarefas, entregues a executores externos; nada foi executado aqui",
        "planned as {count} tasks, handed off to outside workers; nothing was executed here",
    ),
    "partly-handed-off": (
        "{done} de {count} tarefas concluídas; as demais foram entregues a executores externos, e nenhum as assumiu",
        "{done} of {count} tasks are done; the others were handed off to outside workers, and none has taken them up",
    ),
    "done": (
        "as {count} tarefas foram concluídas",
        "all {count} tasks are done",
    ),
    "cancelled": (
        "o plano foi cancelado por {by}{reason}",
        "the plan was cancelled by {by}{reason}",
    ),
    "no-tasks": ("o plano não tem tarefas", "the plan has no tasks"),
    "unanswered": ("o plano terminou sem resposta", "the plan ended without an answer"),
    "task-failed": (
        "{task} falhou: {error}",
        "{task} failed: {error}",
    ),
    "partly-failed": (
        "{task} falhou: {error}; {count} tarefas foram concluídas",
        "{task} failed: {error}; {count} tasks were completed",
    ),
    "declined": (
        "o plano foi recusado por {by}: {reason}; nada foi executado",
        "the plan was rejected by {by}: {reason}; nothing was executed",
    ),
    "vetoed": (
        "o plano foi recusado pelos especialistas ({who}; risco {risk}); nada foi executado. Antes: {advice}",
        "the plan was rejected by the specialists ({who}; risk {risk}); nothing was executed. First: {advice}",
    ),
    "approval-expired": (
        "o plano pedia aprovação e ninguém respondeu em {hours} h; nada foi executado",
        "the plan needed approval and nobody answered within {hours} h; nothing was executed",
    ),
    "work": (
        "“{word}” pede um trabalho, e esta versão só responde perguntas sobre dados: {choices}",
        "“{word}” asks for work to be done, and this version answers questions about data only: {choices}",
    ),
    "no-source": (
        "não encontrei de quais dados se trata; posso responder sobre: {choices}",
        "no source of data matches; what can be asked about: {choices}",
    ),
    "no-time": (
        "estes dados não têm data, por isso “{word}” não pode ser aplicado",
        "this data has no dates, so “{word}” can't be applied",
    ),
    "unknown-group": (
        "não há como agrupar por “{word}”; é possível por: {choices}",
        "there is no grouping by “{word}”; what can be grouped by: {choices}",
    ),
    "unknown-word": (
        "não sei o que “{word}” quer dizer nestes dados; conheço: {choices}",
        "what “{word}” means in this data is not known; what is: {choices}",
    ),
    "unknown-value": (
        "não há “{word}”; quis dizer: {choices}?",
        "there is no “{word}”; was one of these meant: {choices}?",
    ),
    "no-measure": (
        "“{word}” não se aplica a estes dados; o que se mede neles: {choices}",
        "“{word}” doesn't apply to this data; what is measured there: {choices}",
    ),
    "ambiguous": (
        "a pergunta pode querer dizer mais de uma coisa; qual: {choices}?",
        "the question can mean more than one thing; which: {choices}?",
    ),
    "no-comparison": (
        "com o que comparar? diga dois períodos, como em “outubro com setembro”",
        "compared with what? name two periods, as in “October with September”",
    ),
    "no-number": (
        "“{word}” não serve de quantidade: diga um número maior que zero",
        "“{word}” is no number to count with: say one above zero",
    ),
    "no-link": (
        "não há como relacionar estes dados; o que se conhece: {choices}",
        "there is no way to relate these; what is known: {choices}",
    ),
    "future": (
        "“{word}” ainda não aconteceu, e não faço previsões",
        "“{word}” has yet to come, and nothing is forecast here",
    ),
    "not-understood": (
        "não entendi a intenção; diga de que dados se trata, como em “vendas por região no último mês”",
        "the intention was not understood; say which data it is about, as in “sales by region last month”",
    ),
    "duplicate": (
        "esta intenção já foi recebida como {first}; a resposta é a dela",
        "this intention has been received already as {first}; the answer is that one's",
    ),
    "rate-limited": (
        "intenções demais: são aceitas {limit} por minuto de cada remetente; tente de novo em {seconds} s",
        "too many intentions: {limit} a minute are taken from each sender; try again in {seconds} s",
    ),
    "unshown": ("não considerado: {words}", "not taken into account: {words}"),
    "rows": ("{count} linhas", "{count} rows"),
    "row": ("1 linha", "1 row"),
    "none": ("nenhum resultado", "no results"),
    "first": ("primeiro", "first"),
    "by": ("por", "by"),
    "to": ("a", "to"),
    "before": ("antes: {value}", "before: {value}"),
    "partial": ("parcial: nem tudo pôde ser lido", "partial: not everything could be read"),
    "cached": ("resposta guardada, de {age} atrás", "a kept answer, {age} old"),
    "stood-in": (
        "lido de {source}, porque a fonte principal não respondeu",
        "read from {source}: the main source did not answer",
    ),
    "truncated": ("cortado no limite", "cut at the limit"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the sentence of this key in `pt` or `en`, with its values filled in."""
    sentence = _SENTENCES[key][0 if language == "pt" else 1]
    return sentence.format(**values)


def listing(names: Iterable[str]) -> str:
    """Join names for a sentence."""
    return ", ".join(names)


def percent(value: float, language: str, *, signed: bool = False) -> str:
    """Write a part as the language does: 0.1234 is 12,3 % or 12.3 %."""
    text = f"{100 * value:{'+' if signed else ''},.1f} %"
    return text.translate(str.maketrans(",.", ".,")) if language == "pt" else text


def age(seconds: float) -> str:
    """Write how old something is in its largest whole unit: 42 s, 7 min, 3 h, 2 d."""
    for unit, size_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size_s:
            return f"{seconds // size_s:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def number(value: float, language: str) -> str:
    """Write a number as the language does: 1.234,50 or 1,234.50, at most two decimals."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "pt" else text
