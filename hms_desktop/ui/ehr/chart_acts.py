# SPDX-License-Identifier: Apache-2.0
"""What a person can do in a chart: each act asks for what it needs, runs, and the chart reads itself again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject

from hms_desktop.clinic.ehr import service
from hms_desktop.clinic.ehr.queries import ChartSummary, DueItem, OrderRow, ProblemRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.queries_procedures import ProcedureRow
from hms_desktop.clinic.ehr.service import Signed, WrittenMeanwhile
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.clinic.patients.births import parse_birth
from hms_desktop.core.errors import ClinicError, Refused
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.ehr.addendum import ask_addendum
from hms_desktop.ui.ehr.allergy_sheet import AllergySheet
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.ehr.mistakes import ask_mistake, entry_in
from hms_desktop.ui.ehr.note_card import NoteActs, NoteCard, basket_facts, sign_words
from hms_desktop.ui.ehr.note_draft import Forget
from hms_desktop.ui.ehr.order_dialog import ask_order
from hms_desktop.ui.ehr.prescribe_dialog import PrescribeDialog, ask_dose
from hms_desktop.ui.ehr.procedures import ask_procedure, ask_void_procedure
from hms_desktop.ui.ehr.refill_asked import ALLERGY, ORDER, PRESCRIPTION, PROBLEM
from hms_desktop.ui.ehr.refill_mended import ADDENDUM, DOSE, MARK, PROBLEM_STATE
from hms_desktop.ui.ehr.result_sheet import open_result
from hms_desktop.ui.ehr.stopping import HOLD, REVOKE, STOP, ask_hold, ask_revoke, ask_stop, take_up_stop
from hms_desktop.ui.ehr.template_window import TemplateWindow
from hms_desktop.ui.ehr.vitals_form import ask_vitals
from hms_desktop.ui.routes import ConflictInbox, Ward
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.choice_field import Option, RadioField
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.patient_amended import full_name
from hms_desktop.ui.widgets.text_fields import TextField

WAITING = ("arrived", "triaged", "onleave")


class ChartActs(QObject):
    """The acts of one chart page; the summary sets `card`, its note; `use` gives them the chart as last read."""

    def __init__(self, desk: Desk, page: Page) -> None:
        super().__init__(page)
        self.desk, self._page = desk, page
        self.facts: ChartFacts | None = None
        self.card: NoteCard
        self._begun: UUID | None = None

    def use(self, facts: ChartFacts | None) -> None:
        """The chart was read; None while another one is being opened."""
        self.facts = facts

    @property
    def summary(self) -> ChartSummary | None:
        """The summary as it was last read."""
        return self.facts.summary if self.facts else None

    @property
    def patient(self) -> UUID:
        """Whose chart it is."""
        assert self.facts is not None
        return self.facts.summary.banner.name.patient

    @property
    def visit(self) -> UUID | None:
        """The open visit."""
        found = self.summary
        return found.visit.id if found and found.visit else None

    def keys(self) -> list[Key]:
        """The acts with their keys, those that this person may do."""
        ready = lambda: self.facts is not None  # noqa: E731
        seen = lambda: self.visit is not None  # noqa: E731
        offered = [
            ("vitals.record", Key("V", _("Record vital signs"), self.record_vitals, "heartbeat", True, ready, True)),
            ("chart.read", Key("A", _("Allergies"), self.open_allergies, "warning-octagon", False, ready, True)),
            ("order.place", Key("O", _("Order a test"), self.add_order, "flask", False, seen, True)),
            ("medicine.prescribe", Key("R", _("Prescribe"), self.prescribe, "pill", False, ready, True)),
            ("problem.record", Key("P", _("Add a problem"), self.add_problem, "list-bullets", False, ready, True)),
            (
                "procedure.record",
                Key("D", _("Record a procedure"), self.record_procedure, "bandaids", False, ready, True),
            ),
            ("stay.manage", Key("W", _("Admit to a bed"), self.admit, "bed", False, ready)),
            ("note.write", Key("N", _("Write the note"), self.write, "note-pencil", False, seen, True)),
            ("note.write", Key("Ctrl+S", _("Save the note as a draft"), self.save, "hard-drives", False, seen)),
            ("note.sign", Key("Ctrl+Return", _("Sign"), self.ask_sign, "pen-nib", False, seen)),
            ("encounter.close", Key("F", _("Finish the visit"), self.finish, "check", False, seen, True)),
        ]
        return [key for right, key in offered if self.desk.may(right)]

    def note_acts(self) -> NoteActs:
        """What the note card offers this person."""
        may = self.desk.may
        return NoteActs(
            begin=self.open_visit if may("encounter.open") else None,
            save=self.save if may("note.write") else None,
            sign=self.ask_sign if may("note.sign") else None,
            add_order=self.add_order if may("order.place") else None,
            drop_order=lambda id: self._run(partial(service.drop_order, order=id)),
            drop_medicine=lambda id: self._run(partial(service.drop_prescription, prescription=id)),
            add_words=self.add_words if may("note.sign") else None,
            cosign=self.cosign if may("note.cosign") else None,
        )

    def wire(self, key: str, section: Any) -> None:
        """Connect a section's list with what Enter does there."""
        chosen = {
            "results": self.open_result,
            "medicines": self.open_medicine,
            "orders": self.open_order,
            "procedures": self.open_procedure,
            "notes": self.open_beginning,
        }
        if key in chosen:
            section.table.chosen.connect(chosen[key])

    # the visit and its note

    def open_visit(self) -> None:
        """Open a visit without an appointment."""
        self._run(partial(service.open_visit, patient=self.patient))

    def write(self) -> None:
        """Put the keyboard into the note."""
        self.card.form.sections["symptoms"].take_focus()

    def begin(self) -> None:
        """The visit begins with the first word of its note."""
        found = self.summary
        waiting = found is not None and found.visit is not None and found.visit.status in WAITING
        if found and found.visit and waiting and self._begun != found.visit.id:
            self._begun = found.visit.id
            self._run(partial(service.begin_visit, encounter=found.visit.id))

    def save(self) -> None:
        """Save what is typed as the visit's common draft."""
        if self.visit is None or not self.card.form.touched or self.card.form.unsettled:
            return
        form, visit = self.card.form, self.visit
        texts, seen = form.texts(), dict(form.seen)  # as they are now: the form goes on while this is written
        act = partial(service.write_note, encounter=visit, begun=tuple(form.begun), texts=texts, seen=seen)
        forget = self.card.sent()
        done = partial(self._saved, visit, texts, forget)
        self.desk.tasks.run(act, done, partial(self._not_saved, visit), owner=self, left=forget)

    def _saved(self, visit: UUID, texts: dict[str, str], forget: Forget, _section: Any) -> None:
        if self.card.holds(visit):
            self.card.saved(texts)
        forget()
        self.desk.announce(_("Note saved"))

    def _not_saved(self, visit: UUID, error: ClinicError) -> None:
        if isinstance(error, WrittenMeanwhile) and self.card.holds(visit):
            self.card.form.meet({**self.card.form.seen, **error.sections})
        else:
            self.desk.show_error(error)

    def ask_sign(self) -> None:
        """Ask once, naming everything that the signature covers."""
        found, card = self.summary, self.card
        if found is None or self.visit is None or not card.sign.isEnabled():
            return
        note = any(text.strip() for text in card.form.texts().values()) and not (found.note and found.note.locked)
        verb = sign_words(note, found.basket.count)
        asked = (*(row.id for row in found.basket.orders), *(row.id for row in found.basket.medicines))
        form, visit, locked = card.form, self.visit, card.note is not None and card.note.locked
        texts, seen = None if locked else form.texts(), dict(form.seen)  # what is signed is what stands here
        sign = partial(service.sign_visit, encounter=visit, begun=tuple(form.begun), texts=texts, seen=seen)
        go = partial(self._sign, visit, texts, card.sent(), partial(sign, basket=asked))
        title = _("{verb} of {name}?").format(verb=verb, name=full_name(found.banner.name))
        text = _("The note is locked by it and orders and medicines go out. Later words are added as an addendum.")
        ask_first(card, title, text, verb, go, facts=basket_facts(found.basket))

    def _sign(self, visit: UUID, texts: dict[str, str] | None, forget: Forget, act: Callable[[Any], Signed]) -> None:
        if self.card.holds(visit):
            self.card.sign.set_busy(True)
            self.card.form.set_read_only(True)
        done = partial(self._signed, visit, texts, forget)
        self.desk.tasks.run(act, done, partial(self._not_signed, visit), owner=self, left=forget)

    def _signed(self, visit: UUID, texts: dict[str, str] | None, forget: Forget, done: Signed) -> None:
        self.card.sign.set_busy(False)
        here = self.card.holds(visit)
        if here and texts is not None:
            self.card.saved(texts)
        if not (here and done.signature):
            self.card.may_write()
        forget()
        self.desk.toast(_("Signed") if done.signature else _("Orders placed"))

    def _not_signed(self, visit: UUID, error: ClinicError) -> None:
        self.card.sign.set_busy(False)
        self.card.may_write()
        self._not_saved(visit, error)
        if isinstance(error, WrittenMeanwhile) and self.card.holds(visit) and not self.card.form.unsettled:
            changed = _("The note changed since you were asked. Read it again, then sign what you see.")
            self.desk.show_error(Refused(changed))
        if isinstance(error, service.BasketChanged):
            self._page.refresh()

    def add_words(self) -> None:
        """Add an addendum to the signed note; its button stands there only beside one."""
        assert self.card.note is not None
        ask_addendum(self.desk, self._page, self.card.note.id, self._noted)

    def cosign(self) -> None:
        """Countersign the note of somebody in training; its button stands there only beside one."""
        assert self.card.note is not None
        note = self.card.note
        title = _("Countersign the note of {name}?").format(name=note.author)
        act = lambda: self._run(partial(service.cosign_note, note=note.id))  # noqa: E731
        ask_first(
            self._page, title, _("The note becomes final with your name beside the author's."), _("Countersign"), act
        )

    def finish(self) -> None:
        """The visit is over; its key works only while one is open."""
        assert self.visit is not None
        self._run(partial(service.finish_visit, encounter=self.visit))

    # what is measured, known and asked for

    def record_vitals(self) -> None:
        """Open the vitals form."""
        ask_vitals(self.desk, self._page, self.patient, self.visit, self._noted)

    def open_allergies(self) -> None:
        """Open the list of allergies."""
        AllergySheet(self.desk, self._page, self.patient).open()

    def take_up(self, draft: str) -> None:
        """Open the form that refused work came from, filled with it."""
        kind = draft.partition(":")[0]
        if kind == ALLERGY:
            sheet = AllergySheet(self.desk, self._page, self.patient)
            sheet.open()
            sheet.ask_new(draft)
        elif kind in (STOP, HOLD, REVOKE):
            take_up_stop(self.desk, self._page, draft, self._noted)
        elif kind in (DOSE, PROBLEM_STATE, MARK, ADDENDUM):
            self._take_up_change(draft)
        else:
            {ORDER: self.add_order, PRESCRIPTION: self.prescribe, PROBLEM: self.add_problem}[kind](draft)

    def _take_up_change(self, draft: str) -> None:
        assert self.facts is not None
        kind, _number, table, record = draft.split(":")
        row = entry_in(self.facts, table, UUID(record))
        if row is None:
            gone = _("This entry is not among those that the chart lists. Look whether it still has to be changed.")
            self.desk.show_error(Refused(gone))
        elif kind == DOSE:
            ask_dose(self.desk, self._page, row, self._noted, draft)
        elif kind == PROBLEM_STATE:
            self.open_problem(row, draft)
        elif kind == ADDENDUM:
            ask_addendum(self.desk, self._page, row.id, self._noted, draft)
        else:
            ask_mistake(self.desk, self._page, row, self._noted, draft)

    def add_order(self, draft: str = "") -> None:
        """Order a test into the visit."""
        ask_order(self.desk, self._page, self.patient, self.visit, self._noted, draft)

    def prescribe(self, draft: str = "") -> None:
        """Prescribe into the visit; without one the medicine is prescribed by itself."""
        done = self._noted if self.visit is not None else self._prescribe_alone
        PrescribeDialog(self.desk, self._page, self.patient, self.visit, done).ask().take_up(draft)

    def _prescribe_alone(self, prescription: UUID) -> None:
        self._run(partial(service.prescribe, prescription=prescription))

    def record_procedure(self) -> None:
        """Record a procedure that was done."""
        ask_procedure(self.desk, self._page, self.patient, self.visit, self._noted)

    def open_procedure(self, row: ProcedureRow) -> None:
        """Enter in the list of procedures says that an entry was a mistake."""
        ask_void_procedure(self.desk, self._page, row, self._noted)

    def admit(self) -> None:
        """Go to the ward, which asks for the bed."""
        self.desk.routes.open(Ward(self.patient))

    def add_problem(self, draft: str = "") -> None:
        """Put a problem on the list."""
        patient, visit, today = self.patient, self.visit, self.desk.now().date()

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            onset = values["onset"]
            return partial(
                service.record_problem,
                patient=patient,
                display=values["display"],
                code=values["code"] or None,
                onset=onset.born if onset else None,
                encounter=visit,
                verification=values["verification"],
            )

        dialog = FormDialog(self.desk, self._page, _("Add a problem"), _("Add"), acts, self._noted)
        dialog.form.add(TextField("display", _("&Problem or diagnosis"), required=True, longest=200))
        dialog.form.add_row(
            TextField("code", _("ICD-10 &code"), optional=True, longest=12),
            TextField("onset", _("&Since"), optional=True, reads=lambda text: parse_birth(text, today)),
        )
        sure = [Option("confirmed", _("Confirmed")), Option("provisional", _("Suspected"))]
        dialog.form.add(RadioField("verification", _("How sure"), sure, required=True))
        dialog.ask().take_up(draft)

    def open_problem(self, problem: ProblemRow, draft: str = "") -> None:
        """Say that a problem is over, or confirm it; what is kept under `draft` stands there."""

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            clinical, verification = values["state"].split("/")
            return partial(
                service.change_problem,
                condition=problem.id,
                clinical=clinical,
                verification=verification,
                reason=values["reason"],
            )

        dialog = FormDialog(self.desk, self._page, problem.display, _("Save"), acts, self._noted)
        ways = [
            Option("active/confirmed", _("Confirmed")),
            Option("resolved/confirmed", _("Resolved")),
            Option("inactive/refuted", _("Ruled out")),
        ]
        if self.desk.may("entry.void"):
            ways.append(Option("inactive/entered-in-error", _("Mistake")))
        dialog.form.add(RadioField("state", _("How it stands now"), ways, required=True))
        dialog.form.add(TextField("reason", _("&Reason"), optional=True))
        dialog.ask().take_up(draft)

    def on_medicine(self, row: MedicineRow) -> Sequence[tuple[str, Callable[[], object]]]:
        """The acts on a medicine line."""
        acts: list[tuple[str, Callable[[], object]]] = []
        if row.doses:
            acts.append((_("Settle the two doses"), lambda: self.desk.routes.open(ConflictInbox())))
        if self.desk.may("medicine.dose") and not row.doses:
            acts.append((_("Change the dose…"), lambda: ask_dose(self.desk, self._page, row, self._noted)))
        if self.desk.may("medicine.stop"):
            acts.append((_("Stop…"), lambda: ask_stop(self.desk, self._page, row, self._noted)))
            if row.status == "active":
                acts.append((_("Hold…"), lambda: ask_hold(self.desk, self._page, row, self._noted)))
        if row.status == "on-hold" and self.desk.may("medicine.prescribe"):
            resume = partial(service.resume_medicine, prescription=row.id)
            acts.append((_("Go on with it"), lambda: self._run(resume)))
        return acts

    def open_medicine(self, row: MedicineRow) -> None:
        """Enter in the list of medicines changes the dose of one that is taken."""
        if row.status in ("active", "on-hold") and self.desk.may("medicine.dose") and not row.doses:
            ask_dose(self.desk, self._page, row, self._noted)

    def open_order(self, row: OrderRow) -> None:
        """Enter in the list of orders cancels one that is pending."""
        if row.status in ("active", "on-hold") and self.desk.may("order.revoke"):
            ask_revoke(self.desk, self._page, row, self._noted)

    def open_beginning(self, row: NoteView) -> None:
        """Enter in the list of notes shows the version of the template that a note was begun from."""
        if row.begun:
            TemplateWindow(self._page, row.begun[0]).open()

    def open_result(self, row: ChartResult) -> None:
        """Open the report that a result came with."""
        if row.release is not None:
            open_result(self.desk, self._page, row.release)

    def on_due(self, item: DueItem) -> Button | None:
        """The button that settles what is due."""
        if item.kind == "allergy-review":
            return Button(_("Go through"), clicked=self.open_allergies)
        return None

    def _run(self, act: Callable[[Any], Any]) -> None:
        self.desk.tasks.run(act, self._noted, self.desk.show_error, owner=self)

    def _noted(self, _done: Any) -> None:
        self._page.refresh()
