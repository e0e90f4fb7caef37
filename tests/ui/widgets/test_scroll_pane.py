# SPDX-License-Identifier: Apache-2.0
"""A pane with content that asks for another height at each width: it settles, where Qt's own way never ends."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from tests.ui.widgets.conftest import Shows


class Undecided(QWidget):
    """Wants to be higher when it is low, and lower when it is high."""

    def minimumSizeHint(self) -> QSize:
        return QSize(50, 900 if self.height() < 800 else 700)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


def test_content_that_never_agrees_with_itself_is_laid_out_once(shows: Shows) -> None:
    content = Undecided()
    QVBoxLayout(content).addWidget(Button("Go"))
    content.layout().setSizeConstraint(content.layout().SizeConstraint.SetNoConstraint)  # type: ignore[union-attr]
    pane = ScrollPane(content)
    window = shows(pane)
    for width in (400, 410, 420):
        window.resize(width, 300)
        pane.fit()
    assert content.height() in (700, 900)
    assert content.width() < pane.width()
    assert pane.verticalScrollBar().maximum() > 0


def test_content_fills_a_pane_that_is_large_enough(shows: Shows) -> None:
    content = QWidget()
    QVBoxLayout(content).addWidget(Button("Go"))
    pane = ScrollPane(content, name="Actions")
    window = shows(pane)
    window.resize(500, 400)
    pane.fit()
    assert content.size() == pane.maximumViewportSize()
    assert pane.verticalScrollBar().maximum() == 0
