# SPDX-License-Identifier: Apache-2.0
"""A workstation that a person opened: store with the clinic's reactions, the exchange with the server, its runner."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

from hms_desktop.clinic import lending, modules
from hms_desktop.commands import moving
from hms_desktop.commands.courier_bag import CourierBag
from hms_desktop.commands.opened_file import close_store, let_in, open_store
from hms_desktop.commands.recovery import bring_recovery_key
from hms_desktop.commands.standing_watch import StandingWatch
from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.accounts import granted_people
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import Store
from hms_desktop.sync import hubs
from hms_desktop.sync.client import HttpTransport, Transport
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.errands import send_person_keys
from hms_desktop.sync.lanes import Lanes
from hms_desktop.sync.line_limit import CHOSEN_HERE, limit_of
from hms_desktop.sync.roads import Roads
from hms_desktop.sync.runner import SyncRunner
from hms_desktop.sync.verify import Trust

assert modules.MODULES
_BORROWS = frozenset({"lease", "lease_end", "lease_call", "session_template", "prescription", "stock_move", "dispense"})


@dataclass(frozen=True)
class Bench:
    """What a session works with. `close` stops the sync and closes the file."""

    opened: OpenProfile
    acting: Acting
    store: Store
    exchange: Exchange
    runner: SyncRunner
    roads: Roads
    watch: StandingWatch
    bag: CourierBag
    old: str = ""
    """Why the file takes no new work: it is an old copy; no words where it is the file that was here last."""

    def close(self) -> None:
        """Stop in order: nothing is written after this."""
        self.runner.stop()
        self.shut()

    def shut(self) -> None:
        """Close the file, and do what waits for that: a new key for it, or an order to wipe."""
        if not self.old:
            self.bag.leave_word()
        close_store(self.opened, self.store)
        self.watch.finish()
        self.roads.close()


def open_bench(opened: OpenProfile, clock: Clock | None = None) -> Bench:
    """Open the file of a workstation for a person; sync begins with `bench.runner.start()`."""
    profile, acting = opened.profile, opened.acting()
    store, old = open_store(opened, clock)
    server = profile.server
    line = HttpTransport(server.addresses[0], server.ca_pem, profile.station.device, opened.device.signing)
    trust = Trust(server.signing_public, profile.clinic.id)
    roads = Roads(line, partial(_hub_lines, opened, store), store.clock.now_ms)
    exchange = Exchange(store, roads, trust, acting.person.id, opened.device.signing)
    exchange.centre_is_back = roads.centre_is_back

    def wanted() -> list[tuple[str, UUID, Decimal]]:
        return list(store.read(lending.wanted, acting))

    runner = SyncRunner(exchange, wanted)
    _keep_to_limit(line.lanes, runner, store, acting)
    watch = StandingWatch(opened, store, exchange, line, old=bool(old))
    bag = CourierBag(opened, store, exchange, line.lanes)
    if old:
        runner.hold(old)
    else:
        bag.unpack()
        watch.on_told(bag.heard)

    def bring_people() -> None:
        let_in(opened, store.read(granted_people, acting), store.clock.now_ms())

    def bring_own_keys(transport: Transport) -> None:
        if send_person_keys(transport, opened.folder, opened.device, profile.station.device):
            bring_people()

    def changed(changes: Changes) -> None:
        if changes.touch("account"):
            bring_people()
        if changes.touch("device"):
            moving.follow_kind(opened, store, acting)
        if changes.touch("handed_draft") and not old:
            moving.take_drafts_back(opened, store, acting)
        if changes.touch("account", "device", "site_setting"):
            watch.ask_soon()
            runner.send_soon()
        if changes.touch("site_setting"):
            bring_recovery_key(opened, store, acting)
        _lend_and_borrow(store, acting, runner, changes)

    exchange.errands.append(bring_own_keys)
    exchange.before_erasing.append(partial(moving.hand_over_drafts, store, acting, trust))
    if not old:
        moving.take_drafts_back(opened, store, acting, afresh=True)
    store.on_changes(changed)
    return Bench(opened, acting, store, exchange, runner, roads, watch, bag, old)


def _hub_lines(opened: OpenProfile, store: Store) -> list[HttpTransport]:
    """A line to each address of the hubs that the centre named last."""
    profile = opened.profile
    return [
        HttpTransport(address, profile.server.ca_pem, profile.station.device, opened.device.signing)
        for address in hubs.addresses(store)
    ]


def _keep_to_limit(lanes: Lanes, runner: SyncRunner, store: Store, acting: Acting) -> None:
    """Take no more of the line than was chosen, now and whenever that changes."""

    def look() -> None:
        lanes.kbit = store.read(limit_of, acting)
        runner.limited(lanes.kbit)

    store.on_changes(lambda changes: look() if changes.touch("site_setting", CHOSEN_HERE) else None)
    look()


def _lend_and_borrow(store: Store, acting: Acting, runner: SyncRunner, changes: Changes) -> None:
    """Give back what was called for, share what a new workstation may have, ask for what came free."""
    if changes.touch("lease_call"):
        with suppress(NotAllowed):
            store.act(lending.give_back, acting)
    if changes.touch("device", "site_setting"):
        with suppress(NotAllowed):
            store.act(lending.share, acting)

    def came_free(reader: Reader) -> bool:
        return lending.called(reader) or lending.shared(reader, changes.records)

    if changes.touch(*_BORROWS) or (changes.touch("lease_spend") and store.read(came_free, acting)):
        runner.ask_leases_soon()
