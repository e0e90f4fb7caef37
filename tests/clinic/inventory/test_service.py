# SPDX-License-Identifier: Apache-2.0
"""Stock is what its moves say, whatever the kind; nothing leaves that is not there; a wrong balance becomes a task."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from hms_desktop.clinic.inventory import queries, service, service_check
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.service import NewItem
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.storage import rows as stored
from sync_server.nightly import run_if_due
from tests.clinic.meeting import change, write
from tests.clinic.scene import GTIN, TODAY, Scene
from tests.desk import Desk


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """The stock room."""
    return scene.meeting.desk("Stock room", "pharmacist")


def held(desk: Desk, batch: UUID, place: UUID) -> Decimal:
    """What is at a place of a batch."""
    return desk.ask(partial(queries.on_hand, batch=batch, place=place))


def test_every_kind_of_move_counts_and_the_ledger_shows_the_balance_after_each(scene: Scene, desk: Desk) -> None:
    store = scene.meeting.setup(write(Place, name="Store", kind="store", active=True))
    here: dict[str, Any] = {"batch": scene.late, "place": scene.pharmacy}
    desk.do(partial(service.issue_stock, **here, quantity=Decimal(4), reason="room 1"))
    desk.do(partial(service.return_stock, **here, quantity=Decimal(1), reason="room 1"))
    desk.do(partial(service.adjust_stock, **here, counted=Decimal(95), reason="count"))
    desk.do(partial(service.adjust_stock, **here, counted=Decimal(94), reason="lost", note="fell"))
    desk.do(partial(service.destroy_stock, **here, quantity=Decimal(4), reason="wet"))
    desk.do(
        partial(service.transfer_stock, batch=scene.late, origin=scene.pharmacy, target=store, quantity=Decimal(30))
    )
    packed = desk.do(partial(service.repack, **here, quantity=Decimal(20), lot="OWN-1"))
    assert held(desk, scene.late, scene.pharmacy) == 40 and held(desk, scene.late, store) == 30
    assert held(desk, packed, scene.pharmacy) == 20
    desk.do(change(Batch, scene.early, expires=TODAY - timedelta(1)))
    expired = partial(service.write_off_expired, batch=scene.early, place=scene.pharmacy)
    with pytest.raises(Refused, match="10 of batch AM01 by now, and 9 when you were asked"):
        desk.do(partial(expired, seen=Decimal(9)))
    desk.do(partial(expired, seen=Decimal(10)))
    assert held(desk, scene.early, scene.pharmacy) == 0
    lines = desk.ask(partial(queries.ledger, batch=scene.late))
    assert [line.kind for line in lines] == [
        "receipt", "issue", "return", "count", "adjust", "destroy", "transfer", "transfer", "repack",
    ]  # fmt: skip
    assert [line.balance for line in lines][-1] == 70 and lines[4].reason == "lost: fell"
    assert desk.ask(service_check.mismatches) == []


def test_what_is_not_there_can_not_leave(scene: Scene, desk: Desk) -> None:
    here: dict[str, Any] = {"batch": scene.early, "place": scene.pharmacy}
    for act in (
        partial(service.issue_stock, **here, quantity=Decimal(11), reason="x"),
        partial(service.destroy_stock, **here, quantity=Decimal(11), reason="x"),
        partial(service.repack, **here, quantity=Decimal(11), lot="X"),
        partial(service.transfer_stock, batch=scene.early, origin=scene.pharmacy, target=UUID(int=3),
                quantity=Decimal(11)),
    ):  # fmt: skip
        with pytest.raises(Refused, match="Batch AM01 has 10 capsules to take here"):
            desk.do(act)
    with pytest.raises(Refused, match="good until 31-Dec-2026"):
        desk.do(partial(service.write_off_expired, **here))
    with pytest.raises(Refused, match="nothing to adjust"):
        desk.do(partial(service.adjust_stock, **here, counted=Decimal(10), reason="count"))


def test_what_makes_no_sense_is_named(scene: Scene, desk: Desk) -> None:
    here: dict[str, Any] = {"batch": scene.early, "place": scene.pharmacy}
    receive = partial(service.receive_stock, item=scene.amoxicillin, place=scene.pharmacy, quantity=Decimal(1))
    for act, told in (
        (partial(service.adjust_stock, **here, counted=Decimal(-1), reason="count"), "below zero"),
        (partial(service.adjust_stock, **here, counted=Decimal(1), reason="because"), "Pick why"),
        (partial(service.issue_stock, **here, quantity=Decimal(0), reason="x"), "above zero"),
        (partial(service.destroy_stock, **here, quantity=Decimal(1), reason=" "), "why"),
        (partial(service.repack, **here, quantity=Decimal(1), lot="AM01"), "of their own"),
        (partial(receive, lot=" ", expires=TODAY), "lot number"),
    ):
        with pytest.raises(BadInput, match=told):
            desk.do(act)
    with pytest.raises(BadInput, match="another place"):
        desk.do(partial(service.transfer_stock, batch=scene.early, origin=scene.pharmacy, target=scene.pharmacy,
                        quantity=Decimal(1)))  # fmt: skip
    with pytest.raises(Refused, match="already expired"):
        desk.do(partial(receive, lot="Z", expires=TODAY - timedelta(1)))
    with pytest.raises(Refused, match="recorded with expiry"):
        desk.do(partial(receive, lot="AM01", expires=TODAY))


def test_an_item_is_named_and_numbered_right(scene: Scene, desk: Desk) -> None:
    new = NewItem("PAR", "paracetamol", "tablet", "500 mg", "tablet", "paracetamol", "")
    made = desk.do(partial(service.add_item, new=new))
    assert [i.id for i in desk.ask(partial(queries.find_items, typed="parac"))] == [made]
    assert desk.ask(partial(queries.find_by_gtin, gtin=GTIN)).id == scene.amoxicillin  # type: ignore[union-attr]
    with pytest.raises(BadInput, match="check digit"):
        desk.do(partial(service.add_item, new=NewItem("X", "x", "t", "1", "t", "x", "", gtin="123")))
    with pytest.raises(BadInput, match="code, a name"):
        desk.do(partial(service.add_item, new=NewItem("", "x", "t", "1", "t", "x", "")))


def test_a_station_without_a_place_of_its_own_says_how_to_get_one(scene: Scene, desk: Desk) -> None:
    assert desk.ask(queries.own_place) == scene.pharmacy
    other = scene.meeting.setup(write(Place, name="Second counter", kind="pharmacy", active=True))
    with pytest.raises(Refused, match="Stock room has no stock place"):
        desk.ask(queries.own_place)
    scene.setting(queries.STOCK_PLACE, {"Stock room": other.hex})
    assert desk.ask(queries.own_place) == other


def test_a_row_changed_behind_the_programs_back_becomes_a_task_once_a_day(scene: Scene, desk: Desk) -> None:
    with desk.store.writing() as connection, stored.gate_open(connection):
        connection.execute(
            text("UPDATE stock_move SET quantity = '7' WHERE batch = :batch"), {"batch": scene.early.bytes}
        )
    (wrong,) = desk.ask(service_check.mismatches)
    assert (wrong.said, wrong.rebuilt) == (Decimal(7), Decimal(10))
    for _night in range(2):
        desk.do(service_check.check_stock)
    (task,) = desk.ask(lambda r: r.rows(select(Task.__table__)))
    assert task.role == "pharmacist" and "AM01 at Pharmacy shows 7, its moves say 10" in task.title
    assert held(desk, scene.early, scene.pharmacy) == 7, "never a silent fix"
    assert run_if_due(scene.meeting.centre.store, scene.meeting.centre.acting)
    assert not run_if_due(scene.meeting.centre.store, scene.meeting.centre.acting), "once a day"
    assert desk.ask(lambda r: len(r.rows(select(Task.__table__)))) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["issue", "return", "count", "destroy"]), st.integers(1, 60)), max_size=10))
def test_the_balance_is_the_sum_of_the_moves_and_never_below_zero(
    scene: Scene, desk: Desk, steps: list[tuple[str, int]]
) -> None:
    here: dict[str, Any] = {"batch": scene.late, "place": scene.pharmacy}
    acts: dict[str, Any] = {
        "issue": partial(service.issue_stock, **here, reason="x"),
        "return": partial(service.return_stock, **here, reason="x"),
        "destroy": partial(service.destroy_stock, **here, reason="x"),
    }
    for kind, amount in steps:
        count = partial(service.adjust_stock, **here, counted=Decimal(amount), reason="count")
        try:
            desk.do(count if kind == "count" else partial(acts[kind], quantity=Decimal(amount)))
        except Refused:
            continue
        assert held(desk, scene.late, scene.pharmacy) >= 0
    moves = desk.ask(lambda r: r.rows(select(StockMove.quantity).where(StockMove.batch == scene.late)))
    assert held(desk, scene.late, scene.pharmacy) == sum((m.quantity for m in moves), Decimal(0))
