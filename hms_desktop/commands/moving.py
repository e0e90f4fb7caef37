# SPDX-License-Identifier: Apache-2.0
"""A workstation becomes one of another kind: its profile follows, and drafts that it may hold no more change hands."""

from __future__ import annotations

from functools import partial

import msgspec

from hms_desktop.security.accounts import Device
from hms_desktop.security.profile import LOCK_FILE, read_profile, write_profile
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.stations import grants
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.durable import exclusive
from hms_desktop.storage.store import Store
from hms_desktop.sync import handing_over
from hms_desktop.sync.erase import drafts_of
from hms_desktop.sync.verify import Trust


def follow_kind(opened: OpenProfile, store: Store, acting: Acting) -> None:
    """Write the kind that the server says this workstation is into the profile: the next sign-in goes by it."""
    row = store.read(lambda reader: reader.find(Device, opened.profile.station.device), acting)
    with exclusive(opened.folder / LOCK_FILE):
        profile = read_profile(opened.folder)
        if row is not None and row.kind != profile.station.kind:
            station = msgspec.structs.replace(profile.station, kind=row.kind)
            write_profile(opened.folder, msgspec.structs.replace(profile, station=station), opened.device)


def hand_over_drafts(store: Store, acting: Acting, trust: Trust, lost: frozenset[str]) -> None:
    """Seal the drafts that go with these tables to their authors, to be sent before anything is erased."""
    with store.reading() as connection:
        drafts = drafts_of(connection, lost)
    if drafts:
        store.act(partial(handing_over.hand_over, drafts=drafts, trust=trust), acting)


def take_drafts_back(opened: OpenProfile, store: Store, acting: Acting, *, afresh: bool = False) -> None:
    """Put the drafts of this person that another workstation handed over back where they can be finished.

    With `afresh`, at the beginning of a session, also this workstation's own, when it holds their tables again.
    """
    held = grants(opened.profile.station.kind).read
    take = partial(
        handing_over.take_back,
        private=opened.keys.exchange,
        drafts=store.drafts,
        holds=lambda table: table in held,
        afresh=afresh,
    )
    found = store.read(take, acting)
    if found:
        store.act(partial(handing_over.note_taken, drafts=found), acting)
