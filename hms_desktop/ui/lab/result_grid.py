# SPDX-License-Identifier: Apache-2.0
"""The result table of a specimen: a keyboard grid over every order that it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from hms_desktop.clinic.lab.queries_sheets import OrderSheet
from hms_desktop.clinic.lab.service_results import Value
from hms_desktop.core.text import _
from hms_desktop.ui.lab.entry import Person
from hms_desktop.ui.lab.result_row import ResultLine, RowRights
from hms_desktop.ui.lab.words import age_of_days, identity_sex
from hms_desktop.ui.widgets.labels import Text, appear
from hms_desktop.ui.widgets.theme import theme

_SPARK, _BEFORE, _REFERENCE = 5, 6, 4
_COLUMNS = 9
# A column that is not needed to enter a value goes first when the room gets narrow (pixels at 100 % text).
_GOES_BELOW = {_SPARK: 790, _BEFORE: 650}


class ResultGrid(QWidget):
    """`edited` on each keystroke, `left` when a value was typed, `acted(name, line)` from a line's button."""

    edited = Signal()
    left = Signal()
    acted = Signal(str, object)

    def __init__(self, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._heads: list[Text] = []
        self._titles: list[Text] = []
        self.lines: list[ResultLine] = []
        self._specimen: UUID | None = None
        self._grid = QGridLayout(self)
        pad = theme.space(5)
        self._grid.setContentsMargins(pad, 0, pad, theme.space(2))
        self._grid.setHorizontalSpacing(theme.space(4))
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        self.setAccessibleName(_("Results"))

    def show_sheets(
        self, specimen: UUID, sheets: Sequence[OrderSheet], person: Person, rights: RowRights, *, open_here: bool
    ) -> None:
        """Show the lines of these orders; a line that was there keeps its keyboard and its text."""
        wanted = [f"{line.order}:{line.test.code}" for sheet in sheets for line in sheet.lines]
        if specimen != self._specimen or wanted != [line.key for line in self.lines]:
            self._rebuild(sheets, person)
            self._specimen = specimen
        by_key = {line.key: line for line in self.lines}
        for sheet in sheets:
            may_type = open_here and sheet.order.status != "revoked"
            for analyte in sheet.lines:
                by_key[f"{analyte.order}:{analyte.test.code}"].show_line(analyte, rights, open_here=may_type)
        self._fit()
        self.update()

    def put_draft(self, typed: Mapping[str, str]) -> None:
        """Put back texts by the keys of their lines."""
        for line in self.lines:
            line.put_draft(str(typed.get(line.key, "")))
        self.update()

    def typed(self) -> dict[str, str]:
        """Texts that are not saved, by the keys of their lines."""
        return {line.key: line.value.text() for line in self.lines if line.fresh}

    def values(self) -> dict[UUID, dict[str, Value]]:
        """The usable values that are not saved, by order and test code."""
        found: dict[UUID, dict[str, Value]] = {}
        for line in self.lines:
            entry = line.entry
            if line.fresh and entry.value is not None and not entry.error:
                found.setdefault(line.analyte.order, {})[line.analyte.test.code] = entry.value
        return found

    def first_wrong(self) -> ResultLine | None:
        """The first line with an error in it."""
        return next((line for line in self.lines if line.fresh and line.entry.error), None)

    def critical_typed(self) -> bool:
        """Whether a critical value is typed and not saved yet."""
        return any(line.fresh and line.critical for line in self.lines)

    @property
    def editable(self) -> bool:
        """Whether any value can be typed."""
        return any(line.editable for line in self.lines)

    def take_focus(self) -> bool:
        """Put the keyboard into the first empty value, else the first value; False when there is none to type into."""
        lines = [line for line in self.lines if not line.value.isHidden()]
        target = next((line for line in lines if not line.value.text()), lines[0] if lines else None)
        if target is not None:
            target.value.setFocus(Qt.FocusReason.OtherFocusReason)
        return target is not None

    def focused(self) -> ResultLine | None:
        """The line that has the keyboard."""
        focus = self.window().focusWidget()
        return next((line for line in self.lines if focus in (line.value, line.button)), None)

    def _rebuild(self, sheets: Sequence[OrderSheet], person: Person) -> None:
        self._clear()
        self._put_heads(person)
        at = 1
        for sheet in sheets:
            if len(sheets) > 1:
                title = Text(sheet.test.display, "subheading")
                title.setMinimumHeight(theme.row_height())
                self._titles.append(title)
                self._grid.addWidget(title, at, 0, 1, _COLUMNS)
                at += 1
            for analyte in sheet.lines:
                self._put_line(ResultLine(self, analyte, person, self._now), at)
                at += 2
        for before, after in zip(self.lines, self.lines[1:], strict=False):
            QWidget.setTabOrder(before.value, after.value)

    def _put_line(self, line: ResultLine, at: int) -> None:
        for column, cell in enumerate(line.cells):
            side = Qt.AlignmentFlag.AlignVCenter
            if column in (_BEFORE, 7):
                side |= Qt.AlignmentFlag.AlignTrailing
            self._grid.addWidget(cell, at, column, Qt.AlignmentFlag(0) if column in (0, 1, 8) else side)
        self._grid.addWidget(line.below, at + 1, 0, 1, _COLUMNS)
        self._grid.setRowMinimumHeight(at, theme.control_height() + theme.space(4) - 2)
        line.edited.connect(self.edited)
        line.edited.connect(self.update)
        line.left.connect(self.left)
        line.moved.connect(lambda by, here=line: self._move(here, by))
        line.acted.connect(lambda name, here=line: self.acted.emit(name, here))
        self.lines.append(line)

    def _put_heads(self, person: Person) -> None:
        who = " ".join(part for part in (identity_sex(person.sex), age_of_days(person.age_days)) if part)
        told = who.replace(" ", "\N{NO-BREAK SPACE}")  # “66 y” is not parted
        reference = _("Reference, {who}").format(who=told) if who else _("Reference")
        shown = (_("Test"), _("Result"), _("Unit"), _("Flag"), reference, _("Last 5"), _("Before"), _("Change"),
                 _("Verified"))  # fmt: skip
        for column, title in enumerate(shown):
            head = Text(title, "caption", "secondary", wrap=column == _REFERENCE)
            end = Qt.AlignmentFlag.AlignTrailing if column in (1, _BEFORE, 7) else Qt.AlignmentFlag.AlignLeading
            self._grid.addWidget(head, 0, column, end | Qt.AlignmentFlag.AlignVCenter)
            self._heads.append(head)
        self._grid.setRowMinimumHeight(0, theme.grow(32))

    def _clear(self) -> None:
        cells = [cell for line in self.lines for cell in (*line.cells, line.below)]
        for part in (*cells, *self._heads, *self._titles):
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
        for line in self.lines:
            line.deleteLater()
        for at in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(at, 0)
        self._heads, self._titles, self.lines = [], [], []

    def _move(self, line: ResultLine, by: int) -> None:
        """To the next value that can be typed; an impossible one keeps the keyboard until it is put right."""
        if by > 0 and line.fresh and line.entry.error:
            line.value.left.emit()
            line.value.selectAll()
            return
        open_lines = [one for one in self.lines if not one.value.isHidden()]
        at = open_lines.index(line) + by
        if 0 <= at < len(open_lines):
            open_lines[at].value.setFocus(Qt.FocusReason.TabFocusReason)
        elif by > 0:
            line.value.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit()

    def _fit(self) -> None:
        for column, room in _GOES_BELOW.items():
            shown = self.width() >= theme.grow(room)
            for part in (*(line.cells[column] for line in self.lines), *self._heads[column : column + 1]):
                appear(part, shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Hairlines, and a tinted ground with a bar behind a critical value."""
        painter = QPainter(self)
        for line in self.lines:
            rect = self._row_rect(line)
            if line.critical:
                bar = QRect(rect.left(), rect.top(), 3, rect.height())
                painter.fillRect(rect, theme.colour("status.critical.bg"))
                painter.fillRect(bar, theme.colour("status.critical.solid"))
            painter.setPen(theme.colour("border.subtle"))
            painter.drawLine(rect.topLeft(), rect.topRight())

    def _row_rect(self, line: ResultLine) -> QRect:
        cells = line.name_cell.geometry().united(line.mark_cell.geometry()).united(line.value_cell.geometry())
        if not line.below.isHidden():
            cells = cells.united(line.below.geometry())
        return QRect(0, cells.top(), self.width(), cells.height())
