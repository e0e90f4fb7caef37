# SPDX-License-Identifier: Apache-2.0
"""What the server does once after each midnight of the clinic: it looks, and only writes when something is wrong."""

from __future__ import annotations

from functools import partial

from hms_desktop.clinic import follow_ups
from hms_desktop.clinic.inventory.service_check import Mismatch
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.segments import seal_everything_old

LOOK_EVERY_SECONDS = 600.0
DONE_FOR = "nightly"


def run_if_due(store: Store, worker: Acting) -> bool:
    """Do the night's work unless it was done for this day of the clinic; True when it was done now."""
    if store.read(lambda reader: reader.meta(DONE_FOR, "") == _day(reader), worker):
        return False
    found = store.read(follow_ups.look_at_night, worker)
    store.act(partial(_finish, found=found), worker)
    seal_everything_old(store, worker, store.path.parent)
    return True


def _finish(unit: Unit, found: list[Mismatch]) -> None:
    follow_ups.tell_at_night(unit, found)
    unit.note_meta(DONE_FOR, _day(unit))


def _day(reader: Reader) -> str:
    return reader.now.astimezone(reader.clinic.zone).date().isoformat()
