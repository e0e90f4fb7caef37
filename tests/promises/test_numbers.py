# SPDX-License-Identifier: Apache-2.0
"""Two desks without a line number people, specimens, invoices and receipts, and never print the same number."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing.model import Invoice, Payment
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.billing.service_payments import take_payment
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab.catalogue import shipped_catalogue
from hms_desktop.clinic.lab.model import Specimen
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.lab.service_specimens import collect, publish_catalogue
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.ids import author_code, is_human_number
from hms_desktop.documents.printing import preview
from hms_desktop.storage.reader import Reader
from tests.documents import samples
from tests.promises.commands import ask
from tests.server.process import ServerProcess

EACH = 3
NUMBER = re.compile(r"\b(?:MRN|ACC|INV|RCT)-\w{3}-\d{5}-\w\b")
SERIES = {"MRN": Patient.mrn, "ACC": Specimen.accession, "INV": Invoice.number, "RCT": Payment.number}


def visit(bench: Bench, written: Registration) -> str:
    """Registered, a specimen taken, invoiced and paid at one desk; returns what its papers and its label say."""
    do = partial(bench.store.act, acting=bench.acting)
    patient = do(partial(register, written=written))
    test = next(one for one in bench.store.read(orderable, bench.acting) if one.code == "K")
    order = do(partial(ehr.draft_order, patient=patient, category="laboratory", code="K", display=test.display,
                       definition=test.id))  # fmt: skip
    do(partial(ehr.place_order, order=order))
    (tube,) = do(partial(collect, orders=[order], identified=("name", "born")))
    charge = do(partial(billing.add_item, patient=patient, code="VISIT", quantity=Decimal(1)))
    invoice = do(partial(billing.issue_invoice, patient=patient, charges=[charge]))
    do(partial(take_payment, patient=patient, tenders=[Tender(CASH, 40_000)], invoices=[invoice]))
    paid = bench.store.read(lambda r: r.one(select(Payment.id).where(Payment.invoice == invoice)), bench.acting).id
    papers = {"invoice": invoice, "receipt": paid, "specimen-label": tube.specimen}
    made = [do(partial(preview, kind=kind, subject=subject)) for kind, subject in papers.items()]
    return " ".join(samples.whole(paper.pdf) for paper in made)


def numbers(reader: Reader) -> dict[str, list[str]]:
    """Every number of each series that a store holds; what they stand on has an id of version 7."""
    for record in (Patient, Specimen, Invoice, Payment):
        ids: list[UUID] = [row.id for row in reader.rows(select(record.__table__.c.id))]
        assert all(id.version == 7 for id in ids), record
    return {name: [row[0] for row in reader.rows(select(column))] for name, column in SERIES.items()}


def served_desks(folder: Path) -> tuple[ServerProcess, list[Bench]]:
    """Two filled desks that may do everything; then the server is killed."""
    server = ServerProcess(folder / "server")
    server.person("zanele", "receptionist", "doctor", "nurse", "cashier")
    write = partial(server.home.store.act, acting=server.home.worker)
    write(partial(publish_catalogue, tests=shipped_catalogue()))
    write(partial(billing.set_price, code="VISIT", display="Visit", amount=40_000, valid_from=date(2020, 1, 1)))
    server.start()
    benches = []
    for name in ("a", "b"):
        server.enrol(folder / name, f"Desk {name}", "all")
        benches.append(server.bench(folder / name, "zanele"))
        benches[-1].exchange.catch_up()
    server.kill()
    return server, benches


def printed_at(bench: Bench, family: str) -> set[str]:
    """What a desk without a line gave to people and things, all of it read on paper, or told by its search."""
    made = [Registration(family=family, given=f"Given{n}", sex="female", born=f"19{40 + n}-01-01") for n in range(EACH)]
    said: set[str] = {number for one in made for number in NUMBER.findall(visit(bench, one))}
    code = author_code(bench.store.station.author)
    held = bench.store.read(numbers, bench.acting)
    for series, given in held.items():
        assert len(given) == len(set(given)) == EACH, series
        assert [int(number.split("-")[2]) for number in given] == list(range(1, EACH + 1)), "its own counter"
        assert all(is_human_number(number, series) and number.split("-")[1] == code for number in given)
    assert said == {number for given in held.values() for number in given}, "each is printed as it is kept"
    bench.store.close()
    found = {p["record"] for p in ask(bench.opened.folder, "zanele", "search", family)["patients"]}
    assert found == set(held["MRN"])
    return said


@pytest.mark.hazard("H10")
@pytest.mark.accepts("X-02")
def test_two_desks_apart_never_give_one_number_twice(tmp_path: Path) -> None:
    server, benches = served_desks(tmp_path)
    first, second = (printed_at(*desk) for desk in zip(benches, ("Abrahams", "Botha"), strict=True))
    assert len(first) == len(second) == 4 * EACH and not first & second
    number = min(first)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert not is_human_number(wrong), "a mistyped check character is told"
    server.start()
    for name in ("a", "b"):
        assert ask(tmp_path / name, "zanele", "sync")["waiting"] == 0
    met = server.home.store.read(numbers, server.home.worker)
    assert sorted(number for given in met.values() for number in given) == sorted(first | second)
    server.close()
