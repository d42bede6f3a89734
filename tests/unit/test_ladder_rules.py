"""The settings reach the learners, and a snapshot says by which it was learned."""

from __future__ import annotations

import pytest

from app.ladder_rules import ladder_rules
from app.settings import Settings
from models.online.features import SCHEMA
from models.online.ladder import LadderSettings
from models.online.ladder_state import from_bytes, to_bytes
from models.online.snapshot import Snapshot
from models.online.specialists import new_ladder, settings_of
from models.records import DriftSource, SpecialistType

WHO = SpecialistType.BEHAVIOR
OTHERS = {
    "HIVE_DRIFT_ADWIN_WARNING": "0.03",
    "HIVE_DRIFT_ADWIN": "0.01",
    "HIVE_DRIFT_PAGE_WARNING": "5",
    "HIVE_DRIFT_PAGE": "9",
    "HIVE_DRIFT_LEAST_LABELS": "100",
    "HIVE_DRIFT_WINDOW": "300",
    "HIVE_DRIFT_INTERVAL": "50",
    "HIVE_DRIFT_PSI": "0.3",
    "HIVE_DRIFT_P": "0.01",
    "HIVE_DRIFT_COOL_DOWN": "400",
    "HIVE_DRIFT_ALPHA": "0.001",
    "HIVE_DRIFT_CHALLENGED_BY": ",".join(DriftSource),
}


def test_the_defaults_are_the_learners_own() -> None:
    assert ladder_rules(Settings.load({})) == LadderSettings()


@pytest.mark.parametrize("name", OTHERS)
def test_each_setting_reaches_the_learners_and_marks_their_snapshots(name: str) -> None:
    environ = {name: OTHERS[name]}
    if name == "HIVE_DRIFT_ADWIN":
        environ["HIVE_DRIFT_ADWIN_WARNING"] = OTHERS["HIVE_DRIFT_ADWIN_WARNING"]
    rules = ladder_rules(Settings.load(environ))
    assert rules != ladder_rules(Settings.load({key: value for key, value in environ.items() if key != name}))
    ladder = new_ladder(WHO, rules)
    assert ladder.ladder.settings == settings_of(WHO, rules)
    assert to_bytes(ladder) != to_bytes(new_ladder(WHO))
    header = Snapshot.from_bytes(to_bytes(ladder)).header["settings"]
    assert header != Snapshot.from_bytes(to_bytes(new_ladder(WHO))).header["settings"]


def test_a_ladder_that_is_read_again_goes_on_by_the_thresholds_that_are_set_now() -> None:
    state = new_ladder(WHO)
    row = {"x": 1.0}
    for label in ("approve", "reject", "approve"):
        state.ladder.learn(row, label)
    again = from_bytes(to_bytes(state), schema=SCHEMA).ladder
    assert not again.adopt(settings_of(WHO)), "nothing is different"
    said = again.forecast(row)
    assert again.adopt(settings_of(WHO, ladder_rules(Settings.load(OTHERS))))
    assert again.forecast(row) == said, "what was learned stays"
    assert (again.learned, again.settings.cool_down) == (3, 400)
    with pytest.raises(ValueError, match="kinds, seed"):
        again.adopt(settings_of(SpecialistType.BUSINESS))
