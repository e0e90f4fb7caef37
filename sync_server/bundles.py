# SPDX-License-Identifier: Apache-2.0
"""Bundles at the server: a workstation's file taken in as a push, and a file for one workstation made as a pull.

What a bundle brings goes through `Centre` as if it had come by the line; whether it may come at all is asked here, and
what is refused leaves nothing behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from hms_desktop.core.errors import Damaged, NotAllowed, NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Device
from hms_desktop.security.standing import APPROVED, WIPE
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync import pull, receipts
from hms_desktop.sync.bundle_file import CENTRE, FORMAT, BundleReader, BundleWriter, Head, Header, bundle_to, file_name
from hms_desktop.sync.bundle_line import CARRIED, HELLO, PAGE, PULL, PUSH, SNAPSHOT, Carried
from hms_desktop.sync.protocol import (
    MAX_PAGE,
    VERSION,
    Manifest,
    PageWanted,
    Pull,
    Pulled,
    Push,
    Pushed,
    SnapshotWanted,
)
from hms_desktop.sync.standing import PATH as STANDING
from hms_desktop.sync.standing import StandingAsked
from sync_server import standing
from sync_server.administration import By, note_act
from sync_server.bundle_notes import NEVER, Note, keep_note, note_of
from sync_server.home import Home
from sync_server.sync_api.centre import Centre, DeviceFacts

RIGHT = "device.manage"
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Came:
    """A workstation's bundle that was taken in: its name, the number and moment (ms) of the bundle, what was in it.

    `taken` change sets are new here, `repeated` had come before, `waiting` need others first, `refused` stand in
    quarantine.
    """

    station: str
    number: int
    made_ms: int
    taken: int
    repeated: int
    waiting: int
    refused: int


@dataclass(frozen=True)
class Made:
    """A bundle for a workstation that was written: its name, file, number, places of the order, tables whole, bytes."""

    station: str
    file: Path
    number: int
    entries: int
    filled: int
    size: int


def take(home: Home, centre: Centre, file: Path, by: By, progress: Progress = lambda done, of: None) -> Came:
    """Take in what a workstation made; what does not fit is refused by name, and nothing is changed by it.

    Progress is in parts of the file.
    """
    with BundleReader(file) as bundle:
        row = _sender(home, bundle.header)
        bundle.must_be_from(row.signing_public)
        note = _must_be_newer(home, bundle, row)
        bundle.unseal(home.exchange)
        carried = bundle.first(CARRIED, Carried)
        if carried is None:
            raise Damaged(_("This file holds no word of the workstation. Have it made anew there."))
        device = facts_of(row)
        counted = _push_all(centre, device, bundle, progress)
        centre.learn(device, carried.receipt, carried.pages)
        _remember(home, row.id, note, bundle, carried)
        number, made_ms = bundle.header.number, bundle.header.made_ms
    came = Came(
        row.name, number, made_ms, counted["taken"], counted["repeated"], counted["waiting"], counted["refused"]
    )
    note_act(home, by, "bundle.taken", row.id, f"{row.name} {number}: {came.taken}")
    return came


def facts_of(row: Any) -> DeviceFacts:
    """A workstation's record as the centre knows who asks."""
    return DeviceFacts(row.id, row.author, row.kind, row.signing_public, row.former, row.site)


def _sender(home: Home, header: Header) -> Any:
    if header.clinic != home.facts.clinic.bytes:
        raise NotAllowed(_("This file is of another clinic. Nothing was taken."), RIGHT)
    if header.receiver != CENTRE.bytes:
        raise NotAllowed(_("This file is for a workstation, not for the server: take it in there."), RIGHT)
    if header.training != home.facts.training:
        raise Refused(_("Training data and a real clinic's data never meet: this file is of the other kind."))
    row = _device(home, UUID(bytes=header.sender))
    if row is None or row.kind == "server":
        raise NotFound(_("The workstation that made this file is not known here. Nothing was taken."))
    if row.status not in (APPROVED, WIPE):
        message = _("{station} is {status} at this server. Nothing was taken of its file.")
        raise NotAllowed(message.format(station=row.name, status=row.status), RIGHT)
    return row


def _device(home: Home, id: UUID) -> Any:
    return home.store.read(lambda reader: reader.find(Device, id), home.worker)


def _must_be_newer(home: Home, bundle: BundleReader, row: Any) -> Note:
    header = bundle.header
    with home.store.reading() as connection:
        note, epoch = note_of(connection, row.id), bytes(meta_value(connection, "epoch", b""))
    if header.epoch not in (b"", epoch):
        message = _(
            "This file was made before the server was put back from a backup. Nothing was taken: take a file from here "
            "to {station} first, then make one anew there."
        )
        raise Refused(message.format(station=row.name))
    if bundle.digest == note.digest:
        raise Refused(_("This file was taken in here already. Nothing was changed; it is not needed any more."))
    if header.number <= note.taken:
        message = _("File {number} is older than file {taken}, which holds all of it. Nothing was changed.")
        raise Refused(message.format(number=header.number, taken=note.taken))
    return note


def _push_all(centre: Centre, device: DeviceFacts, bundle: BundleReader, progress: Progress) -> Counter[str]:
    counted: Counter[str] = Counter()
    for place, head in enumerate(bundle.heads):
        if head.path == PUSH:
            push = bundle.message(place, Push)
            told = Counter(verdict.state for verdict in centre.push(device, push).verdicts)
            counted += told
            counted["taken"] += len(push.sets) - told.total()
        progress(place + 1, len(bundle.heads))
    return counted


def _remember(home: Home, device: UUID, note: Note, bundle: BundleReader, carried: Carried) -> None:
    with home.store.writing() as connection:
        note = msgspec.structs.replace(
            note_of(connection, device), taken=bundle.header.number, digest=bundle.digest,
            taken_ms=home.store.clock.now_ms(), after=max(carried.after, NEVER), holds=tuple(carried.holds),
            asked=carried.asked, too_old=carried.version < VERSION - 1 or carried.schema < SCHEMA - 1,
        )  # fmt: skip
        keep_note(connection, device, note)


def make(
    home: Home, centre: Centre, device: UUID, target: Path, by: By, *, fill: bool = False,
    followed: tuple[int, int] = (NEVER, 0), progress: Progress = lambda done, of: None,
) -> Made:  # fmt: skip
    """Write what a workstation has not got, as far as it may see it, into `target`, a file or a folder.

    `fill` puts every table in whole, so that an empty workstation starts from it; one that was never filled gets that
    anyway. `followed` is how far it went by the line (-1: nothing is known), and when (ms). Progress is in places of
    the order.
    """
    row = _device(home, device)
    if row is None or row.status != APPROVED:
        name, status = (row.name, row.status) if row else (str(device), _("not known"))
        raise NotAllowed(
            _("{station} is {status} here: nothing is made for it.").format(station=name, status=status), RIGHT
        )
    note = _next(home, row)
    facts = facts_of(row)
    after = followed[0] if followed[0] != NEVER and followed[1] > note.taken_ms else note.after
    filled = _tables(facts, note, fill=fill or after == NEVER)
    with home.store.reading() as connection:
        epoch, place = bytes(meta_value(connection, "epoch", b"")), pull.position(connection)
    if target.is_dir():
        target = target / file_name("server", row.name, note.made)
    header = Header(
        FORMAT, home.facts.clinic.bytes, CENTRE.bytes, device.bytes, epoch, note.made, home.facts.training,
        home.store.clock.now_ms(),
    )  # fmt: skip
    note_act(home, by, "bundle.made", device, f"{row.name} {note.made}")
    told = standing.stand(home, device, msgspec.msgpack.decode(note.asked, type=StandingAsked)) if note.asked else None
    with bundle_to(target, header, note.pages, home.signing) as bundle:
        manifest = centre.snapshot(facts, SnapshotWanted(sorted(filled), place)) if filled else None
        place = manifest.position if manifest else place
        _add_words(home, centre, facts, bundle)
        if told is not None:
            bundle.add(Head(STANDING), told)
        if manifest is not None:
            _add_snapshot(centre, facts, bundle, manifest)
        entries = _add_entries(centre, facts, bundle, (place if after == NEVER else min(after, place), place), progress)
    return Made(row.name, target, note.made, entries, len(filled), target.stat().st_size)


def _next(home: Home, row: Any) -> Note:
    """The note of a workstation with the next number used up; Refused while nobody here knows the key of its file."""
    with home.store.writing() as connection:
        note = note_of(connection, row.id)
        if not note.pages:
            message = _(
                "{station} has not told the key of its file yet, so nothing can be sealed to it. Let it reach the "
                "server once, or take in a file of its own here first."
            )
            raise Refused(message.format(station=row.name))
        if note.too_old:
            message = _(
                "The program on {station} is too old for what is here now: update it there. Its work was taken."
            )
            raise Refused(message.format(station=row.name))
        note = msgspec.structs.replace(note, made=note.made + 1)
        keep_note(connection, row.id, note)
    return note


def _tables(device: DeviceFacts, note: Note, *, fill: bool) -> frozenset[str]:
    """What it is filled with: all that it may hold, or what it lacked when it last said so."""
    lacks = device.grants.read - frozenset(note.holds) if note.taken else frozenset[str]()
    return device.grants.read if fill else lacks


def _add_words(home: Home, centre: Centre, device: DeviceFacts, bundle: BundleWriter) -> None:
    """What the server is, and how far it has this workstation's own work."""
    welcome = centre.welcome(device)
    with home.store.reading() as connection:
        receipt = receipts.last_receipt(connection, device.author)
    bundle.add(Head(HELLO), welcome)
    bundle.add(Head(PUSH), Pushed(welcome.acknowledged, [], welcome.position, receipt))


def _add_snapshot(centre: Centre, device: DeviceFacts, bundle: BundleWriter, manifest: Manifest) -> None:
    bundle.add(Head(SNAPSHOT), manifest)
    for part in manifest.parts:
        for number in range(part.pages):
            page = centre.page(device, PageWanted(manifest.id, part.table, number))
            bundle.add(Head(PAGE, part.table, number), page)


def _add_entries(
    centre: Centre, device: DeviceFacts, bundle: BundleWriter, between: tuple[int, int], progress: Progress
) -> int:
    """The pages from one place of the order to another, and not beyond: the snapshot stands at its end."""
    after, end = between
    count = 0
    for page in _pages(partial(centre.pull, device), after, end):
        bundle.add(Head(PULL, number=after, reaches=page.position), page)
        count, after = count + len(page.entries), page.position
        progress(count, count + page.left)
    return count


def _pages(pulled: Callable[[Pull], Pulled], after: int, end: int) -> Iterator[Pulled]:
    if after >= end:
        yield Pulled([], end, 0)
    while after < end:
        page = pulled(Pull(after, MAX_PAGE))
        if page.position >= end:
            page = Pulled([entry for entry in page.entries if entry.position <= end], end, 0)
        yield page
        after = page.position
