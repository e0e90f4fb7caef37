# SPDX-License-Identifier: Apache-2.0
"""The simulated server: the real centre over its real file, which dies and comes back, and the people it knows."""

from __future__ import annotations

import random
from datetime import date
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.clinic import follow_ups, lending, modules
from hms_desktop.clinic.staff.model import Practitioner, SessionTemplate
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import sign_root
from hms_desktop.security.statements import KeyStatement, sign_statement
from hms_desktop.storage.acting import Acting, Person, Station
from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.digest_wire import COMPARED, DIGESTS, RECORDS
from hms_desktop.sync.giving_back import PATH as OFFER
from hms_desktop.sync.protocol import Noted, Page, Problem, pack, unpack
from hms_desktop.sync.relaying import MEET, RELAY
from hms_desktop.sync.verify import Trust
from sync_server.epochs import begin_epoch
from sync_server.granting import change_kind
from sync_server.home import Home
from sync_server.identity import ServerFacts
from sync_server.sync_api.centre import Centre, DeviceFacts
from sync_server.sync_api.digests import tell_digests, tell_records
from sync_server.sync_api.taking_back import take_back
from tests.desk import CLINIC, NAMES, blank
from tests.simulation.mortal import MortalStore, copy_of, left_behind, remove
from tests.simulation.versions import running

assert modules.MODULES
ROLES = {
    "front_desk": ("receptionist",),
    "doctor": ("doctor",),
    "nurse": ("nurse",),
    "lab": ("lab_technologist",),
    "pharmacy": ("pharmacist",),
    "billing": ("cashier",),
    "all": ("receptionist", "doctor", "nurse", "cashier"),
}
"""Who works at which kind of workstation."""
OUTSIDER = ("privacy_officer",)
WORKER = uuid5(NAMES, "device 0")
SERVER = uuid5(NAMES, "server")
FIRST_AUTHOR_AGAIN = 500
"""The authors of a server that was put back begin here, past every workstation."""


@cache
def signing_key(of: str) -> Ed25519PrivateKey:
    """The key of somebody or something, the same in every history."""
    return Ed25519PrivateKey.from_private_bytes(random.Random(f"key {of}").randbytes(32))


def somebody(login: str, roles: tuple[str, ...], *, oversteps: bool = False) -> Acting:
    """A person; one who `oversteps` sits at a tampered workstation that lets anybody do anything."""
    rights = frozenset(policy().permissions) if oversteps else policy().granted(roles)
    within = {} if oversteps else policy().within(roles)
    who = Person(uuid5(NAMES, login), login.title(), login, frozenset(roles), rights, within)
    return Acting(who, partial(sign_root, signing_key(login)))


class Server:
    """The centre in its present life. `asked` hands it a message as its HTTP side would."""

    def __init__(self, folder: Path, seed: int, clock: SetClock) -> None:
        self.folder = folder
        self.clock = clock
        self._seed = seed
        self.lives = 0
        self.author = 0
        self.newer = False
        self.former: list[int] = []
        self.copied: Path | None = None
        self.clinic = uuid5(NAMES, "clinic")
        signing = signing_key("server")
        self.trust = Trust(signing.public_key().public_bytes_raw(), self.clinic)
        self.worker = Acting(
            Person(WORKER, "Sync server", "server", frozenset(), frozenset(policy().permissions)),
            partial(sign_root, signing_key("worker")),
        )
        self._key, empty = blank(frozenset(Record.metadata.tables), tuple(LOCAL_INDEXES))
        folder.mkdir(parents=True)
        (folder / "life-1.db").write_bytes(empty)
        self.store = self._opened()
        with self.store.writing() as connection:
            set_meta(connection, "epoch", random.Random(f"epoch {seed}").randbytes(16))
        self.store.act(self._begin, self.worker)
        self.centre = self._centre()

    def _opened(self) -> MortalStore:
        self.lives += 1
        chance = random.Random(f"server {self._seed} {self.lives}")
        station = Station(WORKER, self.author, "Server", "Main", "server")
        file = self.folder / f"life-{self.lives}.db"
        return MortalStore(file, self._key, station, CLINIC, clock=self.clock, random=chance.randbytes)

    def _centre(self) -> Centre:
        facts = ServerFacts(SERVER, self.clinic, self.trust.server_public)
        snapshots, signing = self.folder / "snapshots", signing_key("server")
        follow, lendable = follow_ups.after_merge, lending.amount_available
        return Centre(self.store, self.worker, facts, snapshots, follow, lendable, signing)

    def _begin(self, unit: Unit) -> None:
        unit.action = "server.begin"
        _introduce(unit, WORKER, 0, "server", signing_key("worker"))
        for login, roles in (*ROLES.items(), ("mallory", OUTSIDER)):
            keys = PersonKeys.from_bytes(random.Random(login).randbytes(32) + signing_key(login).private_bytes_raw())
            id = uuid5(NAMES, login)
            said = KeyStatement(self.clinic, id, keys.public, self.clock.now_ms())
            statement = sign_statement(signing_key("server"), said)
            facts = {"active": True, "needs_code": False, "statement": statement, "wrapped": b"-"}
            unit.add(Account, id=id, login=login, name=login.title(), roles=list(roles), **facts)
        self._open_hours(unit)

    @staticmethod
    def _open_hours(unit: Unit) -> None:
        """One doctor's hours on Tuesday, with a few places that are lent to whoever books."""
        doctor = unit.add(Practitioner, family="Sithole", account=uuid5(NAMES, "doctor"), active=True)
        hours = {"weekday": 1, "starts": "09:00", "ends": "11:00", "slot_minutes": 30, "service": "General"}
        unit.add(SessionTemplate, practitioner=doctor, capacity=2, valid_from=date(2020, 1, 1), **hours)

    def enrol(self, device: UUID, author: int, kind: str) -> None:
        """Let a workstation in; a backup from before is not put back, as the workstation would be let in once more."""
        self.copied = None

        def act(unit: Unit) -> None:
            unit.action = "server.device"
            _introduce(unit, device, author, kind, signing_key(f"device {author}"))

        with running(self.newer):
            self.store.act(act, self.worker)

    def grant(self, device: UUID, kind: str) -> None:
        """Make a workstation one of another kind."""
        with running(self.newer):
            change_kind(cast(Home, SimpleNamespace(store=self.store, worker=self.worker)), device, kind)

    def died(self) -> None:
        """The process is gone; it is started again on what lies on the disk."""
        left_behind(self.store, self.folder / f"life-{self.lives + 1}.db")
        with running(self.newer):
            self.store = self._opened()
            self.centre = self._centre()

    def put_copy_aside(self) -> None:
        """Make a backup: the file as it is now."""
        self.copied = copy_of(self.store.path, self.folder / "copy.db")

    def put_back(self) -> None:
        """The machine is lost; another one begins from the backup, in a new epoch and as a new author."""
        assert self.copied is not None
        self.store.close()
        remove(self.store.path)
        copy_of(self.copied, self.folder / f"life-{self.lives + 1}.db")
        before, self.author = self.author, FIRST_AUTHOR_AGAIN + len(self.former)
        self.former.append(before)
        self.copied = None
        with running(self.newer):
            self.store = self._opened()
            with self.store.writing() as connection:
                begin_epoch(connection, (before, self.author), self.clock.ms, self.clock.ms)
            self.store.act(self._introduced_again, self.worker)
            self.centre = self._centre()

    def _introduced_again(self, unit: Unit) -> None:
        unit.action = "server.restored"
        _introduce(unit, uuid5(NAMES, f"server {self.author}"), self.author, "server", signing_key("worker"))

    def asked(self, device: UUID, path: str, message: Any) -> bytes:
        """Answer a message; ServerRefused as the client would raise it. Died when it was the end of this process."""
        try:
            with running(self.newer):
                return self._answered(device, path, message)
        except ClinicError as error:
            raise ServerRefused(Problem(error.code, f"{type(error).__name__}: {error}")) from error

    def _answered(self, device: UUID, path: str, message: Any) -> bytes:
        row = self.store.read(lambda reader: reader.get(Device, device), self.worker)
        return pack(call(self.centre, DeviceFacts.of(row), path, message))


def call(centre: Centre, facts: DeviceFacts, path: str, message: Any) -> Any:
    """What a centre, or a hub, answers to a device."""
    held, store = facts.grants.read, centre.store
    calls = {
        "/v1/hello": lambda: centre.hello(facts, message, "s"),
        "/v1/push": lambda: centre.push(facts, message),
        "/v1/pull": lambda: centre.pull(facts, message),
        "/v1/snapshot": lambda: centre.snapshot(facts, message),
        "/v1/page": lambda: unpack(centre.page(facts, message), Page),
        "/v1/lease": lambda: centre.lease(facts, message),
        OFFER: lambda: take_back(centre, facts, message),
        DIGESTS: lambda: tell_digests(store, held, facts.part(held), message),
        RECORDS: lambda: tell_records(store, held, facts.part(held), message),
        COMPARED: lambda: Noted(0),
        MEET: lambda: centre.meet(facts, message),
        RELAY: lambda: centre.relay(facts, message),
    }
    return calls[path]()


def _introduce(unit: Unit, device: UUID, author: int, kind: str, key: Ed25519PrivateKey) -> None:
    facts = {"site": "Main", "status": "approved", "reduced_protection": False}
    public = key.public_key().public_bytes_raw()
    unit.add(Device, id=device, author=author, name=f"Desk {author}", kind=kind, signing_public=public, **facts)
