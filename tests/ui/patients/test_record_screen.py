# SPDX-License-Identifier: Apache-2.0
"""The patient's record: timeline with filters, every change, contacts, numbers, tasks, joining charts by keyboard."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.patients import queries_people, service, service_details
from hms_desktop.ui.patients.link_dialog import LinkDialog
from hms_desktop.ui.patients.record_screen import RecordScreen
from hms_desktop.ui.routes import PatientRecord
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.patient_picker import patient_option
from tests.ui.reception import CTRL, KEYS, Reception, unnamed

AMARA: dict[str, Any] = {
    "family": "Okonkwo", "given": "Amara", "sex": "female", "born": "1979-03-14", "phone": "082 555 0147",
}  # fmt: skip
CHIDI: dict[str, Any] = {"family": "Okonjo", "given": "Chidi", "sex": "male", "born": "1984-12-03"}


@pytest.fixture
def amara(reception: Reception) -> UUID:
    """A patient with something on her timeline."""
    made = reception.register(**AMARA)
    reception.do(partial(service.log_interaction, patient=made, kind="phone", text="Asked for a letter"))
    return made


def record(reception: Reception, patient: UUID) -> RecordScreen:
    """The record, opened and read."""
    page = reception.open(PatientRecord(patient), RecordScreen)
    reception.until(lambda: page._page is not None)
    reception.settle()
    return page


def finish(reception: Reception, **values: Any) -> FormDialog:
    """Fill the open dialog and finish it with Ctrl+Enter."""
    dialog = reception.dialog(FormDialog)
    dialog.form.set_values(values)
    reception.key(KEYS.Key_Return, CTRL)
    return dialog


def test_the_timeline_is_filtered_by_kind_and_words(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    assert {r.kind for r in page.timeline._found.rows} == {"registration", "call"}
    page.timeline.list.filter.choose("visits")
    assert page.timeline.table.rows.total == 0
    page.timeline.list.filter.choose("")
    page.timeline.table.show_only(text="letter")
    assert page.timeline.table.rows.total == 1
    page.timeline.table.show_only(text="")
    page.timeline.since.setCurrentIndex(1)
    page.timeline.read()
    reception.settle()
    assert page.timeline.table.rows.total == 2
    assert page.timeline.station.count() == 2, "all stations, and this one"


def test_details_are_completed_and_the_old_value_is_one_key_away(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    reception.key(KEYS.Key_E)
    dialog = reception.dialog(FormDialog)
    assert dialog.form.fields["family"].typed() == "Okonkwo"
    finish(reception, family="Okonkwo-Bello", language="Igbo")
    reception.until(lambda: "Say why" in dialog.form.fields["reason"].error)
    finish(reception, reason="She married")
    reception.until(lambda: "Saved" in reception.toasts())
    reception.until(lambda: page._page is not None and page._page.banner.name.family == "Okonkwo-Bello")
    reception.key(KEYS.Key_3, CTRL)
    reception.until(lambda: page.history.table.rows.total)
    changes = {(v.field, v.before, v.after, v.why) for v in page.history.versions._rows}
    assert ("family", "Okonkwo", "Okonkwo-Bello", "She married") in changes
    banner = reception.window.frame.banner
    reception.until(lambda: banner.amended.isVisible() and banner.amended.words == "Corrected: name")
    page.tabs.choose("timeline")
    banner.amended.click()
    reception.until(lambda: page.tabs.current() == "history")


def test_a_wrong_number_stays_in_its_field_with_the_reason(reception: Reception, amara: UUID) -> None:
    record(reception, amara)
    other = reception.register(**CHIDI)
    reception.do(partial(service_details.add_identifier, patient=other, system="passport", value="A1234567"))
    page = reception.page(RecordScreen)
    page._acts().add_identifier()
    dialog = finish(reception, system={"key": "passport", "words": "Passport"}, value="!!")
    reception.until(lambda: dialog.form.fields["value"].error)
    assert "not a Passport" in dialog.form.fields["value"].error
    finish(reception, value="A1234567")
    reception.until(lambda: dialog.wrong.isVisible())
    assert "already belongs to MRN-" in dialog.wrong.text()
    finish(reception, value="B7654321")
    reception.until(lambda: "Added" in reception.toasts())


def test_a_contact_is_confirmed_corrected_and_ended(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    assert page._page is not None
    (phone,) = page._page.contacts
    page._acts().confirm_contact(phone)
    reception.until(lambda: page._page is not None and page._page.contacts[0].confirmed is not None)
    page._acts().correct_contact(phone)
    finish(reception, value="083 111 2222", reason="New SIM")
    reception.until(lambda: page._page is not None and page._page.contacts[0].shown == "083 111 2222")
    page._acts().end_contact(phone)
    finish(reception, reason="SIM lost")
    reception.until(lambda: page._page is not None and not page._page.contacts)
    page._acts().add_contact()
    finish(reception, kind="email", value="amara@example.org")
    reception.until(lambda: page._page is not None and page._page.contacts)


def test_cover_flags_and_death_are_recorded(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    page._acts().add_cover()
    finish(reception, payer="Riverbend Scheme", patient_share_percent="12,5", copay="80", order="1")
    reception.until(lambda: page._page is not None and page._page.covers)
    assert page._page is not None and page._page.covers[0].copay == 8000
    page._acts().add_flag()
    finish(reception, kind="safety", text="Falls")
    reception.until(lambda: page._page is not None and page._page.flags)
    page._acts().lower_flag(page._page.flags[0])
    finish(reception, reason="Walks safely")
    reception.until(lambda: page._page is not None and not page._page.flags)
    page._acts().end_cover(page._page.covers[0])
    finish(reception, reason="Left the scheme")
    reception.until(lambda: page._page is not None and not page._page.covers)
    reception.key(KEYS.Key_D)
    finish(reception, on="1/11/2026")
    reception.until(lambda: page._page is not None and page._page.banner.name.deceased_on == "2026-11-01")
    reception.key(KEYS.Key_D)
    finish(reception, reason="Another patient's record")
    reception.until(lambda: page._page is not None and page._page.banner.name.deceased_on is None)


def test_a_call_with_a_follow_up_becomes_a_task_that_is_taken_and_finished(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    reception.key(KEYS.Key_L)
    finish(reception, kind="phone", text="Wants her results", follow_up="Call her back", due="+1d")
    reception.until(lambda: "Written down" in reception.toasts())
    reception.key(KEYS.Key_2, CTRL)
    reception.until(lambda: page.tasks.table.rows.total == 1)
    page.tasks.table.select(page.tasks._rows[0].id)
    page.tasks.table.view.setFocus()
    reception.key(KEYS.Key_Return)
    reception.until(lambda: page.tasks._rows[0].status == "in-progress")
    reception.key(KEYS.Key_Return)
    finish(reception, outcome="Told her")
    reception.until(lambda: page.tasks._rows[0].status == "completed")
    assert page.tasks.table.rows.total == 0
    page.tasks.give()
    finish(reception, title="Order a new folder")
    reception.until(lambda: page.tasks.table.rows.total == 1)
    page.tasks.table.select(next(t.id for t in page.tasks._rows if t.status == "requested"))
    page.tasks.call_off()
    finish(reception, reason="Has one")
    reception.until(lambda: page.tasks.table.rows.total == 0)


def test_two_charts_are_joined_with_both_in_sight_and_taken_apart(reception: Reception, amara: UUID) -> None:
    other = reception.register(**{**AMARA, "given": "Amarah", "phone": None})
    page = record(reception, amara)
    reception.key(KEYS.Key_U)
    dialog = reception.dialog(LinkDialog)
    name = reception.ask(partial(queries_people.names, patients=[other]))[other]
    dialog.compare_with(patient_option(name))
    reception.until(lambda: dialog._grid.isVisible())
    finish(reception, survivor="mine", reason="Same passport, registered twice")
    reception.until(lambda: page._page is not None and page._page.joined)
    assert page._page is not None and page._page.banner.old_numbers == (name.mrn,)
    assert reception.ask(partial(queries_people.one_person, patient=other)).survivor == amara
    page._acts().part(page._page.joined[0])
    finish(reception, reason="Mother and daughter")
    reception.until(lambda: page._page is not None and not page._page.joined)


def test_every_control_has_a_name_and_every_section_reads(reception: Reception, amara: UUID) -> None:
    page = record(reception, amara)
    for key in (KEYS.Key_1, KEYS.Key_2, KEYS.Key_3):
        reception.key(key, CTRL)
        assert not unnamed(page)
