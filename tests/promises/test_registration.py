# SPDX-License-Identifier: Apache-2.0
"""Registering with the line cut: the least in few keys, look-alikes as one types, one person never twice in silence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.patients.model import LookAlikeDecision, Patient, PatientContact, Task
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import link_charts, register
from hms_desktop.core.clock import SetClock
from hms_desktop.ui.routes import ConflictInbox, DayView, PatientRecord, RegisterPatient
from installer.day import hands
from tests.promises.seats import Seat, ServedClinic, served, the, words_of

KNOWN = (
    Registration(family="Okonkwo", given="Amara", sex="female", born="1979-03-14", phone="+27 82 555 0101"),
    Registration(family="Naidoo", given="Priya", sex="female", born="1990-06-05",
                 identifiers=(("passport", "A09123456"), ("national", "9006050086"))),
    Registration(family="Mokoena", given="Baby", sex="female", born="2026-11-20", guardian="Lerato Mokoena"),
)  # fmt: skip
NUMBERS = (("Passport", "A09123456"), ("National number", "900605 0086"))
KEY_SECONDS, THINK_SECONDS = 0.28, 1.35
"""Keystroke-level model (Card, Moran, Newell 1980): an average typist's key, and making up one's mind for a field."""


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """Two front desks that know three patients."""
    with served(tmp_path, qapp) as made:
        made.person("zanele", "receptionist")
        for written in KNOWN:
            made.setup(partial(register, written=written))
        made.server.start()
        for name in ("a", "b"):
            made.station(name, "front_desk", "zanele")
        yield made


def new_form(seat: Seat) -> Any:
    """The empty registration form with the keyboard in its first field."""
    hands.press("Ctrl+Shift+N")
    seat.shows(RegisterPatient)
    hands.await_field("Family name")
    return seat.window.shown


def panel_says(page: Any, *wanted: str) -> None:
    """Wait until the look-alikes beside the form say all of this."""
    hands.until(lambda: all(word in words_of(page.panel) for word in wanted), f"look-alikes say {wanted}")


def banner(seat: Seat) -> str:
    """What the banner says of the patient, for a screen reader."""
    shown = seat.window.frame.banner
    return str(shown.accessibleName()) if shown.isVisible() else ""


@pytest.mark.accepts("CRM-01")
def test_the_least_is_enough_and_an_estimated_age_grows(clinic: ServedClinic, tmp_path: Path) -> None:
    clinic.server.kill()
    seat = clinic.sit("a", "zanele")
    keys = 1
    new_form(seat)
    for name, text in (("Family name", "Khumalo"), ("Given names", "Sipho"), ("Birth date or age", "about 50 y")):
        hands.tab_to(name)
        hands.type_text(text)
        keys += 1 + len(text)
    hands.press("Tab")
    hands.choose("Male")
    hands.press("Ctrl+Return")
    known = seat.shows(PatientRecord).patient
    assert (keys + 12) * KEY_SECONDS + 5 * THINK_SECONDS < 60
    year = seat.workstation.desk.now().year - 50
    hands.until(lambda: "KHUMALO, Sipho" in banner(seat), "the banner shows him")
    assert str(year) in banner(seat) and "about 50" in banner(seat), banner(seat)
    register_unknown(seat)
    complete(seat, known)
    now = seat.workstation.desk.clock.now_ms()
    clinic.rise()
    shutil.copytree(tmp_path / "a", tmp_path / "later")
    later = clinic.sit("later", "zanele", SetClock(now + 10 * 366 * 86_400_000))
    later.goes_to(PatientRecord(known))
    hands.until(lambda: "about 60" in banner(later), "ten years on")


def register_unknown(seat: Seat) -> None:
    """A name that nobody knows."""
    new_form(seat)
    hands.tab_to("Name not known")
    hands.press("Space")
    hands.tab_to("Birth date or age")
    hands.type_text("about 30 y")
    hands.press("Tab")
    hands.choose("Female")
    hands.press("Ctrl+Return")
    seat.shows(PatientRecord)
    hands.until(lambda: "UNKNOWN FEMALE" in banner(seat), "the banner says unknown")
    assert "Temporary record" in banner(seat)


def complete(seat: Seat, patient: UUID) -> None:
    """Later, the rest."""
    seat.goes_to(PatientRecord(patient))
    hands.until(lambda: "KHUMALO" in banner(seat), "his record")
    hands.press("E")
    hands.await_field("Family name")
    hands.tab_to("Language")
    hands.type_text("isiZulu")
    hands.press("Ctrl+Return")
    hands.until(lambda: seat.ask(lambda r: r.get(Patient, patient).language) == "isiZulu", "the language is kept")


CASES = (
    ((("Family name", "Naydu"), ("Given names", "Prya")), ("NAIDOO", "sounds the same")),
    ((("Given names", "Priya"), ("Birth date or age", "1990-05-06")), ("NAIDOO", "day and month swapped")),
    ((("Given names", "Amara"), ("Birth date or age", "1979-03-15")), ("OKONKWO", "birth date off by one")),
    ((("Given names", "Amara"), ("Telephone", "+27 82 555 0101")), ("OKONKWO", "same telephone")),
    ((("Family name", "Zulu"), ("Birth date or age", "2026-11-20"), ("Next of kin or guardian", "Lerato Mokoena")),
     ("MOKOENA", "newborn of the same guardian")),
)  # fmt: skip


@pytest.mark.hazard("H05")
@pytest.mark.accepts("CRM-02")
def test_look_alikes_come_as_one_types_and_again_when_histories_meet(clinic: ServedClinic) -> None:
    clinic.server.kill()
    seat = clinic.sit("a", "zanele")
    for fields, wanted in CASES:
        page = new_form(seat)
        for name, text in fields:
            hands.tab_to(name)
            hands.type_text(text)
        panel_says(page, *wanted)
        drop(seat, page)
    for system, number in NUMBERS:
        identifier(seat, system, number)
    use_existing(seat)
    another = decide(seat, "Another person", "Cousin of the same name")
    flagged = decide(seat, "Not sure, review", "She is not certain herself")
    made = seat.ask(lambda r: r.rows(select(LookAlikeDecision.patient, LookAlikeDecision.choice)))
    assert {(row.patient, row.choice) for row in made} >= {(another, "different"), (flagged, "review")}
    assert the(list({task.patient for task in review_tasks(seat)})) == flagged
    clinic.server.start()
    seat.in_step()
    hands.until(lambda: "conflict" in seat.says("conflicts"), "the check at the server found the same person")


def review_tasks(seat: Seat) -> Any:
    return seat.ask(lambda r: r.rows(select(Task.patient, Task.title).where(Task.kind == "review_look_alike")))


def drop(seat: Seat, page: Any) -> None:
    """Put the form away for the next case."""
    page.form.settle()
    seat.workstation.desk.drafts.drop("register")
    hands.press("Escape")
    hands.until(lambda: seat.window.shown is not page, "the form is left")


def identifier(seat: Seat, system: str, number: str) -> None:
    """A number that somebody has already: told as it is typed, and refused even if it were another person's."""
    page = new_form(seat)
    hands.fill(**{"Family_name": "Other", "Birth_date_or_age": "about 75 y"})  # by no year near that of Naidoo
    hands.press("Tab")
    hands.choose("Female")
    hands.tab_to("Identifier")
    hands.pick(system)
    hands.tab_to("Number")
    hands.type_text(number)
    panel_says(page, "NAIDOO", "same identifier")
    hands.press("Ctrl+Return")
    hands.until(lambda: "already belongs to MRN" in words_of(page), "the number's owner is named with the remedy")
    assert "Compare the two charts, or correct the number" in words_of(page) and page.form.written().family == "Other"
    drop(seat, page)


def fill_twin(seat: Seat) -> Any:
    """Somebody who is very likely Amara, and a little like others: the likeliest stands first."""
    page = new_form(seat)
    hands.fill(**{"Family_name": "Okonkwo", "Given_names": "Amara", "Birth_date_or_age": "1979-03-14"})
    hands.press("Tab")
    hands.choose("Female")
    panel_says(page, "same name", "same birth date", "Probably the same person")
    return page


def use_existing(seat: Seat) -> None:
    fill_twin(seat)
    hands.press("F4")
    hands.await_field("Use this patient")
    hands.press("Space")
    amara = seat.ask(lambda r: r.one(select(Patient.id).where(Patient.family == "Okonkwo"))).id
    assert seat.shows(PatientRecord).patient == amara


def decide(seat: Seat, button: str, reason: str) -> UUID:
    """Register all the same, with a choice and a reason about everybody who is likely; returns the new chart."""
    page = fill_twin(seat)
    scores = [card.likely for card in page.panel._cards.values()]
    assert scores == sorted(scores, reverse=True), "the likeliest first"
    hands.press("Ctrl+Return")
    hands.await_field("Use this patient")
    while page.panel.undecided():
        hands.tab_to(button)
        hands.press("Space")
        hands.until(lambda: hands.focused_name().endswith("?"), "the reason is asked")
        hands.press("Return")
        assert page.panel.undecided(), "nothing is decided without a reason"
        hands.type_text(reason)
        hands.press("Return")
    hands.press("Ctrl+Return")
    hands.until(lambda: seat.window.shown is not page, "registered")
    return seat.shows(PatientRecord).patient


@pytest.mark.accepts("CRM-03")
def test_one_person_at_two_desks_apart_is_a_review_not_two_silent_charts_nor_one_by_itself(
    clinic: ServedClinic,
) -> None:
    clinic.server.kill()
    a, b = clinic.sit("a", "zanele"), clinic.sit("b", "zanele")
    charts = []
    for seat in (a, b):
        seat.sit_down()
        new_form(seat)
        hands.fill(**{"Family_name": "Kessler", "Given_names": "Carla", "Birth_date_or_age": "03/06/1993"})
        hands.press("Tab")
        hands.choose("Female")
        hands.fill(Telephone="+27 82 555 0147")
        hands.press("Ctrl+Return")
        charts.append(seat.shows(PatientRecord).patient)
    assert charts[0] != charts[1]
    clinic.server.start()
    for seat in (a, b):
        hands.until(lambda s=seat: s.says("conflicts") == "1 conflict to review", "both desks are told", 60)  # type: ignore[misc]
        here = seat.ask(lambda r: r.rows(select(Patient.id, Patient.active).where(Patient.family == "Kessler")))
        assert {(row.id, row.active) for row in here} == {(chart, True) for chart in charts}, "nobody merged them"
        phones = seat.ask(lambda r: r.rows(select(PatientContact.patient).where(PatientContact.patient.in_(charts))))
        assert {row.patient for row in phones} == set(charts), "both keep their rows"
    task = the(list({row.id for row in seat.ask(lambda r: r.rows(select(Task.id)))}))
    for seat in (b, a):
        seat.sit_down()
        page = seat.goes_to(DayView())
        hands.until(lambda: "Compare two charts" in words_of(page.todo), "both front desks have it to do")  # noqa: B023
    hands.tab_to("Open, Compare two charts that may be one person")
    hands.press("Space")
    seat.shows(ConflictInbox)
    hands.until(lambda: words_of(seat.window.shown).count("KESSLER, Carla") > 1, "both charts side by side")
    a.do(partial(link_charts, survivor=charts[0], replaced=charts[1], reason="Same papers"))
    hands.until(lambda: b.ask(lambda r: r.get(Task, task).status) == "completed", "decided at one desk, done at both")
