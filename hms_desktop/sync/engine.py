# SPDX-License-Identifier: Apache-2.0
"""A workstation's side of the exchange, as plain steps: greet, push, pull, fill, ask for leases.

No threads and no clock of its own: `sync.runner` calls these steps, a test calls them one by one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.core.version import program_version, system_name
from hms_desktop.security.accounts import Device
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import compaction, copies, erase, giving_back, hubs, outbox, protocol, pull, receipts, snapshot
from hms_desktop.sync.apply import Outcome
from hms_desktop.sync.beside import Beside
from hms_desktop.sync.client import Transport
from hms_desktop.sync.digest import Breathe, nothing
from hms_desktop.sync.digest_compare import Asker
from hms_desktop.sync.errands import Errand
from hms_desktop.sync.fill import Fill, Progress
from hms_desktop.sync.gathered import pages_key
from hms_desktop.sync.lanes import Stride
from hms_desktop.sync.protocol import (
    Diagnostics,
    Hello,
    LeaseGiven,
    LeaseWanted,
    Noted,
    Pull,
    Pulled,
    Push,
    Pushed,
    Welcome,
)
from hms_desktop.sync.vectors import chain_end
from hms_desktop.sync.verify import Believer, Trust

PUSH_SETS = 500
UNCLEAN = "erased, not yet clean"
LAST_PUSH, LAST_PULL = "last_push_ms", compaction.LAST_PULL
FILLED_ANEW = "filled_anew"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Counts:
    """What the status bar says of this device's own work; of what waits for the centre `at_hub` lie at a hub, too."""

    waiting: int
    held_back: list[outbox.Refused]
    at_hub: int = 0


@dataclass(frozen=True)
class LastContact:
    """When the last push and the last pull went through (ms since 1970), as far as this replica remembers."""

    push_ms: int | None
    pull_ms: int | None


class Exchange:
    """The exchange of one store with one server, while `person` works there; `device` signs where its chain ends."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        trust: Trust | None = None,
        person: UUID | None = None,
        device: Ed25519PrivateKey | None = None,
    ) -> None:
        self.store = store
        self._person = person
        self._trust = trust
        self._device = device
        self._transport = transport
        self.errands: list[Errand] = []
        self.before_erasing: list[Callable[[frozenset[str]], object]] = []
        self.beside: Beside | None = None
        self.turned_away: Callable[[], object] = lambda: None
        self.gathered: Callable[[], Iterable[Pulled]] = tuple
        self.centre_is_back: Callable[[], bool] = lambda: False
        self.welcome: Welcome | None = None
        self._kind: str | None = None
        self.ahead_ms = 0  # how far this computer's clock was ahead of the server's when that answered last
        self.one_fill = threading.Lock()  # two at once, by the line and from a bundle, would empty each other's tables
        self._pushing, self._pulling = Stride(), Stride()
        self.listening = False  # a pull waits for its answer: this thread writes nothing now

    @property
    def granted(self) -> frozenset[str]:
        """The tables that this device holds, as last told by the server."""
        with self.store.reading() as connection:
            return frozenset(meta_value(connection, "granted", []))

    def greet(self) -> Welcome:
        """Open a session; learns the server's identity and grants, and fills tables that were newly granted."""
        with self.store.reading() as connection:
            generation = meta_value(connection, "generation")
        if generation is None:
            generation = os.urandom(16)
            with self.store.writing() as connection:
                set_meta(connection, "generation", generation)
        with self.store.writing() as connection:
            mark = copies.next_mark(connection)
        asked_ms = self.store.clock.now_ms()
        welcome = self._transport.greet(self._hello(generation, mark))
        self.ahead_ms = (asked_ms + self.store.clock.now_ms()) // 2 - welcome.now_ms
        self.hear(welcome, mark)
        with self.store.writing() as connection:
            compaction.refill_after_long(connection, self.store.station, self.store.clock.now_ms())
        return welcome

    def hear(self, welcome: Welcome, mark: copies.Mark | None = None) -> None:
        """Take in what the server says of itself and of this device, by whichever road; `mark` was in the greeting.

        Refused where training data and a clinic's own would meet.
        """
        if welcome.training != self.store.setting.clinic.training:
            raise Refused(_("Training data and a real clinic's data never meet: this server is of the other kind."))
        if welcome.hub:
            hubs.meet(self.store, self._transport, welcome)
        else:
            with self.store.writing() as connection:
                self._hear_centre(connection, welcome, mark)
        self.welcome = welcome
        self._kind = self._kind_now()

    def _hear_centre(self, connection: Connection, welcome: Welcome, mark: copies.Mark | None) -> None:
        giving_back.note_passed(connection, welcome)
        giving_back.heed_epoch(connection, welcome)
        set_meta(connection, "server", welcome.server)
        set_meta(connection, "epoch", welcome.epoch)
        hubs.note_places(connection, welcome)
        if mark is not None:
            copies.confirmed(connection, mark)
        self._heed_order(connection, welcome)

    @property
    def at_hub(self) -> bool:
        """Whether a hub answers, and not the centre."""
        return self.welcome is not None and self.welcome.hub

    def over(self, transport: Transport) -> Exchange:
        """The same exchange over another road: same file, same person, the same that happens before an erasure."""
        other = Exchange(self.store, transport, self._trust, self._person, self._device)
        other.before_erasing, other.one_fill = self.before_erasing, self.one_fill
        return other

    def _hello(self, generation: bytes, mark: copies.Mark) -> Hello:
        """The greeting with how this workstation stands."""
        author, pages = self.store.station.author, pages_key(self.store).public_key().public_bytes_raw()
        with self.store.reading() as connection:
            waits = outbox.waiting_since(connection, author)
            return Hello(
                protocol.VERSION,
                SCHEMA,
                generation,
                chain_end(connection, author).number,
                program_version(),
                self.store.clock.now_ms(),
                *waits,
                self._person.bytes if self._person else b"",
                system_name(),
                self.store.database.size(),
                bytes(meta_value(connection, FILLED_ANEW, b"")),
                receipts.last_receipt(connection, author),
                mark.count,
                mark.before,
                mark.now,
                pages,
            )

    @staticmethod
    def _heed_order(connection: Connection, welcome: Welcome) -> None:
        """An order to fetch every table again is carried out once; what waits here is sent and stays."""
        if welcome.fill_anew and welcome.fill_anew != bytes(meta_value(connection, FILLED_ANEW, b"")):
            set_meta(connection, "refill", sorted(set(welcome.read) & set(meta_value(connection, "granted", []))))
            set_meta(connection, FILLED_ANEW, welcome.fill_anew)

    def give_back(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Offer a server that was put back from a backup what it lost; returns how many change sets were sent."""
        return 0 if self.at_hub else giving_back.give_back(self.store, self._transport.send, stop)

    def missing_tables(self) -> list[str]:
        """Tables that were granted and are not yet filled, or must come anew; those of the next version wait for it.

        They come from the centre alone.
        """
        assert self.welcome is not None
        if self.at_hub:
            return []
        with self.store.reading() as connection:
            here = pull.cursors(connection, UUID(bytes=self.welcome.server))
            again, newer = meta_value(connection, "refill", []), snapshot.declared_since(connection)
        granted = REGISTRY.keys() & set(self.welcome.read)
        return sorted((granted - here.keys()) | set(again) | (newer & granted))

    def fill(self, tables: list[str], progress: Progress | None = None, stop: Callable[[], bool] | None = None) -> None:
        """Fetch these tables by snapshot, from where an earlier fill was cut. Progress: (table, rows, of)."""
        assert self.welcome is not None
        with self.one_fill:
            self.store.must_have_room()
            before = self._filled_before()
            if before and before != set(tables):
                self.follow()
            server = UUID(bytes=self.welcome.server)
            Fill(self.store, self._transport, server, self._trust, self.beside).run(tables, before, progress, stop)
        self.store.tell(Changes(frozenset(tables)))

    def follow(self) -> None:
        """Pull everything; before a fill, too: rows that come may point at rows of tables that were filled before."""
        left = 1
        while left:
            _outcome, left = self.pull()

    def _filled_before(self) -> frozenset[str]:
        """Tables whose rows are replaced: others point at them, so the new rows must come in one transaction."""
        assert self.welcome is not None
        with self.store.reading() as connection:
            return frozenset(pull.cursors(connection, UUID(bytes=self.welcome.server)))

    def run_errands(self) -> None:
        """Do what else there is to do with the server, in order; a hub has no part in it."""
        for errand in self.errands if not self.at_hub else ():
            errand(self._transport)

    def answer_diagnostics(self, body: bytes | None) -> None:
        """What a person said to an administrator who asked how this workstation stands: the bundle, or None for no."""
        answer = Diagnostics(body is not None, body or b"")
        self._transport.send("/v1/diagnostics", answer, Noted)

    def push(self) -> Pushed | None:
        """Send the next batch of this device's own change sets; None when there is nothing to send.

        Unavailable when the server takes the rest of it later.
        """
        with self.store.reading() as connection:
            after = hubs.held(connection) if self.at_hub else outbox.sent(connection)
            batch = outbox.unsent(connection, self.store.station.author, after, PUSH_SETS, self._pushing.part)
        if not batch:
            return None
        end = receipts.end_of(batch, self._device, self.store.clock.now_ms()) if self._device else None
        with self._pushing:
            answer = self._transport.send("/v1/push", Push(batch, end), Pushed)
        if answer.hub and answer.acknowledged <= after:
            raise Unavailable(_("The clinic's hub does not get on with what is here. Your changes are safe here."))
        with self.store.writing() as connection:
            if answer.hub:  # the answer says it, as the road may have changed since the question
                hubs.note_held(connection, answer.acknowledged)
            else:
                outbox.note_answer(connection, answer)
            if answer.receipt is not None and self._trust is not None:
                receipts.take(connection, answer.receipt, self._trust.server_public, end)
            set_meta(connection, LAST_PUSH, self.store.clock.now_ms())
        self.store.tell(Changes(frozenset({"own_outbox"})))
        if delayed := protocol.delayed_words(answer):
            raise Unavailable(delayed)
        return answer

    def pull(self, wait_ms: int = 0, stop: Callable[[], bool] | None = None) -> tuple[Outcome, int]:
        """Fetch and apply the next page; returns what it did and how many entries are still to come.

        Whatever comes after `stop` says so is not taken: the next session asks for it again.
        """
        assert self.welcome is not None
        self.store.must_have_room()
        server, granted = UUID(bytes=self.welcome.server), self.granted
        with self.store.reading() as connection:
            cursors = pull.cursors(connection, server)
            waits = outbox.waiting_since(connection, self.store.station.author)
        after = min((cursors.get(table, 0) for table in granted), default=0)
        self.listening = True
        try:
            most, tables = self._pulling.of(protocol.MAX_PAGE), sorted(granted) if self.at_hub else []
            with self._pulling:
                page = self._transport.send("/v1/pull", Pull(after, most, wait_ms, *waits, tables), Pulled)
        finally:
            self.listening = False
        if page.position == after or (stop is not None and stop()):
            return Outcome(), 0
        return self._take(page, server, granted), page.left

    def _take(self, page: Pulled, server: UUID, granted: frozenset[str]) -> Outcome:
        with self.store.writing() as connection:
            believe = Believer(connection, self._trust) if self._trust else None
            by_hub = self.welcome is not None and self.welcome.hub and self.welcome.server == server.bytes
            hubs.note_road(connection, page, by_hub)
            outcome = pull.take_page(connection, page, server, granted, self.store.clock.now_ms(), believe)
            set_meta(connection, LAST_PULL, self.store.clock.now_ms())
        self.store.tell(outcome.changes)
        return outcome

    def take_gathered(self, stop: Callable[[], bool] | None = None) -> None:
        """Apply the pages that came while nobody was signed in, before anything is asked for; needs no line."""
        with self.store.reading() as connection:
            server = meta_value(connection, "server")
        for page in self.gathered() if server is not None else ():
            if stop is not None and stop():
                return
            try:
                self._take(page, UUID(bytes=bytes(server)), self.granted)
            except Unavailable:
                raise  # the disk is full: the page stays
            except Exception as error:  # it is dropped, and asked for again
                _log.error("a gathered page could not be applied", kind=type(error).__name__)

    def ask_leases(self, wanted: list[tuple[str, UUID, Decimal]]) -> list[Decimal]:
        """Ask to be lent things; the leases themselves come by the next pull."""
        if not wanted:
            return []
        message = LeaseWanted([(kind, subject.bytes, str(amount)) for kind, subject, amount in wanted])
        return [Decimal(amount) for amount in self._transport.send("/v1/lease", message, LeaseGiven).given]

    def catch_up(self, progress: Progress | None = None) -> None:
        """Push everything, pull everything, fill what is new: one whole round until both sides are quiet."""
        self.take_gathered()
        self.greet()
        self.give_back()
        self.run_errands()
        while self.push() is not None:
            pass
        if self.too_old:
            raise Refused(self.too_old)
        self.give_up_lost()
        missing = self.missing_tables()
        if missing:
            self.fill(missing, progress)
        self.follow()

    def asker(self, breathe: Breathe = nothing) -> Asker:
        """What compares this replica with the server that it greeted; `breathe` is called while it reads on and on."""
        assert self.welcome is not None
        server = UUID(bytes=self.welcome.server)
        return Asker(self.store, self._transport, server, self.granted, self._trust, breathe)

    @property
    def too_old(self) -> str:
        """What the server said of a program that it only takes work from; empty where it exchanges everything."""
        return self.welcome.update if self.welcome is not None else ""

    def moved(self) -> bool:
        """Whether this workstation has become one of another kind since it greeted last."""
        return self._kind != self._kind_now()

    def _kind_now(self) -> str | None:
        with self.store.reading() as connection:
            own = select(Device.kind).where(Device.id == self.store.station.device)
            return connection.execute(own).scalar()

    def give_up_lost(self) -> frozenset[str]:
        """Erase the tables that the server grants this device no more, after sending all that was not yet sent.

        Returns them; none while something can't be sent, which the next contact tries again.
        """
        assert self.welcome is not None
        if self.at_hub:
            return frozenset()  # a hub may not have heard of what was granted since
        with self.store.reading() as connection:
            lost = erase.lost(connection, self.welcome.read, self.welcome.own_site, self.welcome.append)
            unclean = bool(meta_value(connection, UNCLEAN, False))
        if lost:
            for before in self.before_erasing:
                before(lost)
            while self.push() is not None:
                pass
            with self.store.writing() as connection:
                if outbox.waiting(connection, self.store.station.author):
                    return frozenset()
                erase.erase(connection, lost, self.store.clock.now_ms())
                set_meta(connection, UNCLEAN, True)
            self.store.tell(Changes(lost))
        with self.store.writing() as connection:
            erase.note_bounds(connection, self.welcome.own_site)
        if (lost or unclean) and self.store.forget_deleted():
            with self.store.writing() as connection:
                set_meta(connection, UNCLEAN, False)
        return lost

    def counts(self) -> Counts:
        """What waits here and what the server holds back."""
        with self.store.reading() as connection:
            author = self.store.station.author
            waiting, held_back = outbox.waiting(connection, author), outbox.held_back(connection, author, self._person)
            return Counts(waiting, held_back, hubs.held_of(connection, waiting))

    def last_contact(self) -> LastContact:
        """When the server was last heard by this replica, in this session or an earlier one."""
        with self.store.reading() as connection:
            return LastContact(meta_value(connection, LAST_PUSH), meta_value(connection, LAST_PULL))

    def note_contact(self, push_ms: int | None, pull_ms: int | None) -> None:
        """Remember it for the next session: a pull that brought nothing is heard, too, but written only once."""
        if LastContact(push_ms, pull_ms) != self.last_contact():
            with self.store.writing() as connection:
                set_meta(connection, LAST_PUSH, push_ms)
                set_meta(connection, LAST_PULL, pull_ms)
