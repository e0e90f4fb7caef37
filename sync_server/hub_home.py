# SPDX-License-Identifier: Apache-2.0
"""Making a hub: it enrols at the centre as a workstation does, and is given a certificate of the clinic's authority."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import SystemClock
from hms_desktop.core.errors import BadInput, Damaged, NotAllowed
from hms_desktop.core.version import program_version
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import protocol
from hms_desktop.sync.client import HttpTransport, Transport
from hms_desktop.sync.enrol import Enrolment
from hms_desktop.sync.enrolling import Decision
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.lanes import Lanes
from hms_desktop.sync.line_limit import limit_of
from hms_desktop.sync.protocol import Hello
from hms_desktop.sync.relaying import CERTIFICATE, CertificateGiven, CertificateWanted
from hms_desktop.sync.verify import Trust
from sync_server.authority import Issued, make_key, public_of
from sync_server.home import (
    FACTS_FILE,
    KEYS_FILE,
    Facts,
    Home,
    ServiceKeys,
    addresses_of,
    must_be_reachable,
    open_made,
    write_tls,
)


@dataclass(frozen=True)
class HubPlan:
    """What `hms-server hub enroll` is told: the centre and its code, and where workstations reach the hub."""

    centre: str
    code: str
    hosts: tuple[str, ...]
    port: int


class Joining:
    """One application: `apply`, show the words, `ask` until approved, `finish`. Nothing is written before approval."""

    def __init__(self, folder: Path, plan: HubPlan) -> None:
        if (folder / FACTS_FILE).exists():
            raise BadInput(f"{folder.name} already holds a server. Use another folder, or `hms-server serve`.")
        must_be_reachable(plan.hosts, plan.port)
        self._folder, self._plan = folder, plan
        self._device = DeviceKeys.generate()
        self._enrolment = Enrolment(plan.centre, plan.code, self._device)

    def apply(self) -> tuple[str, tuple[str, ...]]:
        """Apply with the code; returns what the hub will be called and the words to compare on both screens."""
        applied, words = self._enrolment.apply(reduced_protection=True)
        self._statements = applied.server_public
        return applied.name, words

    def ask(self) -> Decision | None:
        """The approval, None while it is pending; NotAllowed when it was turned down."""
        decision = self._enrolment.ask()
        return decision if decision.status == "approved" else None

    def finish(self, decision: Decision) -> Home:
        """Make the hub's folder and its empty store. Damaged when the approval does not say for what, NotAllowed for
        an answer of another server than was compared, or a code that was not for a hub."""
        clinic, station, server = decision.clinic, decision.station, decision.server
        if clinic is None or station is None or server is None:
            raise Damaged("The centre approved this hub and did not say as what. Update the centre, then enrol.")
        if server.signing_public != self._statements:
            raise NotAllowed("The centre is not the one whose words were compared. Ask for a new code.")
        if station.kind != HUB:
            raise NotAllowed("The code is for a workstation. Make one with `hms-server enroll-code --kind hub`.")
        facts = Facts(
            id=station.device,
            clinic=clinic.id,
            clinic_name=clinic.name,
            zone=clinic.zone,
            currency=clinic.currency,
            site=station.site,
            training=clinic.training,
            addresses=addresses_of(self._plan.hosts, self._plan.port),
            hosts=self._plan.hosts,
            author=station.author,
            centre=server.addresses,
            statements=server.signing_public,
        )
        tls = make_key()
        keys = ServiceKeys(
            store=os.urandom(32),
            signing=b"",
            worker=self._device.signing.private_bytes_raw(),
            authority_key=b"",
            server_key=tls.key,
            exchange=X25519PrivateKey.generate().private_bytes_raw(),
        )
        line = HttpTransport(server.addresses[0], server.ca_pem, station.device, self._device.signing)
        certificate = certificate_for(line, facts, keys)
        self._write(facts, keys, server.ca_pem.encode(), Issued(certificate, tls.key))
        home = open_made(self._folder, new=True)
        with home.store.writing() as connection:
            set_meta(connection, "epoch", os.urandom(16))
        return home

    def _write(self, facts: Facts, keys: ServiceKeys, authority: bytes, tls: Issued) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(self._folder / KEYS_FILE, msgspec.msgpack.encode(keys))
        replace_file(self._folder / "ca.pem", authority)
        write_tls(self._folder, tls)
        replace_file(self._folder / FACTS_FILE, msgspec.json.format(msgspec.json.encode(facts)))


def certificate_for(line: Transport, facts: Facts, keys: ServiceKeys) -> bytes:
    """Have the clinic's authority sign this hub's key for its addresses, in a session of its own (PEM)."""
    now_ms = SystemClock().now_ms()
    line.greet(Hello(protocol.VERSION, SCHEMA, os.urandom(16), 0, program_version(), now_ms))
    wanted = CertificateWanted(list(facts.addresses), public_of(keys.server_key))
    return line.send(CERTIFICATE, wanted, CertificateGiven).certificate


def line_to_centre(home: Home) -> HttpTransport:
    """The hub's own way to its centre; it takes no more of the line than was chosen for the site."""
    lanes = Lanes(home.store.read(limit_of, home.worker))

    def follow(changes: Changes) -> None:
        if changes.touch("site_setting"):
            lanes.kbit = home.store.read(limit_of, home.worker)

    home.store.on_changes(follow)
    return HttpTransport(home.facts.centre[0], home.authority.decode(), home.facts.id, home.worker_key, lanes)


def trust_of(home: Home) -> Trust:
    """Whose word a hub believes about keys."""
    return Trust(home.facts.statements, home.facts.clinic)
