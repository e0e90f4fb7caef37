# SPDX-License-Identifier: Apache-2.0
"""What the server announces of people and workstations is held, found, and hidden where it is secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from hms_desktop.core.errors import NotFound
from hms_desktop.security import accounts
from hms_desktop.security.accounts import Account, Device, SiteSetting
from hms_desktop.storage.acting import Acting, ClinicInfo, Person, Station
from hms_desktop.storage.records import Record
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from tests.security.conftest import Clinic

WORKER = Acting(Person(uuid4(), "Server", "server", frozenset(), frozenset()), lambda root: root * 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clinic = ClinicInfo("Riverbend", ZoneInfo("UTC"), "ZAR")
    opened = Store(tmp_path / "centre.db", bytes(32), Station(uuid4(), 1, "Server", "Main", "all"), clinic)
    yield opened
    opened.close()


def write(store: Store, record: type[Record], id: UUID, **values: object) -> None:
    def announce(unit: Unit) -> None:
        unit.action = "test.announce"
        unit.add(record, id=id, **values)

    store.act(announce, WORKER)


def test_an_account_comes_back_as_it_is_admitted(clinic: Clinic, store: Store) -> None:
    zanele = clinic.joins("zanele", "receptionist", "administrator")
    columns = {name: getattr(zanele, name) for name in zanele.__struct_fields__ if name != "person"}
    write(store, Account, zanele.person, **{**columns, "roles": list(zanele.roles)})
    assert store.read(accounts.granted_people, WORKER) == [zanele]
    assert store.read(lambda reader: accounts.person_name(reader, zanele.person), WORKER) == "Zanele"


def test_who_is_not_known_is_said_to_be(store: Store) -> None:
    with pytest.raises(NotFound, match="not known on this workstation"):
        store.read(lambda reader: accounts.person_name(reader, uuid4()), WORKER)


def test_keys_and_seeds_are_marked_secret() -> None:
    assert Account.spec.secret_columns >= {"wrapped", "sealed_totp", "statement"}
    assert all(table.spec.server_owned for table in (Account, Device, SiteSetting))
    assert {table.spec.module for table in (Account, Device, SiteSetting)} == {"security"}


def test_a_site_has_its_own_settings(store: Store) -> None:
    write(store, SiteSetting, uuid4(), site="", key="paper", value="A4")
    write(store, SiteSetting, uuid4(), site="", key="colour", value={"ink": 2})
    write(store, SiteSetting, uuid4(), site="Main", key="paper", value="A5")
    write(store, SiteSetting, uuid4(), site="Elsewhere", key="paper", value="roll")

    def asked(key: str) -> object:
        return store.read(lambda reader: accounts.setting(reader, key, "nothing"), WORKER)

    assert (asked("paper"), asked("colour"), asked("light")) == ("A5", {"ink": 2}, "nothing")
