# SPDX-License-Identifier: Apache-2.0
"""A server's folder: facts, certificates, keys outside the database, and the encrypted store that they open."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.clinic import modules
from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import BadInput, Damaged, NotFound, Refused
from hms_desktop.security.accounts import Device
from hms_desktop.security.administration import AdminEvent
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import sign_root
from hms_desktop.storage.acting import Acting, ClinicInfo, Person, Station
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync.facts import HUB
from sync_server.authority import Issued, is_due, issue_server, make_authority
from sync_server.identity import ServerFacts
from sync_server.places import VOLUME, must_be_free, place_of

FACTS_FILE = "server.json"
KEYS_FILE = "service.keys"
STORE_FILE = "store.db"
CERTIFICATE_FILE, KEY_FILE = "server.pem", "server.key"
LONGEST_NAME = 120
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
assert modules.MODULES


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is; none of it is secret.

    A hub has the addresses of its `centre` and the public key of the clinic's `statements`, and makes none itself.
    """

    id: UUID
    clinic: UUID
    clinic_name: str
    zone: str
    currency: str
    site: str
    training: bool
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    author: int
    centre: tuple[str, ...] = ()
    statements: bytes = b""

    @property
    def name(self) -> str:
        """What it is called in its own histories."""
        return "Clinic hub" if self.centre else "Sync server"


class ServiceKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The service credential: opens the store and what is sealed to the centre, signs statements and as a worker.

    Kept out of backups. A hub's has neither the key of statements nor the authority's: both are empty.
    """

    store: bytes
    signing: bytes
    worker: bytes
    authority_key: bytes
    server_key: bytes
    exchange: bytes
    database: str = ""
    """The address of the PostgreSQL database that holds the records, with its password; empty for the file."""


class Member(msgspec.Struct, frozen=True, kw_only=False):
    """A worker of a server: its id, its author number, and the key that it signs with."""

    id: UUID
    author: int
    key: bytes


@dataclass(frozen=True)
class Home:
    """An open server folder; `with` closes its store whatever happens."""

    folder: Path
    facts: Facts
    keys: ServiceKeys
    store: Store
    worker: Acting

    def __enter__(self) -> Home:
        return self

    def __exit__(self, *_error: object) -> None:
        self.store.close()

    @property
    def signing(self) -> Ed25519PrivateKey:
        """The key under which the server states whose keys are whose."""
        return Ed25519PrivateKey.from_private_bytes(self.keys.signing)

    @property
    def worker_key(self) -> Ed25519PrivateKey:
        """The key with which this server signs as an author, and a hub its requests."""
        return Ed25519PrivateKey.from_private_bytes(self.keys.worker)

    @property
    def exchange(self) -> X25519PrivateKey:
        """The key to which workstations seal what goes out while nobody is signed in."""
        return X25519PrivateKey.from_private_bytes(self.keys.exchange)

    @property
    def server_facts(self) -> ServerFacts:
        """The server as the centre knows it."""
        public = self.facts.statements or self.signing.public_key().public_bytes_raw()
        return ServerFacts(self.facts.id, self.facts.clinic, public, self.facts.hosts)

    @property
    def authority(self) -> bytes:
        """The clinic's CA certificate (PEM)."""
        try:
            return (self.folder / "ca.pem").read_bytes()
        except OSError as error:
            raise Damaged("The certificate ca.pem can't be read. Put it back from its safe.") from error


@dataclass(frozen=True)
class Plan:
    """What `hms-server init` is told."""

    clinic: str
    zone: str
    currency: str
    site: str
    hosts: tuple[str, ...]
    port: int
    training: bool = False
    database: str = ""
    encrypted_volume: bool = False
    """Whether the administrator says that the database lies on an encrypted volume: it does not encrypt by itself."""


def make(folder: Path, plan: Plan, clock: Clock | None = None) -> Home:
    """Make a server's folder and its empty store; BadInput when the folder is already a server's."""
    if (folder / FACTS_FILE).exists():
        raise BadInput(f"{folder.name} already holds a server. Use another folder, or `hms-server serve`.")
    _must_be_sound(plan)
    must_be_free(place_of(plan.database), plan.encrypted_volume)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = make_authority(plan.clinic)
    server = issue_server(authority, plan.hosts)
    signing, worker = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    keys = ServiceKeys(
        store=os.urandom(32),
        signing=signing.private_bytes_raw(),
        worker=worker.private_bytes_raw(),
        authority_key=authority.key,
        server_key=server.key,
        exchange=X25519PrivateKey.generate().private_bytes_raw(),
        database=plan.database,
    )
    facts = Facts(
        id=uuid4(),
        clinic=uuid4(),
        clinic_name=plan.clinic,
        zone=plan.zone,
        currency=plan.currency,
        site=plan.site,
        training=plan.training,
        addresses=addresses_of(plan.hosts, plan.port),
        hosts=plan.hosts,
        author=0,
    )
    replace_file(folder / KEYS_FILE, msgspec.msgpack.encode(keys))
    replace_file(folder / "ca.pem", authority.certificate)
    write_tls(folder, server)
    replace_file(folder / FACTS_FILE, msgspec.json.format(msgspec.json.encode(facts)))
    home = open_made(folder, clock, new=True)
    home.store.act(partial(_begin, home), home.worker)
    with home.store.writing() as connection:
        set_meta(connection, "epoch", os.urandom(16))
    return home


def certificate_is_due(home: Home) -> bool:
    """Whether it is time for another certificate. Damaged when the one that there is can't be read."""
    now = datetime.fromtimestamp(home.store.clock.now_ms() / 1000, UTC)
    try:
        return is_due((home.folder / CERTIFICATE_FILE).read_bytes(), now)
    except (OSError, ValueError) as error:
        raise Damaged(f"The certificate {CERTIFICATE_FILE} can't be read. Put it back from its safe.") from error


def renew_certificate(home: Home) -> bool:
    """Have the clinic's authority sign the server's key for another two years, when it is time; whether it was.

    Workstations trust the authority: they notice nothing. Damaged when it can't be read.
    """
    due = certificate_is_due(home)
    if due:
        authority = Issued(home.authority, home.keys.authority_key)
        now = datetime.fromtimestamp(home.store.clock.now_ms() / 1000, UTC)
        issued = issue_server(authority, home.facts.hosts, now, home.keys.server_key)
        replace_file(home.folder / CERTIFICATE_FILE, issued.certificate)
    return due


def write_tls(folder: Path, server: Issued) -> None:
    """Keep the certificate that a server shows, and its key."""
    replace_file(folder / CERTIFICATE_FILE, server.certificate)
    replace_file(folder / KEY_FILE, server.key)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _must_be_sound(plan: Plan) -> None:
    try:
        ZoneInfo(plan.zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(f"There is no time zone “{plan.zone}”. Use an IANA name such as Africa/Johannesburg.") from error
    if not (len(plan.currency) == 3 and plan.currency.isascii() and plan.currency.isupper()):
        raise BadInput(f"“{plan.currency}” is not a currency code of three capitals (ISO 4217), such as ZAR.")
    must_be_reachable(plan.hosts, plan.port)
    for name, meant in ((plan.clinic, "clinic"), (plan.site, "site")):
        if not name.strip() or len(name) > LONGEST_NAME:
            raise BadInput(f"Give the {meant} a name of 1 to {LONGEST_NAME} letters.")


def must_be_reachable(hosts: Sequence[str], port: int) -> None:
    """Raise BadInput unless these are names or addresses, and a port, at which a server can be reached."""
    if not hosts:
        raise BadInput("Name at least one host name or IP address under which workstations reach this server.")
    for host in hosts:
        if not _HOST.fullmatch(host) and not _is_address(host):
            raise BadInput(f"“{host}” is neither a host name (letters, digits, dots and hyphens) nor an IP address.")
    if not 0 < port < 65536:
        raise BadInput(f"{port} is no port. Ports are from 1 to 65535.")


def addresses_of(hosts: Sequence[str], port: int) -> tuple[str, ...]:
    """Where a server is reached."""
    return tuple(f"https://{_bracketed(host)}:{port}" for host in hosts)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _begin(home: Home, unit: Unit) -> None:
    unit.action = "server.begin"
    public = Ed25519PrivateKey.from_private_bytes(home.keys.worker).public_key().public_bytes_raw()
    unit.add(
        Device,
        id=home.facts.id,
        author=home.facts.author,
        name="Sync server",
        site=home.facts.site,
        kind="server",
        signing_public=public,
        status="approved",
        reduced_protection=False,
    )
    if home.keys.database:
        unit.add(AdminEvent, kind=VOLUME, by=home.facts.id, origin="command")


def open_home(folder: Path, clock: Clock | None = None) -> Home:
    """Open the centre's folder; NotFound where there is none, Damaged when its files do not fit together.

    Refused for a hub's, where there is nothing to administer.
    """
    home = open_any(folder, clock)
    if home.facts.centre:
        home.store.close()
        raise Refused(f"{folder} is a hub's. People, workstations and settings are kept at {home.facts.centre[0]}.")
    return home


def open_any(folder: Path, clock: Clock | None = None) -> Home:
    """The same for a centre's folder or a hub's."""
    if not (folder / FACTS_FILE).exists():
        raise NotFound(f"{folder} holds no server. Make one with `hms-server init`.")
    return open_made(folder, clock)


def open_as(home: Home, member: Member) -> Home:
    """The same server once more, as another of its workers: an author with a key of its own."""
    return open_made(home.folder, home.store.clock, member=member)


def open_made(folder: Path, clock: Clock | None = None, *, new: bool = False, member: Member | None = None) -> Home:
    """The same where the folder is known to be a server's; with `new` it was just made, and its store begins here."""
    try:
        facts = msgspec.json.decode((folder / FACTS_FILE).read_bytes(), type=Facts)
        keys = read_service_keys(folder / KEYS_FILE)
        zone = ZoneInfo(facts.zone)
        who = member or Member(facts.id, facts.author, keys.worker)
        worker = Ed25519PrivateKey.from_private_bytes(who.key)
    except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise Damaged(f"The server's folder can't be read: {error}. Put back {KEYS_FILE} from its safe.") from error
    clinic = ClinicInfo(facts.clinic_name, zone, facts.currency, facts.training)
    station = Station(who.id, who.author, facts.name, facts.site, HUB if facts.centre else "server")
    everything = frozenset(policy().permissions)
    acting = Acting(Person(who.id, facts.name, "server", frozenset(), everything), partial(sign_root, worker))
    file, place = folder / STORE_FILE, place_of(keys.database)
    if place is None and not new and (not file.is_file() or not file.stat().st_size):
        raise Damaged(f"{STORE_FILE} is missing from {folder}. Put it back from a backup; nothing was changed.")
    store = Store(file, keys.store, station, clinic, clock=clock, database=place)
    return Home(folder, facts, keys, store, acting)


def read_service_keys(file: Path) -> ServiceKeys:
    """The service credential as it lies in a file; Refused for another version's, OSError or MsgspecError else."""
    folder, raw = file.parent, file.read_bytes()
    try:
        return msgspec.msgpack.decode(raw, type=ServiceKeys)
    except msgspec.ValidationError as other:
        if not isinstance(msgspec.msgpack.decode(raw), dict):
            raise
        raise Refused(
            f"{KEYS_FILE} in {folder} was written by another version of the program and lacks a key that this one "
            "needs. Nothing was changed: open the folder with the version that made it, or make a new server with "
            "`hms-server init` and bring the records in."
        ) from other
