# SPDX-License-Identifier: Apache-2.0
"""A workstation enrolled in a folder, so that a window or a real session process can be opened on it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from hms_desktop.security import sign_in
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.profile import ClinicFacts, Profile, ServerFacts, StationFacts
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.storage.keychain import PRIVATE_FILE, FileKeychain
from sync_server.authority import make_authority
from tests.security.conftest import PASSWORD, Clinic

LOGIN = "z.ndlovu"
NAME = "Zanele Ndlovu"


def enrol(folder: Path, *roles: str, kind: str = "all", training: bool = False, colleague: str = "") -> Path:
    """Enrol a workstation with one person, who signs in as LOGIN with PASSWORD, and a colleague; returns its folder."""
    clinic = Clinic()
    granted = clinic.joins(LOGIN, *(roles or ("receptionist",)))
    granted = type(granted)(**{name: getattr(granted, name) for name in granted.__struct_fields__} | {"name": NAME})
    people = [granted, clinic.joins(colleague, "receptionist")] if colleague else [granted]
    profile = Profile(
        clinic=ClinicFacts(
            id=clinic.id, name="Riverbend Clinic", zone="Africa/Johannesburg", currency="ZAR", training=training
        ),
        station=StationFacts(device=uuid4(), author=7, name="Front desk 2", site="Main", kind=kind),
        server=ServerFacts(
            addresses=("https://localhost:9",), ca_pem=make_authority("Riverbend Clinic").certificate.decode(),
            signing_public=clinic.server.public_key().public_bytes_raw(),
        ),
        secret_in=PRIVATE_FILE,
        reduced_protection=True,
    )  # fmt: skip
    sign_in.set_up(folder, profile, DeviceKeys.generate(), people, FileKeychain(folder))
    return folder


def unlock(folder: Path, password: str = PASSWORD) -> OpenProfile:
    """Sign in there."""
    return sign_in.unlock(folder, LOGIN, password, keychain=FileKeychain(folder))
