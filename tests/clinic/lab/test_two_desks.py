# SPDX-License-Identifier: Apache-2.0
"""A bench that works without the line: its results arrive once, with their true time, whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.catalogue import shipped_catalogue
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import Refused
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import AMARA_ROW
from tests.sync.world import World, WorldDesk

BOTH = ("name", "born")


class Clinic:
    """A doctor's room and a bench that were filled from the same centre."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.verifier: Acting = self.world.person("adams", "lab_verifier")
        self.nurse: Acting = self.world.person("botha", "nurse")
        self.room = self.world.desk(self.world.person("mbeki", "doctor"), "doctor")
        self.patient = self.world.centre.store.act(self._register, self.world.centre.worker)
        self.room.sync()
        self.bench = self.world.desk(self.world.person("kgosi", "lab_technologist"), "lab")
        self.bench.do(partial(service.publish_catalogue, tests=shipped_catalogue()), self.verifier)
        self.meet()

    def _register(self, unit: Unit) -> UUID:
        unit.action = "server.import"
        return unit.add(Patient, **AMARA_ROW)

    def meet(self) -> None:
        for _round in range(2):
            self.room.sync()
            self.bench.sync()

    def ordered(self) -> UUID:
        order = self.room.do(
            partial(ehr.draft_order, patient=self.patient, category="laboratory", code="K", display="Potassium")
        )
        self.room.do(partial(ehr.place_order, order=order))
        self.meet()
        return order

    def resulted(self, order: UUID, value: str = "4.2", desk: WorldDesk | None = None) -> UUID:
        bench = desk or self.bench
        tube = bench.do(partial(service.collect, orders=[order], identified=BOTH))[0]
        bench.do(partial(service.receive, scanned=tube.accession))
        entered = partial(service.enter_results, specimen=tube.specimen, order=order, values={"K": Decimal(value)})
        return bench.do(entered)[0]

    def released(self, order: UUID, result: UUID) -> UUID:
        self.bench.do(partial(service.verify, result_ids=[result]), self.verifier)
        self.bench.do(partial(service.validate, result_ids=[result]), self.verifier)
        return self.bench.do(partial(service.release, order=order), self.verifier)

    def close(self) -> None:
        self.room.store.close()
        self.bench.store.close()
        self.world.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """One person may do both verifications here, so that the bench needs no third."""
    opened = Clinic(tmp_path)

    def allow(unit: Unit) -> None:
        unit.action = "test.setting"
        unit.add(SiteSetting, site="", key="lab.separate_duties", value=False)

    opened.world.centre.store.act(allow, opened.world.centre.worker)
    opened.meet()
    yield opened
    opened.close()


def test_a_result_made_without_the_line_arrives_once_with_its_true_time(clinic: Clinic) -> None:
    order = clinic.ordered()
    clinic.bench.line.up = False
    clinic.bench.clock.ms += 60_000
    result = clinic.resulted(order)
    made = clinic.bench.ask(lambda r: queries.result(r, result)).entered.at
    release = clinic.released(order, result)
    clinic.bench.clock.ms += 3_600_000
    clinic.bench.line.up = True
    clinic.meet()
    clinic.meet()
    inbox = clinic.room.ask(queries.inbox)
    assert [row.release for row in inbox] == [release]
    shown = clinic.room.ask(lambda r: queries.chart_results(r, clinic.patient))
    assert [(r.value, r.at) for r in shown] == [(Decimal("4.2"), made)]
    assert clinic.room.ask(lambda r: queries.release(r, release)).values[0].entered.name == "Kgosi"


def test_an_order_revoked_meanwhile_asks_for_a_decision(clinic: Clinic) -> None:
    order = clinic.ordered()
    clinic.bench.line.up = False
    result = clinic.resulted(order)
    clinic.released(order, result)
    clinic.room.do(partial(ehr.revoke_order, order=order, reason="transferred"))
    clinic.bench.line.up = True
    clinic.meet()
    for desk in (clinic.room, clinic.bench):
        found = desk.ask(lambda r: queries.revoked_with_result(r, [order]))
        assert [(f.order.id, f.results) for f in found] == [(order, (result,))]
        assert desk.ask(lambda r: queries.sheet(r, order)).order.contested


def test_two_rooms_that_collect_for_one_order_print_different_numbers(clinic: Clinic) -> None:
    order = clinic.ordered()
    numbers = []
    for desk in (clinic.room, clinic.bench):
        desk.line.up = False
        acting = None if desk is clinic.bench else clinic.nurse
        numbers.append(desk.do(partial(service.collect, orders=[order], identified=BOTH), acting)[0].accession)
        desk.line.up = True
    clinic.meet()
    assert len(set(numbers)) == 2
    assert {row.accession for row in clinic.bench.ask(queries.worklist)} == set(numbers)


def test_a_foreign_clinics_label_is_no_label_of_ours(clinic: Clinic, tmp_path: Path) -> None:
    other = Clinic(tmp_path / "other")
    tube = other.bench.do(partial(service.collect, orders=[other.ordered()], identified=BOTH))[0]
    other.close()
    with pytest.raises(Refused, match="not on this device yet"):
        clinic.bench.do(partial(service.receive, scanned=tube.accession))
