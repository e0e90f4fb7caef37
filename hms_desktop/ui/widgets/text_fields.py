# SPDX-License-Identifier: Apache-2.0
"""Fields for words: one line, a note of several lines with phrases behind `/`, and a tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QMenu, QPlainTextEdit, QWidget

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.theme import Figures, theme
from hms_desktop.ui.widgets.toggles import Tick


class TextField(Field):
    """One line of text; `reads` may turn it into a value or raise BadInput, `longest` is in characters."""

    def __init__(
        self,
        key: str,
        label: str,
        *,
        required: bool = False,
        optional: bool = False,
        longest: int = 200,
        figures: Figures = "",
        reads: Callable[[str], Any] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self.line = QLineEdit()
        self._longest = longest
        self._reads = reads
        if figures:
            self.line.setFont(theme.font("body", figures))
        super().__init__(key, label, self.line, required=required, optional=optional, parent=parent)
        self.line.textEdited.connect(lambda: self.edited.emit())

    def typed(self) -> str:
        """The text as it stands."""
        return self.line.text()

    def type_in(self, typed: Any) -> None:
        """Put text into the field."""
        self.line.setText(str(typed or ""))

    def is_empty(self) -> bool:
        """Spaces are nothing."""
        return not self.typed().strip()

    def read(self) -> Any:
        """The text without spaces around it, or what `reads` makes of it."""
        text = self.typed().strip()
        if len(text) > self._longest:
            over = len(text) - self._longest
            raise BadInput(_("{field} is {over} characters too long.").format(field=self.name, over=over), self.key)
        return self._reads(text) if self._reads else text


_MOST_LINES = 8


@dataclass(frozen=True)
class Phrase:
    """A saved phrase: what it is called and the text it puts in."""

    name: str
    text: str


class NoteEdit(QPlainTextEdit):
    """Several lines of plain text. Tab goes on to the next field; `/` at the start of a word asks for a phrase."""

    phrase_wanted = Signal()

    def __init__(self, lines: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.updateGeometry())
        self.setTabChangesFocus(True)

    def sizeHint(self) -> QSize:
        """Room for its lines, and for more as they are written: a note is read whole."""
        lines = min(max(self._lines, round(self.document().size().height())), _MOST_LINES)
        return QSize(theme.grow(200), theme.line_height("body") * lines + theme.space(5))

    def minimumSizeHint(self) -> QSize:
        """Room for its lines."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """At another width the words have another number of lines, which Qt tells only when they are changed."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            layout, block = self.document().documentLayout(), self.document().begin()
            while block.isValid():
                layout.blockBoundingRect(block)
                block = block.next()
            layout.documentSizeChanged.emit(layout.documentSize())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type; a slash that starts a word also asks for a phrase. Ctrl+Enter is left to the form."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            event.ignore()
            return
        starts = event.text() == "/" and self._at_word_start()
        super().keyPressEvent(event)
        if starts:
            self.phrase_wanted.emit()

    def put_phrase(self, text: str) -> None:
        """Put a phrase in place of the slash before the cursor."""
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.PreviousCharacter, QTextCursor.MoveMode.KeepAnchor)
        if cursor.selectedText() != "/":
            cursor = self.textCursor()
        cursor.insertText(text)

    def _at_word_start(self) -> bool:
        before = self.toPlainText()[: self.textCursor().position()]
        return not before or before[-1].isspace()


class NoteField(Field):
    """A note of at least `lines` lines; with `phrases` a slash offers them. Text of more than eight lines scrolls."""

    def __init__(
        self,
        key: str,
        label: str,
        *,
        required: bool = False,
        optional: bool = False,
        lines: int = 3,
        phrases: Sequence[Phrase] = (),
        parent: QWidget | None = None,
    ) -> None:
        self.edit = NoteEdit(lines)
        self._phrases: tuple[Phrase, ...] = ()
        super().__init__(key, label, self.edit, required=required, optional=optional, parent=parent)
        self.use_phrases(phrases)
        self.edit.textChanged.connect(lambda: self.edited.emit())
        self.edit.phrase_wanted.connect(self.offer_phrases)
        self.menu = QMenu(self.edit)

    def typed(self) -> str:
        """The text as it stands."""
        return self.edit.toPlainText()

    def type_in(self, typed: Any) -> None:
        """Put text into the field."""
        if str(typed or "") != self.typed():
            self.edit.setPlainText(str(typed or ""))

    def is_empty(self) -> bool:
        """Spaces are nothing."""
        return not self.typed().strip()

    def read(self) -> str:
        """The text without empty lines around it."""
        return self.typed().strip()

    def use_phrases(self, phrases: Sequence[Phrase]) -> None:
        """Offer these behind a slash from now on."""
        self._phrases = tuple(phrases)
        if phrases:
            self.mark.setText(_("/ inserts a phrase"))
            self.mark.setVisible(self.edit.hasFocus())

    def set_read_only(self, read_only: bool) -> None:
        """As plain text, or to write in again; how phrases are put in is told where the keyboard is."""
        super().set_read_only(read_only)
        if self._phrases:
            self.mark.setVisible(self.edit.hasFocus() and not read_only)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field that has the keyboard says what a slash does: once on the screen, not over every field."""
        if self._phrases and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.mark.setVisible(event.type() == QEvent.Type.FocusIn or not self._really_left(event))
        return super().eventFilter(watched, event)

    def offer_phrases(self) -> None:
        """Open the phrases at the cursor."""
        if not self._phrases:
            return
        self.menu.clear()
        for phrase in self._phrases:
            self.menu.addAction(phrase.name).triggered.connect(lambda _on, text=phrase.text: self.edit.put_phrase(text))
        self.menu.popup(self.edit.mapToGlobal(self.edit.cursorRect().bottomLeft()))


class TickField(Field):
    """A tick for yes. It starts empty; a required one must be ticked."""

    def __init__(
        self, key: str, label: str, words: str, *, required: bool = False, parent: QWidget | None = None
    ) -> None:
        self.box = Tick(words)
        super().__init__(key, label, self.box, required=required, parent=parent)
        self.box.toggled.connect(lambda: self.edited.emit())

    def typed(self) -> bool:
        """Whether it is ticked."""
        return self.box.isChecked()

    def type_in(self, typed: Any) -> None:
        """Tick it or not."""
        self.box.setChecked(bool(typed))

    def is_empty(self) -> bool:
        """Not ticked."""
        return not self.typed()

    def value(self) -> bool:
        """Whether it is ticked; never None."""
        return self.typed()

    def read(self) -> bool:
        """Whether it is ticked."""
        return self.typed()

    def missing(self) -> str:
        """What to do about a tick that is needed."""
        return _("{field} is missing. Tick it when it is so.").format(field=self.name)

    def shown(self) -> str:
        """Yes or no."""
        return _("Yes") if self.typed() else _("No")
