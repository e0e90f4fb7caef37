# SPDX-License-Identifier: Apache-2.0
"""A critical value without a line: it blocks, it is phoned and read back, it escalates, it is counted; nothing is lost.

Inside the site the orderer's inbox has it at once; with the server killed the bench does the rest by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab.model import CriticalCall, LabResult
from hms_desktop.clinic.lab.queries import critical_rows
from hms_desktop.clinic.lab.queries_compliance import CriticalReport
from hms_desktop.core.clock import SystemClock
from hms_desktop.core.dates import show_time
from hms_desktop.storage.records import REGISTRY
from hms_desktop.ui.routes import CriticalCalls, LabWorklist, MyDay
from installer.day import hands
from tests.promises import bench_scene as scene
from tests.promises.places import settled
from tests.promises.seats import Seat, ServedClinic, rows_of, words_of

COLLEAGUE = scene.ENTERS


class LaterClock:
    """The time, so many minutes on: for people who come to a workstation after the line was cut."""

    def __init__(self, minutes: int) -> None:
        self._ahead = minutes * 60_000
        self._real = SystemClock()

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self._real.now_ms() + self._ahead


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """A bench, an office and a server that runs."""
    with scene.bench_and_office(tmp_path, qapp) as made:
        yield made


@pytest.mark.hazard("H11")
@pytest.mark.accepts("LAB-12")
def test_a_critical_value_is_told_escalated_and_counted_without_the_line(clinic: ServedClinic) -> None:
    office = clinic.sit(scene.OFFICE, scene.ORDERER)
    _patient, (order,) = scene.ordered(office, "Okonkwo", ("K",), "urgent")
    other, (second,) = scene.ordered(office, "Naidoo", ("K",))
    _third, (third,) = scene.ordered(office, "Hendricks", ("K",))
    allergy = partial(ehr.record_allergy, category="medication", criticality="high", reaction="Anaphylaxis")
    office.do(lambda unit: allergy(unit, other, "Penicillin", confirmed=True))
    office.in_step()
    bench = scene.at_bench(clinic, scene.ENTERS)
    tubes = [scene.collected(bench, [one]) for one in (order, second, third)]

    scene.types_values(bench, tubes[0], ["7.1"])
    bench.in_step()
    the_orderer_has_it_at_once(office, order)
    the_call_is_read_back(bench.sit_down(), tubes[0], "7.1")
    bench.in_step()
    clinic.server.kill()
    bench.offline()

    scene.types_values(bench, tubes[1], ["1.9"])
    it_blocks_until_it_is_told(bench, tubes[1])
    nobody_is_reached(bench, tubes[1])
    it_stays_in_sight_beside_other_work(bench, tubes[2])
    scene.types_values(bench, tubes[2], ["6.9"])
    clinic.leaves(bench)

    bench = scene.at_bench(clinic, scene.ENTERS, LaterClock(45))
    bench.offline()
    time_ran_out_and_it_escalates(bench, tubes[1])
    the_call_is_read_back(bench, tubes[1], "1.9")
    what_was_told_stays(bench, second)
    the_report_counts_them(bench, second)
    office_learns_of_it(clinic, bench, office, third)


def the_orderer_has_it_at_once(office: Seat, order: UUID) -> None:
    """Before it is released: a line in the inbox, a number on the rail, and by Enter what it is."""
    hands.until(lambda: [row.order for row in office.ask(critical_rows)] == [order], "the orderer has it", 60)
    day = settled(office.sit_down(), MyDay())
    hands.press("E")
    hands.row_of("Okonkwo")
    (row,) = rows_of(day.results)
    assert "Potassium 7.1 mmol/L" in row and "Critical, to be told" in row, row
    hands.press("Return")
    box = scene.dialog()
    assert box.accessibleName() == "Critical: Potassium 7.1 mmol/L"
    assert "read the value back to the laboratory" in words_of(box)
    hands.press("Esc")
    scene.no_dialog(office)


def panel_of(bench: Seat, accession: str) -> Any:
    """The panel of the critical value of a tube, once it stands there."""
    scene.scan(bench, accession)
    detail = bench.window.shown.detail
    hands.until(lambda: detail.call is not None, "the critical value asks for a call")
    return detail.call


def fill_call(bench: Seat) -> None:
    """F4, by telephone, now."""
    hands.press("F4")
    hands.tab_to("How")
    hands.pick("Phone")
    hands.tab_to("Time of call")
    hands.clear_field()
    hands.type_text(show_time(bench.workstation.desk.now().time()))


def the_call_is_read_back(bench: Seat, accession: str, value: str) -> None:
    """A wrong value read back keeps it open; the right one closes it."""
    panel = panel_of(bench, accession)
    fill_call(bench)
    hands.tab_to("Value read back")
    assert panel.read_back.is_empty(), "it is never filled in"
    hands.type_text("17")
    hands.press("Ctrl+Return")
    hands.until(lambda: bool(panel.read_back.error), "the wrong value is told")
    hands.type_text(value)
    hands.press("Ctrl+Return")
    hands.until(lambda: bench.window.shown.detail.call is None, "it is told", 60)


def it_blocks_until_it_is_told(bench: Seat, accession: str) -> None:
    """The banner stands over the values and the next step is the call; nothing else can be the next step."""
    panel = panel_of(bench, accession)
    detail = bench.window.shown.detail
    hands.until(lambda: "NAIDOO, Amara" in bench.window.frame.banner.accessibleName(), "the banner names the patient")
    assert "Penicillin" in words_of(bench.window.frame.banner), "the bench sees allergies, too"
    assert panel.isVisible() and panel.title.text() == "Critical result: Potassium 1.9 mmol/L"
    assert "Release stays off until the value read back matches." in words_of(panel)
    assert detail.step.act == "call"
    assert detail.facts.bench.sheets[0].holds is not None


def nobody_is_reached(bench: Seat, accession: str) -> None:
    """The attempt is on record and the next name is offered with a clock of its own."""
    panel = panel_of(bench, accession)
    first = panel.told.shown()
    fill_call(bench)
    hands.tab_to("Could not reach anyone")
    hands.press("Space")
    hands.until(lambda: len(panel.facts.result.calls) == 1, "the attempt is written down", 60)
    hands.until(lambda: panel.told.shown() != first, "the next name is offered")
    assert f"{first} not reached" in words_of(panel)


def it_stays_in_sight_beside_other_work(bench: Seat, accession: str) -> None:
    """Over another patient's tube a bar names it."""
    scene.scan(bench, accession)
    page = bench.window.shown
    hands.until(lambda: page.room.alarm is not None, "the alarm stands over other work")
    assert "Potassium 1.9 mmol/L, Naidoo, Amara, call by" in page.room.alarm.face.reason


def time_ran_out_and_it_escalates(bench: Seat, accession: str) -> None:
    """The clock says so, and who is on call by the staff directory's sessions comes first, whoever ordered it."""
    panel = panel_of(bench, accession)
    assert panel.clock.face.words.startswith("Call overdue by")
    assert "Call who is on call now: Dr" in panel.text.text()
    assert panel.facts.people[0].on_call and not panel.facts.people[0].tried
    assert panel.told.shown() == panel.facts.people[0].name


def what_was_told_stays(bench: Seat, order: UUID) -> None:
    """Value and calls are facts: whom, when, how, by whom, what was read back; a later version has its own."""
    for record in (LabResult, CriticalCall):
        assert {g.policy.name for g in REGISTRY[record.__tablename__].groups.values()} == {"once"}
    question = select(CriticalCall.__table__).join(LabResult, LabResult.id == CriticalCall.result)
    calls = bench.ask(lambda r: r.rows(question.where(LabResult.order == order).order_by(CriticalCall.k)))
    assert [(c.reached, c.matched, str(c.read_back)) for c in calls] == [
        (False, False, "None"), (True, False, "17"), (True, True, "1.9"),
    ]  # fmt: skip
    assert all(call.told and call.way == "phone" and call.by and call.at for call in calls)


def minutes_to_tell(bench: Seat, order: UUID) -> int:
    """Whole minutes from the value to the call in which it was read back, as both are stored."""
    question = select(LabResult.resulted_at, CriticalCall.at).join(CriticalCall, CriticalCall.result == LabResult.id)
    row = bench.ask(lambda r: r.one(question.where(LabResult.order == order, CriticalCall.matched)))
    return int((row.at - row.resulted_at) / timedelta(minutes=1))


def the_report_counts_them(bench: Seat, second: UUID) -> None:
    """One told in time, one late after three attempts, one that nobody was told of: each with its facts."""
    page = settled(bench, CriticalCalls())
    report: CriticalReport = page.report
    assert (report.owed, report.count("in-time"), report.count("late"), report.count("overdue")) == (3, 1, 1, 1)
    assert (report.target_minutes, report.percent, report.unreached) == (30, 33, 1)
    late = next(row for row in rows_of(page.table) if "Naidoo" in row)
    assert "Told late" in late and "3, 1 reached nobody" in late, late
    assert [row.minutes for row in report.rows if row.state == "late"] == [minutes_to_tell(bench, second)]
    said = words_of(page)
    for words in ("Told within 30 minutes", "1 of 3 (33 %)", "Unresolved", "Attempts that reached nobody"):
        assert words in said, (words, said)
    hands.press("B")
    bench.shows(LabWorklist)


def office_learns_of_it(clinic: ServedClinic, bench: Seat, office: Seat, order: UUID) -> None:
    """Back on the line, the value that nobody was told of is with the orderer and, overdue, with who is on call."""
    clinic.leaves(bench)
    clinic.leaves(office)
    clinic.server.start()
    scene.at_bench(clinic, scene.ENTERS).in_step()
    doctor = clinic.sit(scene.OFFICE, scene.ORDERER)
    hands.until(lambda: [row.order for row in doctor.ask(critical_rows)] == [order], "the orderer has it", 60)
    clinic.leaves(doctor)
    doctor = clinic.sit(scene.OFFICE, COLLEAGUE, LaterClock(45))
    waiting = doctor.ask(critical_rows)
    assert [(row.order, row.overdue) for row in waiting] == [(order, True)]
    assert waiting[0].ordered_by == "Dr Thabo Mbeki"
    assert waiting[0].call_by - waiting[0].at == timedelta(minutes=30)
