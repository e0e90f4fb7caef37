# SPDX-License-Identifier: Apache-2.0
"""The patient banner: who, born when, record number, flags and allergies; full width, on every patient screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.allergy_box import Allergies, AllergyBox
from hms_desktop.ui.widgets.badge import Avatar, initials
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Glyph, Text, appear, dress
from hms_desktop.ui.widgets.patient_amended import amended_words
from hms_desktop.ui.widgets.theme import Figures, theme

Standing = Literal["normal", "deceased", "merged", "restricted", "emergency", "unknown"]
_MOST_FLAGS = 3


@dataclass(frozen=True)
class BannerData:
    """What the banner shows, already in words: `born` is `14-Mar-1979 (47 y)`, `national` has its kind beside it.

    `standing_words` tells what the standing means here: `Died 02-Feb-2026`, `Emergency access, 58 min left`,
    `Merged into HMS-0042 7719`, `Unknown male, temporary record`. `similar_name` marks a look-alike in today's list.
    """

    patient: UUID | None
    family: str
    given: str
    born: str
    sex: str
    record: str
    allergies: Allergies
    title: str = ""
    national: str = ""
    flags: tuple[ChipFace, ...] = field(default=())
    similar_name: bool = False
    standing: Standing = "normal"
    standing_words: str = ""
    amended: frozenset[str] = frozenset()
    """What was written anew after the chart was made: name, birth, sex. Each carries a mark; the history tells more."""
    glass: UUID | None = None
    """The broken glass by which this person sees the patient; it can be ended from the banner."""

    @property
    def full_name(self) -> str:
        """`SURNAME, Given (Title)`."""
        if self.standing == "restricted":
            return self.family
        name = ", ".join(part for part in (self.family.upper(), self.given) if part)
        return f"{name} ({self.title})" if self.title else name


_STANDING_FACES = {
    "deceased": ("neutral", "prohibit"),
    "merged": ("conflict", "link"),
    "restricted": ("locked", "lock-simple"),
    "emergency": ("warning", "siren"),
    "unknown": ("warning", "question-fill"),
}


def banner_flags(data: BannerData) -> list[ChipFace]:
    """The chips beside the name: the standing first, then “Similar name”, then up to three flags in all."""
    faces: list[ChipFace] = []
    if data.standing != "normal":
        status, shape = _STANDING_FACES[data.standing]
        faces.append(ChipFace(status, data.standing_words, shape))
    if data.similar_name:
        faces.append(ChipFace("warning", _("Similar name"), "users"))
    room = max(0, _MOST_FLAGS - len(faces))
    faces += data.flags[:room]
    hidden = len(data.flags) - room
    if hidden > 0:
        faces.append(ChipFace("neutral", _("+{count} more").format(count=hidden), "flag"))
    return faces


def banner_words(data: BannerData) -> str:
    """The banner as one sentence for a screen reader."""
    born = _("born {born}").format(born=data.born) if data.born else ""
    facts = [data.full_name, born, data.sex, data.record, data.national]
    said = [amended_words(data.amended)] if data.amended else []
    return ", ".join(part for part in [*facts, *(face.words for face in banner_flags(data)), *said] if part)


class PatientBanner(QWidget):
    """Shows one patient. Signals say what was pressed; a banner without a patient is hidden."""

    allergies_opened = Signal()
    ask_allergies = Signal()
    merged_opened = Signal()
    history_opened = Signal()
    glass_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: BannerData | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dress(self, surface="plain")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(theme.space(6), theme.space(4) - 1, theme.space(5), theme.space(4) - 1)
        self._row.setSpacing(theme.space(4))
        self.avatar = Avatar()
        self.name = _Name("", "title", wrap=True)
        self.flags = FlowRow(theme.space(3))
        self.head = FlowRow(theme.space(3) + 1)
        self.facts = FlowRow(theme.space(6), theme.space(1))
        self.allergies = AllergyBox()
        self.merged_button = Button(_("Open the kept record"), "quiet", icon="link", clicked=self.merged_opened.emit)
        self.amended = Button("", "quiet", icon="pencil-simple", clicked=self.history_opened.emit)
        self.amended.hide()
        self.glass = Button(_("End access"), "quiet", icon="lock-simple", clicked=self.glass_ended.emit)
        self.glass.setToolTip(_("End the emergency access to this record now"))
        self.allergies.opened.connect(self.allergies_opened)
        self.allergies.ask.connect(self.ask_allergies)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.space(1) + 1)
        words.addStretch(1)
        self.head.fill([self.name, self.flags, self.merged_button, self.amended, self.glass])
        words.addWidget(self.head)
        words.addWidget(self.facts)
        words.addStretch(1)
        who = QHBoxLayout()
        who.setSpacing(theme.space(5))
        who.addWidget(self.avatar)
        who.addLayout(words, 1)
        self._row.addLayout(who, 1)
        self._row.addWidget(self.allergies)

    def show_patient(self, data: BannerData | None) -> None:
        """Show a patient, or nothing for None."""
        self.data = data
        if data is None:
            self.hide()
            return
        self.avatar.set_letters(initials(data.given, data.family))
        self.name.setText(data.full_name)
        self._fill_head(data)
        self.facts.fill(fact_pairs(data))
        self.allergies.show_allergies(data.allergies)
        dress(self, surface="sunken" if data.standing == "deceased" else "plain")
        self.setAccessibleName(banner_words(data))
        appear(self, True)
        self._reflow()

    def _fill_head(self, data: BannerData) -> None:
        """Name, chips, and what can be pressed; the last ones go to the next line before the name gives way."""
        appear(self.merged_button, data.standing == "merged")
        appear(self.glass, data.glass is not None)
        appear(self.amended, bool(data.amended))
        if data.amended:
            self.amended.set_words(amended_words(data.amended))
            self.amended.setToolTip(_("What it said before, who changed it, when, where and why"))
        self.flags.fill([Chip.of(face) for face in banner_flags(data)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two lines when there is no room beside each other."""
        super().resizeEvent(event)
        self._reflow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The hairline below the banner."""
        super().paintEvent(event)
        painter = QPainter(self)
        dead = self.data is not None and self.data.standing == "deceased"
        painter.fillRect(self.rect(), theme.colour("bg.sunken" if dead else "bg.surface"))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), theme.colour("border.subtle"))

    def _reflow(self) -> None:
        narrow = self.width() < theme.grow(980)
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self.allergies.setMinimumWidth(theme.grow(330))
        self.allergies.setMaximumWidth(16_777_215 if narrow else theme.grow(420))
        self.setMinimumHeight(theme.size("patientBannerCompact"))


class _Name(Text):
    """A name in one line where there is room for it, else in as many as it takes."""

    def sizeHint(self) -> QSize:
        """One line."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 2, metrics.height())


def fact_pairs(data: BannerData) -> list[QWidget]:
    """Birth, sex and numbers as pairs of weak label and strong value."""
    amended = data.amended
    pairs = (
        (_("Born"), data.born, "birth" in amended),
        (_("Sex"), data.sex, "sex" in amended),
        (_("Record"), data.record, False),
        (_("National"), data.national, False),
    )
    numbers: tuple[Figures, ...] = ("", "", "identifiers", "identifiers")
    return [
        _pair(label, value, figures, marked)
        for (label, value, marked), figures in zip(pairs, numbers, strict=True)
        if value
    ]


def _pair(label: str, value: str, figures: Figures, marked: bool) -> QWidget:
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.space(3) - 2)
    row.addWidget(Text(label, "label", "secondary"))
    row.addWidget(Text(value, "bodyStrong", figures=figures))
    if marked:
        row.addWidget(Glyph("pencil-simple", "text.secondary", 14, _("corrected")))
    return part
