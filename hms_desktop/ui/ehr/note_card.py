# SPDX-License-Identifier: Apache-2.0
"""The middle of a chart: the visit's note, the basket below it, and the one signature for both (picture 04)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.queries import Basket, OrderRow, VisitRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.queries_templates import Beginning, NoteWords
from hms_desktop.clinic.ehr.rules import priority_name
from hms_desktop.clinic.ehr.rules_notes import section_name
from hms_desktop.core.dates import show_time
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.left_words import LeftWords
from hms_desktop.ui.ehr.note_draft import Forget, keep_note, note_key, sent_note
from hms_desktop.ui.ehr.note_form import NoteForm
from hms_desktop.ui.ehr.template_window import TemplateWindow
from hms_desktop.ui.ehr.vitals_cards import Rows
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, draft_here, saved_here
from hms_desktop.ui.widgets.labels import Glyph, Rule, Text, appear
from hms_desktop.ui.widgets.medicine_line import MedicineLine
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled

_ROOMY = 540


@dataclass(frozen=True)
class NoteActs:
    """What the card asks the screen to do; None where the person has no right to it."""

    begin: Callable[[], object] | None
    save: Callable[[], object] | None
    sign: Callable[[], object] | None
    add_order: Callable[[], object] | None
    drop_order: Callable[[UUID], object]
    drop_medicine: Callable[[UUID], object]
    add_words: Callable[[], object] | None
    cosign: Callable[[], object] | None


class NoteCard(Card):
    """Writes the note of the open visit; a signed one is shown with its signatures and addenda."""

    def __init__(self, desk: Desk, acts: NoteActs) -> None:
        super().__init__(_("Visit note"))
        self.desk, self._acts = desk, acts
        self.visit: VisitRow | None = None
        self.note: NoteView | None = None
        self._loaded: UUID | None = None
        self._words = NoteWords()
        self._column = self._make_column()
        self.chip = Chip("neutral", "")
        self.template = Button(_("Template"), icon="file-text", clicked=self._offer_templates)
        self.add_to_head(self.chip)
        self.add_to_head(self.template)
        self.form = NoteForm(self._keep)
        self.form.edited.connect(self._say_state)
        self.form.met.connect(self._say_state)
        self.below = Rows()
        self.basket = BasketList(acts)
        self.empty = EmptyState()
        self.left = LeftWords(desk)
        self._lay_out()

    def _make_column(self) -> QVBoxLayout:
        """Where the parts go, in its place before they are made."""
        self._inside = QWidget()
        self._area = scrolled(self._inside)
        self.add(self._area, 1)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, theme.space(2), theme.space(2))
        column.setSpacing(theme.space(3))
        return column

    def _lay_out(self) -> None:
        for part in (self.left, self.empty, self.form, self.below, self.basket):
            self._column.addWidget(part, int(part in (self.empty, self.form)))
        self._foot = QWidget()
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(0, theme.space(2), 0, 0)
        row.setSpacing(theme.space(3))
        self.said = Text("", "label", "secondary", wrap=True)
        row.addWidget(self.said, 1)
        self.save = Button(_("Save draft"), key="Ctrl+S", clicked=self._acts.save)
        self.sign = Button(_("Sign note"), "primary", icon="pen-nib", key="Ctrl+Enter", clicked=self._acts.sign)
        self.add_words = Button(_("Add to the note"), icon="plus", clicked=self._acts.add_words)
        self.cosign = Button(_("Countersign"), "primary", icon="pen-nib", clicked=self._acts.cosign)
        for button in (self.save, self.sign, self.add_words, self.cosign):
            row.addWidget(button)
        self.add(self._foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Without room the buttons stand alone."""
        super().resizeEvent(event)
        self.said.setVisible(self.width() > theme.grow(_ROOMY))

    def show_whole(self, whole: bool) -> None:
        """Let the page scroll instead of the card, as when the columns stand below each other."""
        policy = Qt.ScrollBarPolicy
        self._area.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff if whole else policy.ScrollBarAsNeeded)
        self._area.setMinimumHeight(self._inside.minimumSizeHint().height() if whole else 0)

    def offer(self, words: NoteWords) -> None:
        """The templates and phrases that are in force."""
        self._words = words
        self.form.use_phrases(words.phrases)
        self._say_state()

    def show_visit(self, visit: VisitRow | None, note: NoteView | None, basket: Basket, now: datetime) -> None:
        """Show the open visit; typed text stays, whatever arrived meanwhile."""
        if visit is None or not self.holds(visit.id):
            self.form.save_draft()  # of the visit that goes
        self.visit, self.note = visit, note
        open_ = visit is not None
        for part in (self.form, self.basket, self._foot, self.template):
            appear(part, open_)
        appear(self.empty, not open_)
        if visit is None:
            begin = self._acts.begin
            said = _("No visit is open. The note, orders and prescriptions belong to a visit.")
            self.empty.show_notice(Notice("note-pencil", said, _("Open a visit"), begin))
            appear(self.chip, False)
            self.below.fill(())
            return
        self._show_text(visit, note)
        self.below.fill(self._added(note, now) if note else ())
        self.basket.show_basket(basket)
        self._say_state()

    def _show_text(self, visit: VisitRow, note: NoteView | None) -> None:
        texts = note.texts if note else {}
        if note is not None and note.locked:
            self.form.save_draft()  # of whoever typed while it was signed: it is offered beside the note
            self.form.start(texts)
            self.form.set_read_only(True)
            self._loaded = visit.id
            return
        if not self.sign.busy:
            self.may_write()
        if self._loaded != visit.id:
            self._loaded = visit.id
            self.form.start(texts)
            self.desk.drafts.load(self.draft_key, partial(self._restore, visit.id), owner=self)
        else:
            self.form.meet(texts)

    def holds(self, visit: UUID) -> bool:
        """Whether the note of this visit is the one that stands here."""
        return self.visit is not None and self.visit.id == visit

    def may_write(self) -> None:
        """The note is typed in by whoever has the right to it, until it is signed."""
        locked = self.note is not None and self.note.locked
        self.form.set_read_only(locked or self._acts.save is None)

    @property
    def draft_key(self) -> str:
        """The key of what is typed and not yet in the record."""
        return note_key(self.visit.id) if self.visit else ""

    def _restore(self, visit: UUID, kept: dict[str, Any] | None) -> None:
        if kept and self.holds(visit) and not self.form.touched and not (self.note and self.note.locked):
            self.form.restore(kept, self.note.texts if self.note else {})
            self._say_state()

    def _keep(self, typed: dict[str, Any]) -> None:
        keep_note(self.desk.drafts, self.draft_key, typed)
        self.chip.show_face(draft_here(show_time(self.desk.now().time())))
        appear(self.chip, True)

    def saved(self, texts: Mapping[str, str]) -> None:
        """These texts are in the record; what was typed since they were sent is still to be saved."""
        self.form.saved(texts)

    def sent(self) -> Forget:
        """What is typed goes into the record now: the act that forgets its draft then, unless more was typed since."""
        self.form.save_draft()
        return sent_note(self.desk.drafts, self.draft_key, self.form.texts(), tuple(self.form.begun))

    def _say_state(self) -> None:
        note, count = self.note, self.basket.count
        locked = note is not None and note.locked
        self._say_chip(note)
        offered = not locked and self._acts.save is not None and self.visit is not None
        appear(self.template, offered and bool(self._words.templates))
        appear(self.save, not locked and self._acts.save is not None)
        self.save.setEnabled(self.form.touched and not self.form.unsettled)
        something = any(text.strip() for text in self.form.texts().values())
        ready = not self.form.unsettled and not (note is not None and note.contested)
        appear(self.sign, self._acts.sign is not None and (not locked or count > 0))
        self.sign.setEnabled(ready and (count > 0 or (something and not locked)))
        self.sign.set_words(sign_words(something and not locked, count))
        appear(self.add_words, locked and self._acts.add_words is not None)
        appear(self.cosign, note is not None and note.waits_for_cosigner and self._acts.cosign is not None)
        self.said.setText(_("Signed and locked.") if locked else _("Signing locks the note."))

    def _say_chip(self, note: NoteView | None) -> None:
        if note is not None and note.contested:
            face = ChipFace("conflict", _("Two versions"), "git-merge")
        elif note is not None and note.waits_for_cosigner:
            face = ChipFace("warning", _("Waits for countersignature"), "hourglass-medium")
        elif note is not None and note.locked:
            amended = note.status == "amended"
            face = ChipFace("success", _("Signed, with additions") if amended else _("Signed"), "pen-nib")
        elif self.form.touched:
            return
        elif note is not None and note.saved_here:
            face = saved_here()
        else:
            appear(self.chip, False)
            return
        self.chip.show_face(face)
        appear(self.chip, True)

    def _added(self, note: NoteView, now: datetime) -> list[QWidget]:
        parts: list[QWidget] = []
        if note.mistake is not None:
            said = _("This note was entered in error, {reason}: {name}, {time}").format(
                reason=note.mistake.reason, name=note.mistake.by, time=words.ago(note.mistake.at, now)
            )
            parts.append(Text(said, "label", "warning", wrap=True))
        parts += [self._beginning(begun) for begun in note.begun]
        for name, versions in note.contested.items():
            for version in versions:
                said = _("{section}, {time}: {text}").format(
                    section=section_name(name), time=words.ago(version.at, now), text=version.text
                )
                parts.append(Text(said, "label", "warning", wrap=True))
        for name, text in note.late.items():
            said = _("Written elsewhere before the signature was known there. {section}: {text}").format(
                section=section_name(name), text=text
            )
            parts.append(Text(said, "label", "warning", wrap=True))
        for signature in note.signatures:
            parts.append(
                Text(
                    signature_words(signature.name, signature.meaning, words.ago(signature.at, now)),
                    "label",
                    "secondary",
                    wrap=True,
                )
            )
        for addendum in note.addenda:
            head = _("Added by {name}, {time}").format(name=addendum.by, time=words.ago(addendum.at, now))
            parts += [Text(head, "label", "secondary"), Text(addendum.text, wrap=True)]
        return parts

    def _beginning(self, begun: Beginning) -> Button:
        said = _("Begun from {template}").format(template=begun.template.words)
        return Button(said, "quiet", icon="file-text", clicked=lambda: TemplateWindow(self, begun).open())

    def _offer_templates(self) -> None:
        menu = QMenu(self)
        for template in self._words.templates:
            menu.addAction(template.name).triggered.connect(lambda _on=False, t=template: self.form.fill_from(t))
        menu.popup(self.template.mapToGlobal(QPoint(0, self.template.height())))


class BasketList(QWidget):
    """Orders and medicines that wait for the signature; O adds an order."""

    def __init__(self, acts: NoteActs) -> None:
        super().__init__()
        self._acts = acts
        self.count = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        head = QHBoxLayout()
        head.addWidget(Text(_("Orders in this visit"), "label", "secondary"))
        head.addStretch(1)
        if acts.add_order is not None:
            head.addWidget(Button(_("Add order"), "quiet", icon="plus", key="O", clicked=acts.add_order))
        column.addLayout(head)
        self.card = Card(flush=True)
        self._rows = Rows()
        self.card.add(self._rows)
        column.addWidget(self.card)

    def show_basket(self, basket: Basket) -> None:
        """Show what waits."""
        self.count = basket.count
        parts: list[QWidget] = []
        waiting: list[MedicineRow | OrderRow] = [*basket.medicines, *basket.orders]
        for row in waiting:
            if parts:
                parts.append(Rule())
            parts.append(self._line(row))
        self._rows.fill(parts)
        self.card.setVisible(bool(parts))

    def _line(self, row: MedicineRow | OrderRow) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(theme.space(4), theme.space(2), theme.space(3), theme.space(2))
        layout.setSpacing(theme.space(3))
        if isinstance(row, MedicineRow):
            layout.addWidget(Glyph("pill", side=16))
            layout.addWidget(MedicineLine(words.medicine_face(row)), 1)
            drop = self._acts.drop_medicine
        else:
            layout.addWidget(Glyph("flask", side=16))
            layout.addWidget(_order_words(row), 1)
            drop = self._acts.drop_order
        layout.addWidget(Chip.of(words.order_chip("draft")))
        named = tall_man(row.display) if isinstance(row, MedicineRow) else row.display
        name = _("Take {name} out").format(name=named)
        layout.addWidget(IconButton("x", name, "quiet", clicked=lambda: drop(row.id)))
        return line


def _order_words(row: OrderRow) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(Text(row.display, "bodyStrong", wrap=True))
    below = ", ".join(part for part in (priority_name(row.priority), row.reason or "") if part)
    column.addWidget(Text(below, "label", "secondary", wrap=True))
    return box


def sign_words(note: bool, orders: int) -> str:
    """What the signature covers."""
    if not orders:
        return _("Sign note")
    if not note:
        return ngettext("Sign {n} order", "Sign {n} orders", orders).format(n=orders)
    return ngettext("Sign note and {n} order", "Sign note and {n} orders", orders).format(n=orders)


def signature_words(name: str, meaning: str, time: str) -> str:
    """A signature in words."""
    known = {
        "author": _("Signed by {name}, {time}"),
        "author-in-training": _("Signed by {name} (in training), {time}"),
        "cosigner": _("Countersigned by {name}, {time}"),
    }
    return known[meaning].format(name=name, time=time)


def basket_facts(basket: Basket) -> Sequence[tuple[str, str]]:
    """What is in a basket, for the question before signing."""
    medicines = [(_("Prescribe"), f"{tall_man(row.display)}, {row.dose_line}") for row in basket.medicines]
    return [*medicines, *((_("Order"), row.display) for row in basket.orders)]
