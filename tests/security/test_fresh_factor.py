# SPDX-License-Identifier: Apache-2.0
"""A second factor shown again within a session, offline: by app, recovery code and security key, each once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pyotp
import pytest

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.security import fido, own_changes
from hms_desktop.security.fresh_factor import Ways
from hms_desktop.security.high_water import ClockBehind
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.own_keys import read_change
from hms_desktop.security.second_factor import WITH_KEY, sign_in_keys
from hms_desktop.security.sign_in import OpenProfile, SignInRefused
from hms_desktop.security.step_up import APP, CODE, FRESH_MS, KEY, challenge
from hms_desktop.security.totp import STEP_MS
from hms_desktop.security.tries import MustWait
from tests.security.conftest import CHEAP, NOON, PASSWORD, Clinic, SetUp, Workstation
from tests.security.soft_key import SoftKey

WHAT = uuid4()
HOST = "localhost"


def own(station: Workstation, opened: OpenProfile, *keys: SoftKey) -> OwnAccount:
    """The account of who is signed in, with these security keys plugged in."""
    touch = sign_in_keys(station.profile, station.keys, lambda: list(keys))
    return OwnAccount(opened, clock=station.clock, keys=touch, cost=lambda: CHEAP)


def code_of(seed: str, ms: int) -> str:
    return pyotp.TOTP(seed).at(ms // 1000)


def test_a_code_of_the_app_is_good_once_within_its_drift_and_never_twice(clinic: Clinic, set_up: SetUp) -> None:
    thabo = clinic.joins("thabo", "doctor", needs_code=True)
    station, seed = set_up(thabo, kind="doctor"), clinic.seeds["thabo"]
    account = own(station, station.unlock("thabo", code=code_of(seed, NOON)))
    assert account.ways() == Ways(app=True, key=False, codes=0) and account.ways().any
    with pytest.raises(BadInput, match="used already"):
        account.show_factor(code_of(seed, NOON), [WHAT])  # the one that signed in
    with pytest.raises(BadInput, match="does not fit"):
        account.show_factor(code_of(seed, NOON + 2 * STEP_MS), [WHAT])
    shown = account.show_factor(code_of(seed, NOON + STEP_MS), [WHAT])
    assert (shown.factor, shown.person, shown.at_ms, shown.step) == (APP, thabo.person, NOON, NOON // STEP_MS + 1)
    assert shown.good_for(thabo.person, [WHAT], NOON + FRESH_MS)
    assert not shown.good_for(uuid4(), [WHAT], NOON) and not shown.good_for(thabo.person, [WHAT, uuid4()], NOON)
    for now in (NOON - 1, NOON + FRESH_MS + 1):
        assert not shown.good_for(thabo.person, [WHAT], now)
    with pytest.raises(BadInput):
        account.show_factor(code_of(seed, NOON + STEP_MS), [WHAT])
    with pytest.raises(SignInRefused):
        station.unlock("thabo", code=code_of(seed, NOON + STEP_MS))
    station.clock.ms = NOON + 3 * STEP_MS
    account.show_factor(code_of(seed, station.clock.ms), [WHAT])
    station.clock.ms = NOON - 3_600_000
    with pytest.raises(ClockBehind):
        account.show_factor(code_of(seed, station.clock.ms), [WHAT])


def test_five_wrong_codes_wait_like_at_sign_in(clinic: Clinic, set_up: SetUp) -> None:
    thabo = clinic.joins("thabo", "doctor", needs_code=True)
    station, seed = set_up(thabo, kind="doctor"), clinic.seeds["thabo"]
    account = own(station, station.unlock("thabo", code=code_of(seed, NOON)))
    for _try in range(5):
        with pytest.raises(BadInput):
            account.show_factor("000 000", [WHAT])
    with pytest.raises(MustWait):
        account.show_factor(code_of(seed, NOON + STEP_MS), [WHAT])
    with pytest.raises(MustWait):
        station.unlock("thabo", code=code_of(seed, NOON + STEP_MS))
    station.clock.ms = NOON + 61_000
    assert account.show_factor(code_of(seed, station.clock.ms), [WHAT])


def test_a_recovery_code_signs_once_and_is_struck_off(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    assert account.ways() == Ways(app=False, key=False, codes=0) and not account.ways().any
    with pytest.raises(BadInput):
        account.show_factor("123456", [WHAT])
    codes = account.new_codes(PASSWORD)
    shown = account.show_factor(codes[3].lower(), [WHAT])
    assert shown.factor == CODE and account.ways().codes == 9 and account.state().codes_left == 9
    with pytest.raises(BadInput):
        account.show_factor(codes[3], [WHAT])
    sent = own_changes.pending_changes(station.folder, station.keys, station.profile.station.device)
    assert read_change(sent[-1]).value == shown.answer


def test_a_security_key_signs_for_just_these_records_and_this_moment(clinic: Clinic, set_up: SetUp) -> None:
    zanele, key = clinic.joins("zanele", "receptionist"), SoftKey()
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"), key)
    with pytest.raises(BadInput, match="not one of your security keys"):
        account.show_factor(WITH_KEY, [WHAT])
    account.add_key("Blue key", PASSWORD)
    shown = account.show_factor(WITH_KEY, [WHAT])
    assert shown.factor == KEY and shown.answer is not None and account.ways().key
    keys = account.state().keys

    def fits(person: UUID, at_ms: int, *what: UUID, by: bytes = shown.answer) -> bool:
        return fido.signed_over(HOST, challenge(person, at_ms, what), by, keys)

    assert fits(zanele.person, NOON, WHAT)
    assert not fits(uuid4(), NOON, WHAT) and not fits(zanele.person, NOON + 1, WHAT)
    assert not fits(zanele.person, NOON, WHAT, uuid4())
    for spoilt in (b"", b"{}", b"[]", shown.answer.replace(b'"signature": "', b'"signature": "AA')):
        assert not fits(zanele.person, NOON, WHAT, by=spoilt)
    assert not fido.signed_over("elsewhere.example", challenge(zanele.person, NOON, [WHAT]), shown.answer, keys)
    with pytest.raises(Unavailable):
        own(station, account._opened).show_factor(WITH_KEY, [WHAT])
    with pytest.raises((BadInput, Unavailable)):
        own(station, account._opened, SoftKey()).show_factor(WITH_KEY, [WHAT])
