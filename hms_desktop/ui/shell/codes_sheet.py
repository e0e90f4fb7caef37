# SPDX-License-Identifier: Apache-2.0
"""Recovery codes, shown once: ten codes to write down, each good for one sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_pane import DialogPane
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme


class CodeList(QWidget):
    """The codes in columns of one width, as many as there is room for."""

    def __init__(self, codes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row, words = FlowRow(theme.space(6), theme.space(3)), []
        for place, code in enumerate(codes):
            word = Text(code, "bodyStrong")
            word.setFont(theme.font("bodyStrong", "identifiers"))
            word.setAccessibleName(_("Code {number}: {code}").format(number=place + 1, code=code))
            words.append(word)
        widest = max(word.sizeHint().width() for word in words)
        for word in words:
            word.setMinimumWidth(widest)
        row.fill(words)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(row)


class CodesSheet(QDialog):
    """Shows new recovery codes until the person says that they have them."""

    def __init__(self, parent: QWidget, codes: Sequence[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(_("Recovery codes"))
        self.setAccessibleName(_("Your recovery codes"))
        inner = QWidget()
        words = QVBoxLayout(inner)
        words.setSpacing(theme.space(4))
        words.addWidget(Text(codes_words(), "body", "secondary", wrap=True))
        words.addWidget(CodeList(codes))
        words.addStretch(1)
        column = QVBoxLayout(self)
        pad = theme.space(7)
        column.setContentsMargins(pad, pad, pad, theme.space(6))
        column.setSpacing(theme.space(4))
        column.addWidget(Text(_("Your recovery codes"), "title", wrap=True))
        column.addWidget(DialogPane(inner, _("Your recovery codes")), 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.done_button = Button(_("I have written them down"), "primary", key="Esc", clicked=self.accept)
        foot.addWidget(self.done_button)
        column.addLayout(foot)
        fit_dialog(self, 620)


def codes_words() -> str:
    """What recovery codes are for."""
    return _(
        "Write them down now and keep them where you keep papers, not on this computer. Each lets you in once in place "
        "of the app or the key. They are not shown again, and those you had before are good for nothing."
    )
