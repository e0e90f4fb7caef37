# SPDX-License-Identifier: Apache-2.0
"""What the server refuses is never lost: it is the form it came from again, with the reason, and goes again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.appointments.service import walk_in
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Encounter, NoteSection, Observation
from hms_desktop.clinic.patients.model import Patient, PatientContact, PatientIdentifier
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.ui.routes import PatientChart, PatientRecord, RegisterPatient, SyncDetails, Vitals
from hms_desktop.ui.widgets.buttons import Button
from installer.day import hands
from sync_server.quarantine import quarantine
from tests.promises.seats import Seat, ServedClinic, served, the, type_form, words_of

ROLES = ("receptionist", "nurse", "doctor")
TYPED = (
    ("Family name", "Khumalo"), ("Given names", "Sipho"), ("Birth date or age", "14/3/1979"),
    ("Telephone", "+27 82 555 0101"), ("E-mail", "sipho@example.org"), ("Address", "12 Long Street"),
    ("City", "Riverbend"), ("Next of kin or guardian", "Lerato Khumalo"),
)  # fmt: skip
WANTED = {
    "family": "Khumalo", "given": "Sipho", "sex": "male", "born": "14-Mar-1979", "email": "sipho@example.org",
    "line": "12 Long Street", "city": "Riverbend", "guardian": "Lerato Khumalo",
}  # fmt: skip


@pytest.fixture
def clinic(tmp_path: Any, qapp: QApplication) -> Iterator[ServedClinic]:
    """One workstation, two people who may do the same, one patient who is known."""
    with served(tmp_path, qapp) as made:
        for login in ("zanele", "thandi"):
            made.person(login, *ROLES)
        made.setup(partial(register, written=Registration(family="Naidoo", given="Priya", sex="female", born="1990")))
        made.server.start()
        made.station("a", "all", "zanele")
        yield made


def type_patient(seat: Seat) -> UUID:
    """A new patient with everything that the form takes, by the keyboard."""
    seat.goes_to(RegisterPatient())
    hands.await_field("Family name")
    type_form(TYPED[:3])
    hands.press("Tab")
    hands.choose("Male")
    type_form(TYPED[3:7])
    hands.tab_to("Identifier")
    hands.pick("Passport")
    type_form((("Number", "A09123456"), TYPED[7]))
    hands.press("Ctrl+Return")
    return seat.shows(PatientRecord).patient


def who_waits(seat: Seat) -> tuple[UUID, UUID]:
    """A patient who is known and waits, with the server's knowledge: the patient and the visit."""
    known = seat.ask(lambda r: r.one(select(Patient.id)).id)
    seat.do(partial(walk_in, patient=known, service="General practice"))
    visit = seat.ask(lambda r: r.one(select(Encounter.id)).id)
    seat.in_step()
    return known, visit


def held(seat: Seat, count: int) -> Any:
    """The sync details once so many changes are held back; returns the page."""
    page = seat.goes_to(SyncDetails())
    hands.until(lambda: len(buttons(page, "Mend")) == count, f"{count} held back: {words_of(page)}")
    return page


def buttons(page: Any, words: str) -> list[Button]:
    """The visible buttons of these words."""
    return [one for one in page.findChildren(Button) if one.isVisible() and one.words == words]


def mend(seat: Seat, count: int, which: int = 0) -> None:
    """Press “Mend” at one of so many."""
    buttons(held(seat, count), "Mend")[which].click()


def filled(seat: Seat) -> Any:
    """The registration form with all that was typed, and why it came back."""
    seat.shows(RegisterPatient)
    page = seat.window.shown
    hands.until(lambda: page.form is not None and page.form.fields["family"].typed() == "Khumalo", "it is filled")
    typed = page.form.typed()
    assert {key: typed[key] for key in WANTED} == WANTED
    assert typed["phone"].replace(" ", "") in ("+27825550101", "0825550101")
    assert typed["system"]["key"] == "passport" and typed["value"] == "A09123456"
    hands.until(lambda: page.wrong.isVisible() and "no longer" in page.wrong.text(), "why it came back is said")
    return page


@pytest.mark.hazard("H24")
def test_a_refused_patient_vitals_and_note_are_their_forms_again_and_are_sent_again(clinic: ServedClinic) -> None:
    seat = clinic.sit("a", "zanele")
    known, visit = who_waits(seat)
    clinic.server.kill()
    clinic.server.command("people", "end", "zanele")
    refused = type_patient(seat)
    seat.do(partial(ehr.record_vitals, patient=known, readings={"pulse": Decimal(72), "temperature": Decimal("36.8")},
                    encounter=visit))  # fmt: skip
    seat.do(partial(ehr.write_note, encounter=visit, texts={"symptoms": "Cough since Friday"}))
    clinic.leaves(seat)
    clinic.server.start()
    seat = clinic.sit("a", "thandi")
    hands.until(lambda: seat.ask(lambda r: r.find(Patient, refused)) is None, "the refused patient left the rows")
    mend(seat, 3)
    filled(seat)
    asked = quarantine(clinic.server.home)
    assert [one.person for one in asked] == ["Zanele"] * 4 and "patients.register" in [one.action for one in asked]
    clinic.server.kill()
    clinic.leaves(seat)
    seat = clinic.sit("a", "thandi")
    tell_all(seat)
    mend(seat, 3)
    filled(seat)
    hands.press("Ctrl+Return")
    again = seat.shows(PatientRecord).patient
    assert again != refused
    vitals_again(seat, known, visit)
    note_again(seat, known, visit)
    put_the_rest_away(seat)
    clinic.server.start()
    seat.in_step()
    assert "attention" not in seat.says("held_back")
    at_the_server(clinic, again)
    assert quarantine(clinic.server.home) == []
    decided = [(one.settled, one.by) for one in quarantine(clinic.server.home, everything=True)]
    assert sorted(decided) == [("done-again", "Thandi")] * 3 + [("put-away", "Thandi")]


def tell_all(seat: Seat) -> None:
    """Everything that was written, word for word, and why it was refused."""
    page = held(seat, 3)
    buttons(page, "What was written")[0].click()
    hands.until(lambda: hands.front() is not seat.window, "the sheet is open")
    said = words_of(hands.front())
    for part in ("Khumalo", "14-Mar-1979", "sipho@example.org", "12 Long Street", "A09123456", "Lerato", "no longer"):
        assert part in said, said
    hands.press("Esc")


def put_the_rest_away(seat: Seat) -> None:
    """Only the entry that a record was opened is left: there is nothing to do again, and it asks for nobody."""
    page = seat.goes_to(SyncDetails())
    hands.until(lambda: len(buttons(page, "Put away")) == 1, "one is left")
    assert not buttons(page, "Mend")
    buttons(page, "Put away")[0].click()
    hands.until(lambda: "refused nothing" in words_of(page), "nothing is held back")


def vitals_again(seat: Seat, known: UUID, visit: UUID) -> None:
    """The refused readings stand in the form of the visit; kept, they are rows again."""
    mend(seat, 2)
    assert seat.shows(Vitals) == Vitals(known, visit)
    page = seat.window.shown
    hands.until(lambda: "pulse" in page.form.fields and page.form.fields["pulse"].typed() == "72", "readings are back")
    assert page.form.fields["temperature"].typed() == "36.8"
    page.form.finish()
    count = partial(lambda r: len(r.rows(select(Observation.id))))
    hands.until(lambda: seat.ask(count) == 2, "they are rows again")


def note_again(seat: Seat, known: UUID, visit: UUID) -> None:
    """The refused words stand in the note of the visit; saved, they are its section again."""
    mend(seat, 1)
    assert seat.shows(PatientChart) == PatientChart(known, encounter=visit)
    note = seat.window.shown.summary.note
    hands.until(lambda: note.form.texts()["symptoms"] == "Cough since Friday", "the words are back")
    note.save.click()
    hands.until(lambda: seat.ask(lambda r: len(r.rows(select(NoteSection.id)))) == 1, "it is in the record again")


def at_the_server(clinic: ServedClinic, patient: UUID) -> None:
    """Everything went again and was taken."""
    found = clinic.at_server(lambda r: r.get(Patient, patient))
    assert (found.family, found.given, found.born, found.sex) == ("Khumalo", "Sipho", "1979-03-14", "male")
    reach = clinic.at_server(lambda r: r.rows(select(PatientContact.kind).where(PatientContact.patient == patient)))
    assert sorted(row.kind for row in reach) == ["address", "email", "next_of_kin", "phone"]
    number = select(PatientIdentifier.value).where(PatientIdentifier.patient == patient)
    assert the([row.value for row in clinic.at_server(lambda r: r.rows(number))]) == "A09123456"
    assert len(clinic.at_server(lambda r: r.rows(select(Observation.id)))) == 2
    section = the([row.text for row in clinic.at_server(lambda r: r.rows(select(NoteSection.text)))])
    assert section == "Cough since Friday"
