# SPDX-License-Identifier: Apache-2.0
"""Two pharmacy counters with the line cut: which packs may leave, who keeps the register, what meets afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.conflicts import queries as inbox
from hms_desktop.clinic.ehr.model import NoKnownAllergy, Prescription
from hms_desktop.clinic.inventory import queries as stock
from hms_desktop.clinic.inventory import service as inventory
from hms_desktop.clinic.inventory.model import Batch
from hms_desktop.clinic.inventory.queries_register import entries
from hms_desktop.clinic.inventory.rules import stock_subject
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.queries import lent_here
from hms_desktop.clinic.staff.model import Place
from hms_desktop.security.step_up import StepUp
from hms_desktop.storage.leases import Lease
from hms_desktop.ui.routes import ConflictInbox, ControlledRegister, PharmacyQueue, StockList
from installer.day import hands
from tests.clinic.meeting import change, medicine, write
from tests.clinic.scene import AMOXICILLIN
from tests.promises.forms import agree, asked, finish, refused
from tests.promises.seats import Seat, ServedClinic, rows_of, served, words_of
from tests.server.process import PASSWORD

CEFALEXIN = {
    **AMOXICILLIN,
    "code": "CEF500",
    "display": "cefalexin",
    "ingredient": "cefalexin",
    "gtin": "06001234567004",
}
PEOPLE = (("Okonkwo", "Amara"), ("Naidoo", "Priya"), ("Botha", "Pieter"))


@dataclass
class Counters:
    """Two counters over one shelf, each holding its leases, and no server; `asked_for` are the prescriptions."""

    clinic: ServedClinic
    one: Seat
    two: Seat
    place: UUID
    morphine: UUID
    days: dict[str, date]
    asked_for: list[UUID]

    def cut(self) -> None:
        """The server is killed, if it still runs."""
        self.clinic.server.kill()
        for seat in (self.one, self.two):
            seat.offline()

    def serve(self) -> None:
        """The server is there, and everybody is in step with it."""
        self.clinic.server.kill()
        self.clinic.server.start()
        self.clinic.meet(self.one, self.two)

    def box(self, lot: str, day: str = "") -> str:
        """The DataMatrix of a pack, with its own expiry or that of another lot."""
        return f"(01){CEFALEXIN['gtin']}(17){self.days[day or lot]:%y%m%d}(10){lot}(21)S1"


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Counters]:
    """Stock of every state, three patients, a prescription each."""
    with served(tmp_path_factory.mktemp("counters"), qapp) as clinic:
        clinic.person("naledi", "pharmacist", coded=True)
        clinic.person("selin", "pharmacist")
        place = clinic.setup(write(Place, name="Pharmacy", kind="pharmacy", active=True))
        amoxicillin = clinic.setup(medicine(**AMOXICILLIN))
        about = {"code": "MOR10", "display": "morphine", "form": "tablet", "strength": "10 mg", "unit": "tablet",
                 "ingredient": "morphine", "classes": "", "schedule": "Schedule 6", "active": True}  # fmt: skip
        morphine = clinic.setup(medicine(**about))
        cefalexin = clinic.setup(medicine(**CEFALEXIN))
        days = _stock(clinic, cefalexin, place)
        receive = partial(inventory.receive_stock, item=amoxicillin, lot="X1", expires=days["CF02"], place=place)
        clinic.setup(partial(receive, quantity=Decimal(100)))
        price = partial(billing.set_price, code="MED-AMOX", display="Amoxicillin", amount=150)
        clinic.setup(partial(price, valid_from=date(2020, 1, 1)))
        capsules = {"medicine": amoxicillin, "display": "amoxicillin", "ingredient": "amoxicillin", "dose_unit": "mg",
                    "quantity_unit": "capsule", "dose": Decimal(500)}  # fmt: skip
        other = {"medicine": cefalexin, "display": "cefalexin", "ingredient": "cefalexin"}
        tablets = {"medicine": morphine, "display": "morphine", "ingredient": "morphine", "dose_unit": "mg",
                   "quantity_unit": "tablet", "dose": Decimal(10)}  # fmt: skip
        asked_for = [
            _prescribe(clinic, PEOPLE[0], quantity=Decimal(21), **{**capsules, **other}),
            _prescribe(clinic, PEOPLE[1], quantity=Decimal(6), **tablets),
            _prescribe(clinic, PEOPLE[2], quantity=Decimal(2), repeats=1, **capsules),
        ]
        clinic.server.start()
        for name in ("one", "two"):
            clinic.station(name, "pharmacy", "naledi")
        first = clinic.server.bench(clinic.folder / "one", "naledi")
        first.exchange.catch_up()  # it must know of the other one before it asks for its share
        first.store.close()
        made = Counters(clinic, clinic.sit("one", "naledi"), clinic.sit("two", "naledi"), place, morphine, days,
                        asked_for)  # fmt: skip
        for seat in (made.one, made.two):
            hands.until(partial(_both_hold, seat), "both counters hold their leases", 120)
        yield made


def _stock(clinic: ServedClinic, item: UUID, place: UUID) -> dict[str, date]:
    today = clinic.at_server(lambda reader: reader.now.astimezone(reader.clinic.zone).date())
    days = {"CF01": 40, "CF02": 300, "OLD": 0, "HELD": 30, "BACK": 31, "KEPT": 32}
    for lot, left in days.items():
        receive = partial(inventory.receive_stock, item=item, lot=lot, expires=today + timedelta(days=left))
        batch = clinic.setup(partial(receive, quantity=Decimal(30 if lot == "CF01" else 100), place=place))
        if lot in ("HELD", "BACK"):
            state = "on-hold" if lot == "HELD" else "recalled"
            clinic.setup(partial(inventory.change_batch_state, batch=batch, state=state, reason="quarantine"))
        if lot == "KEPT":
            until = clinic.at_server(lambda reader: reader.now) + timedelta(hours=12)
            lent = {"subject": stock_subject(batch, place), "device": UUID(int=9), "amount": Decimal(100)}
            clinic.setup(write(Lease, kind="stock", until=until, **lent))
        if lot == "OLD":
            clinic.setup(change(Batch, batch, expires=today - timedelta(days=1)))
    return {lot: today + timedelta(days=left - (lot == "OLD")) for lot, left in days.items()}


def _prescribe(clinic: ServedClinic, who: tuple[str, str], **values: Any) -> UUID:
    written = Registration(family=who[0], given=who[1], born="1979-03-14", sex="female")
    patient = clinic.setup(partial(register, written=written))
    now = clinic.at_server(lambda reader: reader.now)
    clinic.setup(write(NoKnownAllergy, patient=patient, at=now, by=None))
    facts = {"patient": patient, "form": "capsule", "classes": "", "written": now, "requester": None, "route": "oral",
             "frequency": "three", "times_per_day": Decimal(3), "days": 7, "prn": False,
             "status": "active"}  # fmt: skip
    return clinic.setup(write(Prescription, **facts, **values))


def _both_hold(seat: Seat) -> bool:
    """Every prescription is lent to one of them, three lots to each and one to a third, as this one knows."""
    leases = seat.ask(lambda reader: reader.rows(select(Lease.kind, Lease.subject, Lease.device)))
    lent = Counter(kind for kind, _subject, _device in {(row.kind, row.subject, row.device) for row in leases})
    return lent == {"stock": 7, "prescription": 3}


def opened(seat: Seat, prescription: UUID) -> Any:
    """The counter at a prescription, with the keyboard on its line."""
    seat.sit_down()
    page = seat.goes_to(PharmacyQueue(prescription))
    lines = page.pane.lines
    hands.until(lambda: any(r.prescription == prescription and r.isVisible() for r in lines.rows), "the line is shown")
    seat.workstation.tasks.settle()
    to_lines(page)
    return page


def to_lines(page: Any) -> None:
    """The keyboard on the current line."""
    page.pane.lines.take_focus()
    hands.until(lambda: any(row.hasFocus() for row in page.pane.lines.rows), "the line has the keyboard")


def scan(page: Any, code: str) -> None:
    """What a scanner types into the scan field."""
    page.pane.pick.scan.setFocus()
    page.pane.pick.scan.setText(code)
    hands.press("Return")


def supplies(seat: Seat, prescription: UUID) -> list[Any]:
    """Hand-overs of a prescription on this device, the oldest first."""
    question = select(Dispense.__table__).where(Dispense.prescription == prescription).order_by(Dispense.rid)
    return seat.ask(lambda reader: reader.rows(question))


def free(seat: Seat, place: UUID) -> dict[str, Decimal]:
    """What this counter may take of each lot."""
    return {line.lot: line.free for line in seat.ask(partial(stock.stock_lines, place=place))}


def hand_over(seat: Seat) -> None:
    """Hand over what is picked; where the rest is not lent to this counter, with a reason."""
    hands.press("Ctrl+Return")
    form = asked("Hand over")
    if "all the same" not in form.accessibleName():
        agree(seat, "Hand over to")
        return
    hands.type_text("the line is down")
    finish(seat)


def holder(counters: Counters, prescription: UUID) -> tuple[Seat, Seat]:
    """The counter that was lent a prescription's rest, and the other one."""
    mine = counters.one.ask(partial(lent_here, prescriptions=[prescription])).get(prescription)
    return (counters.one, counters.two) if mine else (counters.two, counters.one)


@pytest.mark.accepts("PHA-06")
def test_the_first_to_expire_leaves_only_usable_packs_and_a_scan_proves_the_pack(counters: Counters) -> None:
    counters.cut()
    prescription = counters.asked_for[0]
    seat = max((counters.one, counters.two), key=lambda one: free(one, counters.place)["CF01"])
    there = free(seat, counters.place)
    assert there["KEPT"] == 0 and there["CF01"] == 15, "kept for another station; the shelf is shared by two"
    page = opened(seat, prescription)
    picks = [(pick.lot, pick.quantity) for pick in page.pane.lines.rows[0].line.picks]
    assert picks == [("CF01", 15), ("CF02", 6)], "first to expire, usable, free"
    for code, told in (
        ("(01)00000000000000(17)270630(10)CF02", "Wrong pack"),
        (counters.box("NEVER", "CF02"), "not in stock here"),
        (counters.box("CF02", "CF01"), "another expiry than the pack"),
        (counters.box("HELD"), "on hold"),
        (counters.box("BACK"), "recalled"),
        (counters.box("OLD"), "expired on"),
        ("rubbish", "can't be read"),
    ):
        scan(page, code)
        hands.until(lambda told=told: told in page.pane.pick.problem.text(), told)  # type: ignore[misc]
        assert not page.prepared
    scan(page, counters.box("CF01"))
    hands.until(lambda: prescription in page.prepared, "the scanned pack is picked")
    proof = page.prepared[prescription].scan
    assert proof is not None and (proof.medicine, proof.batch, proof.in_date) == (True, True, True)
    page.on_line(page.picking.put_back)
    _another_batch_with_a_reason(seat, page, counters, prescription)
    (row,) = supplies(seat, prescription)
    assert (row.quantity, row.batch_reason) == (Decimal(5), "the first box is damaged")
    left: dict[str, Any] = {
        line.lot: line.on_hand for line in seat.ask(partial(stock.stock_lines, place=counters.place))
    }
    assert (left["CF01"], left["CF02"]) == (30, 95)


def _another_batch_with_a_reason(seat: Seat, page: Any, counters: Counters, prescription: UUID) -> None:
    to_lines(page)
    hands.press("Alt+S")
    asked("Supply part of")
    hands.type_text("5")
    finish(seat)
    hands.until(lambda: prescription in page.prepared, "the part is picked")
    scan(page, counters.box("CF02"))
    asked("Take batch CF02")
    assert page.prepared[prescription].picks[0].lot == "CF01", "nothing changes without a reason"
    hands.press("Ctrl+Return")
    assert page.prepared[prescription].picks[0].lot == "CF01"
    hands.type_text("the first box is damaged")
    finish(seat)
    assert page.prepared[prescription].picks[0].lot == "CF02"
    to_lines(page)
    hand_over(seat)
    hands.until(lambda: len(supplies(seat, prescription)) == 1, "it is handed over")


def second_person(name: str = "selin") -> None:
    """The second person types name and password."""
    hands.tab_to("Second person")
    hands.type_text(name)
    hands.tab_to("Password of the second person")
    hands.type_text(PASSWORD)


def receive(seat: Seat, page: Any) -> Any:
    """A delivery of morphine is typed; returns the form."""
    hands.to_list("Stock, batches")
    hands.press("Alt+R")
    form = asked("Receive at Pharmacy")
    hands.press("Ctrl+A")
    hands.pick("morphine")
    hands.tab_to("Lot")
    hands.type_text("M1")
    hands.tab_to("Expires")
    hands.type_text("+6m")
    hands.tab_to("Quantity")
    hands.type_text("30")
    second_person()
    hands.press("Ctrl+Return")
    return form


@pytest.mark.accepts("SEC-04")
def test_controlled_medicines_go_through_the_register_of_the_station_that_keeps_it(counters: Counters) -> None:
    prescription = counters.asked_for[1]
    seat, other = holder(counters, prescription)
    page = seat.sit_down().goes_to(ControlledRegister())
    hands.until(lambda: page.facts is not None, "the register is shown")
    hands.press("Alt+K")
    asked("Keep the register of Pharmacy")
    second_person()
    finish(seat)
    hands.until(lambda: page.facts.here, "the register is kept here")
    counters.serve()
    counters.cut()
    _other_station_is_refused(other, seat)
    seat.sit_down()
    shelves = seat.goes_to(StockList())
    hands.until(lambda: bool(shelves._rows()), "the stock is shown")
    receive(seat, shelves)
    hands.until(lambda: QApplication.activeModalWidget() is None, "the delivery is in")
    seat.sit_down()
    counter = opened(seat, prescription)
    hands.press("Alt+P")
    hands.until(lambda: prescription in counter.prepared, "it is picked")
    hands.press("Ctrl+Return")
    asked("Hand over to")
    second_person("naledi")
    hands.press("Ctrl+Return")
    form = QApplication.activeModalWidget()
    hands.until(lambda: "wrong" in form.form.fields["password"].error, "nobody witnesses their own work")  # type: ignore[union-attr]
    assert supplies(seat, prescription) == []
    hands.tab_to("Second person", backwards=True)
    hands.press("Ctrl+A")
    hands.type_text("selin")
    _signs_with_a_second_factor(counters, seat, prescription)
    page = seat.goes_to(ControlledRegister())
    hands.until(lambda: page.table.rows.total == 2, "two lines")
    latest, first = rows_of(page.table)
    assert "Received | +30 | 30 | Naledi, Selin" in first
    assert "Supplied, Naidoo, Priya | -6 | 24 | Naledi, Selin" in latest
    counters.serve()
    _a_dead_keeper_is_followed(counters, seat, other)


def _signs_with_a_second_factor(counters: Counters, seat: Seat, prescription: UUID) -> None:
    """Beside the witness who supplies shows their own factor, with no server: wrong, none, then right and once."""
    outer = QApplication.activeModalWidget()
    hands.press("Ctrl+Return")
    asked("Sign for morphine")
    hands.press("Esc")
    hands.until(lambda: "Nothing was signed yet" in outer.wrong.text(), "who shows none signs nothing")  # type: ignore[union-attr]
    asked("Hand over to")
    hands.press("Ctrl+Return")
    form = asked("Sign for morphine")
    hands.type_text("000000")
    hands.press("Ctrl+Return")
    hands.until(lambda: "used already" in form.form.fields["code"].error, "a wrong code signs nothing")
    assert supplies(seat, prescription) == []
    hands.press("Ctrl+A")
    hands.type_text(str(counters.clinic.server.factor("naledi", seat.workstation.bench.opened.folder)))
    finish(seat)
    hands.until(lambda: len(supplies(seat, prescription)) == 1, "it is handed over")
    (shown,) = seat.ask(lambda reader: reader.rows(select(StepUp.__table__)))
    assert (shown.by, shown.subjects) == (seat.workstation.desk.person.id, [prescription.hex])


def _a_dead_keeper_is_followed(counters: Counters, dead: Seat, other: Seat) -> None:
    """While the keeper is in use nobody takes the register; once it is blocked, another goes on with it, with why."""
    name, here = (seat.workstation.desk.place.station for seat in (dead, other))
    page = other.sit_down().goes_to(ControlledRegister())
    hands.until(lambda: page.context == f"Pharmacy: kept at {name}", "who keeps it is said")
    assert not page.keep_here.isVisible() and not page.facts.may_pass
    counters.clinic.server.command("block", name)
    hands.until(lambda: page.context == f"Pharmacy: kept at {name}, which is out of use", "the keeper is out of use")
    other.sit_down()
    hands.press("Alt+K")
    form = asked(f"Take over the register of Pharmacy from {name}?")
    second_person()
    hands.press("Ctrl+Return")
    assert form.form.fields["reason"].error and page.facts.keeper.name == name, "nothing passes without a reason"
    hands.tab_to("Reason", backwards=True)
    hands.type_text("its disk broke")
    finish(other)
    hands.until(lambda: page.facts.here and page.context == f"Pharmacy: kept at {here}", "the register is kept here")
    hands.until(lambda: f"Taken over from {name}: its disk broke" in words_of(page.widget()), "from where and why")
    _goes_on_from_its_last_line(other)
    other.in_step()
    assert "attention" not in other.says("held_back"), "the server took it"
    counters.clinic.server.command("approve", name, "--words", "it is mended")
    dead.in_step()
    back = dead.sit_down().goes_to(ControlledRegister())
    hands.until(lambda: back.context == f"Pharmacy: kept at {here}", "who comes back hears of it")
    hands.until(partial(_has_54, back), "and of its lines")


def _goes_on_from_its_last_line(other: Seat) -> None:
    shelves = other.goes_to(StockList())
    hands.until(lambda: bool(shelves._rows()), "the stock is shown")
    receive(other, shelves)
    hands.until(lambda: QApplication.activeModalWidget() is None, "the delivery is in")
    page = other.sit_down().goes_to(ControlledRegister())
    hands.until(partial(_has_54, page), "24 and 30 are 54")


def _has_54(page: Any) -> bool:
    return any("| +30 | 54 |" in row for row in rows_of(page.table))


def _other_station_is_refused(other: Seat, keeper: Seat) -> None:
    other.sit_down()
    shelves = other.goes_to(StockList())
    hands.until(lambda: bool(shelves._rows()), "the stock is shown")
    form = receive(other, shelves)
    name = keeper.workstation.desk.place.station
    refused(form, f"The register of controlled medicines of Pharmacy is kept at {name}: do this there.")
    hands.until(lambda: QApplication.activeModalWidget() is None, "the form is gone")
    assert other.ask(partial(entries, place=shelves._facts.place)) == ()


@pytest.mark.hazard("H07")
@pytest.mark.accepts("PHA-08")
def test_beyond_the_rest_needs_an_override_is_never_dropped_and_meets_as_a_conflict(counters: Counters) -> None:
    counters.cut()
    prescription = counters.asked_for[2]
    first, second = holder(counters, prescription)
    opened(first, prescription)
    hands.press("Alt+P")
    hands.until(lambda: prescription in first.window.shown.prepared, "it is picked")
    hands.press("Ctrl+Return")
    agree(first, "Hand over to")
    hands.until(lambda: len(supplies(first, prescription)) == 1, "it is handed over")
    (row,) = supplies(first, prescription)
    assert row.firm and row.quantity == Decimal(4), "repeats included"
    counter = first.window.shown
    hands.until(lambda: counter.pane.lines.rows[0].chip.words == "Collected", "nothing is left to supply")
    to_lines(counter)
    hands.press("Alt+P")
    first.workstation.tasks.settle()
    assert not counter.prepared and len(supplies(first, prescription)) == 1, "never more than was authorised"

    page = opened(second, prescription)
    hands.press("Alt+P")
    hands.until(lambda: prescription in page.prepared, "it is picked")
    hands.press("Ctrl+Return")
    form = asked("Hand over all the same?")
    assert "not lent to this station" in " ".join(label.text() for label in form.findChildren(type(form.wrong)))
    hands.press("Ctrl+Return")
    assert supplies(second, prescription) == [], "no hand-over without a reason"
    hands.type_text("patient leaves town")
    finish(second)
    hands.until(lambda: len(supplies(second, prescription)) == 1, "it is handed over")
    (row,) = supplies(second, prescription)
    assert row.override_reason == "patient leaves town" and not row.firm

    counters.serve()
    for seat in (first, second):
        hands.until(partial(_over_supplied, seat), "the conflict is here")
        assert len(supplies(seat, prescription)) == 2, "what was handed over is never dropped"
        page = seat.sit_down().goes_to(ConflictInbox())
        hands.until(lambda page=page: "amoxicillin: 8 supplied, 4 prescribed" in said(page), "it is in the inbox")  # type: ignore[misc]


def _over_supplied(seat: Seat) -> bool:
    return any(e.kind == "over-supplied" and e.mine for e in seat.ask(inbox.inbox))


def said(page: Any) -> str:
    """Everything that a screen shows."""
    return words_of(page.widget())
