# SPDX-License-Identifier: Apache-2.0
"""Asking the server how this workstation stands, with the device's key alone, and doing what the answer says.

Whoever is no longer let in loses their slot at once; an order to wipe is carried out after what it held was reported.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import structlog

from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import ClinicError
from hms_desktop.security import holding, key_turns
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.people import read_people
from hms_desktop.security.profile import Profile
from hms_desktop.security.standing import Standing, take_standing
from hms_desktop.sync.client import Transport
from hms_desktop.sync.standing import NONCE_BYTES, PATH, Holding, StandingAsked, StandingTold

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Asker:
    """Who asks: a workstation's folder, with its device keys and where they are kept."""

    folder: Path
    profile: Profile
    keys: DeviceKeys
    place: SecretPlace
    clock: Clock

    def ask(self, line: Transport, *, old_file: bool = False) -> Standing:
        """Ask and keep the answer; whoever it puts out loses their slot before this returns.

        Unavailable when nobody answers, Forged when it was not this clinic's server that did.
        """
        question = self.question(old_file=old_file)
        return self.hear(line.send(PATH, question, StandingTold).signed, question.nonce)

    def hear(self, signed: bytes, nonce: bytes) -> Standing:
        """Keep what the server answered to the question with this nonce, by any road; Forged when it did not."""
        device = self.profile.station.device
        standing = take_standing(self.folder, self.profile, self.keys, self.place, signed, nonce)
        key_turns.put_out(self.folder, self.keys, device, standing.revoked, self.clock.now_ms())
        return standing

    def wipe(self, line: Transport) -> None:
        """Destroy keys and files, then say so; the server keeps asking for it until it heard that."""
        question = self.question(wiped=True)
        holding.destroy(self.folder, self.profile, self.place, self.clock.now_ms())
        try:
            line.send(PATH, question, StandingTold)
        except ClinicError as error:  # gone all the same; the server goes on saying "wipe" to nobody
            _log.error("that this workstation was wiped could not be reported", kind=type(error).__name__)

    def question(self, *, old_file: bool = False, wiped: bool = False) -> StandingAsked:
        """How this workstation stands by what it knows itself, and the question how it does."""
        device = self.profile.station.device
        held = holding.read_holding(self.folder, self.keys, device, Holding)
        epoch = read_people(self.folder, self.keys, device).epoch
        exposed = key_turns.exposed_since(self.folder, self.keys, device)
        return StandingAsked(os.urandom(NONCE_BYTES), held, epoch, exposed, old_file, wiped)
