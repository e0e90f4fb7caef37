# SPDX-License-Identifier: Apache-2.0
"""What a workstation saw while nobody was signed in comes into its chain once, and says when some of it is gone."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import ClinicError, NotAllowed, Refused
from hms_desktop.security import witness
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.witness import Place, Seen, note, watching
from hms_desktop.security.witnessed import note_seen, station_acting, take_in
from hms_desktop.storage.change_sets import decode_details
from tests.desk import MONDAY_09_00, Desk, person

ZANELE = uuid4()


class Drawer:
    """A keychain in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self.kept[name] = secret

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, person("Zanele", set()), clock=SetClock(MONDAY_09_00))


@pytest.fixture
def place(tmp_path: Path, desk: Desk) -> Place:
    return Place(tmp_path, desk.store.station.device, DeviceKeys.generate(), Drawer())


def events(desk: Desk) -> list[tuple[str, UUID | None, str | None, int]]:
    rows = desk.ask(lambda reader: reader.rows(select(AccessEvent.__table__).order_by(AccessEvent.rid)))
    return [(row.kind, row.by, row.detail, row.count) for row in rows]


def wrong(number: int) -> Seen:
    return Seen(witness.WRONG_TRY, ZANELE if number else None, MONDAY_09_00 - 60_000 + number)


def test_it_is_sealed_and_comes_in_once_signed_by_the_workstation(desk: Desk, place: Place) -> None:
    for number in range(3):
        note(place, wrong(number))
    assert ZANELE.bytes not in place.file.read_bytes() and b"wrong" not in place.file.read_bytes()
    assert take_in(place, desk.store, desk.store.station) == 3
    assert events(desk) == [("wrong-try", None, None, 1)] + [("wrong-try", ZANELE, None, 1)] * 2
    rows = desk.ask(lambda reader: reader.rows(select(AccessEvent.at).order_by(AccessEvent.at)))
    assert [round(row.at.timestamp() * 1000) - MONDAY_09_00 for row in rows] == [-60_000, -59_999, -59_998]
    with desk.store.reading() as connection:
        log = connection.exec_driver_sql("SELECT details, root, signature FROM own_change_log").one()
    assert decode_details(bytes(log.details)).person == place.device.bytes
    assert station_acting(desk.store.station, place.keys).sign(bytes(log.root)) == bytes(log.signature)
    assert take_in(place, desk.store, desk.store.station) == 0
    note(place, wrong(1))
    assert take_in(place, desk.store, desk.store.station) == 1 and len(events(desk)) == 4


def cut_the_end(data: bytes) -> bytes:
    size = int.from_bytes(data[:4], "big")
    return data[: 4 + size]


def spoil(data: bytes) -> bytes:
    return data[:40] + b"x" + data[41:]


def take_one_out(data: bytes) -> bytes:
    size = 4 + int.from_bytes(data[:4], "big")
    return data[:size] + data[2 * size :]


@pytest.mark.parametrize(
    ("done", "kept", "lost"),
    [(lambda data: b"", 0, 3), (cut_the_end, 1, 2), (take_one_out, 1, 2), (spoil, 0, 3)],
)  # fmt: skip
def test_what_was_taken_away_is_counted(desk: Desk, place: Place, done: object, kept: int, lost: int) -> None:
    for number in range(3):
        note(place, wrong(number))
    place.file.write_bytes(done(place.file.read_bytes()))  # type: ignore[operator]
    take_in(place, desk.store, desk.store.station)
    assert [event[0] for event in events(desk)] == ["wrong-try"] * kept + ["lost"]
    assert events(desk)[-1] == ("lost", None, witness.SEEN_FILE, lost)


def test_a_keychain_that_forgot_counts_on_from_the_chain(desk: Desk, place: Place) -> None:
    note(place, wrong(1))
    take_in(place, desk.store, desk.store.station)
    place.secrets.forget(f"{place.device.hex} seen")
    assert take_in(place, desk.store, desk.store.station) == 0
    note(place, wrong(1))
    assert take_in(place, desk.store, desk.store.station) == 1
    assert [event[0] for event in events(desk)] == ["wrong-try", "wrong-try"]


def test_nobody_fills_the_disk_with_wrong_passwords(desk: Desk, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "MOST_BYTES", 100)
    for number in range(5):
        note(place, wrong(number))
    assert place.file.stat().st_size < 400
    take_in(place, desk.store, desk.store.station)
    assert events(desk)[-1][0] == "lost" and sum(event[3] for event in events(desk)) == 5


def test_a_try_that_is_refused_is_kept_with_its_reason_and_raised(desk: Desk, place: Place) -> None:
    with pytest.raises(Refused), watching(place, ZANELE, MONDAY_09_00):
        raise Refused("No code is set up.")
    with watching(place, ZANELE, MONDAY_09_00):
        pass
    take_in(place, desk.store, desk.store.station)
    assert events(desk) == [("wrong-try", ZANELE, "refused", 1)]


def test_no_person_writes_in_the_name_of_a_workstation(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        desk.do(lambda unit: note_seen(unit, known=[wrong(1)], lost=0, upto=1))
    with pytest.raises(ClinicError, match="Only the workstation itself"):
        desk.do(lambda unit: note_seen(unit, known=[], lost=1, upto=1), person("Sly", {"station.note"}))
