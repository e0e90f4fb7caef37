# SPDX-License-Identifier: Apache-2.0
"""Every screen by keys alone, with visible focus, to a screen reader, and without colour."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QTextEdit,
    QWidget,
)

from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.focus_ring import wants_ring
from tests.promises.conftest import CutOff
from tests.promises.places import every_place, settled, visible

CONTROLS = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QTextEdit)
NO_FOCUS = Qt.FocusPolicy.NoFocus


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


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader finds without words."""
    parts = [part for part in controls(window) if part.focusPolicy() != NO_FOCUS]
    return [described(p) for p in parts if not (p.accessibleName() or (isinstance(p, QAbstractButton) and p.text()))]


def unframed(window: QWidget) -> list[str]:
    """Kinds of control that look the same with the keyboard as without it."""
    kinds: dict[str, QWidget] = {}
    for part in controls(window):
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None:
            kinds.setdefault(type(part).__name__, part)
    blind = []
    for part in kinds.values():
        part.clearFocus()
        around = part.rect().adjusted(-4, -4, 4, 4).translated(part.mapTo(window, part.rect().topLeft()))
        before = window.grab(around).toImage()
        part.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        framed = wants_ring(part) and part.hasFocus()
        if part.hasFocus() and not framed and window.grab(around).toImage() == before:
            blind.append(described(part))
    return blind


def test_every_screen_by_keys_and_to_a_screen_reader(cut_off: CutOff) -> None:
    seat, wrong = cut_off.seat, []
    for place in every_place(seat, cut_off.visit):
        settled(seat, place)
        front = QApplication.activeModalWidget() or seat.window
        faults = unreached(front) + nameless(front) + unframed(front)
        faults += [described(chip) for chip in visible(front, Chip) if not (chip.face.words and chip.face.shape)]
        wrong += [(place, fault) for fault in faults]
        if front is not seat.window:
            front.close()
    assert wrong == []
