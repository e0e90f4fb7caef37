# SPDX-License-Identifier: Apache-2.0
"""The bench in its states: empty, filtered, named for a screen reader, large text, revoked, two benches."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QLineEdit, QPushButton

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab import service
from hms_desktop.ui.lab.entry import Person, read_entry
from hms_desktop.ui.lab.words import age_of_days, age_words, change_words, is_late, limits_words, moment_words
from hms_desktop.ui.routes import LabWorklist
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.states import EmptyState
from hms_desktop.ui.widgets.theme import theme
from tests.clinic.lab.laboratory import Laboratory
from tests.ui.lab.seat import CTRL, Key

Sits = Any


def test_an_empty_bench_says_how_to_begin_and_a_filter_how_to_clear_it(lab: Laboratory, sits: Sits) -> None:
    seat = sits(lab.technologist)
    empty = seat.page.list.table.findChild(EmptyState)
    assert empty.sentence.text() == "Nothing waits at the bench. Scan a sample label to begin."
    assert seat.page.patient is None
    lab.ordered(lab.patient())
    seat.key(Key.Key_F5)
    seat.until(lambda: seat.page.list.table.rows.total == 1)
    seat.page.list.stages.parts_by_stage[""].setFocus()
    for _step in range(5):
        seat.key(Key.Key_Right)
    assert seat.page.list.stages.current == "verify"
    seat.until(lambda: empty.isVisible() and "filter" in empty.sentence.text())
    empty.button.setFocus()
    seat.key(Key.Key_Space)
    seat.until(lambda: seat.page.list.table.rows.total == 1)
    assert seat.page.list.stages.current == ""


def test_stages_count_what_waits(lab: Laboratory, sits: Sits) -> None:
    lab.ordered(lab.patient("Nel"))
    lab.collected(lab.ordered(lab.patient("Smit")))
    order = lab.ordered(lab.patient("Zulu"), "K", "stat")
    lab.entered(lab.received(order), order, K="7.1")
    lab.released(lab.patient("Botha"))
    seat = sits(lab.technologist)
    words = {stage: part.words for stage, part in seat.page.list.stages.parts_by_stage.items()}
    assert words == {
        "": "All 4", "collect": "To collect 1", "receive": "To receive 1", "result": "To result 0",
        "critical": "Critical open 1", "verify": "To verify 0", "release": "To release 0", "done": "Finished 1",
    }  # fmt: skip
    assert seat.page._facts.lines[0].priority == "stat"
    assert seat.page._facts.lines[-1].stage == "done"


def test_everything_that_takes_the_keyboard_has_a_name(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "UE", "stat")
    specimen = lab.received(order)
    lab.entered(specimen, order, K="7.1")
    seat = sits(lab.technologist)
    seat.open(specimen, "critical")
    parts = [*seat.page.findChildren(QLineEdit), *seat.page.findChildren(QPushButton)]
    nameless = [part for part in parts if part.isVisible() and not part.accessibleName()]
    assert not nameless
    potassium = seat.page.detail.grid.lines[1]
    assert potassium.value.accessibleName() == "Potassium 7.1 mmol/L, HH (critically high), reference 3.5 to 5.1"


def test_large_text_puts_the_detail_below_and_cuts_nothing(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    seat = sits(lab.technologist)
    seat.workstation.window.resize(1280, 720)
    theme.use(scale=2.0)
    try:
        seat.until(lambda: seat.page.room.split.stacked)
        seat.open(specimen)
        line = seat.page.detail.grid.lines[4]
        seat.until(lambda: line.value.isVisible())
        line.value.setFocus()
        seat.until(lambda: not line.value.visibleRegion().isEmpty())
        assert line.unit.width() >= line.unit.sizeHint().width()
    finally:
        theme.use(scale=1.0)


def test_a_revoked_order_goes_out_for_a_reason_only(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    made = lab.entered(specimen, order, K="4.2")
    lab.verified(*made)
    lab.do(ehr.revoke_order, order, "Taken twice")
    seat = sits(lab.verifier)
    seat.open(specimen, "revoked")
    assert "The order was cancelled (Taken twice)" in seat.page.detail.head.reason.text()
    seat.finish()
    box = seat.dialog(FormDialog)
    seat.finish()
    assert box.form.fields["reason"].error
    seat.enter("Asked Dr Mbeki")
    seat.alone()
    seat.until(lambda: lab.sheet(order).released == 1)


def test_values_that_changed_after_the_question_are_asked_about_again(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    lab.verified(*lab.entered(specimen, order, K="4.2"))
    seat = sits(lab.verifier)
    seat.open(specimen, "release")
    seat.finish()
    question = seat.dialog(Confirm)
    lab.verified(*lab.entered(specimen, order, K="4.6"))
    question.accept()
    seat.until(lambda: "changed since you were asked" in seat.refused)
    assert lab.sheet(order).released == 0
    seat.until(lambda: "4.6" in seat.page.detail.grid.lines[0].value.accessibleName())
    seat.alone()
    seat.finish()
    seat.dialog(Confirm).accept()
    seat.until(lambda: lab.sheet(order).released == 1)


def test_a_mistake_is_settled_before_anything_is_verified(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    wrong = lab.entered(specimen, order, K="4.9")[0]
    seat = sits(lab.technologist)
    seat.open(specimen, "verify")
    seat.page.detail.grid.take_focus()
    seat.enter("4.2")
    seat.finish()
    seat.until(lambda: seat.page.detail.grid.lines[0].row.id != wrong)
    assert lab.sheet(order).lines[0].older[0].value == Decimal("4.9"), "the first value stays readable"


def test_another_specimen_is_shown_in_the_same_screen(lab: Laboratory, sits: Sits) -> None:
    waiting = lab.patient("Nel")
    lab.ordered(waiting)
    tube = lab.collected(lab.ordered(lab.patient("Smit")))[0]
    seat = sits(lab.technologist)
    seat.workstation.desk.routes.open(LabWorklist(scan=tube.accession))
    seat.shows(tube.specimen, "received")
    seat.workstation.desk.routes.open(LabWorklist(item=waiting))
    seat.until(lambda: seat.page.patient == waiting)
    assert seat.workstation.window.shown is seat.page


def test_a_rejected_specimen_leads_to_a_new_one(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    lab.do(service.reject, specimen, "RC", "", who=lab.technologist)
    seat = sits(lab.technologist)
    seat.open(specimen, "rejected")
    assert seat.page.detail.main.words == "Collect again"
    seat.key(Key.Key_Return, CTRL)
    seat.dialog(FormDialog)
    seat.key(Key.Key_Escape)
    seat.alone()


def test_values_are_read_and_judged_as_they_will_be_kept(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    line = lab.sheet(order).lines[0]
    adult, now = Person(40 * 365, "female"), lab.later()
    found = read_entry(line, "7,14", adult, now)
    assert (found.value, found.flag, found.critical, found.note) == (Decimal("7.1"), "HH", True, "Kept as 7.1")
    assert read_entry(line, "", adult, now).value is None
    assert "can be read two ways" in read_entry(line, "1,234", adult, now).error
    answered = lab.sheet(lab.ordered(lab.patient("Nel"), "MALS")).lines[0]
    first = answered.test.answers[0][0]
    assert read_entry(answered, first.upper(), adult, now).value == first
    assert read_entry(answered, "maybe", adult, now).error.startswith("Malaria smear: choose one of")


def test_words_of_ages_and_changes(lab: Laboratory) -> None:
    now = lab.later()
    later = lab.later(minutes=64)
    assert age_words(now, later) == "1 h 04"
    assert age_words(now, lab.later(minutes=3 * 24 * 60)) == "3 days"
    assert is_late("stat", "result", now, later)
    assert not is_late("routine", "result", now, later)
    assert not is_late("stat", "done", now, later)
    assert [change_words(v) for v in (Decimal("2.2"), Decimal(-8), Decimal(0), None)] == ["+2.2", "−8", "0", ""]
    assert [limits_words(*pair) for pair in ((Decimal("3.5"), None), (None, Decimal(5)), (None, None))] == [
        "3.5 or more", "up to 5", "",
    ]  # fmt: skip
    assert moment_words(now, later) == "07:00" and moment_words(now, now + timedelta(days=1)) == "23-Nov-2026 07:00"
    assert [age_of_days(d) for d in (24_220, 400, 12, None)] == ["66 y", "13 months", "12 days", ""]
