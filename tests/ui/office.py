# SPDX-License-Identifier: Apache-2.0
"""A workstation opened over a test desk's store: real file, real window, no server and no sign-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hms_desktop.app import OwnShelf, SignedStore
from hms_desktop.ui.desk import Folder, Place, SignedIn
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sync_facts import NoSync
from hms_desktop.ui.shell.workstation import Rooms, Workstation
from hms_desktop.ui.tasks import Tasks
from tests.desk import CLINIC, Desk


def open_office(desk: Desk, folders: Sequence[Folder], close: Callable[[], object] = lambda: None) -> Workstation:
    """The window of the desk's person with these folders' screens."""
    acting, store = desk.acting, desk.store
    who = acting.person
    person = SignedIn(who.id, who.name, who.login, tuple(sorted(who.roles)), who.permissions)
    station = store.station
    place = Place(CLINIC.name, station.name, station.site, station.kind, CLINIC.currency, CLINIC.zone, CLINIC.training)
    rooms = Rooms(Tasks(SignedStore(store, acting)), OwnShelf(store, who.id), NoSync(), close)
    return Workstation(rooms, person, place, store.clock, Look(), idle_minutes=15, folders=list(folders))
