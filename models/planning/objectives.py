"""What a text wants done: its commands, each with its objective and its object.

"Gerar relatório de vendas e atualizar métricas" holds two commands: create (relatório de vendas) and update (métricas).
Only forms that command count, and only whole words: "get" is not in "budget", nor "add" in "address".
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import NamedTuple

from models.nlu.words import Word, is_stop_word, plain, word_set
from models.planning.verbs import Form, VerbForm, index
from models.records import Priority, TaskType

__all__ = ["Command", "Objective", "commands", "is_report", "objectives", "shortened"]


class Objective(StrEnum):
    """What is to be done with something; in the order in which writes come."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    QUERY = "query"
    TRANSFORM = "transform"


class Command(NamedTuple):
    """A command: its verb (the infinitive, and as it was said), what it aims at, and which task does it.

    `priority` is how urgent the text says that this command is; None when it does not say.
    """

    objective: Objective
    task_type: TaskType
    verb: str
    said: str
    subject: str
    priority: Priority | None = None


_VERBS: dict[Objective, str] = {
    Objective.CREATE: "criar gerar construir desenvolver implementar adicionar projetar desenhar montar preparar "
    "create generate build develop implement make add design",
    Objective.UPDATE: "atualizar modificar alterar editar ajustar corrigir configurar melhorar otimizar integrar "
    "conectar instalar provisionar escalar implantar deployar publicar reiniciar executar rodar testar fazer realizar "
    "ativar desativar habilitar bloquear desbloquear liberar sincronizar automatizar enviar agendar expandir proteger "
    "update modify alter edit adjust fix change configure improve optimize optimise integrate connect install "
    "provision scale deploy release publish restart execute run test perform enable disable block unblock sync "
    "synchronize automate send schedule upgrade secure",
    Objective.DELETE: "deletar remover apagar excluir eliminar limpar destruir truncar purgar expurgar dropar "
    "descartar esvaziar zerar sobrescrever resetar "
    "delete remove erase eliminate drop truncate purge destroy wipe obliterate nuke rm shred "
    "overwrite reset clear",
    Objective.QUERY: "buscar consultar listar obter recuperar pesquisar encontrar verificar checar analisar examinar "
    "avaliar estudar revisar auditar validar mostrar exibir investigar comparar monitorar "
    "query search list get retrieve fetch find check analyze analyse examine read show display assess evaluate review "
    "audit verify validate investigate compare monitor",
    Objective.TRANSFORM: "transformar converter migrar adaptar refatorar processar formatar normalizar reestruturar "
    "mover transferir importar exportar "
    "transform convert migrate adapt refactor process format normalize parse restructure move transfer import export",
}
_OF: dict[str, tuple[VerbForm, Objective]] = {
    form: (verb, objective)
    for objective, listed in _VERBS.items()
    for form, verb in index(listed).items()
    if verb.form is not Form.THIRD
}
_NOUNS_TOO = word_set(
    "list change process format search query update test release check review audit design display monitor "
    "compra fixa deploy scale import export build run release study schedule processa lista teste mostra ativa "
    "audita ajusta melhora publica move secure show"
)
"""Forms that are nouns or adjectives as often: a command only where a command stands."""

_TYPES: dict[str, TaskType] = {
    verb: kind
    for kind, listed in (
        (TaskType.DEPLOY, "implantar deployar publicar deploy release publish provisionar provision escalar scale"),
        (TaskType.TEST, "testar test"),
        (TaskType.VALIDATE, "verificar checar validar auditar revisar check verify validate audit review"),
        (TaskType.COMPENSATE, "reverter desfazer restaurar rollback revert undo restore"),
    )
    for verb in listed.split()
}
_TYPE_OF_OBJECTIVE = {
    Objective.CREATE: TaskType.BUILD,
    Objective.UPDATE: TaskType.EXECUTE,
    Objective.DELETE: TaskType.EXECUTE,
    Objective.QUERY: TaskType.QUERY,
    Objective.TRANSFORM: TaskType.TRANSFORM,
}
_LIGHT = word_set("fazer realizar executar rodar perform run execute make create criar gerar do")
"""Verbs whose object says what is done: "fazer deploy", "run tests"."""

_REPORTING = _LIGHT | word_set("gerar montar preparar build construir generate")
_REPORTED = word_set("relatorio relatorios report reports dashboard dashboards chart ranking summary breakdown")
_REPORTS = _REPORTED | word_set(
    "grafico graficos charts resumo lista list listagem tabela table analise analysis levantamento painel visao view "
    "consulta query overview"
)
_BUILT = word_set(
    "modulo module api service servico tela screen pagina page job pipeline sistema system feature database"
)
_DEEDS: dict[str, TaskType] = {
    word: kind
    for kind, listed in (
        (TaskType.DEPLOY, "deploy deployment implantacao release rollout provisionamento provisioning"),
        (TaskType.TEST, "teste testes test tests"),
        (TaskType.VALIDATE, "auditoria audit validacao validation"),
        (TaskType.EXECUTE, "backup copia migracao migration"),
    )
    for word in listed.split()
}
_BEFORE_COMMANDS = word_set(
    "e and then depois please favor to para ou or also tambem quero preciso we must should need devemos vamos pode "
    "can could deve"
)
_NEGATORS = word_set("nao nunca sem not never without don't dont avoid evite")
_EDGES = word_set("e and then depois em seguida by por favor please")
_ADVERBS = word_set(
    "completamente totalmente completely permanentemente permanently imediatamente immediately agora now"
)
_URGENT: dict[str, Priority] = {
    word: priority
    for priority, listed in (
        (Priority.CRITICAL, "urgente urgentes urgentemente urgencia imediatamente urgent urgently immediately asap"),
        (Priority.HIGH, "primeiro primeiramente first firstly"),
        (Priority.LOW, "ultimo fim finalmente last lastly finally eventually"),
    )
    for word in listed.split()
}
"""What says when a command is to be done: before another ("first delete …") or behind it ("por último apague …")."""

_MOST_SUBJECT_CHARS = 80


def commands(text: str, found: list[Word], destroying: frozenset[int]) -> list[Command]:
    """Return the commands of a text in their order; a negated one is none.

    Args:
        text: The text.
        found: Its words.
        destroying: The places of words that command destruction (`destructive.places`): no other word commands to
            delete. "Exclude" is none either: what is left out of an answer is not deleted.
    """
    words = [word.plain for word in found]
    possible = [at for at, word in enumerate(words) if word in _OF]
    if not possible:
        return []
    composed = unicodedata.normalize("NFC", text)  # what the words' offsets count in
    commas = {at for at in possible if at and "," in composed[found[at - 1].end : found[at].start]}
    heads = [at for at in possible if _heads(words, at, destroying, after_comma=at in commas)]
    if not heads:
        return []
    ends = [*heads[1:], len(words)]
    told = [_command(composed, found, at, end) for at, end in zip(heads, ends, strict=True)]
    if len(told) > 1 and not _URGENT.keys().isdisjoint(words):
        told = [
            command._replace(priority=priority)
            for command, priority in zip(told, _priorities(words, heads), strict=True)
        ]
    for place in range(len(told) - 2, -1, -1):
        if not told[place].subject:  # "criar, atualizar e excluir registros": all three mean the records
            told[place] = told[place]._replace(subject=told[place + 1].subject)
    return told


def _priorities(words: list[str], heads: list[int]) -> list[Priority | None]:
    """How urgent each command is said to be.

    "Urgent" says so anywhere in it; "first" and "last" right before its verb or at its end: "first delete …",
    "delete … last", but not "delete the first ten and …" or "… of last month".
    """
    ends = [*heads[1:], len(words)]
    found: list[Priority | None] = [None] * len(heads)
    for at, word in enumerate(words):
        priority = _URGENT.get(word)
        if priority is None:
            continue
        ahead = sum(head < at for head in heads)
        end = ends[ahead - 1] if ahead else heads[0]
        between = words[at + 1 : end]
        mere = all(is_stop_word(other) or other in _URGENT or other in _EDGES for other in between)
        if ahead < len(heads) and mere and _EDGES.isdisjoint(between):
            number = ahead
        elif ahead and (mere or priority is Priority.CRITICAL):
            number = ahead - 1
        else:
            continue
        found[number] = found[number] or priority
    return found


def _heads(words: list[str], at: int, destroying: frozenset[int], *, after_comma: bool) -> bool:
    verb, objective = _OF[words[at]]
    if objective is Objective.DELETE:
        return at in destroying
    if at and words[at - 1] in _NEGATORS:
        return False
    before = words[at - 1] if at else ""
    stands = not at or before in _BEFORE_COMMANDS or before in _URGENT or _OF.get(before, (None, None))[0] is not None
    if verb.form is not Form.BASE or words[at] in _NOUNS_TOO:
        # "deploy e teste": a noun in a list of nouns is no command, a verb behind "and" is one.
        if after_comma or before in _URGENT:  # ", update the logo", but not ", updates"
            return verb.form is not Form.GERUND and at + 1 < len(words) and is_stop_word(words[at + 1])
        return not at or (before in _BEFORE_COMMANDS and before not in ("para", "to") and not _listed(words, at))
    # An infinitive or an imperative stands anywhere; an English base form needs the place of a command.
    return verb.verb.endswith(("ar", "er", "ir")) or stands or after_comma or at < 2 or is_stop_word(before)


def _listed(words: list[str], at: int) -> bool:
    """Whether the word before the "and" is no command's object but a noun of the same kind."""
    return at >= 2 and words[at - 2] in _DEEDS


def _command(text: str, found: list[Word], at: int, end: int) -> Command:
    words = [word.plain for word in found[:end]]
    verb, objective = _OF[words[at]]
    first, last = at + 1, end
    while (
        first < last
        and (is_stop_word(words[first]) or words[first] in _ADVERBS)
        and words[first] not in ("all", "todos", "todas", "todo", "toda")
    ):
        first += 1
    while last > first and (words[last - 1] in _EDGES or is_stop_word(words[last - 1])):
        last -= 1
    subject = shortened(text[found[first].start : found[last - 1].end]) if first < last else ""
    kind = _TYPES.get(verb.verb, _TYPE_OF_OBJECTIVE[objective])
    if verb.verb in _LIGHT and first < last:
        kind = _DEEDS.get(words[first], kind)
    return Command(objective, kind, verb.verb, found[at].text, subject)


def is_report(command: Command) -> bool:
    """Whether a command makes or runs nothing but a report: that is a question about data."""
    if command.verb not in _REPORTING:
        return False
    first = [plain(word.strip(".,:;\"'()")) for word in command.subject.split()[:3]]
    return bool(first) and (first[0] in _REPORTS or (not _REPORTED.isdisjoint(first) and _BUILT.isdisjoint(first)))


def shortened(text: str) -> str:
    """Return a text on one line, cut at a word where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SUBJECT_CHARS else line[:_MOST_SUBJECT_CHARS].rpartition(" ")[0] + " …"


def objectives(told: list[Command]) -> tuple[Objective, ...]:
    """Return the objectives of the commands, each once, in the order of `Objective`; a text without any asks."""
    there = {command.objective for command in told}
    return tuple(objective for objective in Objective if objective in there) or (Objective.QUERY,)
