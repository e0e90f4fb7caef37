# SPDX-License-Identifier: Apache-2.0
"""Showing a second factor again within a session: checked like at sign-in, used up like there, counted like there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security import step_up
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.own_changes import keep_change
from hms_desktop.security.own_keys import CODE_USED, Change, signed
from hms_desktop.security.people import read_people, same_login
from hms_desktop.security.profile import LOCK_FILE
from hms_desktop.security.second_factor import WITH_KEY, SignInKeys, UsedUp, check_second, use_up
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.step_up import Shown
from hms_desktop.security.tries import begin_try, end_try, name_key
from hms_desktop.storage.durable import exclusive


@dataclass(frozen=True)
class Ways:
    """By what a person can show a second factor here."""

    app: bool
    key: bool
    codes: int

    @property
    def any(self) -> bool:
        """Whether there is one at all."""
        return self.app or self.key or self.codes > 0


def ways_of(granted: GrantedPerson, touch: SignInKeys | None) -> Ways:
    """What this person has set up, and this computer can ask."""
    factors = granted.factors
    return Ways(granted.sealed_totp is not None, bool(factors.keys) and touch is not None, len(factors.recovery))


def show_factor(
    opened: OpenProfile,
    granted: GrantedPerson,
    given: str,
    subjects: Collection[UUID],
    now_ms: int,
    touch: SignInKeys | None,
) -> Shown:
    """The second factor as it was shown for signing these records: a code of the app, a recovery code, or WITH_KEY.

    BadInput (field `code`) when it is wrong or used up, MustWait after five wrong ones, ClockBehind and Unavailable as
    at sign-in.
    """
    assert opened.opening is not None
    folder, station, keys, place = opened.folder, opened.profile.station.device, opened.device, opened.opening.place
    name = name_key(keys, same_login(granted.login))
    known = [name_key(keys, same_login(one.granted.login)) for one in read_people(folder, keys, station).admitted]
    begin_try(folder, keys, station, name, now_ms, known)
    if given == WITH_KEY:
        shown = _by_key(granted, frozenset(subjects), now_ms, touch)
        end_try(folder, keys, station, name)
        return shown
    used = check_second(granted, opened.keys, given, now_ms, place, station, None)
    with exclusive(folder / LOCK_FILE):
        good = used is not None and use_up(used, place, folder, station, granted.person)
    if used is None or not good:
        raise BadInput(_("This code does not fit, or it was used already. Type the next one that appears."), "code")
    end_try(folder, keys, station, name)
    return _by_code(opened, granted, used, frozenset(subjects), now_ms)


def _by_code(
    opened: OpenProfile, granted: GrantedPerson, used: UsedUp, subjects: frozenset[UUID], now_ms: int
) -> Shown:
    if used.code is None:
        return Shown(uuid4(), granted.person, now_ms, step_up.APP, subjects, step=used.step)
    station = opened.profile.station.device
    change = Change(
        clinic=opened.profile.clinic.id, person=granted.person, device=station, at_ms=now_ms, part=CODE_USED,
        value=used.code,
    )  # fmt: skip
    keep_change(opened.folder, opened.device, station, signed(change, opened.keys.signing))
    return Shown(uuid4(), granted.person, now_ms, step_up.CODE, subjects, answer=used.code)


def _by_key(granted: GrantedPerson, subjects: frozenset[UUID], now_ms: int, touch: SignInKeys | None) -> Shown:
    wrong = BadInput(_("This is not one of your security keys. Touch another one, or type a code."), "code")
    if touch is None or not granted.factors.keys:
        raise wrong
    answer = touch.sign(granted.factors.keys, step_up.challenge(granted.person, now_ms, subjects))
    if answer is None:
        raise wrong
    return Shown(uuid4(), granted.person, now_ms, step_up.KEY, subjects, answer=answer)
