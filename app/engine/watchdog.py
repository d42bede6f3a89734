"""The watchdog: a worker that makes no progress ends itself, with a reason; its supervisor starts it anew.

Faust's consumers are known to "slowly die": alive, in the group, and doing nothing. Here a thread of its own looks at
what was really committed. A stage that waits for a store on purpose is not stuck.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Watchdog"]

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
BEAT_EVERY_S = 0.5


class Watchdog:
    """Looks after one worker.

    Args:
        stuck_s: How long records may wait while nothing at all is committed.
        loop_lag_s: How long the event loop may stand still.
        lag: Tells how many records wait that could be processed, per stage topic; read from the watchdog's thread.
        fail: Called with the reason when the worker must end.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        stuck_s: float,
        loop_lag_s: float,
        lag: Callable[[], Mapping[str, int]],
        fail: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stuck_s = stuck_s
        self._loop_lag_s = loop_lag_s
        self._lag = lag
        self._fail = fail
        self._clock = clock
        self._beat_at_s = clock()
        self._looked_at_s = clock()
        self._moved_at_s: dict[str, float] = {}
        self._lag_then: dict[str, int] = {}
        self._paused: dict[str, str] = {}
        self._stopped = threading.Event()
        self.lag_s = 0.0

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()

    async def beat(self) -> None:
        """Run on the event loop: shows that it turns."""
        while True:
            self.note_beat()
            await asyncio.sleep(BEAT_EVERY_S)

    def note_beat(self) -> None:
        """Note that the event loop turns."""
        now_s = self._clock()
        self.lag_s = max(0.0, now_s - self._beat_at_s - BEAT_EVERY_S)
        self._beat_at_s = now_s

    def committed(self, topics: set[str]) -> None:
        """Note that offsets of these topics were committed."""
        now_s = self._clock()
        for topic in topics:
            self._moved_at_s[topic] = now_s

    def rebalanced(self) -> None:
        """Note a new assignment: every topic's time begins anew."""
        self._moved_at_s.clear()

    def pause(self, stage: str, why: Exception) -> None:
        """Note that a stage waits for a store."""
        self._paused[stage] = str(why)

    def resume(self, stage: str) -> None:
        """Note that a stage goes on."""
        self._paused.pop(stage, None)

    @property
    def paused(self) -> Mapping[str, str]:
        """Return the stages that wait for a store, and why."""
        return self._paused

    def verdict(self) -> str | None:
        """Return why the worker must end, or ``None``."""
        now_s = self._clock()
        slept_s, self._looked_at_s = now_s - self._looked_at_s, now_s
        if slept_s > LOOK_EVERY_S * 5:
            # The whole process stood still (SIGSTOP, a suspended machine): not the loop's fault, give it time.
            self._beat_at_s = now_s
            self._moved_at_s.clear()
            return None
        if now_s - self._beat_at_s > self._loop_lag_s:
            return f"the event loop has not turned for {now_s - self._beat_at_s:.0f} s"
        if self._paused:
            self._moved_at_s.clear()
            return None
        for topic, lag in self._lag().items():
            since_s = self._moved_at_s.setdefault(topic, now_s)
            then = self._lag_then.get(topic, 0)
            self._lag_then[topic] = lag
            if lag == 0:
                self._moved_at_s[topic] = now_s
            elif now_s - since_s > self._stuck_s and lag >= then:
                return f"{lag} records of {topic} wait and nothing was committed for {now_s - since_s:.0f} s"
        return None

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            reason = self.verdict()
            if reason is not None:
                self._fail(reason)
                return
