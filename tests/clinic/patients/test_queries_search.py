# SPDX-License-Identifier: Apache-2.0
"""A patient is found by parts of the name in any order, by sound, with a typing error, by birth date and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from hms_desktop.clinic.patients import queries, service, service_details
from hms_desktop.clinic.patients.queries_search import Found, search
from hms_desktop.sync import snapshot
from tests.clinic.patients.people import ADAEZE, AMARA, CHIDI, INDEX, JOSE, reception, register
from tests.desk import Desk


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """A register with a few people in it."""
    register(desk, **AMARA, identifiers=(("passport", "A1234567"),), preferred="Ama", local_script="阿玛拉")
    register(desk, **ADAEZE)
    register(desk, **CHIDI, phone="+44 20 7946 0958")
    register(desk, **JOSE)
    register(desk, name_known=False, sex="male", born="1976", born_estimated=True)
    return desk


def found(desk: Desk, text: str) -> list[str]:
    """The given names of those found, best first."""
    return [h.name.given or "?" for h in desk.ask(partial(search, text=text)).hits]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("okonkwo amara", ["Amara"]),
        ("amara okonkwo", ["Amara"]),
        ("am ok", ["Amara"]),
        ("OKONKWO, AMARA", ["Amara"]),
        ("nunez", ["José María"]),
        ("Núñez", ["José María"]),
        ("obrien", ["José María"]),
        ("o'brien jose", ["José María"]),
        ("jose maria", ["José María"]),
        ("obriennunez", ["José María"]),
        ("ama", ["Amara"]),
        ("阿玛拉", ["Amara"]),
        ("okonkwo 14/3/1979", ["Amara"]),
        ("14 mar 1979", ["Amara"]),
        ("19790314", ["Amara"]),
        ("3/14/1979", ["Amara"]),
        ("mar 1979", ["Amara"]),
        ("1979", ["Amara"]),
        ("1950", ["José María"]),
        ("14.3.79 ok", ["Amara"]),
        ("0147", ["Amara"]),
        ("082 555 0147", ["Amara"]),
        ("+27825550147", ["Amara"]),
        ("082555", ["Amara"]),
        ("20 7946 0958", ["Chidi"]),
        ("0958", ["Chidi"]),
        ("A1234567", ["Amara"]),
        ("a123", ["Amara"]),
        ("unknown male", ["?"]),
        ("amara okonkow", ["Amara"]),
        ("amarra okonkwo", ["Amara"]),
        ("chidi okonyo", ["Chidi"]),
        ("ama ra okonkwo", ["Amara"]),
        ("zebra", []),
        ("", []),
        ("14/14", []),
        ('"; DROP', []),
        ("okonkwo 1/1/1999", []),
    ],
)
def test_who_is_found(filled: Desk, text: str, given: list[str]) -> None:
    assert found(filled, text) == given


def test_several_are_ordered_by_how_well_they_fit(filled: Desk) -> None:
    assert found(filled, "okonkwo")[:2] == ["Adaeze", "Amara"]
    assert found(filled, "okon") == ["Chidi", "Adaeze", "Amara"]


def test_look_alikes_in_the_results_are_pointed_out(filled: Desk) -> None:
    shared: Found = filled.ask(partial(search, text="okon 14/3"))
    assert shared.look_alikes and len(shared.hits) == 2 and shared.by == {"name", "birth"}
    assert not filled.ask(partial(search, text="chidi")).look_alikes


def test_every_record_number_finds_its_person_also_an_old_one(filled: Desk) -> None:
    amara, adaeze = (filled.ask(partial(search, text=t)).hits[0] for t in ("amara okonkwo", "adaeze"))
    filled.do(partial(service.link_charts, survivor=amara.patient, replaced=adaeze.patient, reason="same"))
    old = adaeze.name.mrn
    for text in (old, old.lower(), old[4:], old.split("-", 2)[2]):
        hits = filled.ask(partial(search, text=text)).hits
        assert [(h.patient, h.through) for h in hits] == [(amara.patient, old)]
    assert found(filled, "adaeze") == ["Amara"]


def test_the_index_follows_every_change(filled: Desk) -> None:
    patient = filled.ask(partial(search, text="chidi")).hits[0].patient
    (phone,) = (c for c in filled.ask(lambda r: queries.contacts(r, [patient])) if c.kind == "phone")
    filled.do(partial(service_details.change_contact, contact=phone.id, value="083 999 8877", reason="New SIM"))
    assert found(filled, "8877") == ["Chidi"] and found(filled, "0958") == []
    filled.do(partial(service_details.end_contact, contact=phone.id, reason="SIM lost"))
    assert found(filled, "8877") == []
    filled.do(partial(service_details.add_identifier, patient=patient, system="old-chart", value="B 2071"))
    assert found(filled, "b2071") == ["Chidi"]


def test_a_rebuilt_index_finds_the_same(filled: Desk) -> None:
    before = {text: found(filled, text) for text in ("okonkwo", "0147", "nunez", "1979", "A1234567")}
    with filled.store.writing() as connection:
        INDEX().rebuild(connection)
        INDEX().rebuild(connection)
    assert {text: found(filled, text) for text in before} == before


def fill(into: Desk, of: Desk, tables: Sequence[str], name: bytes) -> None:
    """The exchange's own fill, from one store to another without a line between them."""
    with of.store.reading() as connection:
        manifest = snapshot.describe(connection, name, tables)
        pages = [page for part in manifest.parts for page in enumerate(snapshot.pages(connection, part.table))]
    with into.store.writing() as connection:
        snapshot.begin(connection, manifest, ())
        for number, page in pages:
            snapshot.take_page(connection, name, page, number)
        for table in set(tables) - set(snapshot.pages_here(connection, name)):
            snapshot.empty(connection, table)
        snapshot.finish(connection, manifest, uuid4(), 9, frozenset(tables), of.store.clock.now_ms())


def test_a_fill_is_found_by_all_that_it_brought_and_a_later_one_by_nothing_else(filled: Desk, tmp_path: Path) -> None:
    tables, asked = ["patient", *sorted(INDEX.tables - {"patient"})], ("okonkwo", "0147", "nunez", "1979", "A1234567")
    new, empty = reception(tmp_path / "new", author=9), reception(tmp_path / "empty", author=8)
    fill(new, filled, tables, b"first")
    assert {text: found(new, text) for text in asked} == {text: found(filled, text) for text in asked}
    fill(new, empty, ["patient_contact"], b"telephones")
    assert found(new, "0147") == [] and found(new, "A1234567") == ["Amara"]
    fill(new, empty, tables, b"second")
    assert [found(new, text) for text in asked] == [[]] * len(asked)


def test_more_than_fit_are_said_to_be_more(desk: Desk) -> None:
    for day in range(1, 8):
        register(desk, family="Smith", given=f"John {'abcdefg'[day - 1]}", sex="male", born=f"1980-01-0{day}")
    some = desk.ask(partial(search, text="smith", limit=3))
    assert len(some.hits) == 3 and some.more
    assert not desk.ask(partial(search, text="smith")).more
