"""The small words of questions, in both languages, plain: what asks to count, to list, to compare, to leave out."""

from __future__ import annotations

from models.nlu.words import word_set
from models.planning.intent import SMALL_TALK

COUNT = word_set("quantos quantas contagem conte contar count number numero quantidade many")
LIST = word_set("listar liste lista list quais which investigar investigue investigate")
SHOW = word_set(
    "mostrar mostre mostra exibir exiba show display ver veja see latest ultimos ultimas recentes get buscar "
    "busque fetch "
    "give find encontre"
)
WHICH = word_set("qual quais which what que quem who")
WHO = word_set("quem who")
SINGULAR_WHICH = word_set("qual which what")
AND = word_set("e and ou or")
ARTICLES = word_set("a o as os the um uma an")

MORE = word_set("mais most more maior")
LESS = word_set("menos least fewest fewer")

LAST = word_set("last latest newest ultimo ultima")
LATEST = word_set("ultimos ultimas latest newest recentes recent")
BEST = word_set("melhor maior best highest largest")
WORST = word_set("pior menor worst lowest smallest")
SUPERLATIVE = MORE | LESS

AGGREGATIONS = {
    **dict.fromkeys(word_set("media medio medias medios average mean avg"), "avg"),
    **dict.fromkeys(word_set("maximo maxima max maximum"), "max"),
    **dict.fromkeys(word_set("minimo minima min minimum"), "min"),
    **dict.fromkeys(word_set("soma somatorio sum"), "sum"),
}
DISTINCT = word_set("distintos distintas distinto distinta diferentes unicos unicas distinct unique different")
SHARE = word_set(
    "participacao percentual porcentagem proporcao fatia percentuais taxa share percentage percent proportion fraction "
    "pct rate ratio"
)
COMPARE = word_set(
    "compare comparar comparando comparado comparada comparados comparadas comparativo comparacao compara compared "
    "comparing comparison versus vs contra against frente relacao"
)
GROWTH = word_set(
    "crescimento cresceu cresceram growth grew grow variacao variou change changed aumento aumentou aumentaram "
    "increase "
    "increased queda caiu cairam drop dropped decrease decreased"
)
PREVIOUS = word_set("anterior anteriores previous prior precedente")
PERIOD = word_set("periodo period")
BEFORE = word_set("antes before preceded precederam precedeu antecederam preceding")
AFTER = word_set("depois apos after followed following seguiram")
INDIRECT = word_set(
    "indiretamente indireta indiretas indiretos indirectly indirect transitivamente transitiva transitivas "
    "transitively "
    "transitive cascata cascade"
)
DIRECT = word_set("diretamente direta diretas direto directly direct")
PATH = word_set("caminho caminhos path paths rota route connected conectado conectada conectados conectadas")
SHORTEST = word_set("curto shortest minimo menor")
NOT = word_set("nao not exceto except excluindo excluding sem without fora salvo tirando")
COPULA = word_set("e sao foi foram esta estao eram is are was were been be")
SORTING = word_set("ordenado ordenada ordenados ordenadas ordene ordenar sorted sort ordered order")
ASCENDING = word_set("crescente ascendente asc ascending")
DESCENDING = word_set("decrescente descendente desc descending")

COMPARING = COMPARE | GROWTH
DIRECTIONS = ASCENDING | DESCENDING
HOPS = INDIRECT | DIRECT

FAST = word_set(
    "rapido rapida rapidos rapidas rapidamente depressa agil ageis fastest quickest faster quicker fast quickly"
)
SLOW = word_set(
    "devagar lento lenta lentos lentas lentamente demorado demorada demorados demoradas demora demoram demorou "
    "demoraram leva levam levou slowest slower slow slowly longest"
)
SUPERLATIVE_PACE = word_set("fastest quickest slowest longest")
FAILING = word_set(
    "cair cai caia caisse parar parasse falhar falhasse quebrar morrer sair sumir ficar ficasse fora ar indisponivel "
    "offline down goes go went fails fail stops stop dies die crashes crash unavailable breaks working"
)
HAVING = word_set("com with having had tiveram teve")
FIRST = word_set("first primeiro primeiros primeira primeiras")
WEEKDAYS = word_set("weekday weekdays")

AGED = word_set("ha faz for")

OF = word_set("de do da dos das of")
BINDING = OF | NOT - {"nao", "not"} | word_set("em no na nos nas in from at on with com")
"""Words that tie what follows to what stands before: an unknown word after one is a filter that can't be kept."""

FILLERS = SMALL_TALK.union(
    *(SHORTEST, COUNT, LIST, SHOW, WHICH, COMPARE, GROWTH, DISTINCT, SHARE, SORTING, ASCENDING, DESCENDING),
    *(DIRECT, INDIRECT, PREVIOUS, PERIOD, MORE, LESS, AGGREGATIONS),
    word_set(
        "if goes down cair distribution distribuicao long "
        "summarize summarise summarized resuma resumir resume overview geral panorama historico history volume "
        "volumes apresente apresentar present provide pull bring traga trazer puxe puxar gostaria favor please hoje "
        "today data so far ate agora now aqui here entre between dado ja tambem also only apenas somente just all "
        "todos todas any ordem order valor valores value values comportamento detalhes details detalhe informacoes "
        "informacao information registrados registradas registrado registrada feitos feitas feito feita realizados "
        "realizadas efetuados efetuadas made done recorded existem existe exist exists teve tiveram ter got gotten "
        "vieram veio come came fizeram fez fazem acontecido ocorrido ocorreu occurred happened levaram levou leva "
        "took take takes taken demoraram demorou lasted depende quantia them they eles elas dele deles cada each "
        "respectively hey hi oi ola bom boa hello nosso nossa empresa company business negocio time tempo periodo "
        "mesmo same breakdown split separado separados dividido divididos agrupado agrupados agrupadas grouped quebra "
        "quebrado detalhado contar compute sum soma criado criada criados criadas created opened updates update "
        "atualizacoes atualizacao through via longo course evolucao tendencia trend trends andamento status "
        "vem comes something algo"
    ),
)
"""Words that say how to ask, not what about: leaving them out changes no answer."""

NEUTRAL = FILLERS | word_set(
    "gerou geraram gerado gerada gerados geradas trouxe trouxeram deu deram dao recebemos recebeu receberam sofreu "
    "sofreram apresentou apresentaram registrou registraram reportados reportadas relatados lancados lancadas emitidos "
    "executados executadas efetuou efetuaram chegou chegaram rendeu renderam somou somaram totalizou ocorridos "
    "ocorridas ocorrem ocorre acontecidos acontecem acontece saber sabe diz conhecer conta explique explore durante "
    "dentro desde sobre relate levante ajude ajuda pode podem poderia consegue vindos vindas vindo vinda eventual "
    "envolvendo afetando atingindo referente referentes relativos relativas pertencentes dos desse dessa nesse nessa "
    "qualquer tudo tipo parte usando feitas fizemos passou passaram maioria olhe olhar recebidos recebidas "
    "reported raised logged placed place submitted issued performed executed run ran carried bring brought coming "
    "came going go see seen know happening experienced suffered faced hit reach reached generate generated produced "
    "produce earn earned receive received record recorded given look looking during within over across throughout "
    "into than under overall around explore review explain using occur occurs involving affecting affect regarding "
    "concerning related coming let lets help will would could than more any kind every whole sort ones one if "
    "currently built ok okay our their his her who whose whom get gets had having does doing being still yet"
)
"""Words that leave a question as it is without them: how it is asked, and verbs that say no more than that there is."""

NEW = word_set("novo nova novos novas new")
"""Of a period they say nothing: what is new in it has its time there."""

ADVERB_ENDINGS = ("mente", "ly")
"""How something was done, which no source knows and no question hangs on."""
