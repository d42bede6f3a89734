"""Dates and ranges in words and digits, in Portuguese and English, resolved against a reference time.

All in UTC; weeks begin on Monday; an end is exclusive. What is said is always a range, as long as what is
said: "ontem" a day, "às 15h" an hour, "14h30" a minute. Where something isn't said:

- "Último mês", "last quarter" are the whole calendar unit before this one. "Últimos 30 dias" begin at midnight
  30 days ago and end now, so today's part is in them; "próximos 7 dias" mirror that. Hours and minutes count
  from this instant.
- "Há duas semanas" is that whole week (month, year), where data is looked for; "daqui a duas semanas" the day.
- "Março" without a year, "sexta" without a week, "dia 12" without a month is the newest one that has begun.
  It is the coming one behind "até" and "until", or when the text speaks of what is to come ("agendar", "will").
- "Desde" ends now; "até" begins now, or has no beginning when it ends before now: it is then 2000.
- "12/03/2026" is 12 March in Portuguese and December 3rd in English, unless one of the numbers can be no month.
- A word that is also a verb or a name ("may", "march") needs a preposition or a number to be a month; a day
  that doesn't exist (31/02) is no date.
"""

from __future__ import annotations

from models.nlu.entities.dates.calendars import UNIT_OF
from models.nlu.entities.dates.comparisons import find_dates
from models.nlu.entities.dates.ranges import COMPARING
from models.nlu.entities.dates.readers import HEADS
from models.nlu.entities.scan import AHEAD

__all__ = ["AHEAD", "COMPARING", "HEADS", "UNIT_OF", "find_dates"]
