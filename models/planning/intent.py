"""What kind of thing is asked: data, or work to be done. What destroys is found by `models.planning.destructive`."""

from __future__ import annotations

from models.nlu.words import is_stop_word, word_set

_WORK = word_set(
    "implementar implemente implement desenvolver desenvolva develop configurar configure "
    "corrigir corrija fix otimizar otimize optimize optimise migrar migre migrate provisionar "
    "provisione provision refatorar refactor instalar instale install adicionar adicione add "
    "atualizar atualize update alterar altere change bloquear block enviar envie send integrar "
    "integrate converter convert deployar implantar design desenhar escalar scale automatizar "
    "automate reiniciar restart rollback"
)
_MAKE = word_set("criar crie create gerar gere generate build construir construa fazer faca make montar monte preparar")
_REPORTS = word_set(
    "relatorio relatorios report reports dashboard dashboards lista list tabela table grafico "
    "chart resumo summary ranking analise analysis levantamento painel visao consulta query"
)


def work_word(plain_words: list[str]) -> str | None:
    """Return the word that asks for work rather than for data, or None; to make a report is to ask for data.

    It is the first word that carries meaning, since in "updates by team" the same word is a noun.
    """
    if not _REPORTS.isdisjoint(plain_words):
        return None
    first = next((word for word in plain_words if not is_stop_word(word)), None)
    return first if first in _WORK or first in _MAKE else None


SMALL_TALK = (
    _MAKE
    | _REPORTS
    | word_set(
        "vendo ver veja see mostrar mostre mostra exibir exiba show listar liste display get give "
        "tell diga dizer informe informar calcular calcule calculate compute analisar analise "
        "analyze analyse investigar investigue investigate buscar busque consultar consulte obter "
        "encontrar find search fetch numero number quantidade quantity amount total totais soma sum "
        "count contagem media medio average mean top maior maiores menor menores principais "
        "melhores ultimo ultimos ultima ultimas last latest most least dados data registros records "
        "agora now periodo period me nos mensal mensais monthly diario diaria daily semanal weekly "
        "anual yearly annual evolucao trend houve ocorreram existem aconteceram happened happen "
        "there tivemos foram recentes recent atualmente currently"
    )
)
"""Words that say how to ask, not what about: leaving them out changes no answer."""
