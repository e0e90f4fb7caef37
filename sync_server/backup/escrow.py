# SPDX-License-Identifier: Apache-2.0
"""The service keys in escrow: sealed to the clinic's recovery key, in a file that is kept apart from every backup.

Two of the three holders of the recovery key open it. Without the keys no backup opens, with them and a backup
everything does: that is why they lie in two places.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import BadInput, Damaged, NotFound
from hms_desktop.security import sealing
from hms_desktop.security.sealing import framed
from hms_desktop.security.shares import Share, join
from sync_server.backup.making import END
from sync_server.home import Home, ServiceKeys, read_service_keys
from sync_server.recovery_key import stated_key

_PURPOSE = "service keys in escrow"


class Escrow(msgspec.Struct, frozen=True):
    """What lies in the file: whose keys (the server's public key), to which recovery key they are sealed, the box."""

    server: bytes
    recovery: bytes
    box: bytes


def write_escrow(home: Home, target: Path) -> None:
    """Seal the service keys to the recovery key; NotFound before there is one, BadInput for a file that is there."""
    stated = home.store.read(stated_key, home.worker)
    if stated is None:
        raise NotFound("There is no recovery key yet: make one with `hms-server recovery-key --make`.")
    if target.exists():
        raise BadInput(f"{target} is there already. Name another file; nothing was written.")
    if any(target.parent.glob(f"hms-*{END}")):
        raise BadInput(f"{target.parent} holds backups: keep the keys in another place. Nothing was written.")
    server = home.server_facts.signing_public
    box = sealing.seal_to(
        stated.public, msgspec.msgpack.encode(home.keys), purpose=_PURPOSE, context=framed(server, stated.public)
    )
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.msgpack.encode(Escrow(server, stated.public, box)))
        file.flush()
        os.fsync(file.fileno())


def open_escrow(file: Path, shares: list[Share]) -> ServiceKeys:
    """The service keys, by the shares of two holders; BadInput when they are of another recovery key."""
    try:
        kept = msgspec.msgpack.decode(file.read_bytes(), type=Escrow)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {file}. Name the sealed keys, as `hms-server escrow` wrote them.") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(f"{file} is no file of sealed keys, or is damaged. Nothing was changed.") from error
    context = framed(kept.server, kept.recovery)
    try:
        private = X25519PrivateKey.from_private_bytes(join(shares))
        plain = sealing.open_sealed(private, kept.box, purpose=_PURPOSE, context=context)
    except sealing.WontOpen as wrong:
        raise BadInput("These shares are of another recovery key than the sealed keys. Nothing was changed.") from wrong
    return msgspec.msgpack.decode(plain, type=ServiceKeys)


def keys_in(file: Path) -> ServiceKeys:
    """The service keys as they lie in the safe; NotFound or Damaged otherwise."""
    if not file.is_file():
        raise NotFound(f"There is no file {file}. Name service.keys, as it lies in its safe.")
    try:
        return read_service_keys(file)
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(f"{file} is no file of service keys, or is damaged. Nothing was changed.") from error
