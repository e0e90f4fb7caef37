# SPDX-License-Identifier: Apache-2.0
"""What a workstation remembers of hubs: where they are, what they hold of its work, what came by them alone so far."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.errors import NotAllowed, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Device
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox, pull
from hms_desktop.sync.client import Transport
from hms_desktop.sync.erase import GRANTED, OWN_SITE
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.protocol import Pulled, Welcome
from hms_desktop.sync.relaying import MEET, Meet, Met, known_chains
from hms_desktop.sync.vectors import chain_end

_PLACES, _HELD, _ALONE = "hubs", "at_hub", "by hubs alone"


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
        _must_be_a_hub(connection, UUID(bytes=welcome.server))
        granted = frozenset(meta_value(connection, GRANTED, []))
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

    A gap brings no row, and nobody signed what a hub says of it: it is not counted.
    """
    alone: dict[int, int] = dict(meta_value(connection, _ALONE, []))
    before = dict(alone)
    for entry in page.entries:
        one = entry.whole or entry.gap
        if one is None:
            continue
        if (
            by_hub
            and entry.whole is not None
            and one.number > max(chain_end(connection, one.author).number, alone.get(one.author, 0))
        ):
            alone[one.author] = one.number
        elif not by_hub and one.number >= alone.get(one.author, one.number + 1):
            del alone[one.author]
    if alone != before:
        set_meta(connection, _ALONE, sorted(alone.items()))


def are_ahead(store: Store) -> bool:
    """Whether something lies here that came by a hub, and not yet from the centre."""
    with store.reading() as connection:
        return bool(meta_value(connection, _ALONE, []))
