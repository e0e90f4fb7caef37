# SPDX-License-Identifier: Apache-2.0
"""The version of a template that a note was begun from, as it reads, in a window over the chart."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.ehr.queries_templates import Beginning
from hms_desktop.clinic.ehr.rules_notes import SECTIONS, section_name
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme


class TemplateWindow(QDialog):
    """Shows the sections of the version, and from when to when it is in force."""

    def __init__(self, parent: QWidget, begun: Beginning) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Template"))
        self.setAccessibleName(begun.template.words)
        self._back_to: QWidget | None = parent.window().focusWidget()
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.space(3))
        column.addWidget(Text(begun.template.name, "title", wrap=True))
        column.addWidget(Text(begun.term.words, "label", "secondary", wrap=True))
        column.addWidget(ScrollPane(_sections(begun), name=_("Sections")), 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        column.addLayout(foot)
        fit_dialog(self, 560, 460)
        self.finished.connect(lambda _result: self._give_back())

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)


def _sections(begun: Beginning) -> QWidget:
    inside = QWidget()
    dress(inside, surface="scroll")
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, theme.space(2), 0)
    column.setSpacing(theme.space(2))
    for name in SECTIONS:
        if begun.template.texts[name].strip():
            column.addWidget(Text(section_name(name), "label", "secondary"))
            column.addWidget(Text(begun.template.texts[name], wrap=True))
    column.addStretch(1)
    return inside
