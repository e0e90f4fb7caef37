# SPDX-License-Identifier: Apache-2.0
"""What the server announces of people and workstations is held, found, and hidden where it is secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.security import accounts, totp
from hms_desktop.security.accounts import Account, Device, SiteSetting
from hms_desktop.security.joining import Joining, new_account
from hms_desktop.security.keys import unwrap
from hms_desktop.storage.acting import Acting, ClinicInfo, Person, Station
from hms_desktop.storage.records import Record
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from tests.security.conftest import CHEAP, NOON, PASSWORD, Clinic, passed_on

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


def made(clinic: Clinic, who: Joining, password: str = PASSWORD) -> dict[str, object]:
    given = new_account(
        who, password, clinic=clinic.id, clinic_name="Riverbend", server=clinic.server, since_ms=NOON, cost=CHEAP
    )
    return given.values


def test_an_account_comes_back_as_it_is_admitted(clinic: Clinic, store: Store) -> None:
    who = Joining(uuid4(), " Zanele ", "Zanele Ndlovu", ["receptionist", "administrator"])
    values = made(clinic, who)
    write(store, Account, who.person, **values)
    assert store.read(accounts.granted_people, WORKER) == [passed_on(who.person, values)]
    assert values["login"] == "zanele" and values["needs_code"] and values["sealed_totp"]
    assert store.read(lambda reader: accounts.person_name(reader, who.person), WORKER) == "Zanele Ndlovu"


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


@pytest.mark.parametrize(
    ("who", "password", "field"),
    [
        (Joining(uuid4(), " ", "Zanele", ["nurse"]), PASSWORD, "login"),
        (Joining(uuid4(), "zanele", "", ["nurse"]), PASSWORD, "login"),
        (Joining(uuid4(), "zanele ndlovu", "Zanele", ["nurse"]), PASSWORD, "login"),
        (Joining(uuid4(), "zanele", "Zanele", ["emperor"]), PASSWORD, "roles"),
        (Joining(uuid4(), "zanele", "Zanele", []), PASSWORD, "roles"),
        (Joining(uuid4(), "zanele", "Zanele", ["nurse"]), "short", "password"),
        (Joining(uuid4(), "zanele", "Zanele", ["nurse"]), "Riverbend-zanele-1", "password"),
    ],
)
def test_who_can_not_join_is_told_why(clinic: Clinic, who: Joining, password: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        made(clinic, who, password)
    assert refused.value.field == field


def test_an_account_without_a_code_has_no_seed(clinic: Clinic) -> None:
    assert made(clinic, Joining(uuid4(), "zanele", "Zanele", ["nurse"]))["sealed_totp"] is None


def test_a_seed_that_somebody_holds_is_used(clinic: Clinic) -> None:
    seed = totp.new_seed()
    who = Joining(uuid4(), "zanele", "Zanele", ["nurse"], seed=seed)
    given = new_account(
        who, PASSWORD, clinic=clinic.id, clinic_name="Riverbend", server=clinic.server, since_ms=NOON, cost=CHEAP
    )
    keys = unwrap(given.values["wrapped"], PASSWORD, who.person)
    assert given.seed == seed == totp.open_seed(given.values["sealed_totp"], keys.exchange, who.person)
    assert given.values["needs_code"]
