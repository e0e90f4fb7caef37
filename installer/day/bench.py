# SPDX-License-Identifier: Apache-2.0
"""What is done at the laboratory bench, by keyboard: collect, label, receive, enter, phone, verify, release."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.lab.model import LabResult, ResultRelease, ResultVerification, Specimen
from hms_desktop.clinic.lab.queries_calls import critical_open
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import LabWorklist
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat

POTASSIUM = "7.1"
BLOOD_COUNT = ("14.2", "42", "4.7", "90", "9.8", "310")
"""Haemoglobin, haematocrit, erythrocytes, MCV, leucocytes and platelets, in the order of the panel."""


def collect(day: Day, seat: Seat) -> None:
    """Collect for both orders, print the labels, scan each tube, and take both in at the bench."""
    seat.shows(LabWorklist)
    hands.press("F3")
    hands.tab_to("Bench worklist")
    hands.row_of(day.known["walk_in"])
    hands.press("Return")
    seat.dialog_opens("Collect from")
    for checked in ("Full name", "Birth date"):
        hands.tab_to(checked)
        hands.press("Space")
    day.look(seat, "identify")
    hands.press("Ctrl+Return")
    seat.dialog_opens("Label the tubes")
    tubes = seat.ask(lambda r: _labels(r, day.known["patient"]))
    for number, accession in enumerate(tubes, 1):
        hands.press("Ctrl+L")
        seat.saves_paper(day, f"specimen-label-{number}")
        seat.dialog_opens("Label the tubes")
        hands.press("F3")
        hands.type_text(accession)
        hands.press("Return")
    day.look(seat, "labels-checked")
    hands.press("Ctrl+Return")
    seat.dialog_closes()
    day.known.update(accession=tubes[0], tubes=tubes)


def _labels(reader: Reader, patient: UUID) -> list[str]:
    question = select(Specimen.accession).where(Specimen.patient == patient).order_by(Specimen.k, Specimen.rid)
    return [row.accession for row in reader.rows(question)]


def enter_results(day: Day, seat: Seat) -> None:
    """Scan each tube in and type its values; the critical potassium is saved as soon as it is typed."""
    _to_values(seat, day.known["tubes"][0], "Potassium")
    hands.type_text(POTASSIUM)
    hands.press("Return")
    _until_rows(seat, day.known["patient"], 1)
    day.look(seat, "critical")
    _to_values(seat, day.known["tubes"][1], "Haemoglobin")
    for value in BLOOD_COUNT:
        hands.type_text(value)
        hands.press("Return")
    hands.press("Ctrl+Return")
    _until_rows(seat, day.known["patient"], 1 + len(BLOOD_COUNT))


def _take_in(accession: str) -> None:
    hands.press("F3")
    hands.type_text(accession)
    hands.press("Return")


def _to_values(seat: Seat, accession: str, first: str) -> None:
    """Scan a tube in; the key of the next step leads to its first value."""
    _take_in(accession)
    seat.next_step(accession)
    hands.until(lambda: "to enter" in seat.next_step(accession), f"the values of {accession} wait to be typed")
    if first not in hands.focused_name():
        hands.press("Ctrl+Return")
    hands.until(lambda: first in hands.focused_name(), f"{first} waits to be typed")


def _until_rows(seat: Seat, patient: UUID, count: int) -> None:
    question = select(LabResult.id).where(LabResult.patient == patient)
    hands.until(lambda: len(seat.ask(lambda r: r.rows(question))) == count, f"{count} results are saved")


def call_with_read_back(day: Day, seat: Seat) -> None:
    """Telephone the critical value: who, how, when, and the value as it was read back, typed and compared."""
    _take_in(day.known["tubes"][0])
    hands.press("F4")
    hands.tab_to("How")
    hands.pick("Phone")
    hands.tab_to("Time of call")
    hands.type_text(seat.workstation.desk.now().strftime("%H:%M"))
    hands.tab_to("Value read back")
    hands.type_text(POTASSIUM)
    day.look(seat, "read-back")
    hands.press("Ctrl+Return")
    hands.until(lambda: not seat.ask(critical_open), "the call is recorded")


def verify_results(day: Day, seat: Seat) -> None:
    """Stand for what a colleague entered, tube by tube, until there is nothing left to verify here."""
    seat.shows(LabWorklist)
    for accession in day.known["tubes"]:
        _finish_steps(day, seat, accession, lambda step: step.startswith("Verify") and "medically" not in step)


def release_results(day: Day, seat: Seat) -> None:
    """Verify medically and release both reports; print one."""
    seat.shows(LabWorklist)
    for accession in day.known["tubes"]:
        _finish_steps(day, seat, accession, lambda step: step.startswith(("Verify", "Release")))
    day.known["released_at"] = seat.ask(lambda r: r.now)
    hands.press("Ctrl+P")
    seat.saves_paper(day, "laboratory-report")


def _finish_steps(day: Day, seat: Seat, accession: str, mine: Callable[[str], bool]) -> None:
    """Press the key of the next step for as long as it is one of this person's."""
    _take_in(accession)
    step = seat.next_step(accession)
    while mine(step):
        before = seat.ask(_standing)
        hands.press("Ctrl+Return")
        if step.startswith("Release"):
            seat.dialog_opens("Release")
            day.look(seat, "release")
            hands.tab()
            hands.press("Space")
            seat.dialog_closes()
        hands.until(lambda before=before: seat.ask(_standing) != before, f"“{step}” is done")  # type: ignore[misc]
        hands.until(lambda step=step: seat.next_step(accession) != step, "the next step shows")  # type: ignore[misc]
        step = seat.next_step(accession)


def _standing(reader: Reader) -> list[int]:
    return [len(reader.rows(select(record.id))) for record in (ResultVerification, ResultRelease)]
