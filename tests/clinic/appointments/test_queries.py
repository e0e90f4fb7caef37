# SPDX-License-Identifier: Apache-2.0
"""The day as screens show it, free slots, and what may be lent."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from hms_desktop.clinic.appointments import queries, queries_slots, service
from tests.clinic.appointments.clinic_day import MONDAY, ClinicDay


def test_the_day_in_strips_and_rows(clinic: ClinicDay) -> None:
    first, second = clinic.book(clinic.amara, "09:30"), clinic.book(clinic.adaeze, "10:00")
    third = clinic.book(clinic.chidi, "11:30")
    clinic.desk.do(partial(service.check_in, appointment=first, second_identifier="14/3/1979"))
    clinic.desk.do(partial(service.cancel, appointment=third, reason="Ill"))
    day = clinic.desk.ask(queries.day)
    assert [(r.id, r.clock, r.patient.listed) for r in day.rows] == [
        (first, "09:30", "Okonkwo, Amara"),
        (second, "10:00", "Okonkwo, Adaeze"),
    ]
    assert [r.confusable for r in day.rows] == [True, True]
    (strip,) = day.strips
    assert (strip.clinician, strip.service, strip.free) == ("Dr T. Mbeki", "General practice", 3)
    assert [(b.slot.time.clock, b.state, b.label) for b in strip.blocks] == [
        ("08:00", "over", ""),
        ("08:30", "over", ""),
        ("09:00", "free", ""),
        ("09:30", "here", "Okonkwo"),
        ("10:00", "provisional", "Okonkwo"),
        ("10:30", "free", ""),
        ("11:00", "free", ""),
        ("11:30", "free", ""),
    ]
    assert third in {r.id for r in clinic.desk.ask(partial(queries.day, cancelled=True)).rows}
    assert clinic.desk.ask(partial(queries.day, on=date(2026, 11, 24))) == queries.Day(date(2026, 11, 24), (), ())


def test_blocks_show_who_was_seen_and_who_did_not_come(clinic: ClinicDay) -> None:
    first, _second = clinic.book(clinic.chidi, "09:30"), clinic.book(clinic.amara, "10:00")
    clinic.desk.do(partial(service.check_in, appointment=first))
    clinic.desk.do(partial(service.fulfil, appointment=first))
    clinic.later(100)
    (strip,) = clinic.desk.ask(queries.day).strips
    states = {b.slot.time.clock: b.state for b in strip.blocks}
    assert (states["09:30"], states["10:00"], states["10:30"]) == ("over", "provisional", "free")


def test_free_slots_go_on_over_days_and_skip_what_is_taken(clinic: ClinicDay) -> None:
    clinic.book(clinic.chidi, "09:30")
    found = clinic.desk.ask(partial(queries_slots.free_slots, practitioner=clinic.doctor, limit=6))
    clocks = [(s.time.starts.astimezone(clinic.at("09:00").tzinfo).date(), s.time.clock) for s in found]
    assert clocks[:4] == [(MONDAY, t) for t in ("10:00", "10:30", "11:00", "11:30")]
    assert clocks[4:] == [(MONDAY + timedelta(days=7), t) for t in ("08:00", "08:30")]
    nobody = clinic.desk.store.ids.new()
    assert clinic.desk.ask(partial(queries_slots.free_slots, practitioner=nobody)) == ()
    assert len(clinic.desk.ask(partial(queries_slots.free_slots, service="General practice", limit=2))) == 2


def test_what_may_be_lent_counts_only_what_is_promised(clinic: ClinicDay) -> None:
    slots = {s.time.clock: s.id for s in clinic.desk.ask(partial(queries_slots.slots_on, day=MONDAY))}
    clinic.book(clinic.chidi, "09:30")
    clinic.lend(slots["10:00"])
    clinic.book(clinic.amara, "10:00")
    lendable = {x.slot: (x.capacity, x.used) for x in clinic.desk.ask(partial(queries_slots.leasable_on, day=MONDAY))}
    assert lendable[slots["09:30"]] == (1, 0) and lendable[slots["10:00"]] == (1, 1)
    one = clinic.desk.ask(partial(queries_slots.leasable, slot=slots["10:00"]))
    assert one is not None and (one.session, one.starts, one.used) == (clinic.session, clinic.at("10:00"), 1)
    assert clinic.desk.ask(partial(queries_slots.leasable, slot=clinic.room, days=8)) is None
