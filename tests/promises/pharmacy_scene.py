# SPDX-License-Identifier: Apache-2.0
"""A served clinic with one long prescription, and a counter at which its medicine is handed over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.ehr.model import NoKnownAllergy, Prescription
from hms_desktop.clinic.inventory import service as stock
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.staff.model import Place
from hms_desktop.storage.unit import Unit
from tests.clinic.meeting import medicine, write
from tests.server.process import ServerProcess

STOCK = 100_000


def make_pharmacy(server: ServerProcess) -> UUID:
    """Place, medicine, stock, price, patient and prescription at the server; returns the prescription."""
    do = partial(_do, server)
    place = do(write(Place, name="Pharmacy", kind="pharmacy", active=True))
    item = do(
        medicine(
            code="PARA500", display="paracetamol", form="tablet", strength="500 mg", unit="tablet",
            ingredient="paracetamol", classes="", price_code="MED-PARA", active=True,
        )
    )  # fmt: skip
    today = server.home.store.read(lambda reader: reader.now, server.home.worker).date()
    do(partial(billing.set_price, code="MED-PARA", display="Paracetamol", amount=15, valid_from=date(2026, 1, 1)))
    do(
        partial(
            stock.receive_stock,
            item=item,
            lot="PA01",
            expires=today + timedelta(days=900),
            quantity=Decimal(STOCK),
            place=place,
        )
    )
    written = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
    patient = do(partial(register, written=written))
    now = server.home.store.read(lambda reader: reader.now, server.home.worker)
    do(write(NoKnownAllergy, patient=patient, at=now, by=None))
    facts = {
        "patient": patient, "medicine": item, "display": "paracetamol", "form": "500 mg tablet",
        "ingredient": "paracetamol", "classes": "", "written": now, "requester": None, "dose": Decimal(500),
        "dose_unit": "mg", "route": "oral", "frequency": "three", "times_per_day": Decimal(3), "days": 30_000,
        "quantity": Decimal(STOCK - 10), "quantity_unit": "tablet", "prn": False, "status": "active",
    }  # fmt: skip
    return do(write(Prescription, **facts))


def _do(server: ServerProcess, action: object) -> UUID:
    def run(unit: Unit) -> UUID:
        unit.action = unit.action or ""
        return action(unit)  # type: ignore[operator, no-any-return]

    return server.home.store.act(run, server.home.worker)


def enrol_counter(server: ServerProcess, folder: Path, name: str) -> None:
    """An enrolled, filled pharmacy station that holds the lease of the prescription."""
    server.enrol(folder, name, "pharmacy")
    bench = server.bench(folder, "naledi")
    bench.exchange.catch_up()
    bench.exchange.ask_leases(bench.store.read(_wanted, bench.acting))
    bench.exchange.catch_up()
    bench.store.close()


def _wanted(reader: object) -> list[tuple[str, UUID, Decimal]]:
    from hms_desktop.clinic import lending

    return list(lending.wanted(reader))  # type: ignore[arg-type]
