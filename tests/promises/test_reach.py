# SPDX-License-Identifier: Apache-2.0
"""Every screen of every role by keys alone, with visible focus, to a screen reader, without colour, at 200 % text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from hms_desktop.ui.routes import MyDay, PatientRecord
from hms_desktop.ui.shell import screens
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import StationFacts, WhoIsLocked
from hms_desktop.ui.widgets import tokens
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.focus_ring import wants_ring
from hms_desktop.ui.widgets.row_painter import RowPainter
from hms_desktop.ui.widgets.theme import theme
from installer.day import hands
from tests.promises.conftest import ALONE, CutOff
from tests.promises.places import every_place, settled, visible
from tests.promises.seats import Seat
from tests.promises.whole_visit import STATION, Visit
from tests.ui.widgets.test_gallery import cut

CONTROLS = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QTextEdit)
NO_FOCUS = Qt.FocusPolicy.NoFocus
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


def controls(window: QWidget) -> list[Any]:
    """Everything in a window that a mouse could use."""
    return [part for kind in CONTROLS for part in visible(window, kind) if part.isEnabled()]


def by_tab(start: QWidget) -> set[QWidget]:
    """What Tab comes to, from here all round."""
    met: set[QWidget] = set()
    here: Any = start.nextInFocusChain()
    while here is not start:
        if here.focusPolicy() & Qt.FocusPolicy.TabFocus and here.isEnabled() and here.isVisible():
            met.add(here.focusProxy() or here)
        here = here.nextInFocusChain()
    return met


def described(part: QWidget) -> str:
    """A part for the list of what is wrong."""
    name = part.accessibleName() or part.objectName()
    return f"{type(part).__name__} “{name}” in {type(part.parentWidget()).__name__}"


def unreached(window: QWidget) -> list[str]:
    """Controls that neither Tab comes to, nor arrows from one of their kind, nor the field they stand in."""
    met = by_tab(window)
    missed = []
    for part in controls(window):
        kin = part.parentWidget().findChildren(type(part)) if part.parentWidget() else []
        beside = any(one in met for one in kin) or part.parentWidget() in met
        if part not in met and not beside and not any(part.isAncestorOf(one) for one in met):
            missed.append(described(part))
    return missed


def spoken(part: QWidget) -> str:
    """What a screen reader calls a part."""
    own = part.text().replace("&", "") if isinstance(part, QAbstractButton) else ""
    return part.accessibleName() or own


def misnamed(window: QWidget) -> list[str]:
    """What takes the keyboard and has no name, or a name that something else on the screen has too."""
    parts = [part for part in visible(window) if part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus]
    parts = [part for part in parts if part.focusProxy() is None]
    often = Counter(spoken(part) for part in parts)
    nameless = [part for part in controls(window) if part.focusPolicy() != NO_FOCUS and not spoken(part)]
    return [described(part) for part in [*nameless, *(p for p in parts if often[spoken(p)] > 1 or not spoken(p))]]


def unframed(window: QWidget) -> list[str]:
    """Kinds of control that look the same with the keyboard as without it."""
    kinds: dict[str, QWidget] = {}
    for part in controls(window):
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None:
            kinds.setdefault(type(part).__name__, part)
    blind = []
    for part in kinds.values():
        if not isValid(part):
            continue  # a list was read anew while the keyboard went round
        part.clearFocus()
        around = part.rect().adjusted(-4, -4, 4, 4).translated(part.mapTo(window, part.rect().topLeft()))
        before = window.grab(around).toImage()
        part.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        framed = wants_ring(part) and part.hasFocus()
        if part.hasFocus() and not framed and window.grab(around).toImage() == before:
            blind.append(described(part))
    return blind


def by_colour_only(window: QWidget) -> list[str]:
    """Chips without a word or a shape, and cells of lists that say nothing to a screen reader though painted."""
    chips = [described(chip) for chip in visible(window, Chip) if not (chip.face.words and chip.face.shape)]
    return chips + [f"cell of {described(view)}" for view in visible(window, QAbstractItemView) if mute_cells(view)]


def mute_cells(view: QAbstractItemView) -> int:
    """How many painted cells of a list have no words for a screen reader."""
    model, painted = view.model(), isinstance(view.itemDelegate(), RowPainter)
    if not painted:
        return 0
    cells = [model.index(row, at) for row in range(min(3, model.rowCount())) for at in range(model.columnCount())]
    spoken_role, shown = Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole
    return sum(1 for cell in cells if cell.data(shown) and not cell.data(spoken_role))


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


def faults_of(seat: Seat, places: Sequence[Any]) -> list[tuple[Any, str]]:
    """What is wrong on these screens."""
    wrong: list[tuple[Any, str]] = []
    for place in places:
        front = front_of(seat, place)
        checks = (unreached, misnamed, unframed, by_colour_only)
        found = [f"{check.__name__}: {fault}" for check in checks for fault in check(front)]
        wrong += [(place, fault) for fault in found]
        put_away(seat, front)
    return wrong


def cut_words(window: QWidget) -> list[str]:
    """Words that got less room than they need."""
    parts = [part for part in visible(window) if not isinstance(part.parentWidget(), QLineEdit)]
    return [f"{described(part)} {part.size().toTuple()}" for part in parts if cut(part)]


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
    windows: list[QWidget] = [SignInWindow(FACTS, Look(), lambda _login: True), LockWindow(FACTS, who, 5)]
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


def test_every_screen_by_keys_and_to_a_screen_reader(small: CutOff) -> None:
    wrong = faults_of(small.seat, every_place(small.seat, small.visit))
    assert not wrong, "\n".join(map(str, wrong))


def test_every_screen_of_each_role_alone(small: CutOff) -> None:
    wrong = []
    for role in ALONE:
        seat = small.clinic.sit(STATION, f"only.{role}")
        seat.window.resize(SMALL)
        wrong += [(role, fault) for fault in faults_of(seat, own_places(seat, small.visit))]
        small.clinic.leaves(seat)
    assert not wrong, "\n".join(map(str, wrong))


def test_sign_in_and_lock_by_keys_and_to_a_screen_reader(gates: list[QWidget]) -> None:
    for window in gates:
        hands.put_in_front(window)
        assert unreached(window) + misnamed(window) + unframed(window) == []


def test_no_word_is_cut_at_double_text_size(small: CutOff, gates: list[QWidget]) -> None:
    theme.use(scale=2.0)
    hands.breathe()
    wrong: list[tuple[Any, str]] = [(type(window), words) for window in gates for words in cut_words(window)]
    small.seat.sit_down()
    for place in every_place(small.seat, small.visit):
        front = front_of(small.seat, place)
        wrong += [(place, words) for words in cut_words(front)]
        put_away(small.seat, front)
    assert not wrong, "\n".join(map(str, wrong))


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
