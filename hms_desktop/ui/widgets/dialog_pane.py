# SPDX-License-Identifier: Apache-2.0
"""What a dialog is about, between its title and its buttons: as high as it likes, and scrolling where there is no room.

However large the text, the buttons of a dialog stay in sight, and what does not fit above them is a key away.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QLayout, QSizePolicy, QWidget

from hms_desktop.ui.widgets.dialog_room import dialog_room
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane

RING = 4
"""Pixels around the content, so that the focus ring of a control at its edge is whole."""


class DialogPane(ScrollPane):
    """Stands in the upright layout of a dialog. The keyboard comes to it, under `name`, only while it scrolls."""

    def __init__(self, content: QWidget, name: str) -> None:
        layout = content.layout()
        if layout is not None:
            layout.setContentsMargins(RING, RING, RING, RING)
        dress(content, surface="scroll")
        super().__init__(content)
        self._name, self._told, self._named = name, 0, True
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Words that wrap are higher where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Pixels that the content likes at a width, as far as the dialog has room for them."""
        return min(self._wanted(width), max(self.minimumSizeHint().height(), self._room(width)))

    def sizeHint(self) -> QSize:
        """What the content likes, as far as there is room."""
        wide = super().sizeHint().width()
        return QSize(wide, self.heightForWidth(wide))

    def minimumSizeHint(self) -> QSize:
        """It may become low, because it scrolls; never narrower than the content can be."""
        return QSize(self._least_width(), super().minimumSizeHint().height())

    def fit(self) -> None:
        """Make the dialog as high as the content has become, then lay the content out."""
        dialog = self.window()
        if self._told != (told := self._wanted(self.width())):
            self._told = told
            self.updateGeometry()
        layout = dialog.layout()
        if self.isVisible() and isinstance(dialog, QDialog) and layout is not None and not self._fitting:
            high = min(layout.totalHeightForWidth(dialog.width()), dialog_room(dialog).height())
            if high > dialog.height():
                dialog.resize(dialog.width(), high)
        super().fit()
        self._take_keyboard(self._wanted(self.width()) > self.height() > 0)

    def _take_keyboard(self, scrolls: bool) -> None:
        if scrolls == bool(self.accessibleName()):
            return
        self.be_reached(scrolls, self._name)
        ring = self._ring() if scrolls else []
        if ring:
            before = _before(ring[0])
            while before.focusPolicy() == Qt.FocusPolicy.NoFocus and before is not ring[0]:
                before = _before(before)
            self.setTabOrder(before, self)

    def last_control(self) -> QWidget | None:
        """What Tab comes to last in the content."""
        return next(reversed(self._ring()), None)

    def _ring(self) -> list[QWidget]:
        inside, here = set(self.controls()), _after(self)
        found: list[QWidget] = []
        while here is not self:
            if here in inside:
                found.append(here)
            here = _after(here)
        return found

    def _wanted(self, width: int) -> int:
        content = self.widget()
        if content is None:
            return 0
        least = max(content.minimumSizeHint().height(), content.minimumSize().height())
        return max(least, content.heightForWidth(width) if content.hasHeightForWidth() else content.sizeHint().height())

    def _least_width(self) -> int:
        content, dialog = self.widget(), self.window()
        least, layout = content.minimumSizeHint().width() if content is not None else 0, dialog.layout()
        if not isinstance(dialog, QDialog) or layout is None:
            return least
        margins = layout.contentsMargins()
        return min(least, dialog_room(dialog).width() - margins.left() - margins.right())

    def _room(self, width: int) -> int:
        """The height that the dialog's other parts leave of the window below it."""
        dialog = self.window()
        layout = dialog.layout()
        if not isinstance(dialog, QDialog) or layout is None:
            return self._wanted(width)
        return dialog_room(dialog).height() - self._others(layout, width)

    def _others(self, layout: QLayout, width: int) -> int:
        margins, parts = layout.contentsMargins(), [layout.itemAt(at) for at in range(layout.count())]
        shown = [part for part in parts if part is not None and not part.isEmpty()]
        others = [part for part in shown if part.widget() is not self]
        highs = [p.heightForWidth(width) if p.hasHeightForWidth() else p.sizeHint().height() for p in others]
        return sum(highs) + layout.spacing() * max(len(shown) - 1, 0) + margins.top() + margins.bottom()


def _after(part: QWidget) -> QWidget:
    """Where the ring that Tab goes round leads to; it has no end."""
    return part.nextInFocusChain() or part


def _before(part: QWidget) -> QWidget:
    return part.previousInFocusChain() or part
