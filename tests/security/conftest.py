# SPDX-License-Identifier: Apache-2.0
"""A clinic with its server key, people with cheap passwords, and workstations set up as enrolment does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.clock import SetClock
from hms_desktop.security import sign_in, totp
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.profile import ClinicFacts, Profile, ServerFacts, StationFacts
from hms_desktop.security.roles import needs_code as roles_need_code
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.statements import KeyStatement, sign_statement

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
        id, keys = person or uuid4(), PersonKeys.generate()
        coded = needs_code or roles_need_code(roles)
        if coded:
            self.seeds[login] = totp.new_seed()
        sealed = totp.seal_seed(self.seeds[login], keys.public.exchange, id) if coded else None
        return GrantedPerson(
            person=id,
            login=login,
            name=login.title(),
            roles=roles,
            active=True,
            needs_code=coded,
            statement=sign_statement(self.server, KeyStatement(self.id, id, keys.public, since_ms)),
            wrapped=wrap(keys, password, id, CHEAP),
            sealed_totp=sealed,
        )


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
