# SPDX-License-Identifier: Apache-2.0
"""Registering by the keyboard alone: the least, the unknown, look-alikes, drafts, and every wrong input kept."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtTest import QTest
from sqlalchemy import func, select

from hms_desktop.clinic.patients import queries
from hms_desktop.clinic.patients.model import LookAlikeDecision, Patient, Task
from hms_desktop.ui.patients.record_screen import RecordScreen
from hms_desktop.ui.patients.register_screen import RegisterPage
from hms_desktop.ui.patients.search_screen import SearchPage
from hms_desktop.ui.routes import PatientSearch, RegisterPatient
from hms_desktop.ui.widgets.chip import Chip
from tests.ui.reception import CTRL, KEYS, SHIFT, Reception, unnamed

AMARA: dict[str, Any] = {"family": "Okonkwo", "given": "Amara", "sex": "female", "born": "1979-03-14"}


def who(record: RecordScreen) -> UUID:
    """The patient of a record."""
    assert record.patient is not None
    return record.patient


def count(reception: Reception, table: Any = Patient) -> int:
    """How many rows a table has."""
    return int(reception.ask(lambda r: r.scalar(select(func.count()).select_from(table))))


def form(reception: Reception, typed: str = "") -> RegisterPage:
    """The form, opened."""
    page = reception.open(RegisterPatient(typed), RegisterPage)
    reception.until(lambda: page.form is not None)
    reception.settle()
    return page


def type_amara(reception: Reception) -> None:
    """Family name, given name, birth date and sex, from the first field on."""
    reception.write("Okonkwo")
    reception.key(KEYS.Key_Tab)
    reception.write("Amara")
    for _step in range(4):
        reception.key(KEYS.Key_Tab)
    reception.write("14/3/1979")
    reception.key(KEYS.Key_Tab)
    while "Female" not in (reception.focus().accessibleName() or ""):
        reception.key(KEYS.Key_Tab)
    reception.key(KEYS.Key_Space)


def test_a_patient_is_registered_by_the_keyboard_alone(reception: Reception) -> None:
    reception.open(PatientSearch(), SearchPage)
    reception.key(KEYS.Key_N, CTRL | SHIFT)
    page = reception.page(RegisterPage)
    reception.until(lambda: page.form is not None)
    reception.settle()
    type_amara(reception)
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: count(reception) == 1)
    reception.settle()
    record = reception.page(RecordScreen)
    top = reception.ask(partial(queries.banner, patient=who(record)))
    assert (top.name.full, top.name.birth, top.name.sex) == ("OKONKWO, Amara", "14-Mar-1979", "female")
    assert "Registered" in reception.toasts()
    assert reception.window.frame.banner.isVisible()


def test_who_presses_twice_registers_once(reception: Reception) -> None:
    form(reception)
    type_amara(reception)
    for _press in range(2):
        QTest.keyClick(reception.focus(), KEYS.Key_Return, CTRL)
    reception.until(lambda: isinstance(reception.window.shown, RecordScreen))
    reception.settle()
    assert count(reception) == 1


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(reception: Reception) -> None:
    page = form(reception)
    reception.write("Okonkwo")
    reception.key(KEYS.Key_Return, CTRL)
    assert page.form is not None
    assert page.form.fields["born"].error.startswith("Birth date or age is missing")
    assert page.form.fields["sex"].error
    assert reception.focus() is page.form.fields["born"].control
    reception.write("24/11/2026")
    reception.key(KEYS.Key_Return, CTRL)
    assert "in the future" in page.form.fields["born"].error
    assert page.form.fields["family"].typed() == "Okonkwo" and count(reception) == 0


def test_an_unknown_person_with_an_estimated_age(reception: Reception) -> None:
    page = form(reception)
    assert page.form is not None
    page.form.fields["unknown"].type_in(True)
    page.form.fields["born"].type_in("about 50")
    page.form.fields["sex"].type_in("male")
    assert "Estimated" in page.form.fields["born"].message.words
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: count(reception) == 1)
    reception.settle()
    record = reception.page(RecordScreen)
    name = reception.ask(partial(queries.banner, patient=who(record))).name
    assert (name.full, name.age, name.birth) == ("Unknown male", "about 50 y", "about 1976")


def test_a_likely_look_alike_must_be_decided_about(reception: Reception) -> None:
    reception.register(**AMARA)
    page = form(reception)
    type_amara(reception)
    reception.until(lambda: page.panel.undecided())
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: page.wrong.isVisible())
    assert "probably the same person" in page.wrong.text() and count(reception) == 1
    assert reception.focus().accessibleName() == "Use this patient"
    reception.key(KEYS.Key_Tab)
    reception.key(KEYS.Key_Space)
    reception.key(KEYS.Key_Return)
    assert page.panel.undecided(), "a reason is needed"
    reception.write("Her twin sister, both are here")
    reception.key(KEYS.Key_Return)
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: count(reception) == 2)
    decided = reception.ask(lambda r: r.one(select(LookAlikeDecision.__table__)))
    assert (decided.choice, decided.reason) == ("different", "Her twin sister, both are here")


def test_a_look_alike_may_be_flagged_for_review(reception: Reception) -> None:
    first = reception.register(**AMARA)
    page = form(reception)
    type_amara(reception)
    reception.until(lambda: page.panel.undecided())
    reception.settle()  # a card that has just come can't have the keyboard before it is seen
    page.panel.ask_about(first)
    reception.key(KEYS.Key_Tab)
    reception.key(KEYS.Key_Tab)
    reception.key(KEYS.Key_Space)
    reception.write("Cannot tell")
    reception.key(KEYS.Key_Return)
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: count(reception, Task) == 1)
    assert count(reception) == 2


def test_a_look_alike_may_be_used_instead(reception: Reception) -> None:
    first = reception.register(**AMARA)
    page = form(reception, "okonkwo amara 14/3/1979")
    reception.until(lambda: page.panel.undecided())
    reception.settle()  # a card that has just come can't have the keyboard before it is seen
    page.panel.ask_about(first)
    reception.key(KEYS.Key_Space)
    assert reception.page(RecordScreen).patient == first and count(reception) == 1


def test_what_was_searched_for_is_carried_over(reception: Reception) -> None:
    page = form(reception, "Van Wyk, Elize 9/1/1995 082 555 0147")
    assert page.form is not None
    written = page.form.written()
    assert (written.family, written.given, written.born, written.phone) == (
        "Van Wyk", "Elize", "1995-01-09", "+27825550147"
    )  # fmt: skip


def test_an_unfinished_form_comes_back(reception: Reception) -> None:
    page = form(reception)
    reception.write("Okonkwo")
    assert page.has_unsaved()
    page.save_draft()
    reception.workstation.drafts.flush()
    reception.settle()
    reception.open(PatientSearch(), SearchPage)
    again = form(reception)
    reception.until(lambda: again.form is not None and again.form.fields["family"].typed() == "Okonkwo")
    assert again.draft.isVisible()


def test_a_refused_number_stays_typed_and_names_whose_it_is(reception: Reception) -> None:
    reception.register(**AMARA, identifiers=(("passport", "A1234567"),))
    page = form(reception)
    assert page.form is not None
    page.form.set_values(
        {"family": "Visser", "born": "1968", "sex": "male", "system": {"key": "passport", "words": "Passport"},
         "value": "A1234567"}
    )  # fmt: skip
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: "already belongs to MRN-" in page.wrong.text())
    assert count(reception) == 1 and page.form.fields["family"].typed() == "Visser"
    assert "same identifier" in [chip.accessibleName() for chip in page.panel.findChildren(Chip)]


def test_every_control_has_a_name(reception: Reception) -> None:
    assert not unnamed(form(reception))
