# SPDX-License-Identifier: Apache-2.0
"""Signing in offline, on a real encrypted file: who gets in, who does not, and what they are told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest

from hms_desktop.core.errors import ClinicError, Damaged, NotFound, Refused, Unavailable
from hms_desktop.security import people, sign_in, tries
from hms_desktop.security.audit import record_access
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.profile import PROFILE_FILE, REPLICA_FILE
from hms_desktop.security.sign_in import OpenProfile, SignInRefused
from hms_desktop.security.tries import MustWait
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from tests.security.conftest import NOON, PASSWORD, Clinic, Drawer, SetUp, Workstation

SENTENCE = "Name, password or code is wrong"
MINUTE = 60_000


def store_of(opened: OpenProfile) -> Store:
    return Store(opened.replica, opened.file_key, opened.profile.as_station(), opened.profile.as_clinic())


def look(unit: Unit) -> None:
    unit.action = "test.look"
    record_access(unit, "search")


def wrong(station: Workstation, login: str, times: int = 1, password: str = "wrong", code: str | None = None) -> None:
    for _time in range(times):
        with pytest.raises(SignInRefused) as refused:
            station.unlock(login, password, code)
        assert str(refused.value) == SENTENCE


def test_the_file_opens_through_a_slot_and_holds_for_the_next_colleague(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier"))
    first = station.unlock("zanele")
    store = store_of(first)
    store.act(look, first.acting())
    store.close()
    assert not (station.folder / REPLICA_FILE).read_bytes().startswith(b"SQLite")

    second = station.unlock("thabo")
    assert second.file_key == first.file_key == station.file_key
    store = store_of(second)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM access_event").scalar() == 1
    store.close()


def test_a_file_that_is_gone_is_named_and_never_made_anew(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    file = station.folder / REPLICA_FILE
    file.unlink()
    with pytest.raises(Damaged, match=r"replica\.db is gone.*not yet sent.*enrol this computer again"):
        store_of(station.unlock("zanele"))
    assert not file.exists()


def test_a_person_signs_in_with_what_their_roles_allow(clinic: Clinic, set_up: SetUp) -> None:
    opened = set_up(clinic.joins("zanele", "receptionist", "cashier")).unlock(" ZANELE ")
    assert opened.person.login == "zanele" and opened.person.roles == {"receptionist", "cashier"}
    assert {"appointment.book", "payment.take"} <= opened.person.permissions
    assert "medicine.prescribe" not in opened.person.permissions


def test_every_failure_says_the_same(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"), clinic.joins("root", "administrator"), kind="all")
    wrong(station, "zanele")
    wrong(station, "nobody", password=PASSWORD)
    wrong(station, "")
    wrong(station, "root", password=PASSWORD)
    wrong(station, "root", password=PASSWORD, code="000000")
    wrong(station, "zanele", password=PASSWORD + " ")


def test_keys_do_not_show_in_what_is_opened(clinic: Clinic, set_up: SetUp) -> None:
    opened = set_up(clinic.joins("zanele", "receptionist")).unlock("zanele")
    shown = repr(opened)
    for secret in (opened.file_key, opened.device.secret, opened.granted.wrapped, opened.keys.private_bytes()):
        assert secret.hex() not in shown and repr(secret)[2:-1] not in shown
    assert "PrivateKey" not in shown


def test_a_copied_folder_opens_nothing_elsewhere(clinic: Clinic, set_up: SetUp, tmp_path: Path) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    copy = shutil.copytree(station.folder, tmp_path / "stolen")
    with pytest.raises(Unavailable, match="holds no key"):
        sign_in.unlock(copy, "zanele", PASSWORD, keychain=Drawer())
    another = Drawer({station.profile.station.device.hex: b"HMD\x01" + bytes(64)})
    with pytest.raises(Damaged):
        sign_in.unlock(copy, "zanele", PASSWORD, keychain=another)


def test_a_copied_folder_shows_neither_names_nor_keys(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    station = set_up(zanele)
    station.unlock("zanele")
    wrong(station, "zanele")
    lying = b"".join(file.read_bytes() for file in station.folder.iterdir())
    for secret in (b"zanele", b"Zanele", zanele.wrapped, zanele.person.bytes, station.file_key, station.keys.secret):
        assert secret not in lying


def test_the_keychain_without_the_password_opens_nothing(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "zanele", password="")


def test_another_workstations_list_is_refused(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    here, there = set_up(zanele), set_up(zanele)
    shutil.copy(there.folder / people.SLOTS_FILE, here.folder / people.SLOTS_FILE)
    with pytest.raises(Damaged, match="who may sign in"):
        here.unlock("zanele")


def test_another_persons_slot_does_not_open(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier"))
    device = station.profile.station.device
    listed = people.read_people(station.folder, station.keys, device)
    one, two = listed.admitted
    swapped = (people.Admitted(granted=one.granted, slot=two.slot), people.Admitted(granted=two.granted, slot=one.slot))
    people.write_people(station.folder, station.keys, device, people.People(epoch=1, admitted=swapped))
    wrong(station, "zanele", password=PASSWORD)


def test_a_profile_that_points_elsewhere_is_noticed(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    file = station.folder / PROFILE_FILE
    file.write_bytes(file.read_bytes().replace(b"localhost", b"elsewhere"))
    with pytest.raises(Damaged, match="changed by something else"):
        station.unlock("zanele")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"facts":{},"mac":""}', b'{"facts":{"version":"x"},"mac":""}']
)
def test_a_profile_that_is_none_is_named(clinic: Clinic, set_up: SetUp, content: bytes) -> None:
    station = set_up()
    (station.folder / PROFILE_FILE).write_bytes(content)
    with pytest.raises(Damaged, match="can't be read"):
        station.unlock("zanele")


def test_a_profile_of_a_later_version_asks_for_an_update(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up()
    (station.folder / PROFILE_FILE).write_bytes(b'{"facts":{"version":2,"new":true},"mac":""}')
    with pytest.raises(Damaged, match="newer version"):
        station.unlock("zanele")


def test_a_folder_that_was_never_enrolled_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Enrol this computer"):
        sign_in.unlock(tmp_path, "zanele", PASSWORD, keychain=Drawer())


@pytest.mark.accepts("SEC-06")
def test_five_wrong_tries_wait_one_then_five_then_fifteen_minutes(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "zanele", times=5)
    for minutes in (1, 5, 15, 15):
        with pytest.raises(MustWait) as told:
            station.unlock("zanele")
        assert told.value.minutes == minutes and str(minutes) in str(told.value)
        station.clock.ms += minutes * MINUTE - 1
        with pytest.raises(MustWait):
            station.unlock("zanele")
        station.clock.ms += 1
        wrong(station, "zanele")


def test_the_right_password_after_the_wait_clears_the_count(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "zanele", times=5)
    station.clock.ms += MINUTE
    station.unlock("zanele")
    assert sign_in.tries_left(station.folder, "zanele", keychain=station.drawer) == 5
    wrong(station, "zanele", times=4)
    assert sign_in.tries_left(station.folder, "zanele", keychain=station.drawer) == 1
    station.unlock("zanele")


def test_a_name_that_nobody_has_waits_the_same(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "nobody", times=5)
    with pytest.raises(MustWait):
        station.unlock("Nobody")
    station.unlock("zanele")


def test_a_clock_set_back_does_not_end_the_wait(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "zanele", times=5)
    station.clock.ms -= 3_600_000
    with pytest.raises(MustWait) as told:
        station.unlock("zanele")
    assert told.value.minutes == 1


def test_a_try_counts_before_the_password_is_looked_at(
    clinic: Clinic, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hms_desktop.security.keys.unwrap", killed)
        for _time in range(5):
            with pytest.raises(KeyboardInterrupt):
                station.unlock("zanele")
    with pytest.raises(MustWait):
        station.unlock("zanele")


def test_strangers_can_not_push_out_what_is_counted_against_a_colleague(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    wrong(station, "zanele", times=5)
    for number in range(tries.STRANGERS_KEPT + 20):
        station.clock.ms += 1
        wrong(station, f"stranger {number}")
    with pytest.raises(MustWait):
        station.unlock("zanele")
    kept = tries.read_tries(station.folder, station.keys, station.profile.station.device)
    assert len(kept.counts) == tries.STRANGERS_KEPT + 2  # the colleague, and the name that was just typed


def code_at(clinic: Clinic, login: str, ms: int) -> str:
    return pyotp.TOTP(clinic.seeds[login]).at(ms // 1000)


def test_a_role_that_needs_a_code_gets_in_with_one_and_only_once(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    code = code_at(clinic, "root", NOON)
    station.unlock("root", code=code)
    wrong(station, "root", password=PASSWORD, code=code)
    station.clock.ms += 30_000
    wrong(station, "root", password=PASSWORD, code=code)
    station.unlock("root", code=code_at(clinic, "root", station.clock.ms))


def test_an_old_code_stays_used_when_the_clock_is_set_back(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    station.unlock("root", code=code_at(clinic, "root", NOON))
    station.clock.ms -= 60_000
    wrong(station, "root", password=PASSWORD, code=code_at(clinic, "root", station.clock.ms))


def test_what_was_never_set_up_is_set_up_at_the_window_and_nowhere_else(clinic: Clinic, set_up: SetUp) -> None:
    bare = clinic.joins("zanele", "receptionist")
    station = set_up(msgspec.structs.replace(bare, needs_code=True, must_change=True))
    with pytest.raises(Refused, match="own window first"):
        station.unlock("zanele")
    opened = sign_in.unlock(
        station.folder, "zanele", PASSWORD, keychain=station.drawer, clock=station.clock, takes_first_steps=True
    )
    assert opened.first_steps == ("password", "second factor")
    assert not sign_in.asks_code(station.folder, "zanele", keychain=station.drawer), "there is no code yet"
    wrong(station, "zanele")


def test_the_window_asks_for_a_code_without_telling_who_exists(clinic: Clinic, set_up: SetUp) -> None:
    plain, coded = clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier", needs_code=True)
    station = set_up(plain, coded)

    def asked(login: str) -> bool:
        return sign_in.asks_code(station.folder, login, keychain=station.drawer)

    assert not asked("zanele") and asked("thabo")
    strangers = {name: asked(name) for name in (f"stranger {n}" for n in range(60))}
    assert set(strangers.values()) == {True, False}
    assert strangers == {name: asked(name) for name in strangers}


def counted(monkeypatch: pytest.MonkeyPatch) -> list[KdfCost]:
    """The costs of the key derivations that run from now on."""
    spent: list[KdfCost] = []

    def derive(_password: str, _salt: bytes, cost: KdfCost) -> bytes:
        spent.append(cost)
        return bytes(32)

    monkeypatch.setattr("hms_desktop.security.keys.password_key", derive)
    return spent


def test_an_empty_workstation_refuses_like_any_other(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    station = set_up()
    spent = counted(monkeypatch)
    wrong(station, "zanele")
    assert len(spent) == 1
    assert not sign_in.asks_code(station.folder, "zanele", keychain=station.drawer)


def test_a_stranger_costs_one_run_like_a_colleague(
    clinic: Clinic, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    spent = counted(monkeypatch)
    wrong(station, "zanele")
    wrong(station, "nobody")
    assert len(spent) == 2 and spent[0] == spent[1]


def test_a_damaged_count_file_starts_again_and_locks_nobody_out(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    (station.folder / tries.TRIES_FILE).write_bytes(b"garbage")
    assert station.unlock("zanele").file_key == station.file_key
    wrong(station, "zanele")
    assert (station.folder / tries.TRIES_FILE).read_bytes() != b"garbage", "it counts again"


def test_files_are_for_their_owner_only(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"))
    station.unlock("zanele")
    assert station.folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in station.folder.iterdir())


def test_each_refusal_is_a_sentence_for_people() -> None:
    assert issubclass(SignInRefused, ClinicError) and issubclass(MustWait, ClinicError)
    assert str(MustWait(1)).endswith("1 minute.") and str(MustWait(5)).endswith("5 minutes.")


def test_of_two_at_once_only_one_uses_a_code_up(clinic: Clinic, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    code = code_at(clinic, "root", NOON)
    open_slot = sign_in._by_slot

    def after_the_other(*given: Any) -> bytes:
        monkeypatch.setattr(sign_in, "_by_slot", open_slot)
        station.unlock("root", code=code)
        return open_slot(*given)

    monkeypatch.setattr(sign_in, "_by_slot", after_the_other)
    wrong(station, "root", password=PASSWORD, code=code)


def test_station_and_clinic_are_as_the_profile_says(set_up: SetUp) -> None:
    profile = set_up().profile
    assert (profile.as_station().code, profile.as_station().name) == ("007", "Front desk 2")
    assert str(profile.as_clinic().zone) == "Africa/Johannesburg" and not profile.as_clinic().training
