# SPDX-License-Identifier: Apache-2.0
"""The top bar: where you are, the one search box, your messages, and who you are."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.shell.words import letters_of
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.badge import Avatar, Badge
from hms_desktop.ui.widgets.buttons import IconButton
from hms_desktop.ui.widgets.labels import KeyHint, Rule, Text
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

_ROLE_WIDTH, _BOX_WIDTH = 200, 300


class TopBar(QWidget):
    """Asks for the palette (`search`), the message list (`messages`) and the person's menu (`person_menu`)."""

    search = Signal()
    messages = Signal()
    person_menu = Signal()

    def __init__(self, person: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.context = Text("", "heading"), Text("", "body", "secondary")
        self.box = SearchBox()
        self.box.clicked.connect(self.search)
        self.bell = IconButton("bell", _("Messages"), "quiet", clicked=self.messages.emit)
        self._count = Badge(parent=self.bell)
        self.person = PersonButton(person, role)
        self.person.clicked.connect(self.person_menu)
        where = QVBoxLayout()
        where.setSpacing(0)
        where.addStretch(1)
        where.addWidget(self.title)
        where.addWidget(self.context)
        where.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(6) - 4, 0, theme.space(5), 0)
        row.setSpacing(theme.space(4))
        row.addLayout(where, 1)
        row.addWidget(self.box, 1)
        end = QHBoxLayout()
        end.setSpacing(theme.space(4))
        end.addStretch(1)
        end.addWidget(self.bell)
        end.addWidget(Rule(upright=True))
        end.addWidget(self.person)
        row.addLayout(end, 1)
        theme.changed.connect(self._fit)
        self._fit()

    def show_place(self, title: str, context: str) -> None:
        """Say where the person is."""
        self.title.setText(title)
        self.context.setText(context)
        self.context.setVisible(bool(context))
        self._make_room()

    def show_messages(self, count: int) -> None:
        """How many messages were not yet seen."""
        self._count.set_count(count)
        self._count.adjustSize()
        words = ngettext("Messages, {count} new", "Messages, {count} new", count).format(count=count)
        self.bell.set_name(words if count else _("Messages"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the ground, a hairline below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg.surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.subtle"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the words about the person away where they would cut others."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        margins = self.contentsMargins().left() + theme.space(6) + 5 * theme.space(4)
        wide = max(self.title.sizeHint().width(), self.context.sizeHint().width()) + theme.grow(_BOX_WIDTH)
        wide += self.bell.sizeHint().width() + self.person.whole_width() + margins
        self.person.show_words(wide <= self.width())

    def _fit(self) -> None:
        self.setFixedHeight(theme.size("topBar"))
        self.box.setMaximumWidth(theme.grow(400))
        self.person.fit()
        self._count.move(theme.grow(16), 0)
        self._count.adjustSize()
        self._make_room()


class SearchBox(QAbstractButton):
    """Looks like the field that it opens: the palette."""

    def __init__(self) -> None:
        super().__init__()
        self.setText(_("Find a patient, or type a command"))
        self.setAccessibleName(self.text())
        self.setAccessibleDescription("Ctrl K")
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._hint = KeyHint("Ctrl K", self)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Wide enough for its words."""
        return QSize(theme.grow(400), theme.grow(34))

    def minimumSizeHint(self) -> QSize:
        """May become narrow in a small window with large text."""
        return QSize(theme.grow(120), theme.grow(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint field, glass and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border.control"), 1))
        painter.setBrush(theme.colour("bg.hover" if self.underMouse() else "bg.app"))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
        side, pad = theme.grow(16), theme.space(4)
        hint = self._hint.sizeHint()
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        glass = QRect(self.width() - pad - side if mirrored else pad, (self.height() - side) // 2, side, side)
        icons.paint_icon(painter, glass, "magnifying-glass", "text.secondary")
        left = hint.width() + 2 * pad if mirrored else pad + side + theme.space(3)
        right = pad + side + theme.space(3) if mirrored else hint.width() + pad
        room = QRect(left, 0, self.width() - left - right, self.height())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("text.tertiary"))
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        start = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, start | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, words)
        top = (self.height() - hint.height()) // 2
        self._hint.setGeometry(
            QRect(self.rect().topLeft(), hint).translated(
                pad - 4 if mirrored else self.width() - hint.width() - pad + 4, top
            )
        )


class PersonButton(QAbstractButton):
    """Who is signed in, with what role; opens lock, switch user and sign out."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self.setText(name)
        self.setAccessibleName(_("{name}, {role}. Lock or switch user").format(name=name, role=role))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setToolTip(tip(self.accessibleName()))
        self._words = QWidget()
        self._words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words = QVBoxLayout(self._words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(Text(name, "bodyStrong"))
        self._role, self._shown_role = role, Text("", "label", "secondary")
        words.addWidget(self._shown_role)
        words.addStretch(1)
        self._avatar = Avatar(letters_of(name), 32)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        row.addWidget(self._avatar)
        row.addWidget(self._words)
        self.fit()

    def fit(self) -> None:
        """Of many roles only the first are shown beside the name; all are said and stand in the tip."""
        metrics, room = QFontMetrics(theme.font("label")), theme.grow(_ROLE_WIDTH)
        self._shown_role.setText(metrics.elidedText(self._role, Qt.TextElideMode.ElideRight, room))

    def whole_width(self) -> int:
        """Width in pixels with the words beside the initials."""
        return self._avatar.sizeHint().width() + theme.space(3) + self._words.sizeHint().width()

    def show_words(self, shown: bool) -> None:
        """Show name and role beside the initials, or the initials alone; both are said either way."""
        self._words.setVisible(shown)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Never cut."""
        return self.sizeHint()

    def sizeHint(self) -> QSize:
        """Room for initials, name and role."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The parts paint themselves; a soft ground under the pointer."""
        if self.underMouse():
            QPainter(self).fillRect(self.rect(), theme.colour("bg.hover"))
