# SPDX-License-Identifier: Apache-2.0
"""What is done at a patient's chart, by keyboard: allergy, vital signs, note, orders, prescription, dose."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import MyDay, PatientChart, Vitals
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat

NOTE = {
    "Symptoms": "Cough for three days, fever since yesterday.",
    "Examination": "Crackles at the right base, otherwise clear.",
    "Assessment": "Community-acquired pneumonia, mild.",
    "Plan": "Potassium and blood count today, oral antibiotic, review in three days.",
}
READINGS = {"Systolic": "118", "Diastolic": "74", "Pulse": "96", "Breathing": "18", "Temperature": "38.2",
          "SpO₂": "97", "Weight": "68", "Height": "171"}  # fmt: skip

FIRST_DOSE = "twice"


def record_allergy(day: Day, seat: Seat) -> None:
    """Open the next patient's chart and record the allergy to penicillin."""
    _open_chart(day, seat)
    seat.offers("Prescribe")
    hands.press("Alt+A")
    seat.dialog_opens("Allergies")
    hands.press("A")
    seat.dialog_opens("Record an allergy")
    hands.pick("Penicillin")
    hands.fill(Reaction="Anaphylaxis")
    for option in ("Allergy", "Medicine", "High"):
        hands.tab()
        hands.choose(option)
    hands.tab_to("Seen or proven, not only told")
    hands.press("Space", "Ctrl+Return")
    seat.dialog_opens("Allergies")
    hands.press("Esc")
    seat.dialog_closes()


def _open_chart(day: Day, seat: Seat) -> None:
    """From the list of the day to the walk-in's chart."""
    seat.shows(MyDay)
    hands.go_to_list("T")
    hands.row_of(day.known["walk_in"])
    day.look(seat, "my-day")
    hands.press("Return")
    seat.shows(PatientChart)
    seat.read_patient(day.known["walk_in"])


def record_vitals_and_note(day: Day, seat: Seat) -> None:
    """Vital signs in their form, then the note in the middle of the chart."""
    hands.press("Alt+V")
    seat.dialog_opens("Vital signs")
    for name, value in READINGS.items():
        hands.tab_to(name)
        hands.type_text(value)
    day.look(seat, "vitals")
    hands.press("Ctrl+Return")
    seat.dialog_closes()
    hands.press("Alt+N")
    for section, words in NOTE.items():
        hands.tab_to(section)
        hands.type_text(words)
    hands.press("Ctrl+S")


def order_tests(day: Day, seat: Seat) -> None:
    """Potassium and a full blood count into the visit's basket."""
    for test, urgent in (("Potassium", "STAT"), ("Full blood count", "Urgent")):
        hands.press("Alt+O")
        seat.dialog_opens("Order a test")
        hands.pick(test)
        hands.tab()
        hands.choose(urgent)
        hands.press("Ctrl+Return")
        seat.dialog_closes()


def be_stopped(day: Day, seat: Seat) -> None:
    """Choose amoxicillin, and be stopped by the allergy before anything else can be typed."""
    hands.press("Alt+R")
    seat.dialog_opens("Prescribe")
    hands.pick("amoxicillin", "amoxicillin 500 mg")
    hands.await_field("Choose another medicine")
    day.known["stop"] = seat.heard_in_dialog("Stop: ")
    day.look(seat, "stop")


def prescribe_another(day: Day, seat: Seat) -> None:
    """Choose another medicine, and sign note, orders and prescription in one act."""
    hands.press("Space")
    hands.await_field("Medicine")
    hands.pick("doxycycline")
    _type_dose("100", FIRST_DOSE, "7")
    hands.press("Ctrl+Return")
    seat.dialog_closes()
    seat.offers("Sign note and 3 orders")
    day.look(seat, "before-signing")
    hands.press("Ctrl+Return")
    seat.dialog_opens("")
    day.look(seat, "sign")
    hands.tab()
    hands.press("Space")
    seat.dialog_closes()
    _learn(day, seat)


def _type_dose(amount: str, often: str, days: str) -> None:
    hands.tab_to("Dose each time")
    hands.type_text(amount)
    hands.tab()
    hands.pick("mg")
    hands.tab_to("Route")
    hands.pick("oral")
    hands.tab_to("How often")
    hands.pick(often)
    hands.tab_to("For how many days")
    hands.type_text(days)


def doctor_changes_dose(day: Day, seat: Seat) -> None:
    """The doctor lowers the dose after the call about the potassium."""
    if not isinstance(seat.workstation.desk.routes.current, PatientChart):
        _open_chart(day, seat)
    _change_dose(day, seat, "morning", "Potassium 7.1, less to swallow")


def nurse_changes_dose(day: Day, seat: Seat) -> None:
    """The nurse changes the same dose for another reason, told by telephone."""
    seat.shows(Vitals)
    hands.to_list("Waiting patients")
    hands.row_of(day.known["walk_in"])
    hands.press("Alt+H")
    seat.shows(PatientChart)
    seat.read_patient(day.known["walk_in"])
    _change_dose(day, seat, "every 12", "Fever not down, told by telephone")


def nurse_follows_doctor(day: Day, seat: Seat) -> None:
    """The nurse knows of the doctor's change and changes it again: one dose after the other, nothing to settle."""
    asked = day.known["prescription"]
    hands.until(lambda: seat.ask(lambda r: r.get(Prescription, asked).frequency) != FIRST_DOSE, "the doctor's dose")
    nurse_changes_dose(day, seat)


def _change_dose(day: Day, seat: Seat, often: str, reason: str) -> None:
    seat.offers("Record")
    hands.press("Ctrl+4")
    hands.to_list("Medicines")
    hands.row_of("doxycycline")
    hands.press("Return")
    seat.dialog_opens("Change the dose of")
    hands.tab_to("How often")
    hands.clear_field()
    hands.pick(often)
    hands.tab_to("Reason for the change")
    hands.type_text(reason)
    day.look(seat, "dose")
    hands.press("Ctrl+Return")
    seat.dialog_closes()


def record_temperature(seat: Seat, listed: str, value: str) -> None:
    """At the nurses' screen: one reading of a waiting patient."""
    seat.shows(Vitals)
    hands.to_list("Waiting patients")
    hands.row_of(listed)
    hands.press("Alt+V")
    hands.tab_to("Temperature")
    hands.type_text(value)
    hands.press("Ctrl+Return")


def _learn(day: Day, seat: Seat) -> None:
    """What the later steps and checks ask about: the orders and the prescription that were signed."""
    encounter = day.known["encounter"]
    signed = partial(_signed, encounter=encounter)
    hands.until(lambda: bool(seat.ask(partial(signed, Prescription))), "the prescription is signed")
    day.known["orders"] = seat.ask(partial(signed, Order))
    day.known["prescription"] = seat.ask(partial(signed, Prescription))[0]
    seat.hears_of(Encounter, encounter)


def _signed(record: type[Order] | type[Prescription], reader: Reader, *, encounter: UUID) -> list[UUID]:
    question = select(record.id).where(record.encounter == encounter, record.status == "active").order_by(record.k)
    return [row.id for row in reader.rows(question)]
