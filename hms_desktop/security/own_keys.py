# SPDX-License-Identifier: Apache-2.0
"""A person's own changes to how they sign in: made at a workstation, signed by them, and the same wherever applied.

A change says what it replaces by hash. Where that no longer stands, somebody was faster: the change is overtaken.
Using up a recovery code, adding and dropping a security key name what they touch and are never overtaken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security import signing
from hms_desktop.security.granted import GrantedPerson, SecondFactors, SecurityKey

PASSWORD, APP, CODES, CODE_USED, KEY, KEY_GONE = "password", "app", "codes", "code used", "key", "key gone"
PARTS = (PASSWORD, APP, CODES, CODE_USED, KEY, KEY_GONE)
WHOLE = (PASSWORD, APP, CODES)
"""Parts that a change replaces as a whole, so that it can be overtaken."""
_PURPOSE = "own keys"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change: what of whom, made where and when (ms since 1970), and the new state of that part.

    `replaces` is the SHA-256 of what stood there; `value` holds the wrapped keys, the sealed seed (empty: none), the
    hash of the used code or the id of the dropped key; `hashes` the new recovery codes; `key` the added key.
    """

    clinic: UUID
    person: UUID
    device: UUID
    at_ms: int
    part: str
    replaces: bytes = b""
    value: bytes = b""
    hashes: tuple[bytes, ...] = ()
    key: SecurityKey | None = None


class SignedChange(msgspec.Struct, array_like=True, frozen=True):
    """A change as it travels: its bytes, and the person's signature over them."""

    body: bytes
    signature: bytes


def signed(change: Change, key: Ed25519PrivateKey) -> SignedChange:
    """The change with the person's signature."""
    body = msgspec.msgpack.encode(change)
    return SignedChange(body, signing.sign(key, _PURPOSE, body))


def read_change(sent: SignedChange) -> Change:
    """What was sent, unchecked: good for finding whose it is. BadInput when it can't be read."""
    try:
        change = msgspec.msgpack.decode(sent.body, type=Change)
    except msgspec.MsgspecError as odd:
        raise BadInput(_("This change of a password or second factor can't be read. Update the program.")) from odd
    if change.part not in PARTS:
        raise BadInput(_("This change of a password or second factor is not known here. Update the program."))
    return change


def verify_change(sent: SignedChange, person_public: bytes) -> None:
    """Raise Forged unless the person signed it."""
    signing.verify(person_public, _PURPOSE, sent.body, sent.signature)


def digest(value: bytes | None) -> bytes:
    """What stands for a part in `replaces`."""
    return hashlib.sha256(value or b"").digest()


def standing(granted: GrantedPerson, part: str) -> bytes:
    """The state of a part that a change replaces as a whole."""
    if part == PASSWORD:
        return granted.wrapped
    if part == APP:
        return granted.sealed_totp or b""
    return b"".join(granted.factors.recovery)


def shows(granted: GrantedPerson, change: Change) -> bool:
    """Whether the account already stands as the change would leave it."""
    factors = granted.factors
    match change.part:
        case "password":
            return granted.wrapped == change.value and not granted.must_change
        case "app":
            return (granted.sealed_totp or b"") == change.value
        case "codes":
            return factors.recovery == change.hashes
        case "code used":
            return change.value not in factors.recovery
        case "key":
            return change.key in factors.keys
        case _:
            return all(key.credential != change.value for key in factors.keys)


def applied(granted: GrantedPerson, change: Change) -> GrantedPerson | None:
    """The account after the change, or None when it was overtaken."""
    if change.part in WHOLE and digest(standing(granted, change.part)) != change.replaces:
        return None
    factors, put = granted.factors, msgspec.structs.replace
    match change.part:
        case "password":
            return put(granted, wrapped=change.value, must_change=False)
        case "app":
            return _guarded(put(granted, sealed_totp=change.value or None), set_up=bool(change.value))
        case "codes":
            return put(granted, second=SecondFactors(change.hashes, factors.keys).packed())
        case "code used":
            left = tuple(code for code in factors.recovery if code != change.value)
            return put(granted, second=SecondFactors(left, factors.keys).packed())
        case "key":
            assert change.key is not None
            keys = (*(k for k in factors.keys if k.credential != change.key.credential), change.key)
            return _guarded(put(granted, second=SecondFactors(factors.recovery, keys).packed()), set_up=True)
        case _:
            keys = tuple(key for key in factors.keys if key.credential != change.value)
            return _guarded(put(granted, second=SecondFactors(factors.recovery, keys).packed()), set_up=False)


def _guarded(granted: GrantedPerson, *, set_up: bool) -> GrantedPerson:
    """A second factor that is set up is asked for from then on; the last one that goes is asked for no more."""
    needs = True if set_up else granted.needs_code and granted.has_factor
    return msgspec.structs.replace(granted, needs_code=needs)


class Pending(msgspec.Struct, frozen=True):
    """A change that works here and that the server has not been seen to hold; `sent` once the server has taken it."""

    change: SignedChange
    sent: bool = False


class Overtaken(msgspec.Struct, frozen=True):
    """A change made here (ms since 1970) that lost to another: the person is told of it once."""

    part: str
    at_ms: int


def laid_over(
    granted: GrantedPerson, pending: Sequence[Pending]
) -> tuple[GrantedPerson, tuple[Pending, ...], tuple[Overtaken, ...]]:
    """The account with what is pending here, what is still pending, and what was overtaken by the account's state."""
    changes = [(read_change(one.change), one) for one in pending]
    shown = {c.part: at for at, (c, _one) in enumerate(changes) if c.part in WHOLE and shows(granted, c)}
    waiting = [pair for at, pair in enumerate(changes) if at > shown.get(pair[0].part, -1)]
    left: list[Pending] = []
    lost: list[Overtaken] = []
    for change, one in waiting:
        after = None if shows(granted, change) else applied(granted, change)
        if after is not None:
            granted = after
            left.append(one)
        elif not shows(granted, change) and not one.sent:
            lost.append(Overtaken(change.part, change.at_ms))
    return granted, tuple(left), tuple(lost)
