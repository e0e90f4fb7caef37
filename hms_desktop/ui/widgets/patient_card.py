# SPDX-License-Identifier: Apache-2.0
"""The patient in a detail pane: the banner's facts and allergies in the width of a card (front desk, search)."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.allergy_box import LOOKS, heading
from hms_desktop.ui.widgets.badge import Avatar, initials
from hms_desktop.ui.widgets.bar import ColourBar
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_amended import amended_words
from hms_desktop.ui.widgets.patient_banner import BannerData, banner_flags, banner_words, fact_pairs
from hms_desktop.ui.widgets.theme import theme


class PatientCard(QWidget):
    """Name, facts, flags and an allergy line in one of the four states."""

    def __init__(self, data: BannerData, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data = data
        self.setAccessibleName(banner_words(data))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        row = QHBoxLayout()
        row.setSpacing(theme.space(4))
        row.addWidget(Avatar(initials(data.given, data.family), 44))
        words = QVBoxLayout()
        words.setSpacing(theme.space(1))
        words.addWidget(Text(data.full_name, "heading", wrap=True))
        facts = FlowRow(theme.space(4), theme.space(1))
        facts.fill(fact_pairs(data))
        words.addWidget(facts)
        row.addLayout(words, 1)
        column.addLayout(row)
        chips = banner_flags(data)
        if data.amended:
            chips.append(ChipFace("neutral", amended_words(data.amended), "pencil-simple"))
        if chips:
            flags = FlowRow(theme.space(3), theme.space(2))
            flags.fill([Chip.of(face) for face in chips])
            column.addWidget(flags)
        column.addWidget(self._allergies(data))

    def _allergies(self, data: BannerData) -> QWidget:
        family, solid, shape = LOOKS[data.allergies.state]
        every = ", ".join(allergy.words for allergy in data.allergies.known) or data.allergies.note
        if data.allergies.state == "not_recorded":
            every = _("Ask before prescribing or dispensing")
        return ColourBar(family, shape, heading(data.allergies), every, solid=solid)
