# SPDX-License-Identifier: Apache-2.0
"""A second place for work that is nowhere else: while it waits for the server it also lies in a sealed file elsewhere.

Until the line is back, one disk of one computer holds what was done at it. Where a clinic names a folder on another
disk (a stick that stays in, a share on another computer), a bundle for the server is kept there, made anew as work goes
on; if the computer dies, `hms-server bundle take` brings it in. The file goes once the server has everything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import bundles, outbox
from hms_desktop.sync.bundles import Ends, Stop
from hms_desktop.sync.vectors import chain_end

TOLD = "own_second_place"
"""Named in a notice of changes when how it stands has changed."""
_KEY = "second place"


class SecondPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The folder that was chosen, and the file of this workstation that lies there now (its name; empty: none).

    `number` is the last of this workstation's change sets that is in it, `epoch` that of the server which will take it,
    `made_ms` when it was made (since 1970); `problem` says why the last try failed, since `failing_ms`.
    """

    folder: str
    file: str = ""
    number: int = 0
    epoch: bytes = b""
    made_ms: int = 0
    problem: str = ""
    failing_ms: int = 0


def second_place(connection: Connection) -> SecondPlace | None:
    """Where a second copy is kept; None where nobody chose a place."""
    kept = meta_value(connection, _KEY, {})
    return msgspec.convert(kept, SecondPlace) if kept else None


def choose(store: Store, folder: Path, home: Path) -> None:
    """Keep a second copy in this folder from now on; `home` is the workstation's own.

    BadInput for what is no folder, or lies with the workstation: it would be lost with it.
    """
    chosen = folder.absolute()
    if not chosen.is_dir():
        raise BadInput(_("{folder} is no folder. Name one on another disk.").format(folder=folder), "to")
    if chosen.resolve().is_relative_to(home.resolve()):
        message = _("{folder} is this workstation's own folder, and would be lost with it. Name one on another disk.")
        raise BadInput(message.format(folder=folder), "to")
    with store.reading() as connection:
        before = second_place(connection)
    if before is not None and Path(before.folder) == chosen:
        return
    _take_away(before)
    _keep(store, SecondPlace(folder=str(chosen)))


def end(store: Store) -> None:
    """Keep no second copy any more; the file that lies there goes."""
    with store.reading() as connection:
        before = second_place(connection)
    _take_away(before)
    _keep(store, None)


def refresh(store: Store, ends: Callable[[], Ends], stop: Stop = lambda: False) -> SecondPlace | None:
    """Bring the second copy up to what waits now; how it then stands, None where nobody chose a place.

    What fails is kept as its problem and tried again at the next call; the older file stays until a newer one is whole.
    """
    author = store.station.author
    with store.reading() as connection:
        place, epoch = second_place(connection), bytes(meta_value(connection, "epoch", b""))
        last, waiting = chain_end(connection, author).number, outbox.waiting(connection, author)
    if place is None:
        return None
    wanted = SecondPlace(folder=place.folder, number=last, epoch=epoch, made_ms=place.made_ms)
    try:
        fresh = _with_file(store, place, wanted, ends, stop) if waiting else _without_file(place, wanted)
    except ClinicError as error:
        since = place.failing_ms or store.clock.now_ms()
        fresh = msgspec.structs.replace(place, problem=str(error), failing_ms=since)
    if fresh != place:
        _keep(store, fresh)
    return fresh


def _without_file(place: SecondPlace, wanted: SecondPlace) -> SecondPlace:
    _take_away(place)
    return wanted


def _with_file(
    store: Store, place: SecondPlace, wanted: SecondPlace, ends: Callable[[], Ends], stop: Stop
) -> SecondPlace:
    folder = Path(place.folder)
    if (place.number, place.epoch) == (wanted.number, wanted.epoch) and place.file and (folder / place.file).is_file():
        return msgspec.structs.replace(wanted, file=place.file)
    if not folder.is_dir():
        raise BadInput(_("{folder} is not there: is the disk in?").format(folder=folder), "to")
    made = bundles.make(store, ends(), bundles.next_number(store), folder, stop=stop)
    _take_away(place)
    return msgspec.structs.replace(wanted, file=made.file.name, made_ms=store.clock.now_ms())


def _take_away(place: SecondPlace | None) -> None:
    """The file that lies there; one that can't be reached stays: it is sealed, and the server refuses what it has."""
    if place is not None and place.file:
        with suppress(OSError):
            (Path(place.folder) / place.file).unlink(missing_ok=True)


def _keep(store: Store, place: SecondPlace | None) -> None:
    with store.writing() as connection:
        set_meta(connection, _KEY, msgspec.structs.asdict(place) if place else {})
    store.tell(Changes(frozenset({TOLD})))
