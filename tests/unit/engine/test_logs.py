from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
from faust.utils.terminal import Spinner, SpinnerHandler

from app.engine.logs import end_spinner

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield root
    root.handlers[:] = before[0]
    root.setLevel(before[1])


def test_a_spinner_that_faust_left_behind_goes_and_the_level_is_that_of_the_handler(
    root_logger: logging.Logger,
) -> None:
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    root_logger.handlers[:] = [handler, SpinnerHandler(Spinner(file=io.StringIO()), level=logging.DEBUG)]
    root_logger.setLevel(logging.DEBUG)
    end_spinner()
    assert root_logger.handlers == [handler]
    assert root_logger.level == logging.WARNING


def test_without_a_spinner_the_level_stays(root_logger: logging.Logger) -> None:
    root_logger.handlers[:] = [logging.StreamHandler()]
    root_logger.setLevel(logging.INFO)
    end_spinner()
    assert root_logger.level == logging.INFO
