# SPDX-License-Identifier: Apache-2.0
"""A bench and a doctor's office at two workstations, and what people do at each of them by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.lab import service_specimens
from hms_desktop.clinic.lab.model import LabResult, ResultRelease, Specimen
from hms_desktop.clinic.lab.queries import bench as bench_of
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.core.clock import Clock
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.lab.bench_facts import BenchFacts
from hms_desktop.ui.routes import LabWorklist
from installer.day import hands
from tests.promises.seats import Seat, ServedClinic, served
from tests.promises.whole_visit import DOCTOR, SECOND, THIRD, furnish

ORDERER = "t.mbeki"
BENCH, OFFICE = "Bench", "Office"
ENTERS, VERIFIES, RELEASES = DOCTOR, SECOND, THIRD
"""Who enters, who verifies technically, and the laboratory physician: nobody verifies their own."""


@contextmanager
def bench_and_office(folder: Path, app: QApplication) -> Iterator[ServedClinic]:
    """The demo clinic's lists, a served bench and a served office."""
    with served(folder, app) as clinic:
        furnish(clinic)
        clinic.server.start()
        clinic.station(BENCH, "lab", ENTERS)
        clinic.station(OFFICE, "doctor", ORDERER)
        yield clinic


def ordered(office: Seat, family: str, codes: Sequence[str], priority: str = "routine") -> tuple[UUID, list[UUID]]:
    """A patient of the office with placed orders for these tests."""
    written = Registration(family=family, given="Amara", born="1979-03-14", sex="female")
    patient = office.do(partial(register, written=written))
    book = {test.code: test for test in office.ask(orderable)}
    placed = []
    for code in codes:
        test = book[code]
        draft = partial(ehr.draft_order, category="laboratory", code=code, display=test.display, definition=test.id)
        order = office.do(lambda unit, d=draft: d(unit, patient, priority=priority))  # type: ignore[misc]
        office.do(partial(ehr.place_order, order=order))
        placed.append(order)
    return patient, placed


def collected(bench: Seat, orders: Sequence[UUID]) -> str:
    """A labelled tube for these orders; returns its number."""
    hands.until(lambda: all(bench.ask(lambda r, o=o: r.find(Order, o)) for o in orders), "the orders came", 60)  # type: ignore[misc]
    collect = partial(service_specimens.collect, orders=tuple(orders), identified=("name", "born"))
    return str(bench.do(collect)[0].accession)


def at_bench(clinic: ServedClinic, login: str, clock: Clock | None = None) -> Seat:
    """Somebody sits down at the bench."""
    seat = clinic.sit(BENCH, login, clock)
    seat.goes_to(LabWorklist())
    return seat


def scan(seat: Seat, accession: str) -> BenchFacts:
    """F3 and the code; returns the specimen as it is shown."""
    hands.press("F3")
    hands.type_text(accession)
    hands.press("Return")
    seat.rests()  # looked up, taken in, opened, read: a person begins to type after that
    return shown(seat, accession)


def shown(seat: Seat, accession: str, states: Iterable[str] = ()) -> BenchFacts:
    """Wait until this specimen is shown (in one of these states)."""
    detail, wanted = seat.window.shown.detail, tuple(states)

    def so() -> bool:
        facts = detail.facts
        if facts is None or facts.bench.accession != accession:
            return False
        return facts.bench.status == "available" and (not wanted or facts.bench.state in wanted)

    hands.until(so, f"{accession} is shown {' or '.join(wanted)}", 60)
    facts: BenchFacts = detail.facts
    return facts


def types_values(seat: Seat, accession: str, values: Sequence[str]) -> None:
    """Scan the tube in, type its values in order and save them."""
    scan(seat, accession)
    detail = seat.window.shown.detail
    hands.until(lambda: detail.step.act == "enter", "values wait to be typed")
    if not detail.grid.lines[0].value.hasFocus():
        hands.press("Ctrl+Return")
    hands.until(lambda: detail.grid.lines[0].value.hasFocus(), "the first value has the keyboard")
    for value in values:
        hands.type_text(value)
        hands.press("Return")
    hands.press("Ctrl+Return")
    hands.until(lambda: len(results_of(seat, accession)) == len(values), "the values are saved", 60)


def results_of(seat: Seat, accession: str) -> list[Any]:
    """Every version of a value of a tube that this replica holds."""
    question = select(LabResult.__table__).join(Specimen, Specimen.id == LabResult.specimen)
    return seat.ask(lambda r: r.rows(question.where(Specimen.accession == accession).order_by(LabResult.k)))


def releases_of(seat: Seat, orders: Sequence[UUID]) -> list[Any]:
    """Every release of these orders, in the order in which they were made."""
    question = select(ResultRelease.__table__).where(ResultRelease.order.in_(orders)).order_by(ResultRelease.k)
    return seat.ask(lambda r: r.rows(question))


def takes_steps(seat: Seat, accession: str, *acts: str) -> None:
    """Press the key of the next step for as long as it is one of these acts (verify, validate, release)."""
    scan(seat, accession)
    detail = seat.window.shown.detail
    while detail.step.act in acts:
        before = detail.step
        hands.press("Ctrl+Return")
        if before.act == "release":
            dialog()
            hands.tab()
            hands.press("Space")
            no_dialog(seat)
        hands.until(lambda before=before: detail.step != before, f"“{before.words}” is done", 60)  # type: ignore[misc]


def dialog() -> QWidget:
    """The dialog in front, once it has the keyboard."""

    def there() -> bool:
        box = QApplication.activeModalWidget()
        if box is not None and not box.isActiveWindow():
            box.activateWindow()  # what a window system does by itself
        focus = QApplication.focusWidget()
        return box is not None and focus is not None and focus.window() is box

    hands.until(there, "a dialog comes to the front")
    found = QApplication.activeModalWidget()
    assert found is not None
    return found


def no_dialog(seat: Seat) -> None:
    """Wait until no dialog is open; the window has the keyboard again."""
    hands.until(lambda: QApplication.activeModalWidget() is None, "the dialog is done")
    seat.sit_down()


def custody_of(seat: Seat, accession: str) -> list[str]:
    """The steps of a tube as this replica holds them."""

    def read(reader: Reader) -> list[str]:
        specimen = reader.one(select(Specimen.id).where(Specimen.accession == accession)).id
        return [step.step for step in bench_of(reader, specimen).custody]

    return seat.ask(read)


Query = Callable[[Reader], Any]
