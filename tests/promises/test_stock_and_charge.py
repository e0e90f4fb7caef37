# SPDX-License-Identifier: Apache-2.0
"""What is supplied is charged and leaves the shelf in one step, and back; at night the shelf is what its moves say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select, text

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.ehr.model import NoKnownAllergy, Prescription
from hms_desktop.clinic.inventory import service as inventory
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.pharmacy.model import Dispense, DispenseVoid
from hms_desktop.clinic.staff.model import Place
from hms_desktop.storage import rows as stored
from hms_desktop.ui.routes import StockList
from installer.day import hands
from tests.clinic.meeting import change, medicine, write
from tests.clinic.scene import AMOXICILLIN
from tests.promises.forms import asked, finish
from tests.promises.nights import a_night_passes
from tests.promises.seats import Seat, ServedClinic, served, words_of
from tests.promises.test_counter import hand_over, opened

FREE = {**AMOXICILLIN, "code": "RIF", "display": "rifampicin", "ingredient": "rifampicin", "classes": "",
        "gtin": None, "programme": "TB programme"}  # fmt: skip
KINDS = {"receipt", "dispense", "count", "transfer", "issue", "destroy", "return", "adjust", "repack", "expire"}


class Shelf:
    """One workstation over one shelf, a served clinic, and a patient who is to get two medicines."""

    def __init__(self, clinic: ServedClinic) -> None:
        self.clinic = clinic
        self.place = clinic.setup(write(Place, name="Pharmacy", kind="pharmacy", active=True))
        clinic.setup(write(Place, name="Store", kind="store", active=True))
        self.paid, self.free = (clinic.setup(medicine(**about)) for about in (AMOXICILLIN, FREE))
        price = partial(billing.set_price, code="MED-AMOX", display="Amoxicillin", amount=150)
        clinic.setup(partial(price, valid_from=date(2020, 1, 1)))
        for item, lot, days, count in (
            (self.paid, "AM01", 40, 10),
            (self.free, "R1", 90, 40),
            (self.paid, "OLD", 0, 3),
        ):
            receive = partial(inventory.receive_stock, item=item, lot=lot, expires=self.today + timedelta(days))
            self.old = clinic.setup(partial(receive, quantity=Decimal(count), place=self.place))
        clinic.setup(change(Batch, self.old, expires=self.today - timedelta(1)))
        amara = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
        self.patient = clinic.setup(partial(register, written=amara))
        clinic.setup(write(NoKnownAllergy, patient=self.patient, at=clinic.at_server(lambda r: r.now), by=None))
        self.charged, self.uncharged = (
            self._prescribe(self.paid, "amoxicillin"),
            self._prescribe(self.free, "rifampicin"),
        )

    @property
    def today(self) -> date:
        """The clinic's day."""
        return self.clinic.at_server(lambda reader: reader.now.astimezone(reader.clinic.zone).date())

    def _prescribe(self, item: UUID, name: str) -> UUID:
        facts = {
            "patient": self.patient, "medicine": item, "display": name, "ingredient": name, "form": "capsule",
            "classes": "", "written": self.clinic.at_server(lambda reader: reader.now), "requester": None,
            "dose": Decimal(500), "dose_unit": "mg", "route": "oral", "frequency": "three",
            "times_per_day": Decimal(3), "days": 7, "quantity": Decimal(21), "quantity_unit": "capsule", "prn": False,
            "status": "active",
        }  # fmt: skip
        return self.clinic.setup(write(Prescription, **facts))


@pytest.fixture
def shelf(tmp_path: Path, qapp: QApplication) -> Iterator[Shelf]:
    """The clinic is served, and there is one workstation."""
    with served(tmp_path, qapp) as clinic:
        clinic.person("naledi", "pharmacist", "cashier")
        made = Shelf(clinic)
        clinic.server.start()
        clinic.station("Pharmacy 1", "all", "naledi")
        yield made


def rows(seat: Seat, record: Any) -> list[Any]:
    """All rows of a table here, the oldest first."""
    return seat.ask(lambda r: r.rows(select(record.__table__).order_by(record.__table__.c.rid)))


def held(seat: Seat, batch: UUID, place: UUID) -> Decimal:
    """What is at a place of a batch."""
    return seat.ask(partial(on_hand, batch=batch, place=place))


@pytest.mark.accepts("PHA-20")
@pytest.mark.accepts("INV-01")
def test_supply_charge_and_shelf_are_one_and_a_wrong_balance_becomes_a_task(shelf: Shelf) -> None:
    seat = shelf.clinic.sit("Pharmacy 1", "naledi")
    seat.in_step()
    batch = receives(seat)
    supplied_and_taken_back(seat, shelf)
    a_programme_pays(seat, shelf)
    every_other_move(seat, batch)
    an_expired_batch_goes(seat, shelf)
    assert {row.kind for row in rows(seat, StockMove)} >= KINDS
    the_ledger_tells_all(seat, batch, held(seat, batch, shelf.place))
    seat.in_step()
    the_night_tells_and_mends_nothing(seat, shelf, batch)


def receives(seat: Seat) -> UUID:
    """A delivery, typed into the stock room; returns the batch."""
    page = seat.goes_to(StockList())
    hands.until(lambda: len(page._rows()) == 3, "the shelf is shown")
    hands.to_list("Stock, batches")
    hands.press("R")
    asked("Receive at Pharmacy")
    hands.press("Ctrl+A")
    hands.pick("amoxicillin")
    for name, words in (("Lot", "AM02"), ("Expires", "+6m"), ("Quantity", "100")):
        hands.tab_to(name)
        hands.type_text(words)
    finish(seat)
    hands.until(lambda: len(page._rows()) == 4, "the delivery is on the shelf")
    return next(UUID(bytes=row.id.bytes) for row in rows(seat, Batch) if row.lot == "AM02")


def supplies(seat: Seat, prescription: UUID) -> None:
    """Pick by eye and hand over at the counter."""
    page = opened(seat, prescription)
    lines = page.pane.lines.rows
    if not any(row.prescription == prescription and row.hasFocus() for row in lines):
        hands.press("Down")
    hands.until(lambda: any(r.prescription == prescription and r.hasFocus() for r in lines), "its line is current")
    hands.press("P")
    hands.until(lambda: prescription in page.prepared, "it is picked")
    before = len(rows(seat, Dispense))
    hand_over(seat)
    hands.until(lambda: len(rows(seat, Dispense)) == before + 1, "it is handed over")


def supplied_and_taken_back(seat: Seat, shelf: Shelf) -> None:
    """One commit has hand-over, charge and moves of both batches; one commit takes all of it back; then once more."""
    before = {row.id: held(seat, row.id, shelf.place) for row in rows(seat, Batch)}
    supplies(seat, shelf.charged)
    (dispense,), (charge,) = rows(seat, Dispense), rows(seat, Charge)
    moves = [move for move in rows(seat, StockMove) if move.source == dispense.id]
    assert (charge.source, charge.quantity) == (dispense.id, Decimal(21))
    assert sorted(move.quantity for move in moves) == [Decimal(-11), Decimal(-10)]
    assert {dispense.k, charge.k, *(move.k for move in moves)} == {dispense.k}, "one change set"
    page = opened(seat, shelf.charged)
    hands.until(lambda: page.pane.lines.rows[0].chip.words == "Collected", "so says the line")
    hands.press("B")
    asked("back")
    hands.press("Space")
    hands.tab()
    hands.type_text("wrong patient")
    finish(seat)
    hands.until(lambda: len(rows(seat, DispenseVoid)) == 1, "it is taken back")
    (void,), (off,) = rows(seat, DispenseVoid), rows(seat, ChargeVoid)
    back = [move for move in rows(seat, StockMove) if move.k == void.k]
    assert off.charge == charge.id and off.k == void.k, "one change set"
    assert sum(move.quantity for move in back) == Decimal(21)
    assert {batch: held(seat, batch, shelf.place) for batch in before} == before
    supplies(seat, shelf.charged)


def a_programme_pays(seat: Seat, shelf: Shelf) -> None:
    """A programme's medicine leaves the shelf and is counted, and nobody is charged."""
    charges = len(rows(seat, Charge))
    supplies(seat, shelf.uncharged)
    assert len(rows(seat, Charge)) == charges
    assert sum(move.quantity for move in rows(seat, StockMove) if move.item == shelf.free) == Decimal(40 - 21)


def on_batch(seat: Seat, batch: UUID) -> Any:
    """The stock room with the keyboard on this batch."""
    page = seat.sit_down().goes_to(StockList())
    page.table.select(batch)
    hands.until(lambda: page._batch is not None and page._batch.line.batch == batch, "the batch is open")
    page.table.view.setFocus()
    return page


def every_other_move(seat: Seat, batch: UUID) -> None:
    """Count, move, issue, write off, return, correct and repack, each by keys alone."""
    acts: Sequence[tuple[str, Callable[[], None]]] = (
        ("C", partial(typed, ("Counted", "80"), ("Why", None))),
        ("M", partial(moved_to, "Store", "30")),
        ("I", partial(typed, ("Quantity", "5"), ("Where it goes", "room 1"))),
        ("W", partial(typed, ("Quantity", "5"), ("Reason", "wet"))),
        ("T", partial(typed, ("Quantity", "1"), ("Where it comes from", "room 1"))),
        ("U", partial(typed, ("Reason", "it was another batch"))),
        ("P", partial(typed, ("Quantity", "10"), ("Lot of the new packs", "OWN"))),
    )
    for key, fill in acts:
        before = len(rows(seat, StockMove))
        on_batch(seat, batch)
        hands.press(key)
        hands.until(lambda: QApplication.activeModalWidget() is not None, f"{key} asks")
        hands.put_in_front(hands.front())
        fill()
        finish(seat)
        hands.until(lambda n=before: len(rows(seat, StockMove)) > n, f"{key} is written")  # type: ignore[misc]


def typed(*fields: tuple[str, str | None]) -> None:
    """Fill fields by Tab; one without words is a choice, of which the first is taken."""
    for name, words in fields:
        if words is None:
            hands.tab()
            hands.press("Space")
        else:
            hands.tab_to(name)
            hands.type_text(words)


def moved_to(place: str, quantity: str) -> None:
    """The form of a move to another place."""
    hands.tab_to("To")
    hands.pick(place)
    hands.tab_to("Quantity")
    hands.type_text(quantity)


def an_expired_batch_goes(seat: Seat, shelf: Shelf) -> None:
    """What expired overnight is written off by keys alone."""
    on_batch(seat, shelf.old)
    hands.press("W")
    asked("OLD")
    hands.tab()
    hands.press("Space")
    hands.until(lambda: held(seat, shelf.old, shelf.place) == 0, "it is written off")


def the_ledger_tells_all(seat: Seat, batch: UUID, here: Decimal) -> None:
    """Every move stands in the ledger with its balance, a mistake too, and the list shows their sum."""
    page = on_batch(seat, batch)
    hands.until(lambda: page._batch is not None and page._batch.ledger[-1].kind == "repack", "the ledger is whole")
    told = ("Received", "Dispensed, Pharmacy", "Counted, Pharmacy", "Returned (taken back), Pharmacy, room 1",
            "Taken back, entered in error, Pharmacy, it was another batch, Naledi")  # fmt: skip
    hands.until(lambda: all(words in words_of(page.detail) for words in told), f"the ledger tells {told}")
    moves = [move for move in rows(seat, StockMove) if move.batch == batch]
    assert sum((m.quantity for m in moves if m.place == page._facts.place), Decimal(0)) == here
    assert page._batch.line.on_hand == here == Decimal(80 - 30 - 5 - 5 - 10)


def the_night_tells_and_mends_nothing(seat: Seat, shelf: Shelf, batch: UUID) -> None:
    """A row is changed behind the server's back: its process finds it that night, the stock room shows it, it stays."""
    store = shelf.clinic.server.home.store
    with store.writing() as connection, stored.gate_open(connection):
        forged = text("UPDATE stock_move SET quantity = '99' WHERE kind = 'receipt' AND batch = :batch")
        connection.execute(forged, {"batch": batch.bytes})
    a_night_passes(shelf.clinic)
    title = "batch AM02 at Pharmacy shows 29, its moves say 30. Count the shelf."
    page = on_batch(seat, next(row.id for row in rows(seat, Batch) if row.lot == "R1"))
    hands.until(lambda: title in words_of(page.checks), "the stock room has it to do")
    assert shelf.clinic.at_server(partial(on_hand, batch=batch, place=shelf.place)) == Decimal(29), "nothing is mended"
    (task,) = rows(seat, Task)
    hands.tab_to(f"Show the batch, {task.title}")
    hands.press("Space")
    hands.until(lambda: page._batch is not None and page._batch.line.batch == batch, "the batch is one step away")
    hands.press("K")
    hands.until(lambda: "Every balance agrees" in words_of(seat.window), "here every balance agrees")
    hands.tab_to(f"Counted…, {task.title}", backwards=True)
    hands.press("Space")
    asked("Stock check")
    hands.type_text("30 on the shelf, the server is looked at")
    finish(seat)
    hands.until(lambda: not page.checks.isVisible(), "it is settled")
    assert seat.ask(lambda r: r.get(Task, task.id)).status == "completed"
