# SPDX-License-Identifier: Apache-2.0
"""Every screen and dialog of every role by keys, with visible focus, to a screen reader, without colour, at 200 %."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication, QWidget

from hms_desktop.ui.routes import MyDay, PatientRecord
from hms_desktop.ui.shell import screens
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.shell.first_steps import FirstSteps
from hms_desktop.ui.shell.idle_warning import IdleWarning
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import StationFacts, WhoIsLocked
from hms_desktop.ui.widgets import tokens
from hms_desktop.ui.widgets.theme import theme
from installer.day import hands
from tests.promises import doors
from tests.promises.conftest import ALONE, CutOff
from tests.promises.places import every_place, settled
from tests.promises.reach import (
    by_colour_only,
    cut_words,
    lost_by_tab,
    misnamed,
    out_of_order,
    out_of_sight,
    unframed,
    unreached,
)
from tests.promises.rights import same_rights
from tests.promises.seats import Seat
from tests.promises.whole_visit import STATION, Visit

SMALL = QSize(1280, 720)
THEMES = ("light", "dark", "high-contrast")
STATUSES = ("critical", "warning", "success", "info", "neutral", "local")
WORDS = 4.5
SHAPES = 3.0
PAIRS = (
    *((f"text.{ink}", f"bg.{ground}", WORDS) for ink in ("primary", "secondary", "tertiary", "link")
      for ground in ("app", "surface", "raised")),
    *((f"status.{one}.fg", f"status.{one}.bg", WORDS) for one in STATUSES),
    *((f"status.{one}.fg", "bg.surface", WORDS) for one in STATUSES),
    *((f"status.{one}.onSolid", f"status.{one}.solid", WORDS) for one in STATUSES),
    *(("text.onPrimary", f"primary.{state}", WORDS) for state in ("base", "hover", "active")),
    ("rail.text", "rail.bg", WORDS), ("rail.textActive", "rail.active", WORDS), ("rail.onBadge", "rail.badge", WORDS),
    ("text.primary", "bg.selected", WORDS), ("text.primary", "bg.hover", WORDS), ("text.link", "primary.soft", WORDS),
    ("border.control", "bg.surface", SHAPES), ("border.control", "bg.app", SHAPES),
    *(("focus", f"bg.{ground}", SHAPES) for ground in ("app", "surface", "raised", "selected", "sunken")),
    *((f"chart.{line}", "bg.surface", SHAPES) for line in range(6)),
)  # fmt: skip
"""Ink, ground, and the least contrast between them (WCAG 2.2, 1.4.3 and 1.4.11)."""
FACTS = StationFacts("Riverbend Clinic", "Front desk 2", zone=ZoneInfo("UTC"), reachable=False)

Faults = list[tuple[Any, str]]


def front_of(seat: Seat, place: Any) -> QWidget:
    """The window that a place opened: the main one, or the sheet over it."""
    settled(seat, place)
    return QApplication.activeModalWidget() or seat.window


def put_away(seat: Seat, front: QWidget) -> None:
    """Close a sheet that a place opened."""
    if front is not seat.window:
        front.close()
        hands.breathe()


def own_places(seat: Seat, visit: Visit) -> list[Any]:
    """Where the rail and the palette lead this person, home first."""
    desk, brought = seat.workstation.desk, screens.folders()
    rail = screens.rail_for(desk, brought)
    of_patient = [act.route(visit.patient) for act in screens.acts_for(desk, brought)]
    own = [screens.home_of(desk, rail), *(entry.route for entry in rail), *of_patient, PatientRecord(visit.patient)]
    return [place for place in dict.fromkeys(own) if desk.routes.knows(type(place))]


def faults_of(front: QWidget, known: set[str]) -> list[str]:
    """What is wrong with what is in front."""
    found = [f"{check.__name__}: {fault}" for check in (unreached, misnamed, by_colour_only, cut_words)
             for fault in check(front)]  # fmt: skip
    return found + [f"unframed: {fault}" for fault in unframed(front, known)]


def faults_over(dialog: QWidget, known: set[str]) -> list[str]:
    """What is wrong with a form, question or sheet over the window."""
    nameless = [] if dialog.accessibleName() else ["it has no name"]
    sight = out_of_sight(dialog, QRect(0, 0, SMALL.width(), SMALL.height()))
    return [*nameless, *faults_of(dialog, known), *out_of_order(dialog), *sight, *lost_by_tab(dialog)]


@pytest.fixture
def small(cut_off: CutOff) -> Iterator[CutOff]:
    """The window at 1280 x 720; afterwards everything is as it was."""
    before = cut_off.seat.window.size()
    cut_off.seat.window.resize(SMALL)
    yield cut_off
    theme.use(mode="light", scale=1.0)
    cut_off.seat.window.resize(before)
    hands.breathe()


@pytest.fixture
def gates(cut_off: CutOff) -> Iterator[list[QWidget]]:
    """The windows that stand before and after a session: sign-in and lock."""
    who = WhoIsLocked("Dr Nadia Haddad", "n.haddad", 1_795_676_400_000, needs_code=True)
    to_do = SimpleNamespace(first_steps=("password", "second factor"), needed=True)
    account: Any = SimpleNamespace(state=lambda: to_do)
    windows: list[QWidget] = [
        SignInWindow(FACTS, Look(), lambda _login: True), LockWindow(FACTS, who, 5),
        FirstSteps(cut_off.seat.workstation.tasks, account),
    ]  # fmt: skip
    for window in windows:
        window.resize(SMALL)
        window.show()
    hands.breathe()
    yield windows
    for window in windows:
        window.blockSignals(True)
        window.close()
        window.deleteLater()
    hands.put_in_front(cut_off.seat.window)


@pytest.mark.accepts("X-15")
def test_every_screen_and_dialog_by_keys_and_to_a_screen_reader_at_double_text_size(small: CutOff) -> None:
    seat, wrong, known = small.seat, Faults(), set[str]()
    ways = dict(doors.ways_in(small.visit, doors.more_life(seat, small.visit)))
    theme.use(scale=2.0)
    met: set[tuple[str, int]] = set()
    kinds: set[type] = set()
    with doors.watched(met):
        for place in dict.fromkeys((*every_place(seat, small.visit), *ways)):
            front = front_of(seat, place)
            if front is seat.window:
                wrong += [(place, fault) for fault in faults_of(front, known)]
            for way in ways.get(place, ("",) if front is not seat.window else ()):
                dialog = doors.go_in(seat, way)
                kinds.add(type(dialog))
                wrong += [((place, way), fault) for fault in faults_over(dialog, known)]
                doors.go_out(seat)
    assert not wrong, "\n".join(map(str, wrong))
    assert doors.kinds_of_dialog() - kinds == set(), "a window over the window that the walk does not open"
    unmet = {(Path(file).name, line) for file, line in doors.forms() - met}
    assert unmet == set(), "a form or question that the walk does not open"


@pytest.mark.accepts("X-15")
def test_every_screen_of_each_role_alone(small: CutOff) -> None:
    wrong, known = Faults(), set[str]()
    with same_rights() as seen:
        for role in ALONE:
            seat = small.clinic.sit(STATION, f"only.{role}")
            seat.window.resize(SMALL)
            for place in own_places(seat, small.visit):
                if not seen.before(seat, place):
                    with seen.noted(seat, place):
                        front = front_of(seat, place)
                    wrong += [((role, place), fault) for fault in faults_of(front, known)]
                    put_away(seat, front)
            small.clinic.leaves(seat)
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.accepts("X-15")
def test_sign_in_and_lock_by_keys_and_to_a_screen_reader(gates: list[QWidget]) -> None:
    for window in gates:
        hands.put_in_front(window)
        assert unreached(window) + misnamed(window) + unframed(window) == []


@pytest.mark.accepts("X-15")
def test_what_stands_before_and_over_the_screens_at_double_text_size(small: CutOff, gates: list[QWidget]) -> None:
    seat = small.seat.sit_down()
    theme.use(scale=2.0)
    assert seat.workstation.desk.routes.open(PatientRecord(small.visit.patient), beside=True)
    seat.rests()
    beside = next(part for part in QApplication.topLevelWidgets() if isinstance(part, BesideWindow))
    seat.sit_down()
    hands.press("Ctrl+K")
    hands.until(seat.window.palette_box.isVisible, "search and commands are open")
    warning = IdleWarning(seat.window)
    warning.show_seconds(30)
    hands.breathe()
    wrong = [(type(one), words) for one in (*gates, beside, seat.window) for words in cut_words(one)]
    wrong += [(type(one), fault) for one in (beside, seat.window.palette_box, warning) for fault in misnamed(one)]
    beside.close()
    warning.deleteLater()
    hands.press("Esc")
    hands.until(seat.window.palette_box.isHidden, "Escape closes it")
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.accepts("X-15")
@pytest.mark.parametrize("name", THEMES)
def test_words_and_shapes_stand_out_in_every_theme(name: str, small: CutOff) -> None:
    """WCAG 2.2: 4.5 to 1 for words, 3 to 1 for what shows a control or where the keyboard is; read off the window."""
    for ink, ground, least in PAIRS:
        ratio = tokens.contrast(tokens.colour_code(name, ink), tokens.colour_code(name, ground))
        assert ratio >= least, (name, ink, ground, ratio)
    theme.use(mode=name)  # type: ignore[arg-type]
    settled(small.seat, MyDay())
    image = small.seat.window.grab().toImage()
    seen = {
        image.pixelColor(x, y).name().upper() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
    }
    for ground in ("bg.app", "bg.surface", "rail.bg", "rail.active"):
        assert tokens.colour_code(name, ground).upper() in seen, (name, ground)
