# SPDX-License-Identifier: Apache-2.0
"""A clinic with its server key, people with cheap passwords, and workstations set up as enrolment does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.clock import SetClock
from hms_desktop.security import sign_in
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.joining import Joining, new_account
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.people import GrantedPerson
from hms_desktop.security.profile import ClinicFacts, Profile, ServerFacts, StationFacts
from hms_desktop.security.sign_in import OpenProfile

CHEAP = KdfCost(64, 1, 1, below_floor=True)
NOON = 1_790_000_000_000
PASSWORD = "olive tram basalt hinge"


@dataclass
class Drawer:
    """A keychain in memory: what stays with the computer when its folder is copied."""

    kept: dict[str, bytes] = field(default_factory=dict)
    reduced: bool = False
    where: str = "memory"

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self.kept[name] = secret

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)


@dataclass
class Clinic:
    """The server's side, as far as keys go."""

    id: UUID = field(default_factory=uuid4)
    server: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seeds: dict[str, str] = field(default_factory=dict)

    def joins(
        self,
        login: str,
        *roles: str,
        password: str = PASSWORD,
        person: UUID | None = None,
        since_ms: int = NOON,
        needs_code: bool = False,
    ) -> GrantedPerson:
        """A person with new keys, as the server would pass them on."""
        who = Joining(person or uuid4(), login, login.title(), roles, needs_code)
        made = new_account(
            who, password, clinic=self.id, clinic_name="Riverbend", server=self.server, since_ms=since_ms, cost=CHEAP
        )
        if made.seed:
            self.seeds[login] = made.seed
        return passed_on(who.person, made.values)


def passed_on(person: UUID, values: dict[str, Any]) -> GrantedPerson:
    """What a workstation is told of an account with these columns."""
    told = {name: values[name] for name in GrantedPerson.__struct_fields__ if name in values}
    return GrantedPerson(person=person, **{**told, "roles": tuple(values["roles"])})


@dataclass
class Workstation:
    """A computer: its folder, its keychain, its clock."""

    folder: Path
    profile: Profile
    keys: DeviceKeys
    drawer: Drawer
    clock: SetClock
    file_key: bytes

    def unlock(self, login: str, password: str = PASSWORD, code: str | None = None) -> OpenProfile:
        """Sign in here."""
        return sign_in.unlock(self.folder, login, password, code, keychain=self.drawer, clock=self.clock)


SetUp = Callable[..., Workstation]


@pytest.fixture
def clinic() -> Clinic:
    """A clinic with a server key."""
    return Clinic()


@pytest.fixture
def set_up(clinic: Clinic, tmp_path: Path) -> SetUp:
    """Set up a workstation for these people."""

    def make(*people: GrantedPerson, kind: str = "front_desk") -> Workstation:
        device, keys, drawer = uuid4(), DeviceKeys.generate(), Drawer()
        server_public = clinic.server.public_key().public_bytes_raw()
        profile = Profile(
            clinic=ClinicFacts(id=clinic.id, name="Riverbend", zone="Africa/Johannesburg", currency="ZAR"),
            station=StationFacts(device=device, author=7, name="Front desk 2", site="Main", kind=kind),
            server=ServerFacts(addresses=("https://localhost:8443",), ca_pem="", signing_public=server_public),
            secret_in=drawer.where,
            reduced_protection=False,
        )
        folder = tmp_path / device.hex
        file_key = sign_in.set_up(folder, profile, keys, list(people), drawer)
        return Workstation(folder, profile, keys, drawer, SetClock(NOON), file_key)

    return make
