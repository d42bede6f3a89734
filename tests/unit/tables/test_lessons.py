from __future__ import annotations

from app.engine.tables import Table
from models.online.domain import Lesson
from models.records import Domain
from tables.lessons import add, in_order


def test_the_newest_lessons_are_kept_in_their_order() -> None:
    table: Table[Lesson] = Table("lessons", changelog="c", value_type=Lesson, count=1)
    for start in range(0, 30, 10):
        view = table.view(0)
        lessons = [(offset, Lesson(f"text {offset}", Domain.SECURITY)) for offset in range(start, start + 10)]
        add(view, lessons, most=15)
        changes = view.changes()
        table.hand_over(0, changes)
        table.settle(0, changes, committed=True)
    assert [f"text {offset}" for offset in range(15, 30)] == [lesson.text for lesson in in_order(table.view(0))]
