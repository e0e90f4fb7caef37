# SPDX-License-Identifier: Apache-2.0
"""The sides of a conflict field by field: what each says, and in the last column what will be saved (picture 08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.conflicts.queries_details import Details, FieldLine
from hms_desktop.clinic.conflicts.queries_records import RecordSide
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.ui.conflicts.side_tile import SideTile
from hms_desktop.ui.conflicts.words import anew_words
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Glyph, Rule, Text
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import theme


class CompareGrid(Card):
    """Values with tiles to choose (`answered(group, stamp)`), or records whose facts are read side by side."""

    answered = Signal(str, str)

    def __init__(self, details: Details, zone: ZoneInfo, today: str, parent: QWidget | None = None) -> None:
        super().__init__("", flush=True, parent=parent)
        self._zone, self._today = zone, today
        self._at = 0
        self.rows: dict[str, list[SideTile]] = {}
        self._kept: dict[str, _Kept] = {}
        self._states: dict[str, Text] = {}
        self._groups: list[QButtonGroup] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(0)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.add(self._grid)
        if details.fields:
            self._fill_values(details)
        else:
            self._fill_records(details.records)

    # values

    def _fill_values(self, details: Details) -> None:
        heads = [
            _head(_this(side.here, side.station), _made(side.person, side.station, self._when(side.at), side.here),
                  here=side.here)
            for side in details.sides
        ]  # fmt: skip
        saved = _Head(_("Will be saved"), _("Changes as you pick"), "check-circle", "secondary")
        self._add_row(QWidget(), [*heads, saved])
        for line in details.fields:
            self._add_field(line)
        last = len(details.sides) + 1
        self._grid.setColumnStretch(0, 3)
        for column in range(1, last + 1):
            self._grid.setColumnStretch(column, 5 if column == last else 6)

    def _add_field(self, line: FieldLine) -> None:
        if line.same:
            cells: list[QWidget] = [_cell(line.shown, "secondary") for _stamp in line.stamps]
            self._add_row(_label(line.label, Text(_("Same"), "label", "secondary"), strong=False),
                          [*cells, _cell(line.shown, "secondary")])  # fmt: skip
            return
        state = Text("", "label", "secondary", wrap=True)
        self._states[line.group] = state
        group = QButtonGroup(self)
        self._groups.append(group)
        tiles: list[SideTile] = []
        cells = []
        for number, (stamp, value) in enumerate(zip(line.stamps, line.values, strict=True), start=1):
            if stamp is None:
                cells.append(_cell(_("not changed here"), "tertiary"))
                continue
            before = _("was {value}").format(value=line.before) if line.before else ""
            tile = SideTile(str(stamp), value, before, str(number))
            tile.clicked.connect(lambda _on, g=line.group, s=stamp: self.answered.emit(g, str(s)))
            group.addButton(tile)
            tiles.append(tile)
            cells.append(_padded(tile))
        self.rows[line.group] = tiles
        kept = _Kept()
        self._kept[line.group] = kept
        self._add_row(_label(line.label, state, strong=True), [*cells, kept])

    def show_answers(self, fields: Sequence[FieldLine], answers: Mapping[str, str], current: str) -> None:
        """Show what is chosen, what will be saved, and on which line the digits work."""
        for line in fields:
            if line.same:
                continue
            answer = answers.get(line.group)
            for tile in self.rows[line.group]:
                tile.setChecked(tile.answer == (answer or self._by_rule(line)))
                tile.show_key(line.group == current)
            chosen = next((t.words for t in self.rows[line.group] if t.answer == answer), None)
            self._kept[line.group].show_value(chosen if chosen or line.choose else line.shown)
            words = _("Choose one") if line.choose else _("A rule chose: the later change")
            self._states[line.group].setText(_("Chosen") if answer else words)
            self._states[line.group].set_tone("warning" if line.choose and not answer else "secondary")

    def _by_rule(self, line: FieldLine) -> str:
        if line.choose:
            return ""
        return next((t.answer for t in self.rows[line.group] if t.words == line.shown), "")

    # records

    def _fill_records(self, records: Sequence[RecordSide]) -> None:
        self._add_row(QWidget(), [
            _head(record.title, _made(record.person, record.station, self._when(record.at), record.here),
                  here=record.here, anew=anew_words(record))
            for record in records
        ])  # fmt: skip
        labels = list(dict.fromkeys(label for record in records for label, _value in record.facts))
        for label in labels:
            said = [dict(record.facts).get(label, "") for record in records]
            same = len(set(said)) == 1 and len(records) > 1
            note = Text(_("Same") if same else _("Differs"), "label", "secondary" if same else "warning")
            named = _label(label, note if len(records) > 1 else None, strong=not same)
            tone = "secondary" if same else "primary"
            self._add_row(named, [_cell(value or _("not recorded"), tone, strong=not same) for value in said])
        self._grid.setColumnStretch(0, 3)
        for column in range(1, len(records) + 1):
            self._grid.setColumnStretch(column, 6)

    # parts

    def _add_row(self, first: QWidget, cells: Sequence[QWidget]) -> None:
        if self._at:
            self._grid.addWidget(Rule(), self._at, 0, 1, len(cells) + 1)
            self._at += 1
        for column, cell in enumerate((first, *cells)):
            self._grid.addWidget(cell, self._at, column)
        self._at += 1

    def _when(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        day, clock = show_day(local.date()), show_time(local.time())
        return clock if day == self._today else f"{day} {clock}"


class _Head(QWidget):
    def __init__(self, title: str, note: str, icon: str, tone: str, anew: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        column.setSpacing(theme.space(1))
        row = QHBoxLayout()
        row.setSpacing(theme.space(3))
        role = "text.secondary" if tone == "secondary" else f"status.{tone}.fg"
        row.addWidget(Glyph(icon, role, 16))
        row.addWidget(Text(title, "bodyStrong", tone, wrap=True), 1)
        column.addLayout(row)
        column.addWidget(Text(note, "label", "secondary", wrap=True))
        if anew:
            mark = QHBoxLayout()
            mark.setSpacing(theme.space(3))
            mark.addWidget(Glyph(AMENDED_ICON, "text.secondary", 16), 0, Qt.AlignmentFlag.AlignTop)
            mark.addWidget(Text(anew, "label", wrap=True), 1)
            column.addLayout(mark)
        self.setAccessibleName(", ".join(part for part in (title, anew, note) if part))


class _Kept(QWidget):
    """The last column: what will be saved, or that nothing is chosen yet."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        row.setSpacing(theme.space(3))
        self._glyph = Glyph("warning-fill", "status.warning.fg", 16)
        self._words = Text("", "bodyStrong", wrap=True, figures="tables")
        row.addWidget(self._glyph)
        row.addWidget(self._words, 1)

    def show_value(self, value: str | None) -> None:
        """Show it; None says that nothing is chosen."""
        self._glyph.setVisible(value is None)
        self._words.setText(_("Not chosen yet") if value is None else value)
        self._words.set_tone("warning" if value is None else "primary")
        self.setAccessibleName(_("Will be saved: {value}").format(value=self._words.text()))


def _head(title: str, note: str, *, here: bool, anew: str = "") -> _Head:
    return _Head(title, note, "hard-drives" if here else "cloud", "local" if here else "info", anew)


def _this(here: bool, station: str) -> str:
    return _("This device") if here else station


def _made(person: str, station: str, when: str, here: bool) -> str:
    parts = (person, "" if here else station, when) if person != station else (person, when)
    return ", ".join(part for part in parts if part)


def _label(words: str, note: Text | None, *, strong: bool) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(theme.space(5), theme.space(3), theme.space(3), theme.space(3))
    column.setSpacing(0)
    column.addStretch(1)
    column.addWidget(Text(words, "bodyStrong" if strong else "body", "primary" if strong else "secondary", wrap=True))
    if note is not None:
        column.addWidget(note)
    column.addStretch(1)
    return box


def _cell(words: str, tone: str, *, strong: bool = False) -> QWidget:
    text = Text(words, "bodyStrong" if strong else "body", tone, wrap=True, figures="tables")
    return _padded(text)


def _padded(widget: QWidget) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
    row.addWidget(widget, 1, Qt.AlignmentFlag.AlignVCenter)
    return box
