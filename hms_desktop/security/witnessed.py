# SPDX-License-Identifier: Apache-2.0
"""What a workstation saw while nobody was signed in comes into its chain, signed by the workstation itself."""

from __future__ import annotations

from functools import partial

from hms_desktop.core.clock import instant, milliseconds
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.permissions import action
from hms_desktop.security.roles import STATION_EVENTS
from hms_desktop.security.signing import sign_root
from hms_desktop.security.witness import LOST, SEEN_FILE, SEEN_LOCK, Mark, Place, Seen, whole_boxes
from hms_desktop.storage.acting import Acting, Person, Station
from hms_desktop.storage.durable import exclusive, replace_file
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit

TAKEN = "seen_to"
"""The note of how many things seen while nobody was signed in are in the chain."""


def take_in(place: Place, store: Store, station: Station) -> int:
    """Write what was seen since the last open into the chain, signed by the workstation; returns how many events.

    The file is emptied only when the chain has them; what is missing from it is an event of its own.
    """
    with exclusive(place.folder / SEEN_LOCK):
        acting = station_acting(station, place.keys)
        taken = store.read(lambda reader: int(reader.meta(TAKEN, 0)), acting)
        upto = place.mark().number
        boxes = [box for box in whole_boxes(place) if box.number > taken]
        upto = max([upto, *(box.number for box in boxes)])
        lost = upto - taken - len(boxes)
        if upto > taken:
            known = [box.seen for box in boxes]
            store.act(partial(note_seen, known=known, lost=lost, upto=upto), acting)
        elif upto < taken:
            place.set_mark(Mark(taken))  # the keychain forgot: what it counts on from is in the chain
        if place.file.exists():
            replace_file(place.file, b"")
    return len(boxes) + (lost > 0)


def station_acting(station: Station, keys: DeviceKeys) -> Acting:
    """The workstation itself as who acts: it signs with its own key and may write what it saw, and nothing else."""
    who = Person(station.device, station.name, "", frozenset(), frozenset({STATION_EVENTS}))
    return Acting(who, partial(sign_root, keys.signing))


@action("security.seen", needs=STATION_EVENTS)
def note_seen(unit: Unit, *, known: list[Seen], lost: int, upto: int) -> None:
    """Write down what this workstation saw while nobody was signed in, and how much of it was taken away."""
    if unit.person.id != unit.station.device:
        raise Refused(_("Only the workstation itself writes what it saw."))
    for seen in known:
        _add(unit, seen, 1)
    if lost:
        _add(unit, Seen(LOST, None, milliseconds(unit.now), SEEN_FILE), lost)
    unit.note_meta(TAKEN, upto)


def _add(unit: Unit, seen: Seen, count: int) -> None:
    unit.add(
        AccessEvent, kind=seen.kind, by=seen.person, at=instant(seen.at_ms), patient=seen.patient, purpose="operations",
        detail=seen.detail or None, count=count,
    )  # fmt: skip
