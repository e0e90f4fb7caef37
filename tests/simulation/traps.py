# SPDX-License-Identifier: Apache-2.0
"""Traps that other engines fell into, planted into ours for a while: the simulation must find every one of them.

`python -m tests.simulation --traps` plants one after another and says how many seeds it took to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import structs
from pytest import MonkeyPatch
from sqlalchemy import text

from hms_desktop.core import clock
from hms_desktop.core.clock import stamp_ms
from hms_desktop.core.errors import Unavailable
from hms_desktop.core.ids import human_number
from hms_desktop.storage import unit as units
from hms_desktop.storage.rows import StandingHead
from hms_desktop.sync import (
    accept,
    bundles,
    compaction,
    copies,
    engine,
    erase,
    giving_back,
    merge,
    outbox,
    pull,
    snapshot,
)
from hms_desktop.sync.accept import Accepted
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.compaction import LetGo
from hms_desktop.sync.protocol import Pulled
from hms_desktop.sync.vectors import Vectors
from sync_server import bundles as served_bundles
from sync_server import upstream
from sync_server.sync_api import centre
from sync_server.sync_api.centre import Centre
from sync_server.sync_api.hub import Hub
from tests.simulation.checks import chain_at
from tests.simulation.steps import Step, drawn


def _skips_an_entry(patch: MonkeyPatch) -> None:
    """Off by one between `>` and `>=`: the page begins one too late (mSupply #11963)."""
    serve = pull.serve

    def late(connection: Any, after: int, *rest: Any) -> Pulled:
        return serve(connection, after + (after > 0), *rest)

    patch.setattr(pull, "serve", late)


def _cursor_before_data(patch: MonkeyPatch) -> None:
    """The cursor is kept in a transaction before the data's (pouchdb #1240, RxDB #5571)."""
    take = engine.Exchange._take

    def early(self: engine.Exchange, page: Pulled, server: Any, granted: frozenset[str]) -> Any:
        with self.store.writing() as connection:
            pull.set_cursors(connection, server, granted, page.position)
        return take(self, page, server, granted)

    patch.setattr(engine.Exchange, "_take", early)


def _acknowledged_before_it_holds(patch: MonkeyPatch) -> None:
    """What was sent counts as received whether or not the answer came."""
    push = engine.Exchange.push

    def hasty(self: engine.Exchange) -> Any:
        with self.store.reading() as connection:
            author, after = self.store.station.author, outbox.sent(connection)
            batch = outbox.unsent(connection, author, after, engine.PUSH_SETS)
        try:
            return push(self)
        except Exception:
            with self.store.writing() as connection:
                outbox.note_sent(connection, batch[-1].number if batch else 0)
            raise

    patch.setattr(engine.Exchange, "push", hasty)


def _last_write_wins(patch: MonkeyPatch) -> None:
    """Of two values that nobody has both seen one is dropped (Tamanu's mergeRecord, every LWW engine)."""
    combine = merge.combine
    patch.setattr(merge, "combine", lambda *given: combine(*given)[-1:])


def _shows_another_head(patch: MonkeyPatch) -> None:
    """The value that is shown is not that of the latest head."""
    patch.setattr(merge, "shown", lambda policy, heads, order: heads[0])


def _device_clock_decides(patch: MonkeyPatch) -> None:
    """A device's stamps go back with its clock (Actual #3786, #7106)."""
    patch.setattr(units, "next_stamp", lambda last, author, ms: clock.stamp(max(ms, clock.EPOCH_MS), 0, author))


def _torn(patch: MonkeyPatch) -> None:
    """Of a change set that does not fit a part is skipped (mSupply v7, cr-sqlite: its cells merge one by one)."""
    write = Applier.write
    patch.setattr(Applier, "write", lambda self, stamp, leaves: write(self, stamp, list(leaves)[:1]))


def _revoked_data_stays(patch: MonkeyPatch) -> None:
    """A permission is taken away and the rows stay (CHT #5701, Couch filters)."""
    patch.setattr(erase, "lost", lambda *given: frozenset())


def _fill_loses_unsent_work(patch: MonkeyPatch) -> None:
    """A table that comes anew takes what was not yet sent with it (cht #8093)."""
    patch.setattr(snapshot, "_merge_log", lambda *given: None)


def _snapshot_and_stream_overlap(patch: MonkeyPatch) -> None:
    """What a snapshot held is applied once more from the stream (Electric #2313, #1469)."""
    patch.setattr(Vectors, "covers", lambda self, table, stamp: False)


def _replaced_comes_back(patch: MonkeyPatch) -> None:
    """What was replaced stands again when an old message comes late (Watermelon #1219: a deletion resurrects)."""
    combine = merge.combine
    patch.setattr(merge, "combine", lambda heads, change, _replaced: combine(heads, change, ()))


def _refusal_is_silent(patch: MonkeyPatch) -> None:
    """A write that the server rejects is never told to its author (CHT #8186, #11306)."""
    patch.setattr(Accepted, "has_facts", False)


def _late_writers_are_stepped_over(patch: MonkeyPatch) -> None:
    """The cursor is a time: what was written before it and comes late is stepped over (RxDB #6248)."""
    serve = pull.serve

    def timed(connection: Any, after: int, *rest: Any) -> Pulled:
        page = serve(connection, after, *rest)
        sql = text("SELECT max(stamp) FROM own_change_log WHERE pos <= :after")
        seen = connection.execute(sql, {"after": after}).scalar() or 0
        later = [entry for entry in page.entries if stamp_ms((entry.whole or entry.gap).stamp) >= stamp_ms(seen)]
        return structs.replace(page, entries=later)

    patch.setattr(pull, "serve", timed)


def _one_bad_row_stops_everything(patch: MonkeyPatch) -> None:
    """What a check turns away is an error of the whole exchange (PowerSync #464, Couchbase ios #1649)."""

    def stop(_applier: Any, _accepted: Any, _entry: Any, why: Exception, _made: Any) -> None:
        raise why

    patch.setattr(accept, "turn_away", stop)


def _a_row_that_nobody_wrote(patch: MonkeyPatch) -> None:
    """Two values of a group are merged cell by cell (cr-sqlite, by design)."""
    combine = merge.combine

    def by_cell(heads: Any, change: StandingHead, replaced: Any) -> list[StandingHead]:
        *older, last = combine(heads, change, replaced)
        mixed = {name: max((h.values[name] for h in (*older, last)), key=repr) for name in last.values}
        return [StandingHead(last.stamp, mixed)]

    patch.setattr(merge, "combine", by_cell)


def _references_break_where_a_grant_cuts(patch: MonkeyPatch) -> None:
    """Rows come anew one table at a time, while others point at them (mSupply #12150)."""
    patch.setattr(engine.Exchange, "_filled_before", lambda _exchange: frozenset())
    patch.setattr(snapshot, "pointed_at", lambda *_given: frozenset())


def _the_same_number_twice(patch: MonkeyPatch) -> None:
    """Human numbers are counted without a word of who counts (cht #7670, mSupply #8140, HospitalRun #112)."""
    patch.setattr(units, "human_number", lambda series, _author, counter: human_number(series, 1, counter))


def _a_retry_that_is_none(patch: MonkeyPatch) -> None:
    """After a failure nothing is sent until something new is done (powersync-native #15)."""
    push, failed = engine.Exchange.push, WeakKeyDictionary[Any, int]()

    def once(self: engine.Exchange) -> Any:
        if failed.get(self.store) == chain_at(self.store, self.store.station.author):
            return None
        try:
            return push(self)
        except Unavailable:
            failed[self.store] = chain_at(self.store, self.store.station.author)
            raise

    patch.setattr(engine.Exchange, "push", once)


def _a_restored_server_gets_nothing_back(patch: MonkeyPatch) -> None:
    """A server put back is believed to hold what it lost (cht #8093, turso #8129, sync_gateway #1090)."""
    patch.setattr(giving_back, "heed_epoch", lambda *_given: False)


def _a_second_history_passes_for_the_first(patch: MonkeyPatch) -> None:
    """A computer put back from an image goes on, and its new work counts as known (baerly-storage #80)."""
    patch.setattr(Applier, "_must_repeat", lambda *_given: None)
    patch.setattr(copies, "first_of_its_kind", lambda *_given: True)


def _log_let_go_of_too_early(patch: MonkeyPatch) -> None:
    """A replica lets go of what it has not sent (a compaction that overtakes the outbox)."""
    gone = "DELETE FROM own_change_log WHERE number > :sent AND author = :own"

    def early(connection: Any, station: Any, before_ms: int, sent: int) -> LetGo:
        connection.execute(text(gone), {"own": station.author, "sent": outbox.sent(connection) - 1})
        return LetGo()

    patch.setattr(compaction, "compact", early)


def _a_hubs_word_passes_for_the_centres(patch: MonkeyPatch) -> None:
    """What a hub took counts as received for good (a road that acknowledges for another)."""
    patch.setattr(Hub, "push", Centre.push)


def _a_hub_is_entered_too_late(patch: MonkeyPatch) -> None:
    """Whoever comes to another server goes on at its end (restore, clone and change of server: sync_gateway #1090)."""
    patch.setattr(centre, "place_before", lambda connection, _known: pull.position(connection))


def _a_hub_leaves_one_out(patch: MonkeyPatch) -> None:
    """Off by one in what a hub brings the centre (mSupply #11963, on the way up)."""
    relayed = upstream.next_relay
    patch.setattr(upstream, "next_relay", lambda *given: relayed(*given)[1:])


def _what_lies_on_a_stick_counts_as_received(patch: MonkeyPatch) -> None:
    """Carried is taken for arrived."""
    make = bundles.make

    def hasty(store: Any, *rest: Any) -> Any:
        made = make(store, *rest)
        with store.writing() as connection:
            outbox.note_sent(connection, chain_at(store, store.station.author))
        return made

    patch.setattr(bundles, "make", hasty)


def _a_stick_begins_one_too_late(patch: MonkeyPatch) -> None:
    """Off by one between what a workstation has and what is put on its stick."""
    pages = served_bundles._pages
    patch.setattr(served_bundles, "_pages", lambda pulled, after, end: pages(pulled, min(after + 1, end), end))


def _a_stick_for_the_past_is_taken(patch: MonkeyPatch) -> None:
    """An old file is taken for the server's present word, and from where the workstation is not."""
    patch.setattr(bundles, "_must_be_newer", lambda store, _bundle: bundles._keep(store))
    patch.setattr(bundles, "_must_lead_on", lambda _road, _line: None)


def _an_update_forgets_what_was_kept_for_it(patch: MonkeyPatch) -> None:
    """What came while a version had no place for it stays out when the next one has (mSupply #3914, #11848)."""
    patch.setattr(snapshot, "declared_since", lambda _connection: frozenset())


TRAPS: Mapping[str, Callable[[MonkeyPatch], None]] = {
    plant.__name__.strip("_").replace("_", " "): plant
    for plant in (
        _skips_an_entry,
        _cursor_before_data,
        _acknowledged_before_it_holds,
        _last_write_wins,
        _shows_another_head,
        _device_clock_decides,
        _torn,
        _revoked_data_stays,
        _fill_loses_unsent_work,
        _snapshot_and_stream_overlap,
        _replaced_comes_back,
        _refusal_is_silent,
        _late_writers_are_stepped_over,
        _one_bad_row_stops_everything,
        _a_row_that_nobody_wrote,
        _references_break_where_a_grant_cuts,
        _the_same_number_twice,
        _a_retry_that_is_none,
        _a_restored_server_gets_nothing_back,
        _a_second_history_passes_for_the_first,
        _log_let_go_of_too_early,
        _a_hubs_word_passes_for_the_centres,
        _a_hub_is_entered_too_late,
        _a_hub_leaves_one_out,
        _what_lies_on_a_stick_counts_as_received,
        _a_stick_begins_one_too_late,
        _a_stick_for_the_past_is_taken,
        _an_update_forgets_what_was_kept_for_it,
    )
}


_STICKS = ("work", "exchange", "stick from desk", "stick from server", "stick taken in")
_AT_HUB = ("work", "exchange", "line out", "hub calls", "hub copy", "server doomed")
KINDS_OF: Mapping[str, Sequence[str]] = {
    "a hubs word passes for the centres": _AT_HUB,
    "a hub is entered too late": _AT_HUB,
    "a hub leaves one out": _AT_HUB,
    "what lies on a stick counts as received": _STICKS,
    "a stick begins one too late": _STICKS,
    "a stick for the past is taken": _STICKS,
    "an update forgets what was kept for it": ("work", "exchange", "update", "what is new"),
}
"""The kinds of step by which a trap on one road is looked for; all of them find the others."""


def history_for(name: str, seed: int, steps: int) -> Sequence[Step]:
    """The steps of a seed in which a trap is looked for."""
    return drawn(seed, steps, KINDS_OF.get(name))


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The engine with this trap in it, until the block ends."""
    with MonkeyPatch.context() as patch:
        TRAPS[name](patch)
        yield
