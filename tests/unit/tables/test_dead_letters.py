from __future__ import annotations

from app.engine.tables import Table
from models.deadletters import LetterState, LetterStatus
from tables.dead_letters import KEPT_MS, forget_old, has_room

DAY_MS = 86_400_000
NOW_MS = 100 * DAY_MS


def test_a_letter_is_forgotten_when_its_topic_no_longer_has_it() -> None:
    table: Table[LetterState] = Table("t", changelog="t", value_type=LetterState, count=1)
    view = table.view(0)
    for name, age_days in (("old", 32), ("kept", 30), ("new", 0)):
        view[name] = LetterState(status=LetterStatus.REPLAYED, at=NOW_MS - age_days * DAY_MS)
    table.hand_over(0, view.changes())
    table.settle(0, view.changes(), committed=True)
    assert KEPT_MS > 30 * DAY_MS, "longer than the letters themselves"

    view = table.view(0)
    assert (forget_old(view, now_ms=NOW_MS), sorted(view)) == (1, ["kept", "new"])
    assert has_room(view)
