# SPDX-License-Identifier: Apache-2.0
"""What a workstation remembers of hubs: where they are, what they hold of its work, what came by them alone so far."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, select

from hms_desktop.core.errors import NotAllowed, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Device
from hms_desktop.storage import chain, ledger
from hms_desktop.storage.change_sets import ChangeSet, Gap, change_set_root, gap_root
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox, pull
from hms_desktop.sync.client import Transport
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.erase import GRANTED, OWN_SITE
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.protocol import Pulled, Welcome
from hms_desktop.sync.relaying import MEET, Meet, Met, known_chains
from hms_desktop.sync.vectors import chain_end

_PLACES, _HELD, _ALONE = "hubs", "at_hub", "by hubs alone"
_UNPROVEN = "gaps by hubs"
"""The note from which number on a hub told of gaps in an author's chain, which nobody signs."""
_LOG = ledger.change_log


def note_places(connection: Connection, welcome: Welcome) -> None:
    """Remember the hubs that the centre names."""
    places = [list(place.addresses) for place in welcome.hubs]
    if places != meta_value(connection, _PLACES, []):
        set_meta(connection, _PLACES, places)


def addresses(store: Store) -> list[str]:
    """Where the hubs are that the centre named in its last greeting, in the order in which they are tried."""
    with store.reading() as connection:
        return [address for place in meta_value(connection, _PLACES, []) for address in place]


def meet(store: Store, transport: Transport, welcome: Welcome) -> None:
    """Go on in a hub's order where this replica lacks something; it holds what the centre granted, as before.

    Unavailable when the hub would leave out a part of that: it would not come again. NotAllowed for who is no hub
    of the clinic as far as was heard here: put out of use since, or one that says to be the centre and so would move
    the place up to which the centre was followed.
    """
    with store.reading() as connection:
        granted = frozenset(meta_value(connection, GRANTED, []))
        if granted:
            _must_be_a_hub(connection, UUID(bytes=welcome.server))
        bounds = frozenset(meta_value(connection, OWN_SITE, []))
        known = known_chains(connection)
    if not granted or not granted <= set(welcome.read) or bounds & granted != set(welcome.own_site) & granted:
        raise Unavailable(_("The clinic's hub has not heard yet what this workstation holds: wait for the server."))
    met = transport.send(MEET, Meet(known), Met)
    with store.writing() as connection:
        pull.set_cursors(connection, UUID(bytes=welcome.server), granted, met.after)
        note_held(connection, welcome.acknowledged)


def _must_be_a_hub(connection: Connection, server: UUID) -> None:
    found = connection.execute(select(Device.kind, Device.status).where(Device.id == server)).first()
    if found is None or (found.kind, found.status) != (HUB, "approved"):
        raise NotAllowed(
            _("What answers here is no hub of this clinic, or was put out of use: wait for the server."), "hub"
        )


def note_held(connection: Connection, number: int) -> None:
    """The hub has this workstation's own work up to this number."""
    set_meta(connection, _HELD, number)


def held(connection: Connection) -> int:
    """How far a hub had this workstation's own work when it was last asked."""
    return int(meta_value(connection, _HELD, 0))


def held_of(connection: Connection, waiting: int) -> int:
    """How many of the change sets that wait for the centre lie at a hub."""
    return min(waiting, max(0, held(connection) - outbox.sent(connection)))


def note_road(connection: Connection, page: Pulled, by_hub: bool) -> None:
    """Before a page is taken: what is new and comes from a hub the centre may not have yet; what it sends, it has.

    A gap brings no row, and nobody signed what a hub says of it: where the centre says otherwise, the hub's goes.
    """
    alone: dict[int, int] = dict(meta_value(connection, _ALONE, []))
    unproven: dict[int, int] = dict(meta_value(connection, _UNPROVEN, []))
    before = (dict(alone), dict(unproven))
    for entry in page.entries:
        one = entry.whole or entry.gap
        if one is None:
            continue
        known = chain_end(connection, one.author).number
        if not by_hub:
            if one.number >= alone.get(one.author, one.number + 1):
                del alone[one.author]
            if one.number >= unproven.get(one.author, one.number + 1):
                _take_back_gaps(connection, one)
        elif entry.whole is None and one.number > known:
            unproven[one.author] = min(one.number, unproven.get(one.author, one.number))
        elif one.number > max(known, alone.get(one.author, 0)):
            alone[one.author] = one.number
    if (alone, unproven) != before:
        set_meta(connection, _ALONE, sorted(alone.items()))
        set_meta(connection, _UNPROVEN, sorted(unproven.items()))


def _take_back_gaps(connection: Connection, true: ChangeSet | Gap) -> None:
    """Take out the gaps from this place of an author's chain on, where a hub told another and no signed one follows."""
    root = gap_root(true) if isinstance(true, Gap) else change_set_root(true)
    rows = connection.execute(select(_LOG).where(_LOG.c.author == true.author, _LOG.c.number >= true.number)).all()
    gaps = [row for row in rows if isinstance(entry_of(row), Gap)]
    other = any(row.number == true.number and bytes(row.root) != root for row in gaps)
    if not other or any(row.state != ledger.WAITING for row in rows if row not in gaps):
        return
    for row in gaps:
        connection.execute(delete(_LOG).where(_LOG.c.pos == row.pos))
        connection.execute(delete(ledger.held).where(ledger.held.c.stamp == row.stamp))
    if chain_end(connection, true.author).number < true.number:
        return
    last = connection.execute(
        select(_LOG).where(_LOG.c.author == true.author, _LOG.c.number == true.number - 1)
    ).first()
    stamp, end = (last.stamp, bytes(last.root)) if last is not None else (true.stamp - 1, true.prev)
    chain.advance(connection, true.author, true.number - 1, stamp, end)


def are_ahead(store: Store) -> bool:
    """Whether something lies here that came by a hub, and not yet from the centre."""
    with store.reading() as connection:
        return bool(meta_value(connection, _ALONE, []))
