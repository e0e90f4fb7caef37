# SPDX-License-Identifier: Apache-2.0
"""Joining two charts: both side by side, what is the same, which one goes on, why; nothing is rewritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QGridLayout, QWidget

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.queries import RecordPage, record_page
from hms_desktop.clinic.patients.queries_history import timeline
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.patient_amended import birth_day, full_name, sex_words
from hms_desktop.ui.widgets.patient_picker import finds_patients
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Side:
    """One of the two charts, and how many lines of its timeline will be read along."""

    page: RecordPage
    lines: int

    @property
    def facts(self) -> tuple[str, ...]:
        """What is compared, line by line as in `LABELS`."""
        top, name = self.page.banner, self.page.banner.name
        phones = ", ".join(c.marked for c in self.page.contacts if c.kind == "phone")
        numbers = ", ".join(i.value for i in self.page.identifiers if i.active)
        return (full_name(name), birth_day(name), sex_words(name), phones, numbers, top.name.mrn, str(self.lines))


def labels() -> tuple[str, ...]:
    """The words of the compared lines."""
    return (_("Name"), _("Born"), _("Sex"), _("Telephone"), _("Identifiers"), _("Record"), _("Timeline lines"))


def read_side(reader: Any, patient: UUID) -> Side:
    """One chart for the comparison."""
    found = timeline(reader, patient, limit=1)
    return Side(record_page(reader, patient), sum(found.kinds.values()))


class LinkDialog(FormDialog):
    """Choose the other chart, compare, say which goes on and why."""

    def __init__(self, desk: Desk, parent: QWidget, page: RecordPage, done: Callable[[Any], object]) -> None:
        text = _("Both charts keep all their rows. From now on they are read as one person's, on every workstation, "
                 "and the old record number still finds them. It can be taken back.")  # fmt: skip
        title = _("Join {name} with another chart").format(name=full_name(page.banner.name))
        super().__init__(desk, parent, title, _("Join the two charts"), self._acts, done, text=text, width=680)
        self._mine = page
        self._sides: list[Side] = []
        self._grid = QWidget()
        self._rows = QGridLayout(self._grid)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(theme.space(5))
        self._rows.setVerticalSpacing(theme.space(2))
        self._grid.hide()
        self.other = ChoiceField("other", _("&Other chart"), finds_patients(desk, self), required=True)
        self.form.add(self.other)
        self.form.add_widget(self._grid)
        stays = [Option("mine", _("This record goes on")), Option("other", _("The other goes on"))]
        self.form.add(RadioField("survivor", _("Which record number goes on"), stays, required=True))
        self.form.add(TextField("reason", _("&Reason"), required=True))
        self.other.edited.connect(self._compare)

    def compare_with(self, other: Option) -> None:
        """Begin with a chart that was pointed out."""
        self.form.set_values({"other": other})
        self._compare()

    def _acts(self, values: dict[str, Any]) -> Callable[[Any], Any]:
        mine, other = self._mine.banner.name.patient, UUID(values["other"])
        survivor, replaced = (mine, other) if values["survivor"] == "mine" else (other, mine)
        return partial(service.link_charts, survivor=survivor, replaced=replaced, reason=values["reason"])

    def _compare(self) -> None:
        if self.other.chosen is None:
            self._grid.hide()
            return
        both = [self._mine.banner.name.patient, UUID(self.other.chosen.key)]
        query = partial(_read_sides, patients=both)
        self._desk.tasks.read(query, self._show, self._refused, owner=self, replaces="sides")

    def _show(self, sides: list[Side]) -> None:
        clear(self._rows)
        for at, (label, one, other) in enumerate(zip(labels(), sides[0].facts, sides[1].facts, strict=True)):
            same = one == other and bool(one)
            self._rows.addWidget(Text(label, "label", "secondary"), at, 0)
            self._rows.addWidget(Text(one or _("Not recorded"), "body", wrap=True), at, 1)
            self._rows.addWidget(Text(other or _("Not recorded"), "body", wrap=True), at, 2)
            look = ("check", "status.success.fg", _("same")) if same else ("x", "text.tertiary", _("differs"))
            self._rows.addWidget(Glyph(look[0], look[1], 14, look[2]), at, 3)
        self._rows.setColumnStretch(1, 1)
        self._rows.setColumnStretch(2, 1)
        self._grid.show()
        self.adjustSize()


def _read_sides(reader: Any, patients: list[UUID]) -> list[Side]:
    return [read_side(reader, patient) for patient in patients]
