"""Entities of a text: times, amounts, shapes of the answer, technologies, catalog nouns, identifiers.

`find_entities` is the way in. Each family is read by a module of its own, from the words of a `Scan`; what one
has taken the next leaves alone, so that a year is not also a number. The types, and how their values are written:

| Type | Value | Said by |
|---|---|---|
| TIME_RANGE | `2025-07-01T00:00:00Z/2025-10-01T00:00:00Z`, UTC, the end exclusive | "no último trimestre" |
| TIME_COMPARISON | two such ranges, a comma between: the one in question, then the other | "outubro com setembro" |
| TOP_N | `5`; the largest, unless a SORT_ORDER on the same words says otherwise | "top 5", "o maior cliente" |
| SORT_BY | the noun as written | "ordenado por receita" |
| SORT_ORDER | `asc`, `desc`, `newest` or `oldest` | "decrescente", "bottom 3", "last 5" |
| GROUP_BY | the noun as written, or for an adjective `day` … `year`; one entity each | "por região e mês", "mensal" |
| EXCLUDE | the noun as written; one entity each | "exceto testes" |
| COMPARISON | `> 500 BRL`, `<= 10 %`, `= 7`, `between 10..20 ms`: operator, number, unit if any | "acima de R$ 500" |
| NUMBER, PERCENT | `1500000`, `99.9` | "um milhão e meio", "99,9%" |
| MONEY | `1234.56 BRL` (or USD, EUR, GBP) | "R$ 1.234,56" |
| DURATION | ISO 8601: `P5Y`, `PT0.5S` | "5 anos", "500 ms" |
| SIZE | `10 GB` (B, kB, MB, GB, TB) | "10 GB" |
| IDENTIFIER | `INC-1234`, `12345` | "inc-1234", "pedido 12345", "#42" |
| EMAIL, URL, VERSION | as written | |
| UUID, IP | in lower case; an address or a network in its shortest form | |
| TECHNOLOGY | the name as its makers write it: `PostgreSQL` | "postgres", "pgsql" |
| CATALOG | the name that the vocabulary gives the noun; one entity for each, if there are several | |

Units of a COMPARISON are currency codes, `%`, `ms`, `s`, `min`, `h`, `d`, `w`, `mo`, `y` and sizes. A confidence is
chosen by rule: 1 where the notation leaves no choice, 0.95 for the name of a technology, 0.9 for the usual reading,
0.7 where something left unsaid was filled in (the year of "março"), 0.5 for a guess ("nos últimos meses"); that of a
noun with several names is shared between them. Offsets count in the composed text (`models.nlu.words.composed`).
"""

from __future__ import annotations

from models.nlu.entities.find import find_entities, read_entities
from models.nlu.entities.vocabulary import Vocabulary

__all__ = ["Vocabulary", "find_entities", "read_entities"]
