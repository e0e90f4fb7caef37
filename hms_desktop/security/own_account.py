# SPDX-License-Identifier: Apache-2.0
"""A signed-in person's own account at a workstation: password, authenticator app, security keys, recovery codes.

Everything works at once and without the server. Each change asks for the password first, so that an unattended session
gives nobody a way to come back; the person's first steps after a sign-in need no second asking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import BadInput, NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.security import own_changes, own_keys, quick_keys, recovery_codes, totp
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.fresh_factor import Ways, show_factor, ways_of
from hms_desktop.security.granted import GrantedPerson, SecurityKey
from hms_desktop.security.high_water import raise_water, read_water
from hms_desktop.security.kdf import KdfCost, calibrate
from hms_desktop.security.keys import unwrap, wrap
from hms_desktop.security.own_keys import Change, Overtaken
from hms_desktop.security.passwords import check_new_password
from hms_desktop.security.people import Admitted, read_people
from hms_desktop.security.roles import needs_code
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.second_factor import SignInKeys
from hms_desktop.security.sign_in import OpenProfile, SignInRefused, first_steps, prove_password
from hms_desktop.security.step_up import Shown


@dataclass(frozen=True)
class AccountState:
    """How a person's sign-in stands here. `needed` says that their role asks for a second factor, `waiting` that a
    change of theirs has not reached the server yet."""

    login: str
    name: str
    needed: bool
    asked: bool
    has_app: bool
    keys: tuple[SecurityKey, ...]
    codes_left: int
    waiting: bool
    first_steps: tuple[str, ...]


@dataclass(frozen=True)
class NewApp:
    """A seed that is shown once: as an otpauth address for a QR code, and as letters to type."""

    address: str = field(repr=False)
    seed: str = field(repr=False)

    @property
    def letters(self) -> str:
        """The seed in groups of four."""
        return " ".join(self.seed[at : at + 4] for at in range(0, len(self.seed), 4))


class OwnAccount:
    """Changes for who is signed in. `told` is called after each one, so that it is sent soon."""

    def __init__(
        self,
        opened: OpenProfile,
        *,
        clock: Clock | None = None,
        keys: SignInKeys | None = None,
        cost: Callable[[], KdfCost] = calibrate,
        told: Callable[[], object] = lambda: None,
    ) -> None:
        self._opened, self._clock, self._keys, self._cost, self._told = opened, clock or SystemClock(), keys, cost, told
        self._fresh = bool(opened.first_steps)

    def state(self) -> AccountState:
        """How it stands now."""
        entry = self._entry()
        granted = entry.granted
        return AccountState(
            login=granted.login,
            name=granted.name,
            needed=needs_code(granted.roles),
            asked=granted.asks_second and granted.has_factor,
            has_app=granted.sealed_totp is not None,
            keys=granted.factors.keys,
            codes_left=len(granted.factors.recovery),
            waiting=any(not one.sent for one in entry.pending),
            first_steps=first_steps(granted),
        )

    def prove(self, password: str) -> None:
        """Raise BadInput (field `password`) unless this is the person's password; MustWait after five wrong ones."""
        try:
            prove_password(self._opened, password, clock=self._clock)
        except SignInRefused as wrong:
            raise BadInput(_("This is not your password. Nothing was changed."), "password") from wrong

    def change_password(self, old: str, new: str) -> None:
        """Choose another password: it is the one that counts from now on, here and wherever the server is heard.

        BadInput names what is wrong with `password` or `new_password`.
        """
        granted = self._entry().granted
        self._ask_again(old)
        names = (granted.login, granted.name, self._opened.profile.clinic.name)
        try:
            check_new_password(new, second_factor=granted.asks_second, names=names)
        except BadInput as weak:
            raise BadInput(str(weak), "new_password") from weak
        with suppress(WontOpen):
            unwrap(granted.wrapped, new, granted.person)
            raise BadInput(_("This is the password that you have. Choose another one."), "new_password")
        value = wrap(self._opened.keys, new, granted.person, self._cost())
        self._change(own_keys.PASSWORD, granted, value=value)
        quick_keys.forbid(*self._place, granted.person, self._clock.now_ms())

    def begin_app(self) -> NewApp:
        """A new seed to show; nothing is changed until its first code is confirmed."""
        seed = totp.new_seed()
        granted = self._entry().granted
        return NewApp(totp.app_address(seed, granted.login, self._opened.profile.clinic.name), seed)

    def confirm_app(self, app: NewApp, code: str, password: str = "") -> None:
        """Take the app whose code this is, in place of one before. BadInput (field `code`) when it is not."""
        granted, now = self._entry().granted, self._clock.now_ms()
        self._ask_again(password)
        step = totp.matching_step(app.seed, code, now)
        if step is None:
            raise BadInput(
                _("This code does not fit. Check the clock of your telephone, then type a new code."), "code"
            )
        sealed = totp.seal_seed(app.seed, self._opened.keys.public.exchange, granted.person)
        self._change(own_keys.APP, granted, value=sealed)
        self._use_step(granted, step)

    def drop_app(self, password: str) -> None:
        """Sign in without the app from now on. Refused when the role needs a second factor and there is no other."""
        self._ask_again(password)
        granted = self._entry().granted
        self._must_keep_one(granted, msgspec.structs.replace(granted, sealed_totp=None))
        self._change(own_keys.APP, granted)

    def new_codes(self, password: str = "") -> tuple[str, ...]:
        """Ten new recovery codes, shown once; those before are good for nothing."""
        self._ask_again(password)
        granted, codes = self._entry().granted, recovery_codes.new_codes()
        bodies = [recovery_codes.read_code(code) for code in codes]
        hashes = tuple(recovery_codes.code_hash(body, granted.person) for body in bodies if body is not None)
        self._change(own_keys.CODES, granted, hashes=hashes)
        return codes

    def key_is_present(self) -> bool:
        """Whether a security key is plugged in at this computer now."""
        return self._keys is not None and self._keys.present()

    def add_key(self, name: str, password: str = "") -> SecurityKey:
        """Register the security key that is touched next. Unavailable when none is there or touched."""
        if not name.strip():
            raise BadInput(_("Give the key a name, such as Blue key."), "name")
        self._ask_again(password)
        granted = self._entry().granted
        if self._keys is None:
            raise Refused(_("Security keys can't be used at this computer. Use an authenticator app instead."))
        key = self._keys.register(granted, name, self._clock.now_ms())
        self._change(own_keys.KEY, granted, key=key)
        return key

    def drop_key(self, credential: bytes, password: str) -> None:
        """Forget a security key. Refused when the role needs a second factor and there is no other."""
        self._ask_again(password)
        granted = self._entry().granted
        factors = granted.factors
        left = msgspec.structs.replace(factors, keys=tuple(k for k in factors.keys if k.credential != credential))
        self._must_keep_one(granted, msgspec.structs.replace(granted, second=left.packed()))
        self._change(own_keys.KEY_GONE, granted, value=credential)
        quick_keys.forbid(*self._place, granted.person, self._clock.now_ms())

    def ways(self) -> Ways:
        """By what this person can show a second factor here."""
        return ways_of(self._entry().granted, self._keys)

    def show_factor(self, given: str, subjects: Collection[UUID]) -> Shown:
        """Show a second factor again, for signing these records; `given` is a code, or WITH_KEY (`fresh_factor`)."""
        shown = show_factor(self._opened, self._entry().granted, given, subjects, self._clock.now_ms(), self._keys)
        self._told()
        return shown

    def end_first_steps(self) -> None:
        """The person's first steps are done: from now on each change asks for the password again."""
        self._fresh = False

    def codes_left_after_use(self) -> int | None:
        """How many recovery codes are left, for who signed in with one; None for anybody else."""
        return len(self._entry().granted.factors.recovery) if self._opened.used.code is not None else None

    def overtaken(self) -> tuple[Overtaken, ...]:
        """Changes made here that lost to others made elsewhere; each is told once."""
        return own_changes.take_overtaken(*self._place, self._opened.granted.person)

    @property
    def _place(self) -> tuple[Path, DeviceKeys, UUID]:
        return self._opened.folder, self._opened.device, self._opened.profile.station.device

    def _entry(self) -> Admitted:
        entry = read_people(*self._place).by_id(self._opened.granted.person)
        if entry is None:
            raise NotFound(_("You may no longer sign in at this workstation. Ask an administrator."))
        return entry

    def _ask_again(self, password: str) -> None:
        if not self._fresh:
            self.prove(password)

    def _change(self, part: str, granted: GrantedPerson, **values: Any) -> None:
        profile = self._opened.profile
        change = Change(
            clinic=profile.clinic.id,
            person=granted.person,
            device=profile.station.device,
            at_ms=self._clock.now_ms(),
            part=part,
            replaces=own_keys.digest(own_keys.standing(granted, part)) if part in own_keys.WHOLE else b"",
        )
        whole = msgspec.structs.replace(change, **values)
        own_changes.keep_change(*self._place, own_keys.signed(whole, self._opened.keys.signing))
        self._told()

    def _use_step(self, granted: GrantedPerson, step: int) -> None:
        opening = self._opened.opening
        if opening is not None:
            used = max(step, read_water(opening.place, self._opened.profile.station.device).step_used(granted.person))
            raise_water(
                opening.place, self._opened.folder, self._opened.profile.station.device, used={granted.person: used}
            )

    def _must_keep_one(self, granted: GrantedPerson, after: GrantedPerson) -> None:
        if needs_code(granted.roles) and not after.has_factor:
            raise Refused(_("Your role needs a second factor. Set up another one first, then remove this one."))
