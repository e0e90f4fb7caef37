# SPDX-License-Identifier: Apache-2.0
"""A laboratory for tests: orders that are placed, specimens that are received, values that are entered."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.catalogue import shipped_catalogue
from hms_desktop.clinic.lab.queries_sheets import OrderSheet
from hms_desktop.clinic.lab.service import Collected
from hms_desktop.core.clock import SetClock
from hms_desktop.storage.acting import Acting
from tests.clinic.ehr.practice import Practice

BOTH = ("name", "born")


class Laboratory(Practice):
    """A practice with the catalogue in place and a second physician for separate duties."""

    def __init__(self, folder: Path, *, author: int = 1, kind: str = "all", clock: SetClock | None = None) -> None:
        super().__init__(folder, author=author, kind=kind, clock=clock)
        self.do(service.publish_catalogue, shipped_catalogue(), who=self.verifier)

    def ordered(
        self, patient: UUID, code: str = "K", priority: str = "routine", *, encounter: UUID | None = None
    ) -> UUID:
        """A placed laboratory order."""
        test = self.ask(queries.catalogue)[code]
        order: UUID = self.do(
            ehr.draft_order,
            patient,
            category="laboratory",
            code=code,
            display=test.display,
            definition=test.id,
            priority=priority,
            again="test",
            encounter=encounter,
        )
        self.do(ehr.place_order, order)
        return order

    def collected(self, *orders: UUID) -> tuple[Collected, ...]:
        """Tubes for these orders."""
        tubes: tuple[Collected, ...] = self.do(service.collect, orders, identified=BOTH, who=self.nurse)
        return tubes

    def received(self, *orders: UUID) -> UUID:
        """The specimen of these orders, at the bench."""
        tube = self.collected(*orders)[0]
        specimen: UUID = self.do(service.receive, tube.accession, who=self.technologist)
        return specimen

    def entered(self, specimen: UUID, order: UUID, who: Acting | None = None, **values: str) -> tuple[UUID, ...]:
        """Values by test code, as numbers."""
        numbers = {code: Decimal(value) for code, value in values.items()}
        made: tuple[UUID, ...] = self.do(service.enter_results, specimen, order, numbers, who=who or self.technologist)
        return made

    def verified(self, *results: UUID) -> None:
        """Both verifications, by two people who did not enter the values."""
        for result in results:
            self.do(service.verify, [result], who=self.second)
            self.do(service.validate, [result], who=self.verifier)

    def told(self, result: UUID, value: str, **values: Any) -> service.Told:
        """A call to the doctor who reads this value back."""
        done: service.Told = self.do(
            service.record_call,
            result,
            told="Dr T. Mbeki",
            told_person=self.doctor.person.id,
            way="phone",
            at=self.later(),
            read_back=Decimal(value),
            who=self.technologist,
            **values,
        )
        return done

    def released(self, patient: UUID, value: str = "4.2", *, encounter: UUID | None = None) -> tuple[UUID, UUID, UUID]:
        """A potassium that is out: order, result and release."""
        order = self.ordered(patient, encounter=encounter)
        specimen = self.received(order)
        result = self.entered(specimen, order, K=value)[0]
        self.verified(result)
        release: UUID = self.do(service.release, order, who=self.verifier)
        return order, result, release

    def sheet(self, order: UUID) -> OrderSheet:
        """The sheet of an order."""
        found: OrderSheet = self.ask(queries.sheet, order)
        return found
