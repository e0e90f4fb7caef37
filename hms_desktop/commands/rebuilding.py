# SPDX-License-Identifier: Apache-2.0
"""A damaged file is made anew: everything from the server, and what was not sent from what can still be read of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from hms_desktop.clinic import reactions
from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.storage import chain, ledger
from hms_desktop.storage.salvage import Salvage, salvage
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox, snapshot
from hms_desktop.sync.apply import Applier
from hms_desktop.sync.client import HttpTransport
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.vectors import chain_end
from hms_desktop.sync.verify import Believer, Trust

Progress = Callable[[str, int, int], None]
_OF_THE_ROWS = frozenset(
    {"granted", "refill", snapshot.PROGRESS, snapshot.FILLED_COLUMNS, chain.FILLED, outbox.ACKNOWLEDGED}
)
"""What a file notes of the rows that it holds: a new one notes its own."""
_PARTS = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Rebuilt:
    """What came of it: rows fetched, change sets kept and sent, places of the old log that could not be read, and where
    the damaged file lies now."""

    rows: int
    kept: int
    unread: int
    aside: Path


def rebuild(opened: OpenProfile, now_ms: int, progress: Progress) -> Rebuilt:
    """Make the file of a workstation anew; it must not be open anywhere.

    Damaged when too little of it can be read to go on as the same workstation. Where the server can't be reached, or
    says no, the damaged file lies where it was.
    """
    path, author = opened.replica, opened.profile.station.author
    found = salvage(path, opened.file_key, author)
    if found.meta is None or found.counters is None:
        raise Damaged(_too_little())
    aside = path.with_name(f"{path.stem} damaged {now_ms}{path.suffix}")
    _move(path, aside)
    try:
        rows, kept = _fill(path, opened, found, progress)
    except BaseException:
        for part in _PARTS:
            Path(f"{path}{part}").unlink(missing_ok=True)
        _move(aside, path)
        raise
    return Rebuilt(rows, kept, found.unread, aside)


def _move(path: Path, target: Path) -> None:
    for part in _PARTS:
        if (file := Path(f"{path}{part}")).exists():
            file.rename(f"{target}{part}")


def _fill(path: Path, opened: OpenProfile, found: Salvage, progress: Progress) -> tuple[int, int]:
    profile, server = opened.profile, opened.profile.server
    store = Store(path, opened.file_key, profile.as_station(), profile.as_clinic(), react=reactions.react)
    line = HttpTransport(server.addresses[0], server.ca_pem, profile.station.device, opened.device.signing)
    trust = Trust(server.signing_public, profile.clinic.id)
    try:
        _put_back(store, found)
        exchange = Exchange(store, line, trust, opened.acting().person.id, opened.device.signing)
        exchange.greet()
        counted = [0]

        def count(table: str, done: int, of: int) -> None:
            counted[0] = of
            progress(table, done, of)

        exchange.fill(exchange.missing_tables(), count)
        kept = _take_unsent(store, found, exchange.granted, trust)
        exchange.catch_up()
    finally:
        line.close()
        store.close()
    return counted[0], kept


def _put_back(store: Store, found: Salvage) -> None:
    """Counters, marks and drafts go on where they were: no number is given out twice."""
    assert found.meta is not None and found.counters is not None
    meta = [{"key": key, "value": value} for key, value in found.meta.items() if key not in _OF_THE_ROWS]
    counters = [{"series": series, "value": value} for series, value in found.counters]
    drafts = [dict(zip(("person", "key", "body", "saved_ms"), row, strict=True)) for row in found.drafts]
    with store.writing() as connection:
        connection.execute(ledger.meta.delete())
        for table, rows in ((ledger.meta, meta), (ledger.counter, counters), (ledger.draft, drafts)):
            if rows:
                connection.execute(insert(table), rows)


def _take_unsent(store: Store, found: Salvage, granted: frozenset[str], trust: Trust) -> int:
    """What the server does not have yet follows in this workstation's own chain, as it was signed."""
    author = store.station.author
    with store.writing() as connection:
        there = chain_end(connection, author).number
        set_meta(connection, outbox.ACKNOWLEDGED, there)
        applier = Applier(connection, granted, store.clock.now_ms(), Believer(connection, trust))
        unsent = found.after(there)
        for one in unsent:
            applier.take(one)
        applier.finish()
    return len(unsent)


def _too_little() -> str:
    return _(
        "Too little of the encrypted file can be read to go on as this workstation: numbers could be given out twice. "
        "Keep this folder as it is, enrol this computer anew into another folder (hms enroll) and block the old "
        "workstation at the server."
    )
