# SPDX-License-Identifier: Apache-2.0
"""Search and command palette (picture 13): one box for patients, acts on the selected patient, and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.core.text import _
from hms_desktop.ui.desk import PatientAct
from hms_desktop.ui.routes import PatientChart, PatientRecord, RegisterPatient, Route, Routes
from hms_desktop.ui.shell.palette_painter import PalettePainter, PaletteRows
from hms_desktop.ui.shell.palette_rows import ActRow, Findings, FoundPatient, PatientRow, choosable, listed
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.labels import Glyph, KeyHint, Rule, Text, dress
from hms_desktop.ui.widgets.theme import theme

SETTLE_MS = 60
Finder = Callable[[str, Callable[[Findings], object], QObject], object]
"""Searches patients on this device, writes the access event, and hands over what was found: (text, found, owner)."""


class Palette(QWidget):
    """Lies over the window and dims it. `opened(route, beside)` goes somewhere; acts do themselves."""

    opened = Signal(object, bool)
    closed = Signal()

    def __init__(
        self, window: QWidget, routes: Routes, finder: Finder, acts: Sequence[PatientAct], *, charts: bool = True
    ) -> None:
        super().__init__(window)
        self._routes, self._finder, self._acts, self._charts = routes, finder, acts, charts
        self._commands: Sequence[ActRow] = ()
        self._found: Findings | None = None
        self._patient: FoundPatient | None = None
        self._back_to: QWidget | None = None
        self._model = PaletteRows()
        self.field, self.list = _field(), _list(self._model)
        self._panel = self._lay_out()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._search)
        self.field.textChanged.connect(self._typed)
        self.field.installEventFilter(self)
        self.list.clicked.connect(lambda index: self._do(index.row(), False))
        window.installEventFilter(self)
        self.hide()

    def open_with(self, commands: Sequence[ActRow], text: str = "") -> None:
        """Show it, with these commands and this text."""
        self._commands, self._found, self._patient = commands, None, None
        self._back_to = self.window().focusWidget()
        self.resize(self.window().size())
        self.field.setStyleSheet(f"QLineEdit {{ font-size: {theme.grow(18)}px; font-weight: 500; }}")
        self.field.setText(text)
        self._list_rows()
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_it(self) -> None:
        """Put it away; focus goes back to where it was."""
        if self.isHidden():
            return
        self.hide()
        self.field.clear()
        self._model.show_rows([])
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus()
        self._back_to = None
        self.closed.emit()

    def rows(self) -> list[object]:
        """What is listed now."""
        return list(self._model.rows)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys in the field move in the list; the palette stays as large as its window."""
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if watched is self.window() and event.type() == QEvent.Type.Resize:
            self.resize(self.window().size())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the panel closes it."""
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.close_it()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the panel in the middle, near the top."""
        super().resizeEvent(event)
        width = min(theme.grow(760), self.width() - 2 * theme.space(8))
        top = min(theme.grow(96), self.height() // 10)
        height = min(theme.grow(660), self.height() - 2 * top)
        self._panel.setGeometry((self.width() - width) // 2, top, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what lies beneath."""
        shade = theme.colour("rail.bg")
        shade.setAlpha(110)
        QPainter(self).fillRect(self.rect(), shade)

    def _typed(self, text: str) -> None:
        if text.startswith(">") or len(text.strip()) < 2:
            self._settle.stop()
            self._found = self._patient = None
            self._list_rows()
        else:
            self._settle.start()

    def _search(self) -> None:
        asked = self.field.text()

        def found(findings: Findings) -> None:
            if asked == self.field.text() and not self.isHidden():
                self._found = findings
                self._patient = findings.patients[0] if findings.patients else None
                self._list_rows()

        self._finder(asked.strip(), found, self)

    def _list_rows(self, select: int = -1) -> None:
        patient = self._patient
        who = patient.name.split(" (")[0] if patient else ""
        acts = [self._act_row(act, patient.id) for act in self._acts] if patient else []
        rows = listed(self.field.text(), self._found, acts, who, self._commands, self._register_row())
        self._model.show_rows(rows)
        first = next((place for place, row in enumerate(rows) if choosable(row)), -1)
        self._select(select if select >= 0 else first)

    def _act_row(self, act: PatientAct, patient: UUID) -> ActRow:
        caps = tuple(act.shown_key.split()) if act.shown_key else ()
        return ActRow(act.text, act.icon, lambda: self._routes.open(act.route(patient)), caps)

    def _register_row(self) -> ActRow | None:
        if not self._routes.knows(RegisterPatient):
            return None
        typed = self.field.text().strip()
        note = _("nothing found? “{typed}” is carried over").format(typed=typed) if typed else ""
        register = lambda: self._routes.open(RegisterPatient(typed))  # noqa: E731
        return ActRow(_("Register new patient"), "user-plus", register, ("Ctrl", "Shift", "N"), note)

    def _key(self, event: QKeyEvent) -> bool:
        keys = Qt.Key
        match event.key():
            case keys.Key_Down | keys.Key_Up:
                self._step(1 if event.key() == keys.Key_Down else -1)
            case keys.Key_Tab:
                self._jump()
            case keys.Key_Return | keys.Key_Enter:
                beside = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
                self._do(self.list.currentIndex().row(), beside)
            case keys.Key_Escape:
                self.close_it()
            case _:
                return False
        return True

    def _step(self, way: int) -> None:
        places = [place for place, row in enumerate(self._model.rows) if choosable(row)]
        if not places:
            return
        here = self.list.currentIndex().row()
        self._select(places[(places.index(here) + way) % len(places)] if here in places else places[0])

    def _jump(self) -> None:
        """Tab: to the first act on the patient, and on to the first command."""
        rows, here = self._model.rows, self.list.currentIndex().row()
        later = range(here + 1, len(rows))
        first = next((n for n in later if isinstance(rows[n], ActRow) and not choosable(rows[n - 1])), -1)
        self._select(first if first >= 0 else next((n for n, row in enumerate(rows) if choosable(row)), -1))

    def _select(self, place: int) -> None:
        index = self._model.index(place) if place >= 0 else self._model.index(-1)
        self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.list.scrollTo(index)
        row = self._model.rows[place] if 0 <= place < len(self._model.rows) else None
        if isinstance(row, PatientRow) and row.patient != self._patient:
            self._patient = row.patient
            self._list_rows(place)

    def _do(self, place: int, beside: bool) -> None:
        row = self._model.rows[place] if 0 <= place < len(self._model.rows) else None
        if isinstance(row, PatientRow):
            self.close_it()
            self.opened.emit(self._home_of(row.patient.id), beside)
        elif isinstance(row, ActRow):
            self.close_it()
            row.do()

    def _home_of(self, patient: UUID) -> Route:
        """The chart for who may read charts, else the record."""
        knows = self._routes.knows
        if knows(PatientChart) and (self._charts or not knows(PatientRecord)):
            return PatientChart(patient)
        return PatientRecord(patient)

    def _lay_out(self) -> QFrame:
        panel = QFrame(self)
        dress(panel, surface="dialog")
        glass = Glyph("magnifying-glass", "text.secondary", 22)
        here = Chip("neutral", _("Searching this device"), icon="hard-drives")
        head = QHBoxLayout()
        head.setContentsMargins(theme.space(6) - 4, theme.space(4), theme.space(5), theme.space(4))
        head.setSpacing(theme.space(3))
        for part in (glass, self.field, here, KeyHint("Esc")):
            head.addWidget(part, 1 if part is self.field else 0)
        column = QVBoxLayout(panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Rule())
        column.addWidget(self.list, 1)
        column.addWidget(_foot())
        return panel


def _field() -> QLineEdit:
    field = QLineEdit()
    dress(field, kind="bare")
    field.setProperty("ownFocus", True)
    field.setPlaceholderText(_("Find a patient, or type a command"))
    field.setAccessibleName(_("Find a patient, or type a command"))
    return field


def _list(model: PaletteRows) -> QListView:
    view = QListView()
    view.setModel(model)
    view.setItemDelegate(PalettePainter(view))
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setAccessibleName(_("Results"))
    return view


class _Foot(QWidget):
    """The grey foot, rounded below as its panel is."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg.app"))
        corner = theme.radius("dialog") - 1
        painter.drawRoundedRect(self.rect().adjusted(0, -corner, 0, 0), corner, corner)


def _foot() -> QWidget:
    foot = _Foot()
    row = QHBoxLayout(foot)
    row.setContentsMargins(theme.space(6) - 4, theme.space(3), theme.space(6) - 4, theme.space(3))
    row.setSpacing(theme.space(3))
    for key, words in (("↑ ↓", _("move")), ("Enter", _("open")), ("Ctrl Enter", _("open beside"))):
        row.addWidget(KeyHint(key))
        row.addWidget(Text(words, "label", "secondary"))
        row.addSpacing(theme.space(2))
    row.addStretch(1)
    row.addWidget(Text(_("Every opened record is written to the access log"), "label", "secondary"))
    return foot
