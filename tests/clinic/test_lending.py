# SPDX-License-Identifier: Apache-2.0
"""What there is to lend, and what a workstation asks for: its share of the slots, its shelf, its open prescriptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic import lending
from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.queries_slots import leasable_on
from hms_desktop.clinic.inventory.service import change_batch_state
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Device
from hms_desktop.storage.leases import Lease, LeaseSpend
from hms_desktop.storage.unit import Unit
from sync_server.sync_api import lending as at_server
from tests.clinic.meeting import write
from tests.clinic.scene import TODAY, Scene
from tests.desk import Desk

T = TypeVar("T")


def available(scene: Scene, kind: str, subject: UUID) -> Decimal:
    """What the centre could lend in all."""
    return scene.meeting.centre.ask(partial(lending.amount_available, kind=kind, subject=subject))


def at_centre(scene: Scene, act: Callable[[Unit], T]) -> T:
    """What the server does when it is asked to lend."""

    def lends(unit: Unit) -> T:
        unit.action = "sync.lend"
        return act(unit)

    return scene.meeting.centre.do(lends)


def enrol(scene: Scene, desk: Desk) -> None:
    """Tell everybody of a workstation."""
    station = desk.store.station
    scene.meeting.setup(
        write(
            Device,
            id=station.device,
            author=station.author,
            name=station.name,
            site=station.site,
            kind=station.kind,
            signing_public=b"-",
            status="approved",
            reduced_protection=False,
        )
    )


def test_a_slot_is_lendable_until_a_firm_booking_holds_it(scene: Scene) -> None:
    desk = scene.meeting.desk("Desk", "receptionist")
    slot = next(s for s in scene.meeting.centre.ask(partial(leasable_on, day=TODAY)) if s.starts.hour == 8)
    assert available(scene, "slot", slot.slot) == 1
    scene.lend(desk.store.station.device, "slot", slot.slot, "1")
    desk.do(partial(bookings.book, patient=scene.patient, session=scene.session, starts=slot.starts))
    scene.meeting.meet()
    assert available(scene, "slot", slot.slot) == 0
    assert available(scene, "slot", uuid4()) == available(scene, "moon", uuid4()) == 0


def test_stock_and_remainders_are_lendable_as_far_as_they_are_there(scene: Scene) -> None:
    desk = scene.meeting.desk("Pharmacy", "pharmacist")
    scene.no_allergies()
    prescription = scene.prescription()
    assert available(scene, "stock", scene.stock_of(scene.early)) == 10
    assert available(scene, "prescription", prescription) == 21
    asked = HandOver(prescription, Decimal(4), override_reason="no lease yet")
    desk.do(partial(pharmacy.dispense, hand_over=asked))
    desk.do(partial(change_batch_state, batch=scene.late, state="on-hold", reason="look at it"))
    scene.meeting.meet()
    assert available(scene, "stock", scene.stock_of(scene.early)) == 6
    assert available(scene, "stock", scene.stock_of(scene.late)) == 0
    assert available(scene, "prescription", prescription) == 17
    assert available(scene, "prescription", uuid4()) == 0


def test_desks_of_a_site_share_the_slots_between_them(scene: Scene) -> None:
    desks = [scene.meeting.desk(name, "receptionist", kind="front_desk") for name in ("A", "B", "C")]
    for desk in desks:
        enrol(scene, desk)
    asked = [{subject for kind, subject, _amount in desk.ask(lending.wanted) if kind == "slot"} for desk in desks]
    coming = [s for n in range(7) for s in scene.meeting.centre.ask(partial(leasable_on, day=TODAY + timedelta(n)))]
    future = {s.slot for s in coming if s.starts.timestamp() * 1000 > scene.meeting.clock.ms}
    assert asked[0] | asked[1] | asked[2] == future
    assert not asked[0] & asked[1] and not asked[1] & asked[2] and not asked[0] & asked[2]


def test_a_pharmacy_asks_for_its_shelf_and_open_rests_but_not_for_what_it_has(scene: Scene) -> None:
    desk = scene.meeting.desk("Pharmacy", "pharmacist", kind="pharmacy")
    prescription = scene.prescription()
    first = {(kind, subject): amount for kind, subject, amount in desk.ask(lending.wanted)}
    assert first == {
        ("prescription", prescription): 21,
        ("stock", scene.stock_of(scene.early)): 10,
        ("stock", scene.stock_of(scene.late)): 100,
    }
    scene.lend(desk.store.station.device, "prescription", prescription, "15")
    scene.lend(desk.store.station.device, "stock", scene.stock_of(scene.early), "10")
    again = {(kind, subject): amount for kind, subject, amount in desk.ask(lending.wanted)}
    assert again == {("prescription", prescription): 6, ("stock", scene.stock_of(scene.late)): 100}


def test_two_counters_at_one_shelf_ask_for_half_of_it_each(scene: Scene) -> None:
    counters = [scene.meeting.desk(name, "pharmacist", kind="pharmacy") for name in ("Counter 1", "Counter 2")]
    for desk in counters:
        enrol(scene, desk)
    for desk in counters:
        asked = {subject: amount for kind, subject, amount in desk.ask(lending.wanted) if kind == "stock"}
        assert asked == {scene.stock_of(scene.early): 5, scene.stock_of(scene.late): 50}


def test_who_was_alone_gives_a_neighbour_its_share_once_it_is_known(scene: Scene) -> None:
    first = scene.meeting.desk("Counter 1", "pharmacist", "receptionist")
    enrol(scene, first)
    asked = first.ask(lending.wanted)
    for kind, subject, amount in asked:
        scene.lend(first.store.station.device, kind, subject, str(amount))
    slots = [subject for kind, subject, _amount in asked if kind == "slot"]
    assert slots and first.ask(lending.wanted) == [] and first.do(lending.share) == 0
    second = scene.meeting.desk("Counter 2", "pharmacist", "receptionist")
    early, late = scene.stock_of(scene.early), scene.stock_of(scene.late)
    assert {w for w in second.ask(lending.wanted) if w[0] == "stock"} >= {("stock", early, Decimal(10))}
    enrol(scene, second)
    given = first.do(lending.share)
    assert first.do(lending.share) == 0, "once"
    left = partial(lambda unit, kind, subject: unit.lease_left(kind, subject))
    assert first.do(partial(left, kind="stock", subject=early)) == 5
    assert first.do(partial(left, kind="stock", subject=late)) == 50
    kept = {slot for slot in slots if first.do(partial(left, kind="slot", subject=slot))}
    theirs = {subject for kind, subject, _amount in second.ask(lending.wanted) if kind == "slot"}
    assert kept and theirs and kept | theirs == set(slots) and not kept & theirs
    assert given == 2 + len(theirs)
    assert first.ask(lending.wanted) == [], "its share is enough for it"
    spent = first.ask(lambda reader: reader.rows(select(LeaseSpend.id)))
    scene.meeting.meet()
    assert second.ask(partial(lending.shared, records=[row.id for row in spent]))
    assert not second.ask(partial(lending.shared, records=[uuid4()]))


def test_a_room_asks_for_nothing(scene: Scene) -> None:
    assert scene.meeting.desk("Room", "doctor", kind="doctor").ask(lending.wanted) == []


def test_what_another_station_calls_for_is_given_back_as_far_as_it_was_not_used(scene: Scene) -> None:
    first, second = (scene.meeting.desk(name, "pharmacist") for name in ("One", "Two"))
    scene.no_allergies()
    prescription = scene.prescription()
    scene.lend(first.store.station.device, "prescription", prescription, "21")
    first.do(partial(pharmacy.dispense, hand_over=HandOver(prescription, Decimal(4))))
    scene.meeting.meet()
    assert first.do(lending.give_back) == 0, "nobody called"
    second.do(partial(pharmacy.call_for_rest, patient=scene.patient, prescription=prescription))
    assert second.ask(lending.called) and second.do(lending.give_back) == 0
    scene.meeting.meet()
    assert first.do(lending.give_back) == 1 and first.do(lending.give_back) == 0
    assert first.do(lambda unit: unit.lease_left("prescription", prescription)) == 0
    mine = [("prescription", prescription, Decimal(17))]
    assert mine == [w for w in second.ask(lending.wanted) if w[0] == "prescription"]
    assert not [w for w in first.ask(lending.wanted) if w[0] == "prescription"], "the last call counts"
    scene.meeting.pass_minutes(6)
    assert not second.ask(lending.called)
    assert mine == [w for w in first.ask(lending.wanted) if w[0] == "prescription"]


def test_what_is_lent_goes_on_until_another_station_calls_for_it(scene: Scene) -> None:
    first, second = (scene.meeting.desk(name, "pharmacist") for name in ("One", "Two"))
    scene.no_allergies()
    prescription = scene.prescription()
    here = first.store.station
    ask = {"device": here.device, "author": here.author, "lendable": lending.amount_available}
    wanted = [("prescription", prescription.bytes, "21")]
    assert at_centre(scene, partial(at_server.lend, wanted=wanted, **ask)) == [Decimal(21)]
    scene.meeting.meet()
    first.do(partial(pharmacy.dispense, hand_over=HandOver(prescription, Decimal(4))))
    scene.meeting.meet()
    assert at_centre(scene, partial(at_server.renew, **ask)) == 0, "it lasts long enough"
    for _night in range(2):
        scene.meeting.pass_minutes(7 * 60)
        assert at_centre(scene, partial(at_server.renew, **ask)) == 17
        scene.meeting.meet()
        assert first.do(lambda unit: unit.lease_left("prescription", prescription)) == 17
        assert scene.meeting.centre.ask(partial(at_server.lent, kind="prescription", subject=prescription)) == 17
    assert len(first.ask(lambda reader: reader.rows(select(Lease.id)))) == 1, "one lease: nothing is lent twice"
    scene.meeting.pass_minutes(7 * 60)
    assert at_centre(scene, partial(at_server.lend, wanted=wanted, **ask)) == [Decimal(17)]
    second.do(partial(pharmacy.call_for_rest, patient=scene.patient, prescription=prescription))
    scene.meeting.meet()
    scene.meeting.pass_minutes(7 * 60)
    assert at_centre(scene, partial(at_server.renew, **ask)) == 0
    scene.meeting.pass_minutes(6 * 60)
    theirs = second.store.station
    other = {**ask, "device": theirs.device, "author": theirs.author}
    assert at_centre(scene, partial(at_server.lend, wanted=wanted, **other)) == [Decimal(17)], "it lapsed"
    assert at_centre(scene, partial(at_server.lend, wanted=wanted, **ask)) == [Decimal(0)]


def test_what_is_no_longer_there_is_not_kept(scene: Scene) -> None:
    desk = scene.meeting.desk("One", "pharmacist")
    ask = {"device": desk.store.station.device, "author": desk.store.station.author}
    early = scene.stock_of(scene.early)
    wanted = [("stock", early.bytes, "5")]
    at_centre(scene, partial(at_server.lend, wanted=wanted, lendable=lending.amount_available, **ask))
    scene.meeting.pass_minutes(7 * 60)
    assert at_centre(scene, partial(at_server.renew, lendable=lambda *_thing: Decimal(4), **ask)) == 0
    assert at_centre(scene, partial(at_server.renew, lendable=lending.amount_available, **ask)) == 5
    with pytest.raises(BadInput, match="is not a number"):
        wrong = [("stock", early.bytes, "much")]
        at_centre(scene, partial(at_server.lend, wanted=wrong, lendable=lending.amount_available, **ask))


def test_a_call_that_comes_late_takes_nothing_away(scene: Scene) -> None:
    first, second = (scene.meeting.desk(name, "pharmacist") for name in ("One", "Two"))
    prescription = scene.prescription()
    scene.lend(first.store.station.device, "prescription", prescription, "21")
    second.do(partial(pharmacy.call_for_rest, patient=scene.patient, prescription=prescription))
    scene.meeting.pass_minutes(6)
    scene.meeting.meet()
    assert first.do(lending.give_back) == 0
    assert first.do(lambda unit: unit.lease_left("prescription", prescription)) == 21
