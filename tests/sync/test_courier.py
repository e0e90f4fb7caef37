# SPDX-License-Identifier: Apache-2.0
"""The courier's parts: what it sends, keeps and leaves alone, on a line that says what the test wants."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.security.profile import trusted_profile
from hms_desktop.security.standing import APPROVED, BLOCKED, WIPE
from hms_desktop.storage.change_sets import NO_ROOT, ChangeSet
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync import gathered
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.courier import KEEP_LEASES_MS, LEASES_EVERY_MS, STANDING_EVERY_MS, Courier
from hms_desktop.sync.gathered import Inbox, Whence, fits
from hms_desktop.sync.protocol import LeaseGiven, LeaseWanted, Problem, Pulled, Pushed, Verdict, Welcome
from hms_desktop.sync.sealed import UNREADABLE, Box, open_boxes, seal_set
from hms_desktop.sync.sheet import SHEET_FILE, Sheet, read_note, write_note
from hms_desktop.sync.spool import Spool
from tests.ui.shell.enrolled import enrol

SERVER, EPOCH = bytes(16), b"e" * 16


class Line:
    """Answers pushes by acknowledging, pulls by one page, and whatever else a test puts in its way."""

    def __init__(self) -> None:
        self.training = False
        self.answers: list[Any] = []
        self.sent: list[tuple[str, Any]] = []

    def greet(self, hello: Any) -> Welcome:
        self.sent.append(("hello", hello))
        return Welcome("s", SERVER, EPOCH, 0, 9, [], [], 0, "Clinic", "UTC", "ZAR", self.training)

    def send(self, path: str, message: Any, answer: Any) -> Any:
        self.sent.append((path, message))
        found = self.answers.pop(0) if self.answers else Pulled([], 0, 0)
        if isinstance(found, Exception):
            raise found
        return found


class Scene:
    """A workstation that was left with two change sets to send; `asked` says what the server says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.line, self.status = enrol(folder), Line(), APPROVED
        self.place, self.centre = FileKeychain(folder), X25519PrivateKey.generate()
        self.profile, self.keys = trusted_profile(folder, self.place)
        self.device = self.profile.station.device
        self.spool, self.inbox = Spool(folder), Inbox(folder, self.device)
        self.pages = X25519PrivateKey.generate()
        public = self.centre.public_key().public_bytes_raw()
        for number in (1, 2):
            self.spool.put(seal_set(ChangeSet(7, number, number, NO_ROOT, b"-", [], b""), public, self.device))
        self.word()
        self.courier = Courier(folder, self.place, line=self.line)
        self.wiped: list[int] = []
        asker = SimpleNamespace(
            ask=lambda _line: SimpleNamespace(status=self.status), wipe=lambda _line: self.wiped.append(1)
        )
        self.courier._asker = asker  # type: ignore[assignment]

    def word(self, **other: Any) -> None:
        told = Sheet(
            author=7, generation=b"g", last=2, server=SERVER, epoch=EPOCH, after=3,
            pages=self.pages.public_key().public_bytes_raw(),
        )  # fmt: skip
        write_note(self.folder, SHEET_FILE, self.keys, self.device, type(told)(**{**_values(told), **other}))

    def round(self, may: Callable[[], bool] = lambda: True) -> Any:
        return self.courier.round(may, 0)


def _values(sheet: Sheet) -> dict[str, Any]:
    return {name: getattr(sheet, name) for name in sheet.__struct_fields__}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The workstation."""
    return Scene(tmp_path / "desk")


def test_it_sends_what_is_sealed_keeps_a_page_sealed_and_goes_on_from_there(scene: Scene) -> None:
    scene.line.answers = [Pushed(2, [], 9), Pulled([], 8, 0), Pulled([], 12, 0)]
    told = scene.round()
    assert (told.sent, told.waiting, told.rests) == (2, 0, False) and scene.spool.numbers() == []
    (page,) = scene.inbox.pages()
    assert page.whence == Whence(SERVER, EPOCH, 3, 8) and page.open(X25519PrivateKey.generate()) is None
    assert page.open(scene.pages) == Pulled([], 8, 0)
    scene.round()
    assert scene.line.sent[-1][1].after == 8 and scene.inbox.reached(SERVER, EPOCH, 3) == 12
    assert [path for path, _message in scene.line.sent].count("hello") == 1


def test_what_was_lent_is_asked_to_go_on_now_and_then_while_somebody_will_come_back(scene: Scene) -> None:
    clock = SimpleNamespace(ms=1_000_000_000, now_ms=lambda: clock.ms)
    scene.courier._clock = clock
    scene.word(at_ms=clock.ms - 1)

    def round_after(ms: int) -> list[str]:
        clock.ms += ms
        scene.line.sent.clear()
        scene.line.answers = [Pushed(2, [], 9)] if scene.spool.numbers() else []
        scene.line.answers += [LeaseGiven([])] if ms != 1 else []
        scene.round()
        return [path for path, _message in scene.line.sent]

    assert round_after(0) == ["hello", "/v1/sealed", "/v1/lease", "/v1/pull"]
    assert scene.line.sent[2][1] == LeaseWanted([], keep=True)
    assert "/v1/lease" not in round_after(1)
    assert "/v1/lease" in round_after(LEASES_EVERY_MS)
    clock.ms += KEEP_LEASES_MS
    assert "/v1/lease" not in round_after(1), "nobody came for days: it lapses"


def test_nothing_is_sent_kept_or_obeyed_once_somebody_signs_in(scene: Scene) -> None:
    scene.status = WIPE
    told = scene.round(lambda: False)
    assert not told.wiped and scene.wiped == [] and scene.line.sent == []
    scene.status = APPROVED
    scene.round(lambda: False)
    assert [path for path, _message in scene.line.sent] == ["hello"] and scene.spool.numbers() == [1, 2]
    late = iter([True, True, True, False])
    scene.line.answers = [Pushed(2, [], 9), Pulled([], 8, 0)]
    scene.round(lambda: next(late))
    assert list(scene.inbox.pages()) == []


def test_a_blocked_workstation_sends_nothing_and_one_to_be_wiped_sends_first(scene: Scene) -> None:
    scene.status = BLOCKED
    assert scene.round().rests and scene.line.sent == []
    scene.status = WIPE
    scene.line.answers = [Pushed(2, [], 9)]
    told = scene.round()
    assert told.wiped and scene.wiped == [1] and told.sent == 2


def test_a_server_that_began_anew_is_greeted_again_and_one_that_wont_is_asked_why(scene: Scene) -> None:
    scene.line.answers = [ServerRefused(Problem("replayed", "over"))]
    assert not scene.round().rests
    scene.line.answers = [ServerRefused(Problem("not-allowed", "no"))]
    with pytest.raises(ServerRefused):
        scene.round()
    assert scene.courier._asked_ms == 0
    scene.line.answers = [Unavailable("gone")]
    with pytest.raises(Unavailable):
        scene.round()
    assert [path for path, _message in scene.line.sent].count("hello") == 3
    assert scene.courier._clock.now_ms() - scene.courier._asked_ms < STANDING_EVERY_MS


def test_training_and_real_data_never_meet(scene: Scene) -> None:
    scene.line.training = True
    with pytest.raises(Refused):
        scene.round()


def test_what_does_not_open_there_is_dropped_to_be_sealed_anew(scene: Scene) -> None:
    scene.line.answers = [Pushed(1, [Verdict(2, UNREADABLE)], 9), Pulled([], 0, 0)]
    assert scene.round().waiting == 0 and scene.spool.numbers() == []


def test_what_the_server_gets_no_further_with_stays(scene: Scene) -> None:
    scene.spool.drop_through(1)
    scene.line.answers = [Pushed(0, [Verdict(2, "waiting")], 9), Pulled([], 0, 0)]
    scene.round()
    assert scene.spool.numbers() == [2]


@pytest.mark.parametrize("other", [{"after": -1}, {"epoch": b"x"}])
def test_nothing_is_gathered_for_another_epoch_or_for_a_file_that_was_never_filled(
    scene: Scene, other: dict[str, Any]
) -> None:
    scene.word(**other)
    scene.line.answers = [Pushed(2, [], 9)]
    assert scene.round().rests and [path for path, _m in scene.line.sent] == ["hello", "/v1/sealed"]


def test_without_a_word_from_a_session_it_only_asks(scene: Scene) -> None:
    (scene.folder / SHEET_FILE).write_bytes(b"spoilt")
    assert read_note(scene.folder, SHEET_FILE, scene.keys, scene.device, Sheet) is None
    assert scene.round().rests and scene.line.sent == []


def test_a_full_inbox_takes_no_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.inbox.put(Whence(SERVER, EPOCH, 3, 5), Pulled([], 5, 0), scene.pages.public_key().public_bytes_raw())
    monkeypatch.setattr(gathered, "MOST_BYTES", 1)
    scene.line.answers = [Pushed(2, [], 9)]
    assert scene.round().rests


def test_what_the_disk_spoilt_is_taken_away(scene: Scene) -> None:
    box = scene.folder / "outbox" / f"{2:016d}.sealed"
    box.write_bytes(b"spoilt")
    assert [held.number for held in scene.spool.batch(10, 10)] == [1] and scene.spool.numbers() == [1]
    assert scene.spool.oldest_ms() > 0 and Spool(scene.folder / "nowhere").oldest_ms() == 0
    (scene.folder / "inbox").mkdir()
    (scene.folder / "inbox" / "1-2.sealed").write_bytes(b"spoilt")
    assert list(scene.inbox.pages()) == [] and not list((scene.folder / "inbox").iterdir())


def test_a_page_fits_only_where_nothing_is_left_out(scene: Scene) -> None:
    whence = Whence(SERVER, EPOCH, 3, 8)
    assert fits(whence, SERVER, EPOCH, 3) and fits(whence, SERVER, EPOCH, 7)
    assert not any(fits(whence, SERVER, EPOCH, at) for at in (2, 8)) and not fits(whence, SERVER, b"other", 3)


def test_a_box_holds_what_it_shows(scene: Scene) -> None:
    boxes = scene.spool.batch(10, 10_000)
    assert [held.number for held in open_boxes(scene.centre, scene.device, boxes).sets] == [1, 2]
    lied = Box(1, boxes[1].root, boxes[0].sealed)
    assert open_boxes(scene.centre, scene.device, [boxes[0], lied]) == dataclasses.replace(
        open_boxes(scene.centre, scene.device, boxes[:1]), unreadable=1
    )
