# SPDX-License-Identifier: Apache-2.0
"""The second factor at a workstation: a code of the authenticator app, a security key, or a recovery code, once each.

It is checked after the person's keys are out, so it guards the screen and not the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from hms_desktop.security import quick_keys, recovery_codes, totp
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.granted import GrantedPerson, SecurityKey
from hms_desktop.security.high_water import raise_water, read_water
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.profile import Profile

WITH_KEY = "security key"
"""Given in place of a code: the security key is to be touched."""
BY_TOUCH = "touch alone"
"""Given in place of name, password and code: whoever touches their security key wants in."""


@dataclass(frozen=True, slots=True)
class UsedUp:
    """What a sign-in took: an authenticator step, the hash of a recovery code, or a security key with its secret."""

    step: int | None = None
    code: bytes | None = None
    key: SecurityKey | None = None
    secret: bytes | None = None


@dataclass(frozen=True)
class SignInKeys:
    """How security keys are asked at a workstation: for which server (host and clinic), and with which salt.

    `devices` replaces the keys that are plugged in. What speaks to keys is loaded only when one is asked.
    """

    host: str
    clinic: str
    salt: bytes
    devices: Any = None

    def ask(self, keys: tuple[SecurityKey, ...]) -> tuple[SecurityKey, bytes | None] | None:
        """The key that was touched and its secret, if it keeps one; None when the answer is not right."""
        from hms_desktop.security import fido

        server = fido.checker(self.host, self.clinic)
        asked = fido.ask_sign_in(server, keys, self.salt if any(key.secret for key in keys) else None)
        response, secret = fido.KeyReader(self.host, self.devices).sign_in(asked)
        used = fido.signed_in_by(server, asked, response, keys)
        return (used, secret if used.secret else None) if used else None

    def sign(self, keys: tuple[SecurityKey, ...], challenge: bytes) -> bytes | None:
        """What the key that was touched signed over this challenge (32 bytes), None when the answer is not right."""
        from hms_desktop.security import fido

        server = fido.checker(self.host, self.clinic)
        asked = fido.ask_sign_in(server, keys, challenge=challenge)
        response, _secret = fido.KeyReader(self.host, self.devices).sign_in(asked)
        return fido.packed_answer(response) if fido.signed_in_by(server, asked, response, keys) else None

    def register(self, granted: GrantedPerson, name: str, now_ms: int) -> SecurityKey:
        """The key that is touched next, registered for this person under a name of theirs."""
        from hms_desktop.security import fido

        server = fido.checker(self.host, self.clinic)
        asked = fido.ask_registration(server, granted.person, granted.login, granted.factors.keys)
        response = fido.KeyReader(self.host, self.devices).register(asked)
        return fido.registered(server, asked, response, name, now_ms)

    def present(self) -> bool:
        """Whether a security key is plugged in now."""
        from hms_desktop.security import fido

        return fido.KeyReader(self.host, self.devices).present()


def sign_in_keys(profile: Profile, keys: DeviceKeys, devices: Any = None) -> SignInKeys:
    """Security keys as this workstation asks them."""
    host = urlsplit(profile.server.addresses[0]).hostname or ""
    return SignInKeys(host, profile.clinic.name, quick_keys.salt(keys), devices)


def check_second(
    granted: GrantedPerson,
    keys: PersonKeys,
    given: str,
    now_ms: int,
    place: SecretPlace,
    device: UUID,
    touch: SignInKeys | None,
) -> UsedUp | None:
    """What the given factor takes, or None when it is wrong or used up.

    ClockBehind when the clock was set back, so that a code by time can't be judged; Unavailable for a security key
    that is not there or was not touched.
    """
    if given == WITH_KEY:
        found = touch.ask(granted.factors.keys) if touch is not None and granted.factors.keys else None
        return UsedUp(key=found[0], secret=found[1]) if found else None
    body = recovery_codes.read_code(given)
    if body is not None:
        hashed = recovery_codes.code_hash(body, granted.person)
        good = hashed in granted.factors.recovery and not recovery_codes.used_here(place, device, hashed)
        return UsedUp(code=hashed) if good else None
    if granted.sealed_totp is None:
        return None
    water = read_water(place, device)
    water.clock_must_run_on(now_ms)
    seed = totp.open_seed(granted.sealed_totp, keys.exchange, granted.person)
    step = totp.matching_step(seed, given, now_ms, after=water.step_used(granted.person))
    return UsedUp(step=step) if step is not None else None


def use_up(used: UsedUp, place: SecretPlace, folder: Path, device: UUID, person: UUID) -> bool:
    """Write in the keyring that it is used; False when another sign-in was faster. Call it under the profile's lock."""
    if used.step is not None:
        if used.step <= read_water(place, device).step_used(person):
            return False
        raise_water(place, folder, device, used={person: used.step})
    if used.code is not None:
        if recovery_codes.used_here(place, device, used.code):
            return False
        recovery_codes.mark_used(place, device, used.code)
    return True
