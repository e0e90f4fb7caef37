# SPDX-License-Identifier: Apache-2.0
"""Standing: the server's signed word on one workstation, and what follows from it while nobody can be asked.

It says whether the workstation is approved, how long it may work without the server (the *permit*), who is no longer
let in here, and which file key it shall have. It is kept in the profile folder, sealed under the device secret: sign-in
and lock read it before any file key is out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import NotAllowed, Refused
from hms_desktop.core.text import _
from hms_desktop.security import sealing, signing
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.high_water import HighWater, raise_water, read_water, set_clock_mark
from hms_desktop.security.permit_code import Anchor, day_of, day_of_code
from hms_desktop.security.profile import Profile
from hms_desktop.security.signing import Forged
from hms_desktop.storage.durable import replace_file

VERSION = 1
STANDING_FILE = "standing.sealed"
APPROVED, BLOCKED, WIPE = "approved", "blocked", "wipe"
DAY_MS = 24 * 3_600_000
PERMIT_DAYS = 14
"""How long a workstation works without the server while the clinic has chosen nothing (1 to 30 days)."""
LONGEST_PERMIT = 30
WARN_MS = 3 * DAY_MS
_PURPOSE = "standing"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says of a workstation; times in ms since 1970.

    `nonce` is what the workstation asked with, so that an older answer can't stand for this one. `epoch` is the file
    key that is wanted (0: the one there is). `anchors` check the codes that are read over the telephone. `exchange` is
    the centre's X25519 key, to which work is sealed that goes out while nobody is signed in.
    """

    clinic: UUID
    device: UUID
    nonce: bytes
    issued_ms: int
    status: str
    permit_ms: int
    permit_days: int
    revoked: tuple[UUID, ...] = ()
    epoch: int = 0
    anchors: tuple[Anchor, ...] = ()
    exchange: bytes = b""
    version: int = VERSION


class SignedStanding(msgspec.Struct, frozen=True, array_like=True):
    """A standing as it travels and lies on disk: the bytes that were signed, and the server's signature."""

    body: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Permit:
    """Until when a workstation may work without the server (ms since 1970), and how that stands at a moment."""

    until_ms: int
    now_ms: int

    @property
    def ended(self) -> bool:
        """Only emergency reading and entries are left."""
        return self.now_ms > self.until_ms

    @property
    def ends_soon(self) -> bool:
        """It ends within three days and has not ended yet."""
        return not self.ended and self.until_ms - self.now_ms <= WARN_MS


def sign_standing(server: Ed25519PrivateKey, standing: Standing) -> bytes:
    """The standing with the server's signature, as it travels."""
    body = msgspec.msgpack.encode(standing)
    return msgspec.msgpack.encode(SignedStanding(body, signing.sign(server, _PURPOSE, body)))


def read_signed(signed: bytes, profile: Profile) -> Standing:
    """The standing, if this clinic's server signed it for this workstation; Forged otherwise."""
    try:
        held = msgspec.msgpack.decode(signed, type=SignedStanding)
        signing.verify(profile.server.signing_public, _PURPOSE, held.body, held.signature)
        standing = msgspec.msgpack.decode(held.body, type=Standing)
    except msgspec.MsgspecError as odd:
        raise Forged(_("What the server says of this workstation can't be read.")) from odd
    if (standing.clinic, standing.device) != (profile.clinic.id, profile.station.device):
        raise Forged(_("What the server says is of another workstation."))
    return standing


def take_standing(
    folder: Path, profile: Profile, keys: DeviceKeys, place: SecretPlace, signed: bytes, nonce: bytes
) -> Standing:
    """Believe and keep what the server just said, and move the marks that follow from it.

    Forged unless it answers this `nonce`: an answer from before would bring back who was let in then.
    """
    standing = read_signed(signed, profile)
    if standing.nonce != nonce:
        raise Forged(_("What the server says answers another question."))
    keep_standing(folder, keys, profile.station.device, signed)
    device, permit = profile.station.device, standing.permit_ms if standing.status == APPROVED else None
    set_clock_mark(place, folder, device, standing.issued_ms, permit_ms=permit)
    raise_water(place, folder, device, standing_ms=standing.issued_ms)
    return standing


def keep_standing(folder: Path, keys: DeviceKeys, device: UUID, signed: bytes) -> None:
    """Put it on the disk, whole."""
    replace_file(folder / STANDING_FILE, sealing.lock(keys.secret, signed, purpose=_PURPOSE, context=device.bytes))


def read_standing(folder: Path, profile: Profile, keys: DeviceKeys) -> Standing | None:
    """What the server last said; None when it never did, or what was kept can't be believed."""
    try:
        box = (folder / STANDING_FILE).read_bytes()
        signed = sealing.unlock(keys.secret, box, purpose=_PURPOSE, context=profile.station.device.bytes)
        return read_signed(signed, profile)
    except (OSError, sealing.WontOpen, Forged):
        return None


def permit_of(standing: Standing | None, water: HighWater, now_ms: int) -> Permit:
    """The permit as it stands: a whole one before the first sign-in, none while the newest standing is gone."""
    if not (water.permit_ms or water.standing_ms):
        return Permit(now_ms + PERMIT_DAYS * DAY_MS, now_ms)
    put_back = water.standing_ms > (standing.issued_ms if standing else 0)
    return Permit(0 if put_back else water.permit_ms, water.latest(now_ms))


def first_permit(place: SecretPlace, folder: Path, device: UUID, water: HighWater, now_ms: int) -> HighWater:
    """A workstation whose server never gave it a permit starts one when somebody first signs in."""
    if water.permit_ms or water.standing_ms:
        return water
    return raise_water(place, folder, device, permit_ms=now_ms + PERMIT_DAYS * DAY_MS)


def renew_by_code(
    folder: Path, profile: Profile, keys: DeviceKeys, place: SecretPlace, typed: str, now_ms: int
) -> Permit:
    """Begin a new permit by a code that was read over the telephone; it is used up by that.

    BadInput for a slip in typing, Refused for a code of another workstation or day, or one used before; each says what
    to do. The code also proves the day: a clock mark that lies ahead of it is taken back.
    """
    device, standing = profile.station.device, read_standing(folder, profile, keys)
    water = read_water(place, device)
    if standing is None or standing.issued_ms < water.standing_ms:
        raise Refused(_("No code can be checked here before this computer has reached the server. Connect it."))
    must_be_in_use(standing, profile.station.name)
    day, today = day_of_code(typed, device, standing.anchors), day_of(now_ms)
    if abs(day - today) > 1:
        raise Refused(
            _("The code is for {day}, and this computer's clock says {today}. Set the clock, then type the code again.")
            .format(day=f"{instant(day * DAY_MS):%d-%b-%Y}", today=f"{instant(today * DAY_MS):%d-%b-%Y}")
        )  # fmt: skip
    if day <= water.code_day:
        raise Refused(_("This code was used here already. Ask for a new one tomorrow, or connect to the network."))
    if day_of(water.clock_ms) > day + 1:
        set_clock_mark(place, folder, device, now_ms)
    until = (day + 1 + standing.permit_days) * DAY_MS
    return Permit(raise_water(place, folder, device, code_day=day, permit_ms=until).permit_ms, now_ms)


def must_be_in_use(standing: Standing | None, station: str) -> None:
    """Raise NotAllowed when the server has taken the workstation out of use."""
    if standing is not None and standing.status != APPROVED:
        raise NotAllowed(
            _(
                "{station} was blocked at the server. Nobody signs in here until an administrator approves it again; "
                "what was not yet sent stays here, sealed."
            ).format(station=station),
            "device",
        )
