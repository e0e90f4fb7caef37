# SPDX-License-Identifier: Apache-2.0
"""The register of controlled medicines: a line with two names for what comes or goes, at the station that keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.inventory import service, service_register
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.inventory.queries_register import entries, keeper
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.security.accounts import Device
from hms_desktop.security.step_up import SecondFactorNeeded
from hms_desktop.storage.owners import OwnerChange
from tests.clinic.meeting import Meeting, change, write
from tests.clinic.scene import AMOXICILLIN, TODAY, Scene, make_scene
from tests.desk import Desk
from tests.factors import signing

SECOND = UUID(int=77)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def morphine(scene: Scene) -> UUID:
    """A medicine under control."""
    return scene.item("morphine", strength="10 mg", schedule="Schedule 6")


def receive(scene: Scene, item: UUID, quantity: int = 30, witness: UUID | None = SECOND) -> Any:
    """A delivery with a second person."""
    expires = TODAY + timedelta(days=300)
    return partial(
        service.receive_stock, item=item, lot="M1", expires=expires, quantity=Decimal(quantity), place=scene.pharmacy,
        witness=witness,
    )  # fmt: skip


def book(desk: Desk, scene: Scene) -> list[Any]:
    """The lines, oldest first."""
    return [(row.kind, row.quantity, row.balance) for row in reversed(desk.ask(partial(entries, place=scene.pharmacy)))]


def keep(desk: Desk) -> None:
    """The register is kept here."""
    desk.do(partial(service_register.keep_register, witness=SECOND))


def test_every_move_is_a_line_with_the_balance_after_it_and_two_names(scene: Scene, morphine: UUID) -> None:
    desk = scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy")
    with pytest.raises(Refused, match="No register of controlled medicines is kept at Pharmacy"):
        desk.do(receive(scene, morphine))
    keep(desk)
    with pytest.raises(BadInput, match="second person"):
        desk.do(receive(scene, morphine, witness=None))
    with pytest.raises(BadInput, match="second person"):
        desk.do(receive(scene, morphine, witness=desk.acting.person.id))
    batch = desk.do(receive(scene, morphine))
    scene.no_allergies()
    prescription = scene.prescription(
        medicine=morphine, display="morphine", ingredient="morphine", classes="", quantity=Decimal(6),
        quantity_unit="tablet",
    )  # fmt: skip
    scene.lend(desk.store.station.device, "prescription", prescription, "6")
    with pytest.raises(BadInput, match="second person"):
        alone = partial(pharmacy.dispense, hand_over=HandOver(prescription, Decimal(6)))
        desk.do(signing(desk, alone, prescription))
    hand_over = partial(pharmacy.dispense, hand_over=HandOver(prescription, Decimal(6), witness=SECOND))
    with pytest.raises(SecondFactorNeeded, match="morphine: a controlled medicine is signed with your second factor"):
        desk.do(hand_over)
    made = desk.do(signing(desk, hand_over, prescription))
    desk.do(partial(pharmacy.reverse, dispense=made, reason="wrong patient", returned_to_stock=True, witness=SECOND))
    at: dict[str, Any] = {"batch": batch, "place": scene.pharmacy, "witness": SECOND}
    desk.do(partial(service.adjust_stock, counted=Decimal(29), reason="count", **at))
    desk.do(partial(service.destroy_stock, quantity=Decimal(4), reason="broken", **at))
    assert book(desk, scene) == [
        ("receipt", 30, 30), ("dispense", -6, 24), ("return", 6, 30), ("count", -1, 29), ("destroy", -4, 25),
    ]  # fmt: skip
    supplied = desk.ask(partial(entries, place=scene.pharmacy))[3]
    assert supplied.patient is not None and supplied.patient.listed.startswith("Okonkwo")
    assert supplied.by == desk.acting.person.name


def test_another_station_is_refused_by_the_name_of_the_keeper_until_it_lets_go(scene: Scene, morphine: UUID) -> None:
    first = scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy")
    other = scene.meeting.desk("Pharmacy 2", "pharmacist", kind="pharmacy")
    keep(first)
    first.do(receive(scene, morphine))
    scene.meeting.meet()
    with pytest.raises(Refused, match="is kept at"):
        other.do(receive(scene, morphine))
    with pytest.raises(Refused, match="is kept at"):
        keep(other)
    with pytest.raises(Refused, match="is kept at"):
        other.do(partial(service_register.release_register, witness=SECOND, reason="x"))
    with pytest.raises(Refused, match="already"):
        keep(first)
    let_go = partial(service_register.release_register, witness=SECOND)
    with pytest.raises(BadInput):
        first.do(partial(let_go, reason=" "))
    first.do(partial(let_go, reason="first floor closes"))
    with pytest.raises(Refused, match="No register"):
        first.do(receive(scene, morphine))
    scene.meeting.meet()
    keep(other)
    scene.meeting.meet()
    other.do(receive(scene, morphine, quantity=5))
    with pytest.raises(Refused, match="is kept at"):
        first.do(receive(scene, morphine))
    assert book(other, scene) == [("receipt", 30, 30), ("receipt", 5, 35)]
    held = first.ask(partial(keeper, place=scene.pharmacy))
    assert held is not None and held.station == other.store.station.device


def test_the_register_of_a_dead_computer_goes_on_at_another_station(scene: Scene, morphine: UUID) -> None:
    first = scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy")
    other = scene.meeting.desk("Pharmacy 2", "pharmacist", kind="pharmacy")
    known = {"author": 2, "signing_public": b"-", "reduced_protection": False}
    dead = first.store.station.device
    scene.meeting.setup(
        write(Device, id=dead, name="Pharmacy 1", site="Main", kind="pharmacy", status="approved", **known)
    )
    keep(first)
    first.do(receive(scene, morphine))
    scene.meeting.meet()
    with pytest.raises(Refused, match="is kept at Pharmacy 1"):
        keep(other)
    scene.meeting.setup(change(Device, dead, status="blocked", **known))
    with pytest.raises(BadInput, match="taken over from Pharmacy 1"):
        keep(other)
    with pytest.raises(BadInput, match="second person"):
        other.do(partial(service_register.keep_register, witness=None, reason="its disk broke"))
    other.do(partial(service_register.keep_register, witness=SECOND, reason="its disk broke"))
    scene.meeting.meet([other])
    other.do(receive(scene, morphine, quantity=5))
    assert book(other, scene) == [("receipt", 30, 30), ("receipt", 5, 35)]
    with pytest.raises(Refused, match="is kept at"):
        first.do(receive(scene, morphine))
    (passed,) = scene.meeting.centre.ask(lambda r: r.rows(select(OwnerChange.__table__)))
    assert (passed.before, passed.after, passed.reason) == (dead, other.store.station.device, "its disk broke")
    assert (passed.by, passed.witness) == (other.acting.person.id, SECOND)


def test_what_is_on_the_shelf_opens_the_register(scene: Scene) -> None:
    desk = scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy")

    values = {**AMOXICILLIN, "schedule": "Schedule 5", "version": 2, "valid_from": TODAY, "item": scene.amoxicillin}
    scene.meeting.setup(write(ItemVersion, **values))
    keep(desk)
    ((kind, quantity, balance),) = book(desk, scene)
    assert kind == "opening" and quantity == balance > 0


def test_a_register_is_kept_at_the_site_of_its_place(scene: Scene) -> None:
    desk = scene.meeting.desk("Pharmacy 1", "pharmacist", kind="pharmacy")
    at = {"name": "Pharmacy", "kind": "pharmacy", "active": True}
    desk.do(change(Place, scene.pharmacy, **at, site="Riverside"))
    with pytest.raises(Refused, match="Pharmacy stands at Riverside: its register is kept there, and not at Main"):
        keep(desk)
    desk.do(change(Place, scene.pharmacy, **at, site=None))
    keep(desk)
