from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.errors import ConfigurationError
from app.settings import Settings
from models.planning.conflicts import Resolution

if TYPE_CHECKING:
    from pathlib import Path


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hive.toml"
    file.write_text('kafka = "a:1"\npartitions = 8\n')
    settings = Settings.load({"HIVE_KAFKA": "b:2"}, file=file)
    assert (settings.kafka, settings.partitions) == ("b:2", 8)
    assert {"kafka": "HIVE_KAFKA", "partitions": str(file)} == settings.sources


def test_secrets_do_not_show() -> None:
    settings = Settings.load(
        {"HIVE_KAFKA_USERNAME": "u", "HIVE_KAFKA_PASSWORD": "hunter2", "HIVE_REDIS": "redis://:pw@h"}
    )
    assert "hunter2" not in repr(settings)
    assert "pw@h" not in repr(settings)
    assert settings.kafka_client()["sasl.password"] == "hunter2"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"HIVE_KAFKA_USERNAME": "u"}, "both or none"),
        ({"HIVE_NEO4J_PASSWORD": "p"}, "needs neo4j_user"),
        ({"HIVE_PARTITIONS": "many"}, "HIVE_PARTITIONS: partitions must be of type int"),
        ({"HIVE_PARTITIONS": "0"}, "at least 1"),
        ({"HIVE_RATE_LIMIT_PER_MINUTE": "-1"}, "at least 0"),
        ({"HIVE_RATE_LIMIT_BURST": "0.5"}, "at least 1"),
        ({"HIVE_KAFKA": "nowhere"}, "host:port"),
        ({"HIVE_MONGO": "http://user:secret@h"}, r"http://\*\*\*@h"),
        ({"HIVE_COMPRESSION": "rar"}, "one of none, gzip"),
        ({"HIVE_CONFLICT_RESOLUTION": "parallel"}, "one of sequential, priority_based, notify"),
        ({"HIVE_WORKER": "a b"}, "letters, digits"),
        ({"HIVE_HEARTBEAT_S": "9"}, "a third"),
        ({"HIVE_DRIFT_ADWIN": "0"}, "drift_adwin must be above 0 and below 1, not 0.0"),
        ({"HIVE_DRIFT_ADWIN": "0.05"}, "a warning comes before a drift"),
        ({"HIVE_DRIFT_PAGE_WARNING": "11"}, "a warning comes before a drift"),
        ({"HIVE_DRIFT_INTERVAL": "501"}, "drift_interval must be at most drift_window"),
        ({"HIVE_DRIFT_COOL_DOWN": "0"}, "drift_cool_down must be at least 1"),
        ({"HIVE_DRIFT_CHALLENGED_BY": "error,weather"}, "'weather' is none of error, confidence"),
    ],
)
def test_what_is_wrong_is_named(environ: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        Settings.load(environ)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("resolution", Resolution)
def test_every_way_to_resolve_conflicts_can_be_chosen(resolution: Resolution) -> None:
    settings = Settings.load({"HIVE_CONFLICT_RESOLUTION": resolution.value})
    assert Resolution(settings.conflict_resolution) is resolution


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hive.toml"
    file.write_text("kafak = 1\n")
    with pytest.raises(ConfigurationError, match="unknown setting 'kafak'"):
        Settings.load({}, file=file)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        Settings.load({"HIVE_FILE": str(tmp_path / "none.toml")})


def test_a_worker_has_a_name_that_survives_a_restart() -> None:
    assert Settings.load({"HIVE_WEB_PORT": "7001"}).worker == Settings.load({"HIVE_WEB_PORT": "7001"}).worker
    assert Settings.load({"HIVE_WEB_PORT": "7001"}).worker != Settings.load({"HIVE_WEB_PORT": "7002"}).worker


def test_a_worker_runs_all_stages_or_those_that_are_named() -> None:
    known = ("understand", "plan", "execute")
    assert Settings().stages_of(known) == known
    assert Settings(stages=" plan, execute,").stages_of(known) == ("plan", "execute")
    with pytest.raises(ConfigurationError, match="no stage 'fly'; there are understand, plan, execute"):
        Settings(stages="plan,fly").stages_of(known)


def test_a_lane_is_a_known_stage_that_runs_here_beside_others() -> None:
    known = ("understand", "plan", "execute")
    assert Settings().lanes_of(known) == ("understand",)
    assert Settings(commit_lanes="").lanes_of(known) == ()
    assert Settings(stages="plan,execute", commit_lanes="understand, plan").lanes_of(known) == ("plan",)
    assert Settings(stages="understand").lanes_of(known) == (), "one that is alone waits for nobody"
    with pytest.raises(ConfigurationError, match="HIVE_COMMIT_LANES: there is no stage 'fly'"):
        Settings(commit_lanes="fly").lanes_of(known)
