# SPDX-License-Identifier: Apache-2.0
"""What a window owes to hands on a keyboard, to a screen reader, to eyes that need large text or see no colours."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.focus_ring import wants_ring
from hms_desktop.ui.widgets.print_preview import PageView
from hms_desktop.ui.widgets.row_painter import RowPainter
from installer.day import hands
from tests.promises.places import visible
from tests.ui.widgets.test_gallery import cut

CONTROLS = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QTextEdit)
NO_FOCUS = Qt.FocusPolicy.NoFocus
LOOKS = 20


def controls(window: QWidget) -> list[Any]:
    """Everything in a window that a mouse could use."""
    found = [part for kind in CONTROLS for part in visible(window, kind) if part.isEnabled() and not _reckoned(part)]
    return found + [pane for pane in visible(window, QScrollArea) if scrolls(pane)]


def _reckoned(part: QWidget) -> bool:
    """Whether a field is a label in a frame: what it says is reckoned, never typed."""
    return isinstance(part, QLineEdit) and part.isReadOnly() and part.focusPolicy() == NO_FOCUS


def scrolls(pane: QScrollArea) -> bool:
    """Whether a pane has more to show than is in sight."""
    return pane.verticalScrollBar().maximum() > 0


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
    """What takes the keyboard and has no name, or a name that another list, or another control, has too."""
    parts = [part for part in visible(window) if part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus]
    parts = [part for part in parts if part.focusProxy() is None]
    often = Counter((spoken(part), isinstance(part, QAbstractItemView)) for part in parts)
    nameless = [part for part in controls(window) if part.focusPolicy() != NO_FOCUS and not spoken(part)]
    twice = [p for p in parts if often[spoken(p), isinstance(p, QAbstractItemView)] > 1 or not spoken(p)]
    return [described(part) for part in [*nameless, *twice]]


def unframed(window: QWidget, known: set[str] | None = None) -> list[str]:
    """Kinds of control that look the same with the keyboard as without it; kinds in `known` were looked at before."""
    known = set() if known is None else known
    kinds: dict[str, QWidget] = {}
    for part in controls(window):
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None:
            kinds.setdefault(type(part).__name__, part)
    new = [part for kind, part in kinds.items() if kind not in known]
    known |= set(kinds)
    return [described(part) for part in new if isValid(part) and not _shows_keyboard(window, part)]


def _shows_keyboard(window: QWidget, part: QWidget) -> bool:
    """Whether the part looks otherwise with the keyboard: it has the ring, or paints itself anew, at once or soon."""
    for _look in range(LOOKS):
        if _shows_now(window, part):
            return True
        hands.breathe(0.1)  # what is scrolled to the keyboard is on its way
    return False


def _shows_now(window: QWidget, part: QWidget) -> bool:
    if not isValid(part):
        return True
    part.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    if not isValid(part) or not part.hasFocus() or wants_ring(part):
        return True  # a list was read anew while the keyboard went round, or the keyboard is passed on from it
    around = part.rect().adjusted(-4, -4, 4, 4).translated(part.mapTo(window, QPoint(0, 0)))
    with_keyboard = window.grab(around).toImage()
    part.clearFocus()
    QApplication.processEvents()
    without = window.grab(around).toImage()
    part.setFocus(Qt.FocusReason.TabFocusReason)
    return bool(with_keyboard != without)


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


def cut_words(window: QWidget) -> list[str]:
    """Words that got less room than they need."""
    parts = [part for part in visible(window) if not isinstance(part.parentWidget(), QLineEdit)]
    return [f"{described(part)} {part.size().toTuple()}" for part in parts if cut(part)]


def out_of_order(dialog: QWidget) -> list[str]:
    """Where Tab goes up, or back in a line, on its way down a dialog from its first control to its last."""
    ring: list[Any] = []
    here: Any = dialog.nextInFocusChain()
    while here is not dialog:
        if here.focusPolicy() & Qt.FocusPolicy.TabFocus and here.isEnabled() and here.isVisible():
            ring.append(here)
        here = here.nextInFocusChain()
    ring = [part for part in ring if part.focusProxy() is None and part.window() is dialog]
    first = next((at for at, part in enumerate(ring) if not any(_before(one, part) for one in ring)), 0)
    ring = ring[first:] + ring[:first]
    return [f"{described(two)} after {described(one)}" for one, two in pairwise(ring) if _before(two, one)]


def _before(one: QWidget, two: QWidget) -> bool:
    """Whether `one` stands before `two` for who reads: higher, or earlier in the same line."""
    first, second = _places(one, two)
    if first.bottom() < second.top():
        return True
    return first.top() <= second.bottom() and second.top() <= first.bottom() and first.right() < second.left()


def _places(one: QWidget, two: QWidget) -> tuple[QRect, QRect]:
    """Where two parts stand in the pane that holds both; a part of another pane stands where that pane does."""
    held, up = one.window(), one.parentWidget()
    while up is not None and not up.isWindow():
        inside = up.widget() if isinstance(up, QScrollArea) else None
        if inside is not None and inside.isAncestorOf(one) and inside.isAncestorOf(two):
            held = inside
            break
        up = up.parentWidget()
    outer = [_outermost(part, held) for part in (one, two)]
    return (QRect(outer[0].mapTo(held, QPoint(0, 0)), outer[0].size()),
            QRect(outer[1].mapTo(held, QPoint(0, 0)), outer[1].size()))  # fmt: skip


def _outermost(part: QWidget, held: QWidget) -> QWidget:
    """The part, or the pane in `held` that it scrolls in."""
    found, up = part, part.parentWidget()
    while up is not None and up is not held and not up.isWindow():
        found = up if isinstance(up, QScrollArea) else found
        up = up.parentWidget()
    return found


def out_of_sight(dialog: QWidget, room: QRect) -> list[str]:
    """What a person can't get to see: a dialog beyond its window, buttons beyond the dialog, panes wider than seen."""
    found = [f"{described(dialog)} is {dialog.size().toTuple()}"] if not room.contains(dialog.rect()) else []
    panes = visible(dialog, QScrollArea)
    for button in visible(dialog, Button):
        scrolls = any(pane.isAncestorOf(button) for pane in panes)
        place = QRect(button.mapTo(dialog, QPoint(0, 0)), button.size())
        if not scrolls and not dialog.rect().contains(place):
            found.append(f"{described(button)} at {place.getRect()}")
    cut_at_side = [pane for pane in panes if pane.horizontalScrollBar().maximum() > 0 and not paper(pane)]
    return found + [f"{described(pane)} hides its side" for pane in cut_at_side]


def paper(pane: QScrollArea) -> bool:
    """Whether a pane shows a page, which is as wide as paper is (WCAG 1.4.10 leaves such pictures out)."""
    return isinstance(pane.widget(), PageView)


def lost_by_tab(dialog: QWidget) -> list[str]:
    """What has the keyboard out of sight, when Tab goes once round a dialog that scrolls."""
    panes = [pane for pane in visible(dialog, QScrollArea) if scrolls(pane)]
    lost: list[str] = []
    met: set[QWidget] = set()
    while panes and (here := QApplication.focusWidget()) is not None and here not in met:
        met.add(here)
        hands.press("Tab")
        now = QApplication.focusWidget()
        if now is not None and now.visibleRegion().isEmpty():
            lost.append(described(now))
    return lost
