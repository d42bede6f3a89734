"""Destruction: does a text command it, do tasks do it, and how bad would it be.

Word by word, never by parts of words: "produto" has no "prod" in it, "dropdown" no "drop". A participle ("registros
apagados", "marked as deleted") describes, a negated command ("não apagar nada") forbids, a question ("como apagar …?")
asks, a relative clause ("jobs que apagam arquivos") tells: none of them commands. What commands without the verb
("fazer a limpeza completa do banco", "os dados devem ser apagados") counts. In doubt it is destructive: a person then
looks at it once too often, and not once too seldom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Literal, NamedTuple

from models.nlu.words import Word, word_set, words
from models.planning.verbs import Form, index
from models.records import PlanTask

__all__ = ["SAFE", "Destruction", "Reason", "Severity", "detect", "places"]

_VERBS = index(
    "deletar remover apagar limpar excluir destruir eliminar truncar purgar expurgar dropar descartar esvaziar zerar "
    "delete remove drop truncate purge destroy erase wipe eliminate obliterate nuke rm shred "
    "sobrescrever resetar formatar overwrite reset format clear"
)
_GRAVE = word_set("drop truncate truncar dropar destroy destruir wipe obliterate purge purgar expurgar")
_OF_STORES = word_set("sobrescrever resetar overwrite reset clear")
_OF_DISKS = word_set("formatar format")
"""Verbs that destroy only what lies in a store ("reset the database", not "reset the password"), or a disk."""

_TWO_WORDS: dict[str, frozenset[str]] = {
    "rid": word_set("get getting"),
    "away": word_set("throw blow"),
    "fora": word_set("jogue jogar joga joguem"),
    "se": word_set("desfaca desfazer livre livrar livrem"),
    "sumir": word_set("faca fazer"),
}
"""What destroys by two words, of which this is the second: "get rid of", "jogue fora", "desfaça-se de"."""

_OUT_OF = word_set("de do da dos das")
_NOUNS = word_set(
    "exclusao exclusoes remocao remocoes delecao delecoes eliminacao destruicao limpeza expurgo purga apagamento "
    "deletion deletions removal erasure purge wipe delete drop truncation destruction cleanup"
)
_PARTICIPLES = word_set(
    "deletado deletada deletados deletadas removido removida removidos removidas apagado apagada apagados apagadas "
    "excluido excluida excluidos excluidas destruido destruida destruidos destruidas eliminado eliminada eliminados "
    "eliminadas limpo limpa limpos limpas truncado truncada truncados truncadas descartado descartada descartados "
    "descartadas expurgado expurgada expurgados expurgadas "
    "deleted removed dropped truncated purged destroyed erased wiped eliminated obliterated emptied nuked overwritten "
    "zerado zerada zerados zeradas esvaziado esvaziada esvaziados esvaziadas"
)
_IMPACT = word_set(
    "all todos todas toda todo tudo entire complete completely completamente completo completa inteiro inteira "
    "everything whole producao production prod permanentemente permanently definitivamente totalmente"
)
_STORES = word_set(
    "banco base database databases db tabela tabelas table tables collection collections colecao colecoes schema "
    "schemas bucket buckets volume volumes disco disk cluster clusters backup backups index indexes namespace topic"
)
_DISKS = word_set("disco discos disk disks drive drives hd volume volumes particao partition cluster servidor server")
_HELD = _STORES | _DISKS | word_set("dados data registros records cache logs log historico history everything tudo all")
_VIEWS = word_set("filtro filtros filter filters selecao selection ordenacao sorting destaque highlight highlights")
"""What somebody has set on a screen: to clear it ("clear all filters", "limpar os filtros") destroys nothing."""

_ARTEFACTS = word_set(
    "botao button tela screen endpoint metodo method funcao function funcionalidade feature permissao permission opcao "
    "option icone icon link menu formulario form page pagina dialog modal"
)
_MAKERS = word_set(
    "criar crie create build desenvolver desenvolva develop implementar implemente implement adicionar adicione add "
    "projetar projete desenhar desenhe design corrigir corrija fix testar teste test documentar documente document"
)
"""Who makes such a thing does not do what it is for: "implementar botão de excluir conta"."""

_NEGATORS = word_set(
    "nao nunca jamais nem sem not never without don dont don't doesn won didn cannot can't avoid evite evitar vez "
    "instead proibido proiba forbid forbidden prevent impedir impeca stop parar pare neither nor soft"
)
_UNNEGATORS = word_set(
    "esqueca esquecer esquece deixe deixar forget hesite hesitar hesitate fail falhe falhar tarde only apenas so just"
)
"""After a negator they turn it round: "não esqueça de apagar" is a command."""

_QUESTIONS = word_set(
    "which what who whose when where why how quais qual quem quando onde quantos quantas quanto quanta como porque"
)
_RELATIVE = word_set("que which that who")
_WANT = word_set("quero queremos queria preciso precisamos want need wish exijo peco solicito ask request pedir")
_JOINERS = word_set("e and then depois also tambem entao plus ou or to please favor now agora")
_DETERMINERS = word_set("the a an this that any each every no o um uma este esse uma a da do das dos of de in em na")
_ADJUNCTS = word_set(
    "operation operations operacao operacoes event events evento eventos button botao permission permissions permissao "
    "rate rates taxa log logs error errors erro erros count counts command commands comando comandos statement "
    "statements endpoint endpoints api method metodo feature function funcao marker flag key option opcao icon screen "
    "test tests teste testes down out off zone"
)
_LISTERS = word_set("count show list number total conte liste mostre see ver view")
_LOOKERS = _LISTERS | word_set(
    "saber know find buscar relatorio report analisar analyze mostrar listar contar consultar"
)
_DOERS = word_set(
    "fazer faca executar execute run perform do realizar realize processar process iniciar inicie start begin agendar "
    "agende schedule proceder proceda trigger disparar dispare efetuar efetue conduct issue make apply aplicar aplique "
    "rodar rode force forcar want quero queremos solicito request preciso need carry"
)
_GIVEN = frozenset({"dá", "dê", "dar"})
_MODALS = word_set(
    "should must shall need needs has have want deve devem deveria deveriam devera deverao precisa precisam tem tera "
    "quero queremos please will"
)
_BE = word_set("be get ser sejam seja serem")
_BUILDERS = word_set(
    "criar crie create build desenvolver desenvolva develop implementar implemente implement configurar configure "
    "agendar agende schedule executar execute run rodar rode montar monte make fazer faca ativar ative enable deploy"
)
_STARTERS = word_set("start begin keep continue by comecar comece iniciar inicie continuar continue passe siga")
_STOPS = frozenset(".;!?\n:")
_NEGATION_REACH = 4  # words before a verb in which a negator is sought: "não vamos mais nunca apagar"
_NOUN_REACH = 3  # words between who does it and the noun: "fazer uma grande limpeza"
_ACTIONS = frozenset({"delete", "drop", "truncate", "remove", "purge", "wipe", "erase", "destroy"})
_MANY, _SEVERAL = 5, 3


class Severity(IntEnum):
    """How bad it would be."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name in lower case, for the wire."""
        return self.name.lower()


class Reason(NamedTuple):
    """What shows it: a word of the text or of a task, or a task's action."""

    kind: Literal["command", "action", "indicator"]
    word: str
    task_id: str | None = None


class Destruction(NamedTuple):
    """What was found; `tasks` are the ids of the tasks that destroy."""

    severity: Severity = Severity.NONE
    reasons: tuple[Reason, ...] = ()
    tasks: tuple[str, ...] = ()

    @property
    def is_destructive(self) -> bool:
        """Whether there is any."""
        return self.severity is not Severity.NONE


SAFE = Destruction()


class _Told(NamedTuple):
    """What one text says: the destroying words, and the indicators of high impact."""

    commands: tuple[str, ...]
    indicators: tuple[str, ...]
    grave: bool


def places(text: str, found: list[Word]) -> frozenset[int]:
    """Return the places, among the words of a text, of those that command destruction."""
    if _SUSPECTS.isdisjoint([word.plain for word in found]):
        return frozenset()
    return frozenset(_Reader(text, found).places())


def detect(
    text: str,
    tasks: Iterable[PlanTask] = (),
    *,
    found: list[Word] | None = None,
    strict: bool = False,
    enabled: bool = True,
) -> Destruction:
    """Look at the text of an intention and at the tasks of its plan.

    Args:
        text: The intention.
        tasks: The plan's tasks. One with an action (`metadata["action"]`) does that, whatever its description tells: a
            backup before a deletion destroys nothing. Of others the description tells.
        found: The text's words, where they are known already.
        strict: Let an indicator of high impact ("production", "all") suffice in a task.
        enabled: Off: everything is safe.
    """
    if not enabled:
        return SAFE
    whole = _told(text, found)
    reasons = [Reason("command", word) for word in whole.commands]
    destroying: dict[str, None] = {}
    impact, grave = bool(whole.commands and whole.indicators), whole.grave
    for task in tasks:
        action = task.metadata.get("action")
        if action is not None and action not in _ACTIONS and not strict:
            continue
        told = _told(task.description)
        if action is None:
            mine = [Reason("command", word, task.task_id) for word in told.commands]
        else:
            mine = [Reason("action", action, task.task_id)] if action in _ACTIONS else []
            grave = grave or action in _GRAVE
        if strict and not mine:
            mine = [Reason("indicator", word, task.task_id) for word in told.indicators]
        if mine:
            destroying[task.task_id] = None
            reasons += mine
            impact, grave = impact or bool(told.indicators), grave or told.grave
    if not reasons:
        return SAFE
    count = len(destroying) or len(whole.commands)
    return Destruction(_severity(count, impact=impact, grave=grave), tuple(reasons), tuple(destroying))


def _severity(count: int, *, impact: bool, grave: bool) -> Severity:
    if impact or count >= _MANY:
        return Severity.CRITICAL
    if grave or count >= _SEVERAL:
        return Severity.HIGH
    return Severity.MEDIUM if count > 1 else Severity.LOW


def _told(text: str, found: list[Word] | None = None) -> _Told:
    found = words(text) if found is None else found
    if not _SUSPECTS.isdisjoint([word.plain for word in found]):
        return _Reader(text, found).read()
    return _Told((), _indicators(found), grave=False)


def _indicators(found: Sequence[Word]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.text for word in found if word.plain in _IMPACT))


_SUSPECTS = frozenset(_VERBS) | _NOUNS | _PARTICIPLES | frozenset(_TWO_WORDS)


class _Reader:
    """Reads one text that has a suspicious word in it."""

    def __init__(self, text: str, found: list[Word]) -> None:
        self.found = found
        self.words = [word.plain for word in found]
        self.clause = _clauses(text, found)
        self.after_comma = [
            place > 0 and "," in text[found[place - 1].end : word.start] for place, word in enumerate(found)
        ]

    def places(self) -> list[int]:
        return [place for place, word in enumerate(self.words) if word in _SUSPECTS and self._commands(place)]

    def read(self) -> _Told:
        at = self.places()
        said = tuple(dict.fromkeys(self.found[place].text for place in at))
        grave = any(self._is_grave(place) for place in at)
        return _Told(said, _indicators(self.found), grave=grave)

    def _is_grave(self, at: int) -> bool:
        word = self.words[at]
        verb = _VERBS[word].verb if word in _VERBS else word
        return verb in _GRAVE or not _STORES.isdisjoint(self.words[at + 1 : at + 4])

    def _commands(self, at: int) -> bool:
        word = self.words[at]
        if self._negated(at):
            return False
        if word in _TWO_WORDS:
            behind = self.words[at + 1] if at + 1 < len(self.words) else ""
            both = self._before(at, 1) != [] and self.words[at - 1] in _TWO_WORDS[word]
            return both and not self._asks(at) and not (word == "fora" and behind in _OUT_OF)  # "fora dos padrões"
        if word in _VERBS and self._is_of_what_is_held(at) and self._verb_commands(at):
            return True
        return self._noun_commands(at) if word in _NOUNS else self._passive_commands(at)

    def _is_of_what_is_held(self, at: int) -> bool:
        verb = _VERBS[self.words[at]].verb
        behind = self.words[at + 1 : at + 5]
        if self._is_of_a_view(at):
            return False
        if verb in _OF_STORES:
            return not _HELD.isdisjoint(behind)
        return verb not in _OF_DISKS or not _DISKS.isdisjoint(behind)

    def _is_of_a_view(self, at: int) -> bool:
        """Whether the object is what somebody has set on a screen, and no store is spoken of."""
        behind = [word for place, word in enumerate(self.words) if place > at and self.clause[place] == self.clause[at]]
        thing = next((word for word in behind if word not in _DETERMINERS and word not in _IMPACT), "")
        return thing in _VIEWS and _STORES.isdisjoint(behind)

    def _before(self, at: int, reach: int) -> list[str]:
        """The words before, in the same clause, nearest last."""
        return [self.words[place] for place in range(max(0, at - reach), at) if self.clause[place] == self.clause[at]]

    def _negated(self, at: int) -> bool:
        before = self._before(at, _NEGATION_REACH)
        if self.after_comma[at] and _VERBS.keys().isdisjoint(before):
            return False  # "não consulte nada, apague tudo"; but "não apague, remova nem exclua" is one list
        for place, word in enumerate(before):
            if word in ("mas", "but", "porem"):
                before = before[place + 1 :]
                break
        told = [word for word in before if word in _NEGATORS]
        turned = sum(word in _UNNEGATORS for word in before)
        turned += told[1:].count("sem") + told[1:].count("without")  # "nunca termine sem apagar"
        return bool(told) and turned % 2 == 0

    def _verb_commands(self, at: int) -> bool:
        form = _VERBS[self.words[at]].form
        before = self._before(at, 2)
        last = before[-1] if before else ""
        follows = self.words[at + 1] if at + 1 < len(self.words) else ""
        if form is Form.GERUND:
            return not last or last in _STARTERS
        if (last in _JOINERS or not last) and form is not Form.THIRD:
            # "drop in sales" opens with a noun; "delete in production" does not.
            return not (self.words[at] == "drop" and follows in ("in", "of", "off", "from", "out"))
        if self._describes_a_thing(at):
            return False
        is_noun = follows in _ADJUNCTS or last in _LISTERS or (last in _DETERMINERS and self.words[at] in _NOUNS)
        if is_noun or self._asks(at):
            return False
        if form is Form.THIRD or last in _RELATIVE:
            wanted = not _WANT.isdisjoint(before[:-1])
            # After "que" the subjunctive and the infinitive command ("quero que apague", "temos que apagar").
            tells = form is not Form.BASE or not _VERBS[self.words[at]].verb.endswith(("ar", "er", "ir"))
            return wanted or not tells or not _BUILDERS.isdisjoint(self._clause_words(at))
        return not (form is Form.INDICATIVE and self.words[at] in _PARTICIPLES)  # "a base limpa"

    def _describes_a_thing(self, at: int) -> bool:
        """Whether it says what something is for that is to be made: "implementar botão de excluir conta"."""
        before = self._before(at, 8)
        return (
            len(before) > 2
            and before[-1] in ("de", "para", "to", "que", "that")
            and before[-2] in _ARTEFACTS
            and not _MAKERS.isdisjoint(before[:-2])
        )

    def _asks(self, at: int) -> bool:
        """Whether the clause is a question about it: "como apagar um registro", "who can delete records"."""
        first = self.clause.index(self.clause[at])
        return self.words[first] in _QUESTIONS

    def _clause_words(self, at: int) -> list[str]:
        return [word for place, word in enumerate(self.words) if self.clause[place] == self.clause[at]]

    def _noun_commands(self, at: int) -> bool:
        if self._asks(at):
            return False
        first = max(0, at - _NOUN_REACH - 1)
        given = any(word.text in _GIVEN for word in self.found[first:at])  # "da" without its accent is "of the"
        return given or not _DOERS.isdisjoint(self._before(at, _NOUN_REACH + 1))

    def _passive_commands(self, at: int) -> bool:
        """Whether a participle is asked for: "devem ser apagados", "I want it deleted"; not "which are deleted"."""
        if self.words[at] not in _PARTICIPLES or self._asks(at):
            return False
        before = self._before(at, 8)
        near = before[-2:]
        if any(word in ("seja", "sejam") for word in near):
            return True
        if not _BE.isdisjoint(near):
            return not _MODALS.isdisjoint(before)
        wanted = not _WANT.isdisjoint(before[-6:]) and _LOOKERS.isdisjoint(before)
        return wanted and before[-1] not in ("que", "which", "that", "os", "as", "the")


def _clauses(text: str, found: list[Word]) -> list[int]:
    """The number of the clause that each word stands in; sentences end at a stop, not at a comma."""
    numbers: list[int] = []
    number, end = 0, 0
    for word in found:
        if numbers and not _STOPS.isdisjoint(text[end : word.start]):
            number += 1
        numbers.append(number)
        end = word.end
    return numbers
