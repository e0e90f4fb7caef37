# SPDX-License-Identifier: Apache-2.0
"""Where things stand at the bench: list, critical values of other specimens, detail; the keyboard stays in sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.lab.queries_calls import OpenCritical
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.bench_list import BenchListCard
from hms_desktop.ui.lab.detail import BenchDetail
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail

STACKED = 900
"""Height in pixels at 100 % text of list and detail when one stands below the other."""


class BenchRoom(QWidget):
    """`alarm_opened(specimen)` when somebody wants to see the critical value that the alarm names."""

    alarm_opened = Signal(object)

    def __init__(self, card: BenchListCard, detail: BenchDetail, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._detail = detail
        self.alarm: CheckBar | None = None
        right = QWidget()
        dress(right, surface="scroll")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        self._alarms = QVBoxLayout()
        column.addLayout(self._alarms)
        column.addWidget(detail, 1)
        self.split = WorklistDetail(card, right, share=39)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._area = ScrollPane(self.split, whole=False)  # list and detail scroll for themselves
        whole.addWidget(self._area)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._keyboard_moved)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With the detail below the list, both keep a useful height and the page scrolls."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        self.split.setMinimumHeight(theme.grow(STACKED) if self.split.stacked else 0)
        self.reveal_soon()

    @Slot(QWidget, QWidget)
    def _keyboard_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and isValid(self) and self.isAncestorOf(new):
            self.reveal_soon()

    def reveal_soon(self) -> None:
        """Bring what has the keyboard into sight, in the detail and on a page that scrolls, once all is laid out."""
        QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        focus: QWidget | None = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self._detail.reveal()
            if self.split.stacked:
                self._area.ensureWidgetVisible(focus, 0, theme.grow(28))

    def show_alarm(self, others: Sequence[OpenCritical], now: Callable[[], datetime]) -> None:
        """Critical values of other specimens stay in sight until somebody was told."""
        face = _alarm_face(others, now()) if others else None
        if face == (self.alarm.face if self.alarm is not None else None):
            return
        if self.alarm is not None:
            self._alarms.removeWidget(self.alarm)
            self.alarm.hide()
            self.alarm.deleteLater()
            self.alarm = None
        if face is not None:
            self._put_alarm(face, others[0].result.specimen)

    def _put_alarm(self, face: AlertFace, specimen: UUID) -> None:
        self.alarm = CheckBar(face, "critical")
        self.alarm.acted.connect(lambda _name: self.alarm_opened.emit(specimen))
        self._alarms.addWidget(self.alarm)


def _alarm_face(others: Sequence[OpenCritical], now: datetime) -> AlertFace:
    first, count = others[0], len(others)
    title = ngettext("{count} critical value waits to be phoned", "{count} critical values wait to be phoned", count)
    name = list_name(first.patient) if first.patient else first.accession
    text = _("{test} {value}, {name}, {when}").format(
        test=first.result.display, value=words.measured_words(first.result), name=name,
        when=words.call_by_words(first.call_by, now),
    )  # fmt: skip
    return AlertFace(title.format(count=count), text, acts=(AlertAct("open", _("Open it"), key="F4"),))
