# SPDX-License-Identifier: Apache-2.0
"""List and detail that roll as one page where the room is narrow or the text large, so that nothing is squeezed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.worklist import WorklistDetail


class Rolling(ScrollPane):
    """Holds a WorklistDetail. Side by side it fills the room; stacked, the detail stands at its whole height below the
    list and the page scrolls. With `together` it does so side by side too: one bar moves both."""

    def __init__(self, panes: WorklistDetail, *, together: bool = False) -> None:
        super().__init__(whole=False)
        self.panes, self._together = panes, together
        self._areas: list[QScrollArea] = []
        page = QWidget()
        dress(page, surface="scroll")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panes)
        self.setWidget(page)
        pane = panes.splitter.widget(1)
        if isinstance(pane, QScrollArea):
            self.unroll(pane)
        panes.installEventFilter(self)

    def unroll(self, area: QScrollArea) -> None:
        """Let this part of the detail stand at its whole height when stacked."""
        self._areas = [known for known in self._areas if known is not area]
        self._areas.append(area)
        area.destroyed.connect(lambda: self._forget(area))
        content = area.widget()
        if content is not None:
            content.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the room and of what is shown."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.StyleChange):
            self._fit()
        return super().eventFilter(watched, event)

    def _forget(self, area: QScrollArea) -> None:
        self._areas = [known for known in self._areas if known is not area]

    def _fit(self) -> None:
        for area in reversed(self._areas):
            wanted = _height(area) if self.panes.stacked or self._together else 0
            if area.minimumHeight() != wanted:
                area.setMinimumHeight(wanted)


def _height(area: QScrollArea) -> int:
    """The height at which nothing in the area has to scroll."""
    content = area.widget()
    layout = content.layout() if content is not None else None
    if content is None or layout is None:
        return 0
    width = max(area.viewport().width(), 1)
    least = layout.totalMinimumSize().height()
    return max(least, layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else 0) + 2 * area.frameWidth()
