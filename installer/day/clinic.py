# SPDX-License-Identifier: Apache-2.0
"""Makes the demo clinic in a folder, once: server, people, real patients, and every workstation enrolled and filled."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.core.errors import Unavailable
from hms_desktop.security import sign_in
from hms_desktop.security.kdf import KdfCost, calibrate
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.keychain import choose_keychain, open_keychain
from hms_desktop.storage.store import Store
from hms_desktop.sync.client import HttpTransport
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.enrol import Enrolled, Enrolment
from installer.day import set_up
from installer.day.people import (
    RESOURCES,
    DemoPerson,
    DemoStation,
    keep_people,
    kept_people,
    new_people,
    shipped_list,
    shipped_stations,
)
from installer.day.server import HOST, ServerProcess, free_port
from sync_server import devices, home
from sync_server.people import NewPerson, add_person

Say = Callable[[str], None]
PATIENTS = RESOURCES / "demo_clinic" / "patients.zip"
HOME_ZONE = "Africa/Johannesburg"
MADE_FILE = "clinic.json"
MORNING = 9
# One zone without summer time for each whole hour from UTC: somewhere it is always between nine and ten. None is of a
# country whose telephone numbers are read its own way: what a day shows does not depend on the hour at which it runs.
_ZONES = {
    -11: "Pacific/Pago_Pago", -10: "Pacific/Honolulu", -9: "Pacific/Gambier", -8: "Pacific/Pitcairn",
    -7: "America/Phoenix", -6: "America/Costa_Rica", -5: "America/Lima", -4: "America/Puerto_Rico",
    -3: "America/Montevideo", -2: "America/Noronha", -1: "Atlantic/Cape_Verde", 0: "Africa/Abidjan",
    1: "Africa/Niamey", 2: "Africa/Lusaka", 3: "Africa/Djibouti", 4: "Asia/Dubai", 5: "Asia/Tashkent",
    6: "Asia/Bishkek", 7: "Asia/Bangkok", 8: "Asia/Singapore", 9: "Asia/Tokyo", 10: "Australia/Brisbane",
    11: "Pacific/Guadalcanal", 12: "Pacific/Tarawa",
}  # fmt: skip


def morning_zone(now: datetime | None = None) -> str:
    """A time zone in which it is between nine and ten in the morning now: a day can be played at any hour."""
    hour = (now or datetime.now(UTC)).hour
    east = (MORNING - hour + 11) % 24 - 11
    return _ZONES[east]


@dataclass(frozen=True)
class DemoClinic:
    """A demo clinic that is made: its folder, server, people and workstations."""

    folder: Path
    server: ServerProcess
    people: tuple[DemoPerson, ...]
    stations: tuple[DemoStation, ...]

    def person(self, login: str) -> DemoPerson:
        """Who signs in with this name."""
        return next(person for person in self.people if person.login == login)

    def station(self, name: str) -> DemoStation:
        """The workstation of this name."""
        return next(station for station in self.stations if station.name == name)

    def profile(self, station: str) -> Path:
        """The folder of a workstation: its profile, keychain and encrypted replica."""
        return self.folder / "stations" / self.station(station).folder_name

    def unlock(self, station: str, login: str) -> OpenProfile:
        """Sign a person in at a workstation, server or no server."""
        person, folder = self.person(login), self.profile(station)
        keychain = open_keychain(folder, json.loads(self.made_file.read_text())["keychain"])
        return sign_in.unlock(folder, login, person.password, person.code(), keychain=keychain)

    @property
    def made_file(self) -> Path:
        """Written last: without it the clinic was not made whole."""
        return self.folder / MADE_FILE


def is_made(folder: Path) -> bool:
    """Whether a whole demo clinic stands in this folder."""
    return (folder / MADE_FILE).exists()


def open_clinic(folder: Path) -> DemoClinic:
    """The demo clinic that stands in this folder; its server does not run yet."""
    made = json.loads((folder / MADE_FILE).read_text("utf-8"))
    if "stations" not in made:
        raise Unavailable(f"The demo clinic in {folder} is of an earlier version: `--afresh` makes it anew.")
    server = ServerProcess(folder / "server", made["port"])
    stations = tuple(DemoStation(**one) for one in made["stations"])
    return DemoClinic(folder, server, kept_people(folder / "who.json"), stations)


@dataclass(frozen=True)
class Plan:
    """What a demo clinic is made of: time zone, workstations, real patients; no `cost`: as this computer can."""

    zone: str = HOME_ZONE
    stations: tuple[DemoStation, ...] = field(default_factory=shipped_stations)
    patients: Path = PATIENTS
    cost: KdfCost | None = None


def make_clinic(folder: Path, say: Say, plan: Plan | None = None) -> DemoClinic:
    """Make a demo clinic in a folder, in place of one that was cut short; its server runs when this returns."""
    plan = plan or Plan()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    server = ServerProcess(folder / "server", free_port())
    clinic = DemoClinic(folder, server, new_people(), plan.stations)
    keep_people(folder / "who.json", clinic.people)
    opened = _make_server(clinic, plan, say)
    try:
        _import_patients(clinic, plan.patients, say)
        server.start()
        keychain = ""
        for number, station in enumerate(clinic.stations, 1):
            keychain, rows, seconds = _enrol(clinic, opened, station)
            say(f"workstation {number} of {len(clinic.stations)}: {station.name}, {rows:,} rows in {seconds:.1f} s")
    except BaseException:
        server.kill()
        raise
    finally:
        opened.store.close()
    made = {"port": server.port, "keychain": keychain, "stations": [asdict(one) for one in plan.stations]}
    replace_file(clinic.made_file, json.dumps(made).encode())
    return clinic


def _make_server(clinic: DemoClinic, plan: Plan, say: Say) -> home.Home:
    about, port = shipped_list()["clinic"], clinic.server.port
    wanted = home.Plan(about["name"], plan.zone, about["currency"], about["site"], (HOST,), port, training=True)
    opened = home.make(clinic.server.folder, wanted)
    say(f"server made for {about['name']}: encrypted store, own certificate authority, time of {plan.zone}")
    cost = plan.cost or calibrate()
    accounts: dict[UUID, DemoPerson] = {}
    for p in clinic.people:
        accounts[add_person(opened, NewPerson(p.login, p.name, p.roles, p.password, p.seed), cost)] = p
    say(f"{len(accounts)} people with keys of their own (Argon2id, {cost.memory_kib // 1024} MiB)")
    set_up.fill(opened, accounts, clinic.stations)
    say("hours, tests, medicines, stock and prices")
    return opened


def _import_patients(clinic: DemoClinic, patients: Path, say: Say) -> None:
    started = time.monotonic()
    answer: dict[str, Any] = clinic.server.command("import", "fhir", str(patients))
    rows, seconds = sum(answer["rows_new"].values()), time.monotonic() - started
    say(f"{answer['imported']} real patients (Synthea, FHIR R4): {rows:,} rows in {seconds:.1f} s")


def _enrol(clinic: DemoClinic, opened: home.Home, station: DemoStation) -> tuple[str, int, float]:
    """Enrol and fill a workstation over the wire, as `hms enroll` does; returns keychain, rows held and seconds."""
    started = time.monotonic()
    site = shipped_list()["clinic"]["site"]
    code = devices.make_code(opened, devices.NewDevice(station.name, station.kind, site))
    folder = clinic.profile(station.name)
    keychain = choose_keychain(folder, file_allowed=True)
    enrolment = Enrolment(clinic.server.address, code)
    applied, words = enrolment.apply(keychain.reduced)
    row = devices.find_device(opened, station.name)
    if row.words != words:
        raise Unavailable(f"The words of {station.name} differ on the two screens: somebody is in between.")
    devices.decide(opened, applied.device, "approved")
    enrolled = enrolment.finish(enrolment.ask(), folder, keychain, keychain.where, keychain.reduced)
    return keychain.where, _first_fill(folder, enrolled), time.monotonic() - started


def _first_fill(folder: Path, enrolled: Enrolled) -> int:
    facts, counted = enrolled.profile, [0]
    store = Store(folder / "replica.db", enrolled.file_key, facts.as_station(), facts.as_clinic())
    transport = HttpTransport(
        facts.server.addresses[0], facts.server.ca_pem, facts.station.device, enrolled.device.signing
    )

    def count(_table: str, _done: int, total: int) -> None:
        counted[0] = total

    try:
        Exchange(store, transport).catch_up(count)
    finally:
        store.close()
    return counted[0]
