# SPDX-License-Identifier: Apache-2.0
"""What the server looks for again and again goes on after a look that failed, and ends when it is told to."""

from __future__ import annotations

import threading

from structlog.testing import capture_logs

from sync_server.rounds import Rounds


def test_a_round_that_fails_is_logged_and_the_next_one_comes() -> None:
    again = threading.Event()
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("a patient's name")
        again.set()

    with capture_logs() as said:
        rounds = Rounds("looking", 0.001, work)
        rounds.start()
        assert again.wait(60)
        rounds.stop()
    assert said == [{"work": "looking", "kind": "ValueError", "event": "round failed", "log_level": "error"}]
    assert not [thread for thread in threading.enumerate() if thread.name == "looking"]
