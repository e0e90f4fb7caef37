# SPDX-License-Identifier: Apache-2.0
"""Rows of places of another site are not sent: by page, by snapshot, nor kept by what became another kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.inventory.model import Item, ItemVersion
from hms_desktop.clinic.inventory.model_register import ControlledRegister, RegisterEntry, RegisterRelease
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput
from hms_desktop.security.stations import Grants, broken_grants, grants, place_path
from hms_desktop.storage.chain import verify_chains
from hms_desktop.sync.protocol import Manifest, Page, PageWanted, SnapshotWanted
from tests.clinic.meeting import write
from tests.sync.forger import Forger, leaf
from tests.sync.world import World, WorldDesk

AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
SITES = ("Main", "Riverside", None)


class Registers:
    """Three pharmacies, one at each site and one at none, each with a register and a line that names a patient."""

    def __init__(self, world: World) -> None:
        self.world, self.centre = world, world.centre
        self.pia = world.person("pia", "pharmacist", "manager")
        self.by = {"by": self.pia.person.id, "witness": self.pia.person.id, "at": AT}
        item = self.put(Item, code="MOR")
        facts = {"code": "MOR", "display": "Morphine", "form": "tablet", "strength": "10 mg", "unit": "tablet",
                 "ingredient": "morphine", "classes": "opioid", "schedule": "Schedule 6"}  # fmt: skip
        edition = self.put(ItemVersion, item=item, version=1, valid_from=date(2020, 1, 1), active=True, **facts)
        self.of = {"item": item, "edition": edition}
        self.places = {s: self.put(Place, name=f"{s}", kind="pharmacy", site=s, active=True) for s in SITES}
        self.lines(1)

    def put(self, record: Any, **values: Any) -> UUID:
        return self.centre.store.act(write(record, **values), self.centre.worker)

    def lines(self, ordinal: int) -> None:
        """A register that was let go, and one with a line, at each place."""
        for place in self.places.values():
            old, new = (self.put(ControlledRegister, place=place, station=UUID(int=n), at=AT, by=self.by["by"],
                                 witness=self.by["by"]) for n in (1, 2))  # fmt: skip
            self.put(RegisterRelease, register=old, reason="moved", **self.by)
            self.put(RegisterEntry, register=new, place=place, ordinal=ordinal, kind="dispense", quantity=Decimal(-1),
                     balance=Decimal(9), patient=UUID(int=7), **self.of, **self.by)  # fmt: skip

    def desk(self, site: str, kind: str = "pharmacy") -> WorldDesk:
        """A workstation that stands at a site."""
        made = self.world.desk(self.pia, kind, filled=False)
        made.line._device = replace(made.line._device, site=site)
        made.exchange.catch_up()
        return made


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    world = World(tmp_path)
    yield Registers(world)
    world.close()


def seen(desk: WorldDesk) -> list[tuple[int, set[str | None]]]:
    """Of lines, registers and ends of registers: how many are here, and of which sites."""

    def read(reader: Any) -> list[tuple[int, set[str | None]]]:
        site = {row.id: row.site for row in reader.rows(select(Place.id, Place.site))}
        of = {row.id: site[row.place] for row in reader.rows(select(ControlledRegister.id, ControlledRegister.place))}
        lines = [site[row.place] for row in reader.rows(select(RegisterEntry.place))]
        ends = [of[row.register] for row in reader.rows(select(RegisterRelease.register))]
        return [(len(found), set(found)) for found in (lines, list(of.values()), ends)]

    return desk.ask(read)


@pytest.mark.accepts("SEC-02")
def test_a_workstation_held_to_its_site_never_has_the_rows_of_others(registers: Registers) -> None:
    """By snapshot, by page of entries, by page of somebody else's snapshot, and once it has become such a one."""
    main, river, whole = registers.desk("Main"), registers.desk("Riverside"), registers.desk("Main", "all")
    for times in (1, 2):
        own = [(2 * times, {"Main", None}), (4 * times, {"Main", None}), (2 * times, {"Main", None})]
        assert seen(main) == own
        assert seen(river) == [(count, {"Riverside", None}) for count, _sites in own]
        assert [count for count, _sites in seen(whole)] == [3 * times, 6 * times, 3 * times]
        registers.lines(2)
        for desk in (main, river, whole):
            desk.exchange.catch_up()
    with river.store.reading() as connection:
        assert all(isinstance(end, int) for end in verify_chains(connection)), "hashes keep the chains whole"

    tables = sorted(grants("pharmacy").read)
    manifest = main.line.send("/v1/snapshot", SnapshotWanted(tables), Manifest)
    assert main.line.send("/v1/page", PageWanted(manifest.id, "register_entry", 0), Page).rows
    with pytest.raises(BadInput, match="not kept any more"):
        river.line.send("/v1/page", PageWanted(manifest.id, "register_entry", 0), Page)
    assert river.line.send("/v1/snapshot", SnapshotWanted(tables), Manifest).id != manifest.id
    alone = main.line.send("/v1/snapshot", SnapshotWanted(["register_release"]), Manifest)
    assert [part.rows for part in alone.parts] == [6], "a table comes anew alone, though another tells its place"

    for kind, lines in (("pharmacy", (6, {"Main", None})), ("all", (9, set(SITES)))):
        whole.line._device = replace(whole.line._device, kind=kind)
        whole.exchange.catch_up()
        assert seen(whole)[0] == lines, kind
        assert whole.exchange.granted == grants(kind).read
    for desk in (main, river, whole):
        desk.store.close()


def test_a_workstation_held_to_its_site_writes_no_other_s_rows(registers: Registers) -> None:
    river = registers.desk("Riverside")
    forger, by = Forger(river), registers.pia.person.id.bytes
    station = river.store.station.device.bytes

    def answers(table: str, id: UUID | None = None, **values: Any) -> list[str]:
        row = leaf(table, {"by": by, "witness": by, "at": 1000, **values}, id=id)
        return [verdict.reason for verdict in forger.push(forger.made(row)).verdicts if verdict.state == "refused"]

    places, kept = {site: place.bytes for site, place in registers.places.items()}, uuid4()
    assert answers("controlled_register", kept, place=places["Riverside"], station=station) == []
    assert answers("register_release", register=kept.bytes, reason="moved") == []
    for place in (places[None], uuid4().bytes):
        assert answers("controlled_register", place=place, station=station) == [], "of no site, or not yet known"
    (elsewhere,) = answers("controlled_register", place=places["Main"], station=station)
    assert "This controlled_register belongs to another site" in elsewhere and forger.named() == {"site"}
    river.store.close()


def test_only_facts_that_tell_their_place_are_held_by_site(monkeypatch: pytest.MonkeyPatch) -> None:
    given = grants("pharmacy")
    assert place_path("register_release", given.own_site) == ("register", "controlled_register")
    odd = Grants(given.read, given.append, frozenset({"controlled_register", "batch"}))
    monkeypatch.setattr("hms_desktop.security.stations.grants", lambda _kind: odd)
    found = broken_grants("odd")
    assert "odd: batch is no fact" in found and "odd: batch does not tell its place" in found
    assert "odd: register_entry points at a part" in found
