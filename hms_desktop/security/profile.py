# SPDX-License-Identifier: Apache-2.0
"""A workstation's folder: which clinic, station and server it belongs to, and where its encrypted file lies.

`profile.json` is readable, because the sign-in window shows it before any key is out, and carries an HMAC under the
device secret, so that nobody can point a workstation at another server by editing it.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from hms_desktop.core.errors import Damaged, NotFound
from hms_desktop.core.text import _
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace, device_keys
from hms_desktop.security.sealing import derive
from hms_desktop.storage.acting import ClinicInfo, Station
from hms_desktop.storage.durable import replace_file

VERSION = 1
PROFILE_FILE = "profile.json"
REPLICA_FILE = "replica.db"
LOCK_FILE = "profile.lock"


class ClinicFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic that the workstation belongs to; `zone` is an IANA name, `currency` ISO 4217.

    `recovery_public` is the public half of its recovery key (32 bytes; empty: none), stated at `recovery_since_ms`.
    """

    id: UUID
    name: str
    zone: str
    currency: str
    training: bool = False
    recovery_public: bytes = b""
    recovery_since_ms: int = 0


class StationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """This workstation: its device id, the author number of its change sets, name, site and kind."""

    device: UUID
    author: int
    name: str
    site: str
    kind: str


class ServerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic's server: https addresses in order of preference, its CA (PEM), and the key of its statements."""

    addresses: tuple[str, ...]
    ca_pem: str
    signing_public: bytes


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a workstation knows before anybody signs in; `secret_in` names the keychain."""

    clinic: ClinicFacts
    station: StationFacts
    server: ServerFacts
    secret_in: str
    reduced_protection: bool
    version: int = VERSION

    def as_station(self) -> Station:
        """The station as units and readers know it."""
        s = self.station
        return Station(device=s.device, author=s.author, name=s.name, site=s.site, kind=s.kind)

    def as_clinic(self) -> ClinicInfo:
        """The clinic as units and readers know it."""
        c = self.clinic
        return ClinicInfo(name=c.name, zone=ZoneInfo(c.zone), currency=c.currency, training=c.training)


class _Signed(msgspec.Struct, frozen=True):
    facts: msgspec.Raw
    mac: bytes


def read_profile(folder: Path) -> Profile:
    """What `profile.json` says, unchecked: good for a sign-in window, not for trust. NotFound where there is none."""
    return _facts(_read(folder))


def trusted_profile(folder: Path, place: SecretPlace) -> tuple[Profile, DeviceKeys]:
    """The profile and the device's keys, checked against each other; `Damaged` when the file was edited."""
    signed = _read(folder)
    profile = _facts(signed)
    keys = device_keys(place, profile.station.device)
    if not hmac.compare_digest(_mac(keys, bytes(signed.facts)), signed.mac):
        raise Damaged(_("{file} was changed by something else. Enrol the workstation again.").format(file=PROFILE_FILE))
    return profile, keys


def device_number(device: UUID) -> str:
    """By which a workstation is named on the telephone: the end of its id, which `hms-server` finds it by."""
    end = device.hex[-6:].upper()
    return f"{end[:3]} {end[3:]}"


def write_profile(folder: Path, profile: Profile, keys: DeviceKeys) -> None:
    """Write `profile.json` whole, with its HMAC."""
    facts = msgspec.json.encode(profile)
    signed = _Signed(msgspec.Raw(facts), _mac(keys, facts))
    replace_file(folder / PROFILE_FILE, msgspec.json.encode(signed))


def _read(folder: Path) -> _Signed:
    try:
        return msgspec.json.decode((folder / PROFILE_FILE).read_bytes(), type=_Signed)
    except FileNotFoundError as missing:
        raise NotFound(_("There is no enrolled workstation here. Enrol this computer with a code.")) from missing
    except msgspec.MsgspecError as odd:
        raise _unreadable() from odd


def _facts(signed: _Signed) -> Profile:
    try:
        version = msgspec.json.decode(signed.facts, type=dict[str, msgspec.Raw]).get("version")
        if version is not None and msgspec.json.decode(version, type=int) > VERSION:
            raise Damaged(_("This workstation was set up by a newer version. Update the program on this computer."))
        return msgspec.json.decode(signed.facts, type=Profile)
    except msgspec.MsgspecError as odd:
        raise _unreadable() from odd


def _unreadable() -> Damaged:
    return Damaged(_("{file} can't be read. Enrol the workstation again.").format(file=PROFILE_FILE))


def _mac(keys: DeviceKeys, facts: bytes) -> bytes:
    return hmac.digest(derive(keys.secret, "profile facts", b""), facts, "sha256")
