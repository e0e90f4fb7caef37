# SPDX-License-Identifier: Apache-2.0
"""A row of two halves, words and what acts on them: the second goes below the first where they would cut each other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QWidget

from hms_desktop.ui.widgets.theme import theme

_WAYS = QBoxLayout.Direction


class Halves(QWidget):
    """`second` keeps its width and stands at the end; with `fills` it takes what the first leaves.

    `needs` says the pixels that the first half must have to stay beside the second; without it, all it asks for.
    """

    def __init__(
        self,
        first: QLayout | QWidget,
        second: QHBoxLayout,
        *,
        fills: bool = False,
        needs: Callable[[], int] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._first, self._second = first, second
        self._needs = needs or (lambda: first.sizeHint().width())
        self._row = QBoxLayout(_WAYS.LeftToRight, self)
        self._row.setSpacing(theme.space(3))
        second.setSpacing(theme.space(3))
        if isinstance(first, QWidget):
            self._row.addWidget(first, 0, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        else:
            self._row.addLayout(first, 1)
        self._row.addLayout(second, 1 if fills else 0)
        if not fills:
            self._row.setAlignment(second, Qt.AlignmentFlag.AlignLeading)

    def set_margins(self, left: int, top: int, right: int, bottom: int) -> None:
        """The pixels around both."""
        self._row.setContentsMargins(left, top, right, bottom)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider half."""
        halves = (half.minimumSizeHint() if isinstance(half, QWidget) else half.minimumSize() for half in self._both())
        return QSize(max(size.width() for size in halves) + self._beside(), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The width changed, or what stands inside."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._reflow()
        return super().event(event)

    def _reflow(self) -> None:
        second = self._second.sizeHint().width()
        gone = isinstance(self._first, QWidget) and self._first.isHidden()
        needed = self._needs() + self._row.spacing() + second + self._beside()
        below = second and not gone and needed > self.width()
        self._row.setDirection(_WAYS.TopToBottom if below else _WAYS.LeftToRight)

    def _both(self) -> tuple[QLayout | QWidget, QHBoxLayout]:
        return self._first, self._second

    def _beside(self) -> int:
        margins = self._row.contentsMargins()
        return margins.left() + margins.right()
