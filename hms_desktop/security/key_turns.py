# SPDX-License-Identifier: Apache-2.0
"""Turning the file key: when somebody is put out, the file they could open gets a key that they never had.

A person who was put out may have kept an old slot: dropping it is not enough. From then on the file is *exposed*, until
its key is turned, at the next sign-in or lock. The new key lies sealed for everybody still let in before the file is
touched, and the old slots go last: wherever the power goes, a slot is found for the key that the file then has.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security import sealing, slots
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.people import Admitted, People, read_people, write_people
from hms_desktop.security.profile import LOCK_FILE, REPLICA_FILE, Profile
from hms_desktop.security.recovery import NEXT_FILE, keep_recovery_slot
from hms_desktop.security.slots import SlotPlace
from hms_desktop.security.statements import read_statement
from hms_desktop.storage.durable import exclusive, replace_file

TURN_FILE = "key_turn.sealed"
LONGEST_EXPOSED_MS = 24 * 3_600_000
_PURPOSE = "key turn"


class KeyTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Since when the file is exposed (ms since 1970), and the slots of the key that it is getting, by person.

    `epoch` is that key's, 0 while none is on its way; `again` that somebody was put out while one was.
    """

    exposed_ms: int = 0
    epoch: int = 0
    slots: dict[UUID, bytes] = {}
    again: bool = False


def read_turn(folder: Path, keys: DeviceKeys, device: UUID) -> KeyTurn:
    """How it stands; nothing is on its way where nothing was written. Damaged when it can't be read."""
    try:
        box = (folder / TURN_FILE).read_bytes()
        plain = sealing.unlock(keys.secret, box, purpose=_PURPOSE, context=device.bytes)
        return msgspec.msgpack.decode(plain, type=KeyTurn)
    except FileNotFoundError:
        return KeyTurn()
    except (sealing.WontOpen, msgspec.MsgspecError) as odd:
        raise Damaged(_("What is written on the change of the file's key can't be read. Ask support.")) from odd


def exposed_since(folder: Path, keys: DeviceKeys, device: UUID) -> int:
    """Since when somebody who was put out could still open the file with what they kept (ms); 0 when nobody could."""
    return read_turn(folder, keys, device).exposed_ms


def expose(folder: Path, keys: DeviceKeys, device: UUID, now_ms: int) -> None:
    """From now on the file is exposed, if it was not already."""
    with exclusive(folder / LOCK_FILE):
        _expose(folder, keys, device, now_ms)


def put_out(folder: Path, keys: DeviceKeys, device: UUID, persons: Iterable[UUID], now_ms: int) -> tuple[UUID, ...]:
    """Drop the slots of these persons now, needing no file key; returns who had one. The file is exposed from then."""
    out = frozenset(persons)
    with exclusive(folder / LOCK_FILE):
        people = read_people(folder, keys, device)
        gone = tuple(a.granted.person for a in people.admitted if a.granted.person in out)
        if gone:
            _expose(folder, keys, device, now_ms)
            left = tuple(a for a in people.admitted if a.granted.person not in out)
            write_people(folder, keys, device, msgspec.structs.replace(people, admitted=left))
    return gone


def key_now(
    folder: Path, profile: Profile, keys: DeviceKeys, person: UUID, private: X25519PrivateKey, file_key: bytes
) -> bytes:
    """The key that opens the file: the person's own, or the one that the file was getting when it was cut off.

    What was cut off is brought to its end: the file has the new key, or nothing is on its way any more.
    """
    device = profile.station.device
    with exclusive(folder / LOCK_FILE):
        turn, people = read_turn(folder, keys, device), read_people(folder, keys, device)
        if turn.epoch == 0:
            return file_key
        if turn.epoch <= people.epoch:
            _settle(folder, keys, device, turn)
            return file_key
        from hms_desktop.storage.rekey import opens  # not loaded where people only sign in

        if opens(folder / REPLICA_FILE, file_key):
            _write(folder, keys, device, msgspec.structs.replace(turn, epoch=0, slots={}, again=False))
            return file_key
        fresh = _open_turned(turn, person, private, keys, device)
        _finish(folder, profile, keys, people, turn, fresh)
        return fresh


def turn_key(folder: Path, profile: Profile, keys: DeviceKeys, file_key: bytes) -> bytes:
    """Give the file a new key for everybody still let in; nobody may have it open. Returns the key that it has then.

    When that can't be done now the old key goes on, and the file stays exposed.
    """
    from hms_desktop.storage.rekey import opens, rekey  # not loaded where people only sign in

    device = profile.station.device
    with exclusive(folder / LOCK_FILE):
        people, before = read_people(folder, keys, device), read_turn(folder, keys, device)
        fresh, epoch = slots.new_file_key(), people.epoch + 1
        sealed = {a.granted.person: _slot(a, fresh, profile, keys, epoch) for a in people.admitted}
        turn = msgspec.structs.replace(before, epoch=epoch, slots=sealed, again=False)
        _write(folder, keys, device, turn)
        keep_recovery_slot(folder, profile, fresh, epoch, NEXT_FILE)
        try:
            rekey(folder / REPLICA_FILE, file_key, fresh)
        except Unavailable:
            if not opens(folder / REPLICA_FILE, file_key):
                raise
            _write(folder, keys, device, msgspec.structs.replace(before, epoch=0, slots={}))
            return file_key
        _finish(folder, profile, keys, people, turn, fresh)
    return fresh


def _finish(folder: Path, profile: Profile, keys: DeviceKeys, people: People, turn: KeyTurn, fresh: bytes) -> None:
    """The file has the new key: now the new slots are the slots, and the old ones are gone."""
    admitted = tuple(
        msgspec.structs.replace(a, slot=_slot(a, fresh, profile, keys, turn.epoch)) for a in people.admitted
    )
    after = msgspec.structs.replace(people, epoch=turn.epoch, admitted=admitted)
    write_people(folder, keys, profile.station.device, after)
    keep_recovery_slot(folder, profile, fresh, turn.epoch)
    _settle(folder, keys, profile.station.device, turn)


def _settle(folder: Path, keys: DeviceKeys, device: UUID, turn: KeyTurn) -> None:
    """Nothing is on its way; exposed only if somebody was put out while it was."""
    _write(folder, keys, device, KeyTurn(exposed_ms=turn.exposed_ms if turn.again else 0))


def _expose(folder: Path, keys: DeviceKeys, device: UUID, now_ms: int) -> None:
    turn = read_turn(folder, keys, device)
    after = msgspec.structs.replace(turn, exposed_ms=turn.exposed_ms or now_ms, again=turn.epoch > 0)
    if after != turn:
        _write(folder, keys, device, after)


def _slot(admitted: Admitted, file_key: bytes, profile: Profile, keys: DeviceKeys, epoch: int) -> bytes:
    granted = admitted.granted
    public = read_statement(granted.statement, profile.server.signing_public, profile.clinic.id).keys.exchange
    return slots.seal_slot(file_key, public, keys.secret, SlotPlace(profile.station.device, granted.person, epoch))


def _open_turned(turn: KeyTurn, person: UUID, private: X25519PrivateKey, keys: DeviceKeys, device: UUID) -> bytes:
    try:
        return slots.open_slot(turn.slots[person], private, keys.secret, SlotPlace(device, person, turn.epoch))
    except (KeyError, sealing.WontOpen) as missing:
        raise Damaged(
            _("The key of this computer's file was being changed before you were let in. Let a colleague sign in.")
        ) from missing


def _write(folder: Path, keys: DeviceKeys, device: UUID, turn: KeyTurn) -> None:
    if turn == KeyTurn():
        (folder / TURN_FILE).unlink(missing_ok=True)
        return
    plain = msgspec.msgpack.encode(turn)
    replace_file(folder / TURN_FILE, sealing.lock(keys.secret, plain, purpose=_PURPOSE, context=device.bytes))
