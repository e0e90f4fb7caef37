# SPDX-License-Identifier: Apache-2.0
"""How a workstation stands, offline: permit, telephone code, block, clock, what never goes back, and wiping."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pyotp
import pytest

from hms_desktop.core.errors import BadInput, Damaged, NotAllowed, Refused, Unavailable
from hms_desktop.security import holding, permit_code, standing
from hms_desktop.security.high_water import ClockBehind, HighWater, raise_water, read_water, set_clock_mark
from hms_desktop.security.opening import trust_now
from hms_desktop.security.profile import device_number
from hms_desktop.security.signing import Forged
from hms_desktop.security.standing import APPROVED, BLOCKED, DAY_MS, Standing, renew_by_code, sign_standing
from tests.security.conftest import NOON, PASSWORD, Clinic, SetUp, Workstation

SECRET = bytes([3]) * 32


def says(clinic: Clinic, station: Workstation, **parts: object) -> Standing:
    """The server says how the workstation stands, and it is kept there."""
    device, now = station.profile.station.device, station.clock.ms
    said = Standing(
        **{  # type: ignore[arg-type]
            "clinic": clinic.id,
            "device": device,
            "nonce": os.urandom(16),
            "issued_ms": now,
            "status": APPROVED,
            "permit_ms": now + 14 * DAY_MS,
            "permit_days": 14,
            "anchors": permit_code.anchors_from(SECRET, device, permit_code.day_of(now)),
            **parts,
        }
    )
    signed = sign_standing(clinic.server, said)
    return standing.take_standing(station.folder, station.profile, station.keys, station.drawer, signed, said.nonce)


def water(station: Workstation) -> HighWater:
    return read_water(station.drawer, station.profile.station.device)


def renew(station: Workstation, code: str) -> standing.Permit:
    return renew_by_code(station.folder, station.profile, station.keys, station.drawer, code, station.clock.ms)


def code(station: Workstation, days: int = 0, device: UUID | None = None) -> str:
    day = permit_code.day_of(station.clock.ms) + days
    return permit_code.code_for(SECRET, device or station.profile.station.device, day)


def test_a_workstation_works_alone_for_14_days_then_only_in_an_emergency(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    assert "note.write" in station.unlock("zanele").person.permissions
    station.clock.ms += 11 * DAY_MS
    opened = station.unlock("zanele").opening
    assert opened is not None and opened.permit.ends_soon and not opened.permit.ended
    station.clock.ms += 3 * DAY_MS + 1
    left = station.unlock("zanele").person.permissions
    assert left == {"emergency.read", "emergency.record", "sync.see", "sync.carry", "audit.note"}
    says(clinic, station)
    assert "note.write" in station.unlock("zanele").person.permissions, "renewed by the contact"
    says(clinic, station, permit_ms=station.clock.ms + DAY_MS, permit_days=1)
    station.clock.ms += DAY_MS + 1
    assert "note.write" not in station.unlock("zanele").person.permissions, "the clinic chose a shorter time"
    says(clinic, station)
    assert "note.write" in station.unlock("zanele").person.permissions
    assert "emergency.read" not in station.unlock("zanele").person.permissions, "nobody reads so without need"


def test_a_clock_that_is_set_back_gives_no_permit_back(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    station.clock.ms += 14 * DAY_MS + 1
    station.unlock("zanele")
    station.clock.ms -= 3 * DAY_MS
    opened = station.unlock("zanele")
    assert opened.opening is not None and opened.opening.permit.ended and opened.opening.behind_ms > 0
    assert "note.write" not in opened.person.permissions


def test_a_workstation_that_never_met_its_server_starts_its_permit_with_its_first_sign_in(
    clinic: Clinic, set_up: SetUp
) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    assert not trust_now(station.folder, station.profile, station.keys, station.drawer, NOON).permit.ended
    assert "note.write" in station.unlock("zanele").person.permissions
    station.clock.ms += 14 * DAY_MS + 1
    assert "note.write" not in station.unlock("zanele").person.permissions


def test_with_the_clock_set_back_no_code_is_looked_at_and_the_remedy_is_said(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("root", "administrator"), kind="manager")
    app = pyotp.TOTP(clinic.seeds["root"])
    station.unlock("root", code=app.at(station.clock.ms // 1000))
    station.clock.ms -= 3 * 3_600_000
    with pytest.raises(ClockBehind, match="Set the clock right"):
        station.unlock("root", code=app.at(station.clock.ms // 1000))
    says(clinic, station)  # the server's own time heals a mark that ran ahead
    station.clock.ms += 60_000
    station.unlock("root", code=app.at(station.clock.ms // 1000))


def test_an_older_answer_put_back_is_no_permit(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    file = station.folder / standing.STANDING_FILE
    old = file.read_bytes()
    station.clock.ms += DAY_MS
    says(clinic, station, revoked=(uuid4(),))
    for put_back in (old, b"garbage", None):
        file.unlink() if put_back is None else file.write_bytes(put_back)
        assert "note.write" not in station.unlock("zanele").person.permissions
    says(clinic, station)
    assert "note.write" in station.unlock("zanele").person.permissions


def test_what_the_server_says_is_believed_only_from_it_for_here_and_now(clinic: Clinic, set_up: SetUp) -> None:
    station, other = set_up(), set_up()
    said = says(clinic, station)

    def take(signed: bytes, nonce: bytes = said.nonce) -> None:
        standing.take_standing(station.folder, station.profile, station.keys, station.drawer, signed, nonce)

    for signed in (
        sign_standing(Clinic().server, said),
        sign_standing(clinic.server, msgspec.structs.replace(said, device=other.profile.station.device)),
        sign_standing(clinic.server, msgspec.structs.replace(said, clinic=uuid4())),
        b"nonsense",
    ):
        with pytest.raises(Forged):
            take(signed)
    with pytest.raises(Forged, match="another question"):
        take(sign_standing(clinic.server, said), os.urandom(16))


def test_a_blocked_workstation_lets_nobody_in_until_it_is_approved_again(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station, status=BLOCKED)
    with pytest.raises(NotAllowed, match=r"Front desk 2 was blocked at the server.*stays here, sealed"):
        station.unlock("zanele")
    says(clinic, station)
    station.unlock("zanele")


def test_a_code_by_telephone_renews_once_for_this_workstation_and_day(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    station.clock.ms += 40 * DAY_MS
    right = code(station)
    assert len(right) == 20 and right.count("-") == 3
    with pytest.raises(Refused, match="not for this workstation"):
        renew(station, code(station, device=uuid4()))
    with pytest.raises(Refused, match=r"The code is for .*, and this computer's clock says"):
        renew(station, code(station, days=-3))
    for slip in ("", "QQQQ-QQQQ-QQQQ-QQQQQ", right[:-1] + ("A" if right[-1] != "A" else "C"), "no code"):
        with pytest.raises(BadInput):
            renew(station, slip)
    permit = renew(station, f" {right.lower().replace('-', ' ')} ")
    assert not permit.ended and permit.until_ms - station.clock.ms > 13 * DAY_MS
    assert "note.write" in station.unlock("zanele").person.permissions
    with pytest.raises(Refused, match="used here already"):
        renew(station, right)
    station.clock.ms += 20 * DAY_MS
    renew(station, code(station))


def test_a_code_tells_the_day_to_a_clock_that_once_ran_far_ahead(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    raise_water(station.drawer, station.folder, station.profile.station.device, clock_ms=NOON + 400 * DAY_MS)
    assert "note.write" not in station.unlock("zanele").person.permissions
    renew(station, code(station))
    assert "note.write" in station.unlock("zanele").person.permissions


def test_a_code_is_checked_only_after_a_first_contact_and_not_while_blocked(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up()
    with pytest.raises(Refused, match="before this computer has reached the server"):
        renew(station, code(station))
    says(clinic, station, status=BLOCKED)
    with pytest.raises(NotAllowed):
        renew(station, code(station))


def test_codes_of_later_days_and_of_the_next_chain_are_good_too() -> None:
    device, day = uuid4(), 20_780
    anchors = permit_code.anchors_from(SECRET, device, day)
    last = anchors[0].first + permit_code.CHAIN_DAYS
    for later in (day, last - 1, last, last + 1):
        assert permit_code.day_of_code(permit_code.code_for(SECRET, device, later), device, anchors) == later


def test_a_code_is_read_whichever_of_two_like_characters_is_typed() -> None:
    codes = {code[-1]: code for code in (permit_code.code_for(SECRET, UUID(int=day), day) for day in range(256))}
    for check in "O0I1B8":
        for way in (("018", "OIB"), ("OIB", "018")):
            typed = codes[check].translate(str.maketrans(*way))
            assert permit_code.read_code(typed.lower()) == permit_code.read_code(codes[check])


def test_marks_only_rise_and_steps_of_long_ago_are_dropped(clinic: Clinic, set_up: SetUp) -> None:
    station, person, other = set_up(), uuid4(), uuid4()
    device = station.profile.station.device
    raise_water(station.drawer, station.folder, device, generation=5, receipt=7, used={person: 100_000})
    raise_water(station.drawer, station.folder, device, generation=3, receipt=9, used={person: 99_999})
    found = water(station)
    assert (found.generation, found.receipt, found.step_used(person), found.step_used(other)) == (5, 9, 100_000, -1)
    raise_water(station.drawer, station.folder, device, used={other: 110_000})
    assert water(station).used_steps == {other: 110_000}
    set_clock_mark(station.drawer, station.folder, device, 5)
    assert water(station).clock_ms == 5
    assert len(station.drawer.kept[f"{device.hex}.water"]) < 400
    station.drawer.kept[f"{device.hex}.water"] = b"HMH\x01garbage"
    with pytest.raises(Damaged):
        water(station)


def test_wiping_leaves_nothing_that_opens_and_says_what_was_here(clinic: Clinic, set_up: SetUp, tmp_path: Path) -> None:
    station = set_up(clinic.joins("zanele", "nurse"), kind="nurse")
    says(clinic, station)
    before = {file.name: file.read_bytes() for file in station.folder.iterdir() if file.is_file()}
    holding.destroy(station.folder, station.profile, station.drawer, NOON)
    assert not station.drawer.kept
    assert [file.name for file in station.folder.iterdir()] == [holding.WIPED_FILE]
    told = holding.read_wiped(station.folder)
    assert told is not None and (told.station, told.at_ms) == ("Front desk 2", NOON)
    for name, content in before.items():  # whoever kept a copy of the folder has nothing either
        (station.folder / name).write_bytes(content)
    with pytest.raises(Unavailable, match="holds no key"):
        station.unlock("zanele", PASSWORD)
    holding.sweep(station.folder)
    assert [file.name for file in station.folder.iterdir()] == [holding.WIPED_FILE]
    assert holding.read_wiped(tmp_path) is None


def test_a_workstation_has_a_number_for_the_telephone() -> None:
    assert device_number(UUID("018f0000-0000-7000-8000-000000abcdef")) == "ABC DEF"
