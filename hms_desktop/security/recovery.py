# SPDX-License-Identifier: Apache-2.0
"""The recovery slot: a workstation's file key sealed to the clinic's recovery key, for when its keyring is lost.

It needs no device secret. The private half of the recovery key is nowhere but on the shares of its holders. Beside the
file key the slot holds the workstation's facts: whoever opens it need not believe what `profile.json` says.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.core.text import _
from hms_desktop.security import sealing, signing
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.profile import Profile, write_profile
from hms_desktop.security.sealing import framed
from hms_desktop.security.shares import Share, split
from hms_desktop.storage.durable import replace_file

RECOVERY_FILE = "recovery.sealed"
NEXT_FILE = "recovery-next.sealed"
"""The slot of the key that the file is getting, until it has it."""
SETTING = "recovery.key"
HOLDERS, NEEDED = 3, 2
_PURPOSE, _STATED = "recovery slot", "recovery key statement"


class _Slot(msgspec.Struct, frozen=True):
    """What lies in the folder: for which epoch of the file key, to which recovery key (its public half), the box."""

    epoch: int
    public: bytes
    box: bytes


class _Inside(msgspec.Struct, frozen=True):
    file_key: bytes
    profile: Profile


class StatedKey(msgspec.Struct, frozen=True):
    """The clinic's recovery key as the server states it: public half (32 bytes), since when (ms), signature."""

    public: bytes
    since_ms: int
    signature: bytes

    def content(self, clinic: bytes) -> bytes:
        """The bytes that are signed."""
        return framed(clinic, self.public, self.since_ms.to_bytes(8, "big"))


def new_recovery_key() -> tuple[bytes, tuple[Share, ...]]:
    """A fresh recovery key: its public half (32 bytes), and the shares of three holders, any two of whom open."""
    secret = secrets.token_bytes(32)
    return public_of(secret), split(secret, HOLDERS, NEEDED)


def public_of(secret: bytes) -> bytes:
    """The public half of a recovery key (32 bytes)."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def state_key(server: Ed25519PrivateKey, clinic: bytes, public: bytes, since_ms: int) -> dict[str, Any]:
    """The server's word on the recovery key, as the setting SETTING holds it."""
    unsigned = StatedKey(public, since_ms, b"")
    signature = signing.sign(server, _STATED, unsigned.content(clinic))
    stated: dict[str, Any] = msgspec.to_builtins(StatedKey(public, since_ms, signature))
    return stated


def read_stated(value: Any, profile: Profile) -> StatedKey:
    """The recovery key of a setting's value; Forged when this clinic's server did not state it."""
    stated = msgspec.convert(value, StatedKey)
    signing.verify(profile.server.signing_public, _STATED, stated.content(profile.clinic.id.bytes), stated.signature)
    return stated


def keep_recovery_slot(folder: Path, profile: Profile, file_key: bytes, epoch: int, name: str = RECOVERY_FILE) -> bool:
    """Seal the file key (32 bytes) of this epoch to the clinic's recovery key, where that is not done yet.

    Returns whether there is such a slot: a clinic without a recovery key has none.
    """
    public = profile.clinic.recovery_public
    if not public:
        return False
    held = _held(folder / name)
    if held is None or (held.epoch, held.public) != (epoch, public):
        inside = msgspec.msgpack.encode(_Inside(file_key, profile))
        box = sealing.seal_to(public, inside, purpose=_PURPOSE, context=framed(public, epoch.to_bytes(4, "big")))
        replace_file(folder / name, msgspec.msgpack.encode(_Slot(epoch, public, box)))
    if name == RECOVERY_FILE:
        (folder / NEXT_FILE).unlink(missing_ok=True)
    return True


def take_recovery_key(folder: Path, profile: Profile, keys: DeviceKeys, stated: StatedKey) -> Profile:
    """Seal to this recovery key from now on; returns the workstation's facts with it."""
    if stated.public == profile.clinic.recovery_public or stated.since_ms <= profile.clinic.recovery_since_ms:
        return profile
    clinic = msgspec.structs.replace(profile.clinic, recovery_public=stated.public, recovery_since_ms=stated.since_ms)
    after = msgspec.structs.replace(profile, clinic=clinic)
    write_profile(folder, after, keys)
    return after


def open_recovery_slot(folder: Path, secret: bytes, name: str = RECOVERY_FILE) -> tuple[bytes, Profile, int]:
    """File key, facts and epoch of a workstation, by the clinic's recovery key (32 bytes).

    NotFound where no slot was ever sealed, BadInput when it was sealed to another recovery key or changed.
    """
    slot = _held(folder / name)
    if slot is None:
        raise NotFound(_("There is no recovery slot here: this workstation never knew the clinic's recovery key."))
    context = framed(slot.public, slot.epoch.to_bytes(4, "big"))
    try:
        private = X25519PrivateKey.from_private_bytes(secret)
        plain = sealing.open_sealed(private, slot.box, purpose=_PURPOSE, context=context)
        inside = msgspec.msgpack.decode(plain, type=_Inside)
    except (sealing.WontOpen, msgspec.MsgspecError) as wrong:
        raise BadInput(_("These shares are of another recovery key than this workstation's slot."), "share") from wrong
    return inside.file_key, inside.profile, slot.epoch


def _held(file: Path) -> _Slot | None:
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=_Slot)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
