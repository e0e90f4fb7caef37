# SPDX-License-Identifier: Apache-2.0
"""A form: fields checked on leaving and on finishing, errors gathered on top, and a draft kept while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import ngettext
from hms_desktop.ui.widgets.alerts import ErrorList
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.reading import mirrored, turned
from hms_desktop.ui.widgets.theme import theme

OnDraft = Callable[[dict[str, Any]], object]
DRAFT_MS = 500
_LISTED = 3
_NARROWEST = 130


class FieldRow(QWidget):
    """Fields side by side; one below the other when the text is large or the room narrow.

    It places its fields itself: a box layout asks a row whose fields don't wrap for no height at all.
    """

    def __init__(self, fields: Sequence[Field], shares: Sequence[int] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = tuple(fields)
        self._shares = tuple(shares) or (1,) * len(self._fields)
        self._gap = theme.space(4)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for field in self._fields:
            field.setParent(self)

    def sizeHint(self) -> QSize:
        """All fields side by side."""
        width = sum(field.sizeHint().width() + self._gap for field in self._shown()) - self._gap
        return QSize(max(width, 0), self.heightForWidth(max(width, 0)))

    def minimumSizeHint(self) -> QSize:
        """It may become as narrow as its widest field, because it can stand upright."""
        widest = max((field.minimumSizeHint().width() for field in self._shown()), default=0)
        height = max((field.minimumSizeHint().height() for field in self._shown()), default=0)
        return QSize(widest, self.heightForWidth(self.width()) if self.isVisible() else height)

    def hasHeightForWidth(self) -> bool:
        """Upright it is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height in pixels of the fields at a width, messages included."""
        return max((place.bottom() + 1 for _field, place in self._plan(width)), default=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand upright or lie down."""
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        """A message came or went beneath a field."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._place()
        return super().event(event)

    def _place(self) -> None:
        for field, place in self._plan(self.width()):
            field.setGeometry(turned(place, self.rect(), mirrored(self)))

    def _plan(self, width: int) -> list[tuple[Field, QRect]]:
        shown = self._shown()
        room = width - self._gap * (len(shown) - 1)
        least = [field.minimumSizeHint().width() for field in shown]
        if width < len(shown) * theme.grow(_NARROWEST) or sum(least) > room:
            return self._upright(shown, width)
        left, plan = 0, []
        for field, own in zip(shown, self._widths(shown, least, room), strict=True):
            plan.append((field, QRect(left, 0, own, _height(field, own))))
            left += own + self._gap
        return plan

    def _widths(self, shown: Sequence[Field], least: Sequence[int], room: int) -> list[int]:
        """The room by shares; a field that needs more than its share gets it from the others."""
        shares = [share for field, share in zip(self._fields, self._shares, strict=True) if field in shown]
        wide: set[int] = set()
        while True:
            rest = room - sum(least[at] for at in wide)
            parts = sum(share for at, share in enumerate(shares) if at not in wide)
            fair = [least[at] if at in wide else rest * share // parts for at, share in enumerate(shares)]
            short = {at for at, own in enumerate(fair) if own < least[at]}
            if not short:
                return fair
            wide |= short

    def _upright(self, shown: Sequence[Field], width: int) -> list[tuple[Field, QRect]]:
        top, plan = 0, []
        for field in shown:
            height = _height(field, width)
            plan.append((field, QRect(0, top, width, height)))
            top += height + self._gap
        return plan

    def _shown(self) -> list[Field]:
        return [field for field in self._fields if not field.isHidden()]


def _height(field: Field, width: int) -> int:
    return max(field.heightForWidth(width), field.minimumSizeHint().height())


class Form(QWidget):
    """Fields in reading order. `finished` carries the values by key when all are in order (Ctrl+Enter).

    `on_draft` is called with everything typed, as JSON values, at most twice a second while a person changes it,
    and at once on Ctrl+S and `save_draft`. `edited` on each change.
    """

    finished = Signal(dict)
    edited = Signal()

    def __init__(self, on_draft: OnDraft | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_draft = on_draft
        self.fields: dict[str, Field] = {}
        self._changed = False
        self._quiet = False
        self._unkept = False
        self._draft = QTimer(self, singleShot=True, interval=DRAFT_MS)
        self._draft.timeout.connect(self.save_draft)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(theme.space(4))
        self.errors = ErrorList()
        self.column.addWidget(self.errors)
        self.column.addStretch(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter finishes and Ctrl+S saves a draft, unless the window took the key for the screen's own act."""
        acts = {Qt.Key.Key_Return: self.finish, Qt.Key.Key_Enter: self.finish, Qt.Key.Key_S: self.save_draft}
        act = acts.get(Qt.Key(event.key()))
        if act is None or not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        else:
            act()

    def add(self, field: Field) -> Field:
        """Add a field below the others."""
        self._take(field)
        self.add_widget(field)
        return field

    def add_row(self, *fields: Field, shares: Sequence[int] = ()) -> None:
        """Add fields side by side; `shares` divides the width."""
        for field in fields:
            self._take(field)
        self.add_widget(FieldRow(fields, shares))

    def add_heading(self, words: str) -> None:
        """Add a heading over the fields that follow."""
        self.column.insertSpacing(self.column.count() - 1, theme.space(3))
        self.add_widget(Text(words, "subheading"))

    def add_widget(self, widget: QWidget) -> None:
        """Add something that is not a field (a warning, a list of look-alikes)."""
        self.column.insertWidget(self.column.count() - 1, widget)

    def take_over(self, field: Field) -> None:
        """Let the form check and keep a field that stands elsewhere in the screen."""
        self._take(field)

    def _take(self, field: Field) -> None:
        if field.key in self.fields:
            raise ValueError(f"two fields are named “{field.key}”")
        self.fields[field.key] = field
        field.edited.connect(self._edited)

    def typed(self) -> dict[str, Any]:
        """Everything as it stands, as JSON values, empty fields left out."""
        return {key: field.typed() for key, field in self.fields.items() if not field.is_empty()}

    def values(self) -> dict[str, Any]:
        """The value of every field (None when empty); raises BadInput for the first wrong one."""
        return {key: field.value() for key, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Put known values in; this is no change by a person."""
        self._quiet = True
        for key, value in values.items():
            if key in self.fields:
                self.fields[key].type_in(value)
        self._quiet = False

    def load_draft(self, draft: Mapping[str, Any]) -> None:
        """Put back what was typed before; fields that are no longer here are passed over."""
        self.set_values(draft)
        self._changed = bool(draft)

    def has_unsaved(self) -> bool:
        """Whether a person typed something that no draft has yet."""
        return self._unkept

    @property
    def changed(self) -> bool:
        """Whether a person changed anything since the form was opened, cleared or finished."""
        return self._changed

    def save_draft(self) -> None:
        """Hand the draft over now, if anything changed since the last."""
        self._draft.stop()
        if self._unkept and self.on_draft is not None:
            self.on_draft(self.typed())
            self._unkept = False

    def clear(self) -> None:
        """Empty every field and forget the messages."""
        self._quiet = True
        for field in self.fields.values():
            field.start_over()
        self._quiet = False
        self.settle()

    def settle(self) -> None:
        """What stands here is saved: nothing to keep, nothing to ask about on leaving."""
        self._draft.stop()
        self._changed = self._unkept = False
        self.errors.show_errors(())

    def finish(self) -> bool:
        """Check everything; tell `finished` when all is in order, else put the keyboard into the first wrong field."""
        wrong = [field for field in self._present() if not field.check(finishing=True)]
        self._list_errors(wrong)
        if wrong:
            wrong[0].take_focus()
            return False
        self.finished.emit(self.values())
        return True

    def show_refusal(self, error: BadInput) -> bool:
        """Show an error that came back from the action at its field; False when the form has no such field."""
        field = self.fields.get(error.field)
        if field is None:
            return False
        field.show_error(str(error))
        field.take_focus()
        return True

    def set_read_only(self, read_only: bool) -> None:
        """Show all values as plain text, or the fields again."""
        for field in self.fields.values():
            field.set_read_only(read_only)

    def _present(self) -> list[Field]:
        return [field for field in self.fields.values() if not field.isHidden()]

    def _list_errors(self, wrong: Sequence[Field]) -> None:
        if len(wrong) <= _LISTED:
            self.errors.show_errors(())
            return
        count = len(wrong)
        head = ngettext("{count} field needs a look", "{count} fields need a look", count).format(count=count)
        self.errors.show_errors([(field.message.words, field.take_focus) for field in wrong], head)

    def _edited(self) -> None:
        if self._quiet:
            return
        self._changed = self._unkept = True
        if not self._draft.isActive():
            self._draft.start()
        self.edited.emit()
