# SPDX-License-Identifier: Apache-2.0
"""The `?` sheet: every key that works now, made from the registry, the screen's own first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.shell.keys import GLOBAL, Entry, sequences, shown_keys
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.labels import KeyHint, Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme


class KeysSheet(QDialog):
    """Two columns: this screen, everywhere. Closes with Esc; does not stop the idle lock."""

    def __init__(self, window: QWidget, entries: Sequence[Entry], screen_title: str, letters: bool) -> None:
        super().__init__(window)
        self.setWindowTitle(_("Keys"))
        self.setAccessibleName(_("Keys on this screen"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fit_dialog(self, 820, 600)
        here = [entry for entry in entries if entry.scope != GLOBAL]
        everywhere = [entry for entry in entries if entry.scope == GLOBAL]
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        halves = QHBoxLayout(inner)
        halves.setSpacing(theme.space(8))
        for title, group in ((screen_title, here), (_("Everywhere"), everywhere)):
            if group:
                halves.addLayout(_column(title, group, letters), 1)
        area = ScrollPane(inner, name=_("List of keys"))
        foot = QHBoxLayout()
        note = _("Single letters work outside text fields; inside one, hold Alt.") if letters else ""
        foot.addWidget(Text(note, "label", "secondary"), 1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(6), theme.space(5), theme.space(6), theme.space(5))
        column.addWidget(Text(_("Keys on this screen"), "title"))
        column.addWidget(area, 1)
        column.addLayout(foot)


def _column(title: str, entries: Sequence[Entry], letters: bool) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.space(4))
    column.addWidget(Text(title, "subheading", "secondary"))
    grid = QGridLayout()
    grid.setVerticalSpacing(theme.space(2))
    grid.setHorizontalSpacing(theme.space(4))
    grid.setColumnStretch(1, 1)
    for place, entry in enumerate(entries):
        caps = QHBoxLayout()
        caps.setSpacing(theme.space(2))
        for cap in shown_keys(next(iter(sequences(entry.key, letters)), "")):
            caps.addWidget(KeyHint(cap))
        caps.addStretch(1)
        grid.addLayout(caps, place, 0)
        grid.addWidget(Text(entry.key.text, "body", wrap=True), place, 1)
    column.addLayout(grid)
    column.addStretch(1)
    return column
