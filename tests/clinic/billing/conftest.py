# SPDX-License-Identifier: Apache-2.0
"""A cash desk with prices, a patient and covers, in a real encrypted store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.billing import service
from hms_desktop.clinic.patients.model import Coverage, Patient
from hms_desktop.security.roles import policy
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import AMARA_ROW
from tests.desk import Desk, person

PRICES = {"VISIT": 40_000, "LAB-K": 21_250, "MED-HCT": 62, "CUFF": 34_900}


@dataclass
class CashDesk:
    """A desk with one patient; `charge` adds work done."""

    desk: Desk
    patient: UUID

    def charge(self, code: str, quantity: str = "1") -> UUID:
        """Work done for the patient."""
        act = partial(service.add_item, patient=self.patient, code=code, quantity=Decimal(quantity))
        return self.desk.do(act)

    def cover(self, **terms: Any) -> UUID:
        """A cover of the patient."""
        values = {"payer": "Protea Health", "order": 1, "patient_share_percent": Decimal(20), "active": True, **terms}
        return self.desk.do(lambda unit: _write(unit, Coverage, patient=self.patient, **values))

    def invoice(self, *charges: UUID, **more: Any) -> UUID:
        """An invoice over these charges."""
        return self.desk.do(partial(service.issue_invoice, patient=self.patient, charges=charges, **more))


def _write(unit: Unit, record: Any, **values: Any) -> UUID:
    unit.action = "test.setup"
    return unit.add(record, **values)


def cash_desk(folder: Path, author: int = 1) -> CashDesk:
    """A cash desk whose person may do everything in the clinic."""
    everything = person("Zanele Ndlovu", policy().permissions, ["cashier"])
    desk = Desk(folder, everything, author=author)
    patient = desk.do(lambda unit: _write(unit, Patient, **AMARA_ROW))
    for code, amount in PRICES.items():
        desk.do(partial(service.set_price, code=code, display=code.title(), amount=amount, valid_from=date(2026, 1, 1)))
    return CashDesk(desk, patient)


@pytest.fixture
def cash(tmp_path: Path) -> Iterator[CashDesk]:
    """One cash desk."""
    made = cash_desk(tmp_path)
    yield made
    made.desk.store.close()
