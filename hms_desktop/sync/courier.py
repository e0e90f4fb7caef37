# SPDX-License-Identifier: Apache-2.0
"""The blind courier: while nobody is signed in it brings sealed work to the server and gathers what is new there.

It holds the device's keys and no file key: what it sends was sealed to the centre when it was committed, what it
fetches is sealed to a key that lies in the encrypted file. On its way it asks how the workstation stands, and obeys,
and lets go on what the workstation was lent.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import ClinicError, Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.core.version import program_version, system_name
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.high_water import raise_water
from hms_desktop.security.profile import REPLICA_FILE, Profile, trusted_profile
from hms_desktop.security.receipts import ChainEnd
from hms_desktop.security.signing import Forged
from hms_desktop.security.standing import APPROVED, WIPE
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.sync import protocol
from hms_desktop.sync.client import HttpTransport, ServerRefused, Transport
from hms_desktop.sync.errands import send_person_keys
from hms_desktop.sync.gathered import Inbox, Whence
from hms_desktop.sync.lanes import Stride
from hms_desktop.sync.protocol import Hello, LeaseGiven, LeaseWanted, Pull, Pulled, Pushed, Welcome
from hms_desktop.sync.sealed import PATH, UNREADABLE, Box, SealedPush
from hms_desktop.sync.sheet import DELIVERED_FILE, SHEET_FILE, Delivered, Sheet, read_note, write_note
from hms_desktop.sync.spool import Spool
from hms_desktop.sync.standing_errand import Asker

WAIT_MS = 20_000
STANDING_EVERY_MS = 20_000
LEASES_EVERY_MS = 10 * 60_000
KEEP_LEASES_MS = 4 * 24 * 3_600_000
"""So long after somebody was at work here what it was lent is kept: over a long weekend."""
BATCH_BYTES = 4 * 1024 * 1024
BATCH_BOXES = 500
May = Callable[[], bool]


@dataclass
class Told:
    """What the courier did since it set out: change sets sent, how many wait, when it last met the server (ms)."""

    sent: int = 0
    waiting: int = 0
    last_ms: int = 0
    wiped: bool = False
    rests: bool = field(default=True, compare=False)
    """Whether there is nothing to do for a while: it waited nowhere and is not to come again at once."""


class Courier:
    """One way out while nobody is signed in: `round` again and again, until `close`."""

    def __init__(
        self, folder: Path, place: SecretPlace, clock: Clock | None = None, line: Transport | None = None
    ) -> None:
        profile, keys = trusted_profile(folder, place)
        self._folder, self._place, self._clock = folder, place, clock or SystemClock()
        self._profile, self._keys = profile, keys
        self._line = line or _line(profile, keys)
        self._delivering = Stride()
        self._asker = Asker(folder, profile, keys, place, self._clock)
        self._spool, self._inbox = Spool(folder), Inbox(folder, profile.station.device)
        self._welcome: Welcome | None = None
        self._asked_ms = self._kept_ms = 0
        self.told = Told(waiting=len(self._spool.numbers()))

    def close(self) -> None:
        """Let go of the line."""
        if isinstance(self._line, HttpTransport):
            self._line.close()

    def round(self, may: May, wait_ms: int = WAIT_MS) -> Told:
        """Ask, deliver, and gather what is new, waiting for it so long; nothing is kept or obeyed once `may` says no.

        Unavailable when nobody answers; another ClinicError when somebody does and won't.
        """
        self.told.rests = True
        status = self._stand(may)
        if self.told.wiped or status != APPROVED:
            return self.told
        sheet = self._sheet()
        if sheet is None:
            return self.told
        try:
            self._greet(sheet)
            send_person_keys(self._line, self._folder, self._keys, self._profile.station.device)
            self._deliver(sheet, may)
            self._keep_leases(sheet, may)
            self._gather(sheet, may, wait_ms)
        except ServerRefused as refused:
            self._welcome = None
            if refused.code != "replayed":  # else the server began anew: greet it again
                self._asked_ms = 0
                raise
            self.told.rests = False
        except Unavailable:
            self._welcome = None
            raise
        return self.told

    def _stand(self, may: May) -> str:
        now = self._clock.now_ms()
        if self._asked_ms and 0 <= now - self._asked_ms < STANDING_EVERY_MS:
            return APPROVED
        standing = self._asker.ask(self._line)
        self.told.last_ms = now
        if standing.status == APPROVED:
            self._asked_ms = now
        if standing.status == WIPE and may():
            self._bring_what_waits(may)
            self._asker.wipe(self._line)
            self.told.wiped = True
        return standing.status

    def _bring_what_waits(self, may: May) -> None:
        """Before a wipe: what the server still takes."""
        sheet = self._sheet()
        if sheet is not None:
            with suppress(ClinicError, Forged):
                self._greet(sheet)
                self._deliver(sheet, may)

    def _sheet(self) -> Sheet | None:
        sheet = read_note(self._folder, SHEET_FILE, self._keys, self._profile.station.device, Sheet)
        if sheet is not None and isinstance(self._line, HttpTransport):
            self._line.lanes.kbit = sheet.kbit
        return sheet

    def _greet(self, sheet: Sheet) -> None:
        if self._welcome is not None:
            return
        waiting, replica = self._spool.numbers(), self._folder / REPLICA_FILE
        welcome = self._line.greet(
            Hello(
                protocol.VERSION, SCHEMA, sheet.generation, max([sheet.last, *waiting]), program_version(),
                self._clock.now_ms(), len(waiting), self._spool.oldest_ms(), b"", system_name(),
                replica.stat().st_size if replica.exists() else 0,
            )
        )  # fmt: skip
        if welcome.training != self._profile.clinic.training:
            raise Refused(_("Training data and a real clinic's data never meet: this server is of the other kind."))
        self._welcome = welcome

    def _deliver(self, sheet: Sheet, may: May) -> None:
        part = self._delivering
        while may() and (boxes := self._spool.batch(part.of(BATCH_BOXES), part.of(BATCH_BYTES))):
            last = boxes[-1]
            end = ChainEnd(sheet.author, last.number, last.root, self._clock.now_ms()).signed_by(self._keys.signing)
            with part:
                answer = self._line.send(PATH, SealedPush(boxes, end), Pushed)
            if not self._settle(boxes, answer):
                return

    def _settle(self, boxes: list[Box], answer: Pushed) -> bool:
        """Note what the server has now; False when it gets no further with what lies here."""
        device, now = self._profile.station.device, self._clock.now_ms()
        reached = min(answer.acknowledged, boxes[-1].number)  # it may know of more than was ever written here
        note = Delivered(acknowledged=reached, receipt=answer.receipt, at_ms=now)
        write_note(self._folder, DELIVERED_FILE, self._keys, device, note)
        raise_water(self._place, self._folder, device, receipt=reached)
        self.told.sent += self._spool.drop_through(reached)
        for verdict in answer.verdicts:
            if verdict.state == UNREADABLE:
                self._spool.drop_from(verdict.number)
        self.told.waiting, self.told.last_ms = len(self._spool.numbers()), now
        return reached >= boxes[0].number

    def _keep_leases(self, sheet: Sheet, may: May) -> None:
        """What this workstation was lent goes on, so that whoever comes next finds it without a line.

        A lease is the workstation's and no person's, so that its own key is enough to ask; to give one back is an act
        of a person. Where nobody comes for days it lapses, and others have it.
        """
        now = self._clock.now_ms()
        attended = 0 <= now - sheet.at_ms <= KEEP_LEASES_MS
        if not attended or 0 <= now - self._kept_ms < LEASES_EVERY_MS or not may():
            return
        self._kept_ms = now
        self._line.send("/v1/lease", LeaseWanted([], keep=True), LeaseGiven)

    def _gather(self, sheet: Sheet, may: May, wait_ms: int) -> None:
        assert self._welcome is not None
        server, epoch = self._welcome.server, self._welcome.epoch
        if sheet.after < 0 or (server, epoch) != (sheet.server, sheet.epoch) or self._inbox.full() or not may():
            return
        after = self._inbox.reached(server, epoch, sheet.after)
        asked = Pull(after, protocol.MAX_PAGE, wait_ms, self.told.waiting, self._spool.oldest_ms())
        page = self._line.send("/v1/pull", asked, Pulled)
        self.told.last_ms, self.told.rests = self._clock.now_ms(), False
        if page.position > after and may():
            self._inbox.put(Whence(server, epoch, after, page.position), page, sheet.pages)


def _line(profile: Profile, keys: DeviceKeys) -> HttpTransport:
    server = profile.server
    return HttpTransport(server.addresses[0], server.ca_pem, profile.station.device, keys.signing)
