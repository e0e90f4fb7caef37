# SPDX-License-Identifier: Apache-2.0
"""A pane that scrolls when its content needs more room than there is.

It sizes its content itself. Qt's own way asks anew in the middle of each resize, and with content whose height depends
on its width two answers can call each other until the stack ends; here one answer is taken at a time.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.theme import theme


class ScrollPane(QScrollArea):
    """Scrolls upright, and `sideways` too if asked. `whole`: the content gets the height it likes at its width, else
    only what it can't do without."""

    def __init__(
        self, content: QWidget | None = None, *, whole: bool = True, sideways: bool = False, name: str = ""
    ) -> None:
        super().__init__()
        self._whole, self._sideways = whole, sideways
        self._fitting, self._named = False, bool(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name else Qt.FocusPolicy.NoFocus)
        if not sideways:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if content is not None:
            self.setWidget(content)

    def fit(self) -> None:
        """Give the content all the room there is, or what it needs if that is more."""
        content = self.widget()
        if content is None or self._fitting:
            return
        self._fitting = True
        try:
            room = self.maximumViewportSize()
            size = self._size(content, room.width(), room.height())
            if (
                size.height() > room.height()
                and self.verticalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            ):
                bar = self.verticalScrollBar().sizeHint().width()
                size = self._size(content, room.width() - bar, room.height())
            if content.size() != size:
                content.resize(size)
        finally:
            self._fitting = False
        if not self._named:
            self.be_reached(content.height() > self.viewport().height() and not self.controls())

    def be_reached(self, reached: bool, name: str = "") -> None:
        """Let Tab come to the pane, so that arrows move it, or pass it by."""
        if reached != bool(self.accessibleName()):
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus if reached else Qt.FocusPolicy.NoFocus)
            self.setAccessibleName((name or _("More to read")) if reached else "")

    def controls(self) -> list[QWidget]:
        """What Tab comes to in the content, in its order."""
        content = self.widget()
        if content is None:
            return []
        inside = content.findChildren(QWidget)
        return [part for part in inside if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisibleTo(content)]

    def bring(self, part: QWidget) -> None:
        """Scroll so far that a part that got the keyboard is in sight, with its label."""
        if part.height() <= self.viewport().height():
            self.ensureWidgetVisible(part, 0, min(theme.grow(28), (self.viewport().height() - part.height()) // 2))

    def _size(self, content: QWidget, width: int, height: int) -> QSize:
        least = content.minimumSizeHint().expandedTo(content.minimumSize())
        wide = max(width, least.width()) if self._sideways else width
        if self._whole and content.hasHeightForWidth():  # its least height is that of its narrowest shape
            return QSize(wide, max(height, content.minimumHeight(), content.heightForWidth(wide)))
        return QSize(wide, max(height, least.height()))

    def minimumSizeHint(self) -> QSize:
        """It may become low: it scrolls."""
        return super().minimumSizeHint().boundedTo(QSize(theme.grow(120), theme.grow(80)))

    def sizeHint(self) -> QSize:
        """What its content would like."""
        content = self.widget()
        return content.sizeHint() if content is not None else super().sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is more or less room."""
        super().resizeEvent(event)
        self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Now the content knows its sizes."""
        super().showEvent(event)
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The content asks for another size."""
        handled = super().eventFilter(watched, event)
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.fit()
        return handled

    def viewportEvent(self, event: QEvent) -> bool:
        """The content told its parent that it wants another size."""
        handled = super().viewportEvent(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return handled
