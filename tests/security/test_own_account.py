# SPDX-License-Identifier: Apache-2.0
"""A person changes how they sign in, at a workstation and offline: password, app, recovery codes, security keys."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import msgspec
import pyotp
import pytest

from hms_desktop.core.errors import BadInput, NotFound, Refused, Unavailable
from hms_desktop.security import own_changes, sign_in
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.own_keys import Overtaken, applied, read_change, signed, verify_change
from hms_desktop.security.people import admit, read_people
from hms_desktop.security.recovery_codes import new_codes, read_code
from hms_desktop.security.second_factor import WITH_KEY, sign_in_keys
from hms_desktop.security.sign_in import OpenProfile, SignInRefused, TouchRefused
from hms_desktop.security.signing import Forged
from hms_desktop.security.tries import MustWait
from tests.security.conftest import CHEAP, NOON, PASSWORD, Clinic, SetUp, Workstation
from tests.security.soft_key import SoftKey

NEW = "harbour quilt violin moss"


def own(station: Workstation, opened: OpenProfile, *keys: SoftKey) -> OwnAccount:
    """The account of who is signed in, with these security keys plugged in."""
    touch = sign_in_keys(station.profile, station.keys, lambda: list(keys))
    return OwnAccount(opened, clock=station.clock, keys=touch, cost=lambda: CHEAP)


def window(station: Workstation, login: str, password: str = PASSWORD, code: str = "", *keys: SoftKey) -> OpenProfile:
    """Sign in as the window does, which takes first steps and asks security keys."""
    touch = sign_in_keys(station.profile, station.keys, lambda: list(keys))
    return sign_in.unlock(
        station.folder, login, password, code, keychain=station.drawer, clock=station.clock, touch=touch,
        takes_first_steps=True,
    )  # fmt: skip


def held(station: Workstation, granted: GrantedPerson) -> GrantedPerson:
    """The person's entry as it stands at the workstation."""
    entry = read_people(station.folder, station.keys, station.profile.station.device).by_id(granted.person)
    assert entry is not None
    return entry.granted


def code_of(seed: str, ms: int) -> str:
    return pyotp.TOTP(seed).at(ms // 1000)


def hears(station: Workstation, *people: GrantedPerson) -> None:
    """The server's word of these accounts arrives."""
    admit(station.folder, station.profile, station.keys, station.file_key, people)


@pytest.fixture
def zanele(clinic: Clinic) -> GrantedPerson:
    return clinic.joins("zanele", "receptionist")


def test_a_new_password_counts_at_once_and_whatever_the_server_still_says(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    opened = station.unlock("zanele")
    account = own(station, opened)
    account.change_password(PASSWORD, NEW)
    assert station.unlock("zanele", NEW).file_key == opened.file_key
    with pytest.raises(SignInRefused):
        station.unlock("zanele", PASSWORD)
    hears(station, zanele)
    station.unlock("zanele", NEW)
    assert account.state().waiting


def test_a_change_is_let_go_of_once_the_account_shows_it(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    account.change_password(PASSWORD, NEW)
    account.change_password(NEW, PASSWORD + " again")
    hears(station, held(station, zanele))
    assert not account.state().waiting and account.overtaken() == ()
    station.unlock("zanele", PASSWORD + " again")


def test_of_two_stations_the_one_that_the_server_heard_first_holds_and_the_other_says_so(
    zanele: GrantedPerson, set_up: SetUp
) -> None:
    here, there = set_up(zanele), set_up(zanele)
    mine, other = own(here, here.unlock("zanele")), own(there, there.unlock("zanele"))
    mine.change_password(PASSWORD, NEW)
    other.change_password(PASSWORD, "copper ladder ostrich kettle")
    hears(here, held(there, zanele))
    here.unlock("zanele", "copper ladder ostrich kettle")
    assert mine.overtaken() == (Overtaken("password", NOON),)
    assert mine.overtaken() == (), "it is told once"
    with pytest.raises(SignInRefused):
        here.unlock("zanele", NEW)


def test_the_servers_no_is_told_and_its_word_of_the_account_counts_again(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    account.change_password(PASSWORD, NEW)
    place = (station.folder, station.keys, station.profile.station.device)
    (sent,) = own_changes.pending_changes(*place)
    own_changes.settle_changes(*place, {sent: False})
    hears(station, zanele)
    station.unlock("zanele", PASSWORD)
    assert account.overtaken() == (Overtaken("password", NOON),)


def test_what_was_taken_is_not_sent_twice_and_holds_until_it_is_seen(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    own(station, station.unlock("zanele")).change_password(PASSWORD, NEW)
    place = (station.folder, station.keys, station.profile.station.device)
    (sent,) = own_changes.pending_changes(*place)
    own_changes.settle_changes(*place, {sent: True})
    assert own_changes.pending_changes(*place) == []
    hears(station, zanele)
    station.unlock("zanele", NEW)


@pytest.mark.parametrize(
    ("new", "words"),
    [("password1234567", "first to be guessed"), ("short", "too short"), (PASSWORD, "the password that you have")],
)
def test_a_password_that_will_not_do_is_refused_with_what_to_do(
    zanele: GrantedPerson, set_up: SetUp, new: str, words: str
) -> None:
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    with pytest.raises(BadInput, match=words) as told:
        account.change_password(PASSWORD, new)
    assert told.value.field == "new_password"
    assert not account.state().waiting


def test_changes_ask_for_the_password_and_five_wrong_ones_wait(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    tries: list[Callable[[], object]] = [
        lambda: account.change_password("wrong", NEW),
        lambda: account.confirm_app(account.begin_app(), "000000", "wrong"),
        lambda: account.new_codes("wrong"),
        lambda: account.add_key("Blue", "wrong"),
        lambda: account.drop_app("wrong"),
    ]
    for attempt in tries:
        with pytest.raises(BadInput, match="not your password"):
            attempt()
    with pytest.raises(MustWait):
        account.change_password(PASSWORD, NEW)


def test_a_given_password_and_a_missing_factor_are_set_up_at_the_first_sign_in(clinic: Clinic, set_up: SetUp) -> None:
    new = msgspec.structs.replace(clinic.joins("root", "administrator"), sealed_totp=None, must_change=True)
    station = set_up(new, kind="manager")
    account = own(station, window(station, "root"))
    assert account.state().first_steps == ("password", "second factor")
    account.change_password("", NEW)
    app = account.begin_app()
    assert "otpauth://totp/" in app.address and app.letters.replace(" ", "") == app.seed and app.seed not in repr(app)
    with pytest.raises(BadInput, match="does not fit"):
        account.confirm_app(app, "000000")
    account.confirm_app(app, code_of(app.seed, NOON))
    assert len(account.new_codes()) == 10
    account.end_first_steps()
    assert account.state().first_steps == ()
    with pytest.raises(BadInput):
        account.new_codes("not it")
    with pytest.raises(SignInRefused):
        station.unlock("root", NEW, code_of(app.seed, NOON))
    station.clock.ms += 60_000
    station.unlock("root", NEW, code_of(app.seed, station.clock.ms))


def test_a_code_stays_used_when_the_folder_is_put_back(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    codes = own(station, station.unlock("root", code=code_of(clinic.seeds["root"], NOON))).new_codes(PASSWORD)
    station.clock.ms += 60_000
    before = station.folder.with_name("before")
    shutil.copytree(station.folder, before)
    code = code_of(clinic.seeds["root"], station.clock.ms)
    station.unlock("root", code=code)
    station.unlock("root", code=codes[0])
    shutil.rmtree(station.folder)
    before.rename(station.folder)
    for used in (code, codes[0]):
        with pytest.raises(SignInRefused):
            station.unlock("root", code=used)
    station.unlock("root", code=codes[1])


def test_a_recovery_code_lets_in_once_however_it_is_typed_and_is_struck_off(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    account = own(station, station.unlock("root", code=code_of(clinic.seeds["root"], NOON)))
    codes = account.new_codes(PASSWORD)
    assert len(set(codes)) == 10 and all(len(code) == 29 for code in codes)
    opened = station.unlock("root", code=codes[3].lower().replace("-", " ").replace("o", "0"))
    assert opened.used.code is not None and account.state().codes_left == 9
    for wrong in (codes[3], codes[4][:-1] + ("A" if codes[4][-1] != "A" else "B")):
        with pytest.raises(SignInRefused):
            station.unlock("root", code=wrong)
    again = account.new_codes(PASSWORD)
    with pytest.raises(SignInRefused):
        station.unlock("root", code=codes[5])
    station.unlock("root", code=again[5])


@pytest.mark.parametrize(("letter", "figure"), ["O0", "I1", "B8"])
def test_a_recovery_code_is_read_whichever_of_two_like_characters_is_typed(letter: str, figure: str) -> None:
    code = next(code for _ten in range(10_000) for code in new_codes() if code[-1] in (letter, figure))
    assert read_code(code) and read_code(code.replace(letter, figure)) == read_code(code)
    assert read_code(code[:-1] + letter) == read_code(code[:-1] + figure) == read_code(code)


def test_a_security_key_is_the_second_factor_and_opens_alone_for_a_shift(zanele: GrantedPerson, set_up: SetUp) -> None:
    station, key, stranger = set_up(zanele), SoftKey(), SoftKey()
    account = own(station, station.unlock("zanele"), key)
    account.add_key("Blue key", PASSWORD)
    assert [one.name for one in account.state().keys] == ["Blue key"] and account.state().asked
    touch = sign_in_keys(station.profile, station.keys, lambda: [key])
    assert not sign_in.touch_may_open(station.folder, keychain=station.drawer, clock=station.clock)
    with pytest.raises((SignInRefused, TouchRefused)):
        sign_in.unlock_by_touch(station.folder, keychain=station.drawer, touch=touch, clock=station.clock)
    with pytest.raises(SignInRefused):
        window(station, "zanele")
    with pytest.raises(BadInput, match="not the one"):
        window(station, "zanele", PASSWORD, WITH_KEY, stranger)
    whole = window(station, "zanele", PASSWORD, WITH_KEY, key)
    assert sign_in.touch_may_open(station.folder, keychain=station.drawer, clock=station.clock)
    quick = sign_in.unlock_by_touch(station.folder, keychain=station.drawer, touch=touch, clock=station.clock)
    assert (quick.file_key, quick.granted.person) == (whole.file_key, zanele.person)
    station.clock.ms += 12 * 3_600_000
    with pytest.raises((SignInRefused, TouchRefused)):
        sign_in.unlock_by_touch(station.folder, keychain=station.drawer, touch=touch, clock=station.clock)


def test_a_touch_opens_nothing_after_another_password_another_key_or_on_a_copy(
    zanele: GrantedPerson, clinic: Clinic, set_up: SetUp
) -> None:
    station, key = set_up(zanele), SoftKey()
    account = own(station, station.unlock("zanele"), key)
    account.add_key("Blue key", PASSWORD)
    window(station, "zanele", PASSWORD, WITH_KEY, key)
    touch = sign_in_keys(station.profile, station.keys, lambda: [key])
    elsewhere = set_up(held(station, zanele))
    with pytest.raises((SignInRefused, TouchRefused)):
        sign_in.unlock_by_touch(
            elsewhere.folder, keychain=elsewhere.drawer, clock=station.clock,
            touch=sign_in_keys(elsewhere.profile, elsewhere.keys, lambda: [key]),
        )  # fmt: skip
    reset = clinic.joins("zanele", "receptionist", person=zanele.person, password=NEW, since_ms=NOON + 1)
    hears(station, msgspec.structs.replace(reset, second=held(station, zanele).second))
    with pytest.raises((SignInRefused, TouchRefused)):
        sign_in.unlock_by_touch(station.folder, keychain=station.drawer, touch=touch, clock=station.clock)


def test_changing_the_password_ends_the_shift_of_the_key(zanele: GrantedPerson, set_up: SetUp) -> None:
    station, key = set_up(zanele), SoftKey()
    account = own(station, station.unlock("zanele"), key)
    account.add_key("Blue key", PASSWORD)
    window(station, "zanele", PASSWORD, WITH_KEY, key)
    account.change_password(PASSWORD, NEW)
    assert not sign_in.touch_may_open(station.folder, keychain=station.drawer, clock=station.clock)


def test_a_key_that_is_absent_untouched_or_known_is_named(zanele: GrantedPerson, set_up: SetUp) -> None:
    station, key = set_up(zanele), SoftKey()
    opened = station.unlock("zanele")
    assert not own(station, opened).key_is_present() and own(station, opened, key).key_is_present()
    with pytest.raises(Unavailable, match="No security key is plugged in"):
        own(station, opened).add_key("Blue key", PASSWORD)
    with pytest.raises(Unavailable, match="not touched in time"):
        own(station, opened, SoftKey(touched=False)).add_key("Blue key", PASSWORD)
    with pytest.raises(BadInput, match="Give the key a name"):
        own(station, opened, key).add_key(" ", PASSWORD)
    with pytest.raises(Refused, match="can't be used at this computer"):
        OwnAccount(opened, clock=station.clock).add_key("Blue key", PASSWORD)
    own(station, opened, key).add_key("Blue key", PASSWORD)
    with pytest.raises(BadInput, match="registered already"):
        own(station, opened, key).add_key("Again", PASSWORD)


def test_a_key_without_secrets_is_a_second_factor_and_opens_nothing_alone(zanele: GrantedPerson, set_up: SetUp) -> None:
    station, key = set_up(zanele), SoftKey(keeps_secrets=False)
    own(station, station.unlock("zanele"), key).add_key("Old key", PASSWORD)
    window(station, "zanele", PASSWORD, WITH_KEY, key)
    assert not sign_in.touch_may_open(station.folder, keychain=station.drawer, clock=station.clock)


def test_who_needs_a_second_factor_keeps_one_and_others_may_go_without(clinic: Clinic, set_up: SetUp) -> None:
    root, thabo = clinic.joins("root", "administrator"), clinic.joins("thabo", "manager", needs_code=True)
    station, key = set_up(root, thabo, kind="manager"), SoftKey()
    account = own(station, station.unlock("root", code=code_of(clinic.seeds["root"], NOON)), key)
    with pytest.raises(Refused, match="Set up another one first"):
        account.drop_app(PASSWORD)
    added = account.add_key("Blue key", PASSWORD)
    account.drop_app(PASSWORD)
    with pytest.raises(Refused, match="Set up another one first"):
        account.drop_key(added.credential, PASSWORD)
    window(station, "root", PASSWORD, WITH_KEY, key)
    free = own(station, station.unlock("thabo", code=code_of(clinic.seeds["thabo"], NOON)), SoftKey())
    if not free.state().needed:
        free.drop_app(PASSWORD)
        station.unlock("thabo")
        blue = free.add_key("Blue key", PASSWORD)
        free.drop_key(blue.credential, PASSWORD)
        station.unlock("thabo")


def test_who_left_changes_nothing(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    account = own(station, station.unlock("zanele"))
    hears(station)
    with pytest.raises(NotFound, match="no longer sign in"):
        account.change_password(PASSWORD, NEW)


def test_a_change_is_believed_only_with_the_persons_signature(zanele: GrantedPerson, set_up: SetUp) -> None:
    station = set_up(zanele)
    opened = station.unlock("zanele")
    own(station, opened).change_password(PASSWORD, NEW)
    (sent,) = own_changes.pending_changes(station.folder, station.keys, station.profile.station.device)
    verify_change(sent, opened.keys.public.signing)
    other = signed(msgspec.structs.replace(read_change(sent), part="app"), opened.device.signing)
    with pytest.raises(Forged):
        verify_change(other, opened.keys.public.signing)
    with pytest.raises(BadInput, match="not known here"):
        read_change(signed(msgspec.structs.replace(read_change(sent), part="halo"), opened.device.signing))
    with pytest.raises(BadInput, match="can't be read"):
        read_change(msgspec.structs.replace(sent, body=b"\xc1"))
    assert applied(held(station, zanele), read_change(sent)) is None, "what it replaces is gone"
    with pytest.raises(Refused, match="changed meanwhile"):
        own_changes.keep_change(station.folder, station.keys, station.profile.station.device, sent)
