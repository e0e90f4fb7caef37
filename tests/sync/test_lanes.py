# SPDX-License-Identifier: Apache-2.0
"""What is live goes before bulk on one line, nothing faster than is allowed, and less at once where the line breaks."""

from __future__ import annotations

import threading

import pytest

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.sync.lanes import PIECE, Lanes, Sending, Stride
from tests.server.process import until

PUSH, PULL, PAGE = "/v1/push", "/v1/pull", "/v1/page"


class Clock:
    """Seconds that pass only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_limit_holds_in_each_direction_and_may_change_or_go(way: str) -> None:
    clock = Clock()
    lanes = Lanes(80, clock.now, clock.wait)
    for kbit, seconds in ((80, 98), (800, 10), (0, 0)):
        lanes.kbit, begun = kbit, clock.seconds
        for _piece in range(1000 * 1000 // PIECE):
            getattr(lanes, way)(PULL, PIECE)
        assert clock.seconds - begun == pytest.approx(seconds, abs=2.5), f"1 MB at {kbit} kbit/s"


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    clock = Clock()
    lanes = Lanes(64, clock.now, clock.wait)
    clock.seconds += 3600
    begun = clock.seconds
    lanes.up(PUSH, PIECE)
    assert clock.seconds == begun, "a small exchange after a pause waits for nothing"
    lanes.up(PUSH, 8 * PIECE)
    assert clock.seconds - begun == pytest.approx(8 * PIECE / 8000)


def test_bulk_stands_aside_while_something_live_is_on_the_line() -> None:
    lanes, came = Lanes(), threading.Event()

    def fetch() -> None:
        for _piece in range(3):
            lanes.down(PAGE, PIECE)
        came.set()

    live = Sending(lanes, PUSH, bytes(2 * PIECE))
    with live:
        assert len(live.read()) == PIECE
        bulk = threading.Thread(target=fetch)
        bulk.start()
        assert not came.wait(0.1), "between two pieces of it"
        assert len(live.read()) == PIECE and live.read() == b""
        assert came.wait(60), "who has sent all and waits for an answer is in nobody's way"
    bulk.join()


def test_what_is_live_waits_for_no_bulk_and_not_for_each_other() -> None:
    lanes = Lanes()
    with lanes.carrying(PAGE), lanes.carrying(PUSH):
        lanes.up(PUSH, PIECE)
        lanes.down(PULL, PIECE)


def test_bulk_never_stands_still_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hms_desktop.sync.lanes.PATIENCE_SECONDS", 0.01)
    lanes = Lanes()
    with lanes.carrying(PULL):
        lanes.down(PAGE, PIECE)


def test_a_message_that_breaks_on_its_way_leaves_the_line_to_others() -> None:
    lanes, came = Lanes(), threading.Event()
    with pytest.raises(OSError, match="reset"), Sending(lanes, PUSH, bytes(2 * PIECE)) as live:
        live.read()
        raise OSError("reset")
    bulk = threading.Thread(target=lambda: (lanes.up(PAGE, PIECE), came.set()))
    bulk.start()
    until(came.is_set)
    bulk.join()


def test_less_is_tried_after_the_line_broke_and_more_after_it_held() -> None:
    stride, tried = Stride(), []
    for holds in (False, False, False, False, True, True):
        tried.append(stride.of(500))
        try:
            with stride:
                if not holds:
                    raise Unavailable("cut")
        except Unavailable:
            pass
    assert tried == [500, 125, 31, 7, 7, 15] and stride.of(500) == 31
    with pytest.raises(BadInput), stride:
        raise BadInput("the server answered, and won't")
    assert stride.of(500) == 31, "which says nothing of the line"
