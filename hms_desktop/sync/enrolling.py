# SPDX-License-Identifier: Apache-2.0
"""What a workstation and a server say to each other while the workstation is being enrolled."""

from __future__ import annotations

from uuid import UUID

import msgspec

from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.profile import ClinicFacts, ServerFacts, StationFacts


class Authority(msgspec.Struct, array_like=True, frozen=True):
    """The clinic's certificate authority (DER), believed only because the code names its fingerprint."""

    certificate: bytes


class Application(msgspec.Struct, array_like=True, frozen=True):
    """A workstation applies: the name of its code, its public key, and the proof that it holds the code."""

    code_name: str
    device_public: bytes
    nonce: bytes
    proof: bytes
    reduced_protection: bool


class Applied(msgspec.Struct, array_like=True, frozen=True):
    """The application stands: what the device is called, and the server key that the compare words come from."""

    device: UUID
    name: str
    server_public: bytes


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """The device asks whether an administrator has approved it."""

    device: UUID


class Decision(msgspec.Struct, array_like=True, frozen=True):
    """`pending`, `blocked`, or `approved` with all that a workstation must know before anybody signs in."""

    status: str
    clinic: ClinicFacts | None = None
    station: StationFacts | None = None
    server: ServerFacts | None = None
    people: list[GrantedPerson] = []
