# SPDX-License-Identifier: Apache-2.0
"""A workstation's own bundles: what it has not sent in a file for the server, and the server's file for it taken in.

Both go the way of the line: what is written is what would be pushed, and what is taken in runs through the same steps
of the exchange. A bundle holds everything since the last word of the server, so that a lost one lacks to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import NotAllowed, Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import giving_back, outbox, pull, receipts
from hms_desktop.sync.bundle_file import CENTRE, FORMAT, BundleReader, BundleWriter, Head, Header, bundle_to, file_name
from hms_desktop.sync.bundle_line import CARRIED, PUSH, BundleLine, Carried, Progress
from hms_desktop.sync.engine import LAST_PULL, LAST_PUSH, PUSH_SETS, Exchange
from hms_desktop.sync.fill import Cancelled
from hms_desktop.sync.gathered import pages_key
from hms_desktop.sync.protocol import VERSION, Push
from hms_desktop.sync.standing import PATH as STANDING
from hms_desktop.sync.standing import StandingAsked, StandingTold

_NOTES = "bundles"
SERVER = "server"
Stop = Callable[[], bool]
Heed = Callable[[bytes, bytes], object]
"""(what the server signed of this workstation's standing, the nonce of the question)."""


@dataclass(frozen=True)
class Ends:
    """Between whom a bundle goes: the clinic, this device with its key, and the server's two public keys (32 bytes)."""

    clinic: UUID
    device: UUID
    signing: Ed25519PrivateKey
    server_signing: bytes
    server_exchange: bytes


@dataclass(frozen=True)
class Made:
    """A bundle that was written: its number, its change sets, since when the oldest waits (ms; 0: none), its bytes."""

    file: Path
    number: int
    sets: int
    oldest_ms: int
    size: int


@dataclass(frozen=True)
class Taken:
    """A bundle that was taken in: its number and when it was made (ms since 1970), what came with it.

    `news` are change sets of others, `filled` tables that came whole, `lacking` those that still lack,
    `delivered` change sets of this workstation that the server has now and had not when it was last heard.
    """

    number: int
    made_ms: int
    news: int
    filled: int
    lacking: int
    delivered: int
    waiting: int


class _Notes(msgspec.Struct, frozen=True, kw_only=True):
    made: int = 0
    taken: int = 0
    digest: bytes = b""
    epoch: bytes = b""
    nonce: bytes = b""


def _notes(connection: Connection) -> _Notes:
    return msgspec.convert(meta_value(connection, _NOTES, {}), _Notes)


def _keep(store: Store, **parts: object) -> _Notes:
    with store.writing() as connection:
        notes = msgspec.structs.replace(_notes(connection), **parts)
        set_meta(connection, _NOTES, msgspec.structs.asdict(notes))
    return notes


def next_number(store: Store) -> int:
    """The number of the next bundle; it is used up by asking, so that no two are called the same."""
    with store.reading() as connection:
        number = _notes(connection).made + 1
    return _keep(store, made=number).made


def make(
    store: Store, ends: Ends, number: int, target: Path, asked: StandingAsked | None = None,
    progress: Progress = lambda done, of: None, stop: Stop = lambda: False,
) -> Made:  # fmt: skip
    """Write what the server has not acknowledged into `target`, a file or a folder; Cancelled when a person stopped it.

    Progress is in change sets.
    """
    if target.is_dir():
        target = target / file_name(store.station.name, SERVER, number)
    with store.reading() as connection:
        waiting, oldest_ms = outbox.waiting_since(connection, store.station.author)
        epoch = bytes(meta_value(connection, "epoch", b""))
    header = Header(
        FORMAT, ends.clinic.bytes, ends.device.bytes, CENTRE.bytes, epoch, number, store.setting.clinic.training,
        store.clock.now_ms(),
    )  # fmt: skip
    if asked is not None:
        _keep(store, nonce=asked.nonce)
    with bundle_to(target, header, ends.server_exchange, ends.signing) as bundle:
        bundle.add(Head(CARRIED), _carried(store, asked))
        sets = _add_unsent(store, ends, bundle, lambda done: progress(done, max(done, waiting)), stop)
    return Made(target, number, sets, oldest_ms, target.stat().st_size)


def _carried(store: Store, asked: StandingAsked | None) -> Carried:
    pages = pages_key(store).public_key().public_bytes_raw()
    with store.reading() as connection:
        server = meta_value(connection, "server")
        here = pull.cursors(connection, UUID(bytes=bytes(server))) if server is not None else {}
        granted = meta_value(connection, "granted", [])
        after = min((here.get(table, 0) for table in granted), default=-1)
        holds = sorted(set(here) - set(meta_value(connection, "refill", [])))
        receipt = receipts.last_receipt(connection, store.station.author)
    return Carried(pages, after, holds, receipt, pack_asked(asked), VERSION, SCHEMA)


def pack_asked(asked: StandingAsked | None) -> bytes:
    """A question how a workstation stands as it is carried; empty for none."""
    return msgspec.msgpack.encode(asked) if asked is not None else b""


def _add_unsent(store: Store, ends: Ends, bundle: BundleWriter, told: Callable[[int], object], stop: Stop) -> int:
    with store.reading() as connection:
        after, done = outbox.sent(connection), 0
    while True:
        with store.reading() as connection:
            batch = outbox.unsent(connection, store.station.author, after, PUSH_SETS)
        if not batch:
            return done
        if stop():
            raise Cancelled(_("Stopped. Nothing is left of the file."))
        end = receipts.end_of(batch, ends.signing, store.clock.now_ms())
        after, done = batch[-1].number, done + len(batch)
        bundle.add(Head(PUSH, number=after), Push(batch, end))
        told(done)


def take(
    exchange: Exchange, ends: Ends, file: Path, heed: Heed = lambda signed, nonce: None,
    note: Callable[[int], object] = lambda number: None,
    progress: Progress = lambda done, of: None, stop: Stop = lambda: False,
) -> Taken:  # fmt: skip
    """Take in a file of the server's. What does not fit is refused by name, and nothing is changed by it.

    `heed` gets the server's word on this workstation, if one is in it; `note` writes down that it is taken in. Progress
    is in parts of the file. A person may stop it: what has arrived stays, and the same file goes on from there.
    """
    store = exchange.store
    with BundleReader(file) as bundle:
        _must_be_for_here(bundle.header, ends, store.setting.clinic.training)
        bundle.must_be_from(ends.server_signing)
        notes = _must_be_newer(store, bundle)
        bundle.unseal(pages_key(store))
        line = BundleLine(bundle, store.station.author, progress)
        road = exchange.over(line)
        road.welcome = line.welcome
        _must_lead_on(road, line)
        note(bundle.header.number)
        taken = _take_all(road, line, bundle.header, ends.server_signing, stop)
        told = bundle.first(STANDING, StandingTold)
    _keep(
        store, taken=taken.number, digest=bundle.digest, epoch=bundle.header.epoch, nonce=b"" if told else notes.nonce
    )
    store.tell(Changes(frozenset({"own_outbox", "own_bundles"})))  # what waits is counted anew
    if told is not None and notes.nonce:
        heed(told.signed, notes.nonce)
    return taken


def _must_be_for_here(header: Header, ends: Ends, training: bool) -> None:
    if header.clinic != ends.clinic.bytes:
        raise NotAllowed(_("This file is of another clinic. Nothing was taken."), "sync.carry")
    if header.sender != CENTRE.bytes:
        raise NotAllowed(_("This file was made at a workstation, for the server: take it in there."), "sync.carry")
    if header.receiver != ends.device.bytes:
        raise NotAllowed(
            _("This file is for another workstation. Nothing was taken: have one made for this."), "sync.carry"
        )
    if header.training != training:
        raise Refused(_("Training data and a real clinic's data never meet: this file is of the other kind."))


def _must_be_newer(store: Store, bundle: BundleReader) -> _Notes:
    header = bundle.header
    with store.reading() as connection:
        notes, passed = (
            _notes(connection),
            [bytes(one) for one in meta_value(connection, giving_back.EPOCHS_PASSED, [])],
        )
    if header.epoch in passed:
        raise Refused(
            _("This file was made before the server was put back from a backup. Nothing was taken: have one made anew.")
        )
    if header.epoch == notes.epoch and bundle.digest == notes.digest:
        raise Refused(_("This file was taken in here already. Nothing was changed; it is not needed any more."))
    if header.epoch == notes.epoch and header.number <= notes.taken:
        message = _(
            "File {number} is older than file {taken}, which was taken in and holds all of it. Nothing was changed."
        )
        raise Refused(message.format(number=header.number, taken=notes.taken))
    return notes


def _must_lead_on(road: Exchange, line: BundleLine) -> None:
    """Refused when what is in the bundle does not join what is here: before anything of it is taken."""
    assert road.welcome is not None
    welcome, missing = road.welcome, set(road.missing_tables())
    with road.store.reading() as connection:
        here = pull.cursors(connection, UUID(bytes=welcome.server))
        known = bytes(meta_value(connection, "epoch", b""))
    if not here:
        if not line.fills(missing):
            raise Refused(
                _("This workstation is empty, and this file does not fill it. Have one made with everything (--fill).")
            )
        return
    if known == welcome.epoch and welcome.position < max(here.values()):
        raise Refused(_("This file is older than what came here since by the line. Nothing was changed."))
    after = min(here.get(table, 0) for table in road.granted)
    if known != welcome.epoch:
        after = min(after, giving_back.common_place(welcome.ended, known))
    if line.begins > after:
        raise Refused(
            _(
                "This file begins after what this workstation knows. Nothing was taken: make a file here, have it "
                "taken in at the server, and have the next one made there."
            )
        )


def _take_all(road: Exchange, line: BundleLine, header: Header, server: bytes, stop: Stop) -> Taken:
    store, author = road.store, road.store.station.author
    with store.reading() as connection:
        before, contact = (
            outbox.sent(connection),
            (meta_value(connection, LAST_PUSH), meta_value(connection, LAST_PULL)),
        )
    road.hear(line.welcome)
    with store.writing() as connection:
        receipts.note_delivered(connection, author, line.delivered(), server)
    missing = set(road.missing_tables())
    filled = len(missing) if missing and line.fills(missing) else 0
    if filled:
        road.fill(sorted(missing), stop=stop)
    left = 1
    while left:
        if stop():
            raise Cancelled(_("Stopped. What has arrived stays; take the same file in again and it goes on."))
        _outcome, left = road.pull()
    _erase_what_was_lost(road)
    with store.writing() as connection:
        sent, waiting = outbox.sent(connection), outbox.waiting(connection, author)
        pushed, pulled = (max(moment or 0, header.made_ms) for moment in contact)
        set_meta(connection, LAST_PULL, pulled)  # what came is as old as the file
        if sent > before:
            set_meta(connection, LAST_PUSH, pushed)
    lacking = len(road.missing_tables())
    return Taken(header.number, header.made_ms, line.news, filled, lacking, max(0, sent - before), waiting)


def _erase_what_was_lost(road: Exchange) -> None:
    """Tables that this workstation may hold no more go once nothing waits here; else at the next contact."""
    if not road.counts().waiting:
        with suppress(Unavailable):
            road.give_up_lost()
