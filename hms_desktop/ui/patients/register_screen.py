# SPDX-License-Identifier: Apache-2.0
"""Registering a patient: the least that is needed first, look-alikes beside it while it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.queries_look_alikes import LookAlike, look_alikes
from hms_desktop.clinic.patients.queries_people import home_region
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import REFUSED, Desk, Key, Page, held_back_words
from hms_desktop.ui.patients.look_alike_panel import LookAlikePanel
from hms_desktop.ui.patients.person_form import Here, PersonForm, registration
from hms_desktop.ui.routes import PatientRecord, RegisterPatient
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, draft_here
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail, scrolled

DRAFT = "register"
SETTLE_MS = 200


class RegisterPage(Page):
    """The form and the look-alikes."""

    def __init__(self, desk: Desk, route: RegisterPatient) -> None:
        super().__init__(desk)
        self.title, self.context = _("New patient"), ""
        self._typed, self._key = route.typed, route.draft or DRAFT
        self.form: PersonForm | None = None
        self.panel = LookAlikePanel()
        self.save = Button(
            _("Register"), "primary", icon="user-plus", key="Ctrl+Enter", large=True, clicked=self.finish
        )
        self.wrong = Text("", "body", "critical", wrap=True)
        self.draft = Chip.of(draft_here())
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self.look)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        desk.tasks.read(home_region, self._begin, desk.show_error, owner=self)

    def _begin(self, region: str) -> None:
        self.form = form = PersonForm(Here(lambda: self.desk.now().date(), region), self._keep)
        form.finished.connect(self._register)
        form.edited.connect(lambda: self._soon.start())
        card = Card(_("Who is it"))
        self.draft.hide()
        card.add_to_head(self.draft)
        card.add(form)
        self._whole.addWidget(WorklistDetail(self._framed(card), self.panel, share=62))
        self.panel.used.connect(self._use)
        self.panel.decided.connect(self._back_to_form)
        self._fill(form)

    def _framed(self, card: QWidget) -> QWidget:
        """The form scrolls, what is wrong and the button stay in sight."""
        inner, left = QWidget(), QWidget()
        top, column = QVBoxLayout(inner), QVBoxLayout(left)
        for box in (top, column):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(theme.space(4))
        top.addWidget(card)
        top.addStretch(1)
        foot = Card()
        foot.add(self.wrong)
        self.wrong.hide()
        row = QHBoxLayout()
        enough = _("Name, birth date or age, and sex are enough to begin.")
        row.addWidget(Text(enough, "label", "secondary", wrap=True), 1)
        row.addWidget(self.save)
        foot.add(row)
        column.addWidget(scrolled(inner), 1)
        column.addWidget(foot)
        return left

    def _fill(self, form: PersonForm) -> None:
        if self._typed:
            form.put_typed(self._typed)
            self.look()
        else:
            self.desk.drafts.load(self._key, self._restore, owner=self)
        form.fields["family"].take_focus()

    def keys(self) -> Sequence[Key]:
        """Register, and to the look-alikes."""
        return (
            Key("Ctrl+Return", _("Register"), self.finish, "user-plus", hint=True),
            Key("F4", _("Look-alikes"), self._to_panel, "users", hint=True),
        )

    def has_unsaved(self) -> bool:
        """Whether something typed is in no draft yet."""
        return self.form is not None and self.form.has_unsaved()

    def save_draft(self) -> None:
        """Keep what is typed."""
        if self.form is not None:
            self.form.save_draft()

    def look(self) -> None:
        """Look for people like the one that is typed."""
        if self.form is not None:
            query = partial(look_alikes, written=self.form.written())
            self.desk.tasks.read(query, self._show, self.desk.show_error, owner=self, replaces="look")

    def finish(self) -> None:
        """Check the form and register."""
        if self.form is not None:
            self.form.finish()

    def _show(self, found: tuple[LookAlike, ...]) -> None:
        before = len(self.panel.undecided())
        self.panel.show_look_alikes(found)
        likely = len(self.panel.undecided())
        if likely > before:
            words = ngettext("{n} person is probably the same", "{n} persons are probably the same", likely)
            self.desk.announce(words.format(n=likely))

    def _restore(self, kept: dict[str, Any] | None) -> None:
        if kept and self.form is not None and not self.form.changed:
            self.form.load_draft(kept)
            self.draft.show()
            self.look()
            if why := kept.get(REFUSED):
                self._tell_wrong(held_back_words(why))

    def _keep(self, typed: dict[str, Any]) -> None:
        self.desk.drafts.save(self._key, typed, _("New patient"))
        self.draft.show_face(draft_here(self.desk.now().strftime("%H:%M")))
        self.draft.show()

    def _register(self, values: dict[str, Any]) -> None:
        """Look once more, so that nobody is registered over a look-alike that came a moment ago."""
        if self.save.busy:
            return
        query = partial(look_alikes, written=registration(values))
        self.save.set_busy(True)
        self.desk.tasks.read(query, partial(self._register_if_decided, values), self._refused, owner=self)

    def _register_if_decided(self, values: dict[str, Any], found: tuple[LookAlike, ...]) -> None:
        self.panel.show_look_alikes(found)
        undecided = self.panel.undecided()
        if undecided:
            self.save.set_busy(False)
            self._tell_wrong(_("Somebody here is probably the same person. Use that record, or say why it is another."))
            self.panel.ask_about(undecided[0])
            return
        act = partial(service.register, written=registration(values), look_alikes=self.panel.choices())
        left = partial(self.desk.drafts.drop, self._key)
        self.desk.tasks.run(act, self._registered, self._refused, owner=self, left=left)

    def _registered(self, patient: UUID) -> None:
        if self.form is not None:
            self.form.settle()
        self.desk.drafts.drop(self._key)
        self.desk.toast(_("Registered"))
        self.desk.routes.open(PatientRecord(patient))

    def _refused(self, error: ClinicError) -> None:
        self.save.set_busy(False)
        if isinstance(error, BadInput) and self.form is not None and self.form.show_refusal(error):
            return
        self._tell_wrong(str(error))

    def _tell_wrong(self, words: str) -> None:
        self.wrong.setText(words)
        self.wrong.show()
        self.desk.announce(words)

    def _use(self, patient: UUID) -> None:
        if self.form is not None:
            self.form.settle()
        self.desk.drafts.drop(self._key)
        self.desk.routes.open(PatientRecord(patient))

    def _back_to_form(self) -> None:
        self.wrong.hide()
        undecided = self.panel.undecided()
        if undecided:
            self.panel.ask_about(undecided[0])
        else:
            self.save.setFocus()

    def _to_panel(self) -> None:
        wanted = self.panel.undecided()
        if wanted:
            self.panel.ask_about(wanted[0])
        else:
            self.panel.focusNextChild()
