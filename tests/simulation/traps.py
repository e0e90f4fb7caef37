# SPDX-License-Identifier: Apache-2.0
"""Traps that other engines fell into, planted into ours for a while: the simulation must find every one of them.

`python -m tests.simulation --traps` plants one after another and says how many seeds it took to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pytest import MonkeyPatch

from hms_desktop.core import clock
from hms_desktop.storage import unit as units
from hms_desktop.sync import engine, erase, merge, outbox, pull, snapshot
from hms_desktop.sync.accept import Accepted
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.protocol import Pulled
from hms_desktop.sync.vectors import Vectors


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
            batch = outbox.next_batch(connection, self.store.station.author, engine.PUSH_SETS)
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
    patch.setattr(snapshot, "_merge_own", lambda *given: None)


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
    )
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The engine with this trap in it, until the block ends."""
    with MonkeyPatch.context() as patch:
        TRAPS[name](patch)
        yield
