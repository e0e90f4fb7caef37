# SPDX-License-Identifier: Apache-2.0
"""What travels between a workstation and a server: msgpack, packed with zstandard, over signed HTTPS requests.

Paths (all POST): /v1/hello, /v1/push, /v1/pull (which may wait), /v1/snapshot, /v1/page, /v1/lease, /v1/diagnostics.
Every answer that is not 200 holds a `Problem`.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import zstandard

from hms_desktop.core.errors import BadInput
from hms_desktop.security.receipts import ChainEnd, Receipt
from hms_desktop.storage.change_sets import ChangeSet, Gap

VERSION = 1
MAX_BODY = 32 * 1024 * 1024
MAX_SETS = 1000
MAX_SET_BYTES = 1024 * 1024
MAX_PAGE = 2000
MAX_WAIT_MS = 25_000

T = TypeVar("T")


class _Message(msgspec.Struct, array_like=True, frozen=True):
    """Base of every message: fields by position, new ones only at the end, with a default."""


class Problem(_Message, frozen=True):
    """Why a request was not answered: a short code, a sentence for a person."""

    code: str
    message: str


class Hello(_Message, frozen=True):
    """A workstation's greeting. `generation` is random per replica file; `last` is its own last number.

    The rest is for the administrators: program version, its clock (ms), how many change sets wait and since when (ms,
    -1 and 0 where nothing was counted), who is signed in, the operating system, the size of the replica, and the last
    order to fill itself anew that it carried out. `receipt` is the last one for its chain: a server that was put back
    to an older state hears of it. `marks`, `mark_before` and `mark` tell one file from a copy of it (`sync.copies`).
    `pages` is the X25519 key (32 bytes) to which a bundle for this file is sealed.
    """

    version: int
    schema: int
    generation: bytes
    last: int
    program: str = ""
    wall_ms: int = 0
    waiting: int = -1
    oldest_ms: int = 0
    person: bytes = b""
    system: str = ""
    store_bytes: int = 0
    filled_anew: bytes = b""
    receipt: Receipt | None = None
    marks: int = 0
    mark_before: bytes = b""
    mark: bytes = b""
    pages: bytes = b""


class HubPlace(_Message, frozen=True):
    """A hub of the workstation's site: its device id, and the addresses at which it is reached."""

    id: bytes
    addresses: list[str]


class Welcome(_Message, frozen=True):
    """The server's answer: who it is, its time and epoch, what this device may hold, and what it has of it.

    `fill_anew` is an order to fetch every table again (the same order is carried out once), `diagnostics_for` the name
    of an administrator who asks to see how this workstation stands; a person there decides. Of the tables in `own_site`
    only rows of the workstation's own site come. `ended` are the server's epochs before this one, each with the place
    up to which its history is this one's, too: the store was put back from a backup then. `update` is a sentence for
    a program more than one version behind: its work is taken, and nothing comes to it. `compare` is an order to
    compare itself with the server, carried out once.
    `hub` says that a clinic's hub answers and not the centre; `hubs` are
    those that a workstation may turn to; a hub is told in `chains` how far the centre has each author's chain.
    """

    session: str
    server: bytes
    epoch: bytes
    now_ms: int
    position: int
    read: list[str]
    append: list[str]
    acknowledged: int
    clinic: str
    zone: str
    currency: str
    training: bool
    fill_anew: bytes = b""
    diagnostics_for: str = ""
    own_site: list[str] = []
    ended: list[tuple[bytes, int]] = []
    update: str = ""
    compare: bytes = b""
    hub: bool = False
    hubs: list[HubPlace] = []
    chains: list[tuple[int, int]] = []


class Push(_Message, frozen=True):
    """Change sets of this device, in its own order; `end` is where its chain ends with them, signed by the device."""

    sets: list[ChangeSet]
    end: ChainEnd | None = None


DELAYED = "delayed"
"""The verdict over a change set that is to come again later, with all that follow it."""


class Verdict(_Message, frozen=True):
    """What became of one pushed change set: taken, repeated, waiting, delayed or refused, and why."""

    number: int
    state: str
    reason: str = ""


class Pushed(_Message, frozen=True):
    """The server holds everything up to `acknowledged`; only what is not plainly taken has a verdict.

    `receipt` countersigns the chain end that was sent. A `hub` holds it until it comes to the centre.
    """

    acknowledged: int
    verdicts: list[Verdict]
    position: int
    receipt: Receipt | None = None
    hub: bool = False


class Pull(_Message, frozen=True):
    """Entries after a position; the server waits up to `wait_ms` when there is none.

    `waiting` and `oldest_ms` say what this device has not sent yet, as in its greeting. Where `tables` are named, no
    leaf of another comes: a hub may not have heard yet what was taken away.
    """

    after: int
    limit: int = MAX_PAGE
    wait_ms: int = 0
    waiting: int = -1
    oldest_ms: int = 0
    tables: list[str] = []


class Entry(_Message, frozen=True):
    """A place in the server's one order: a change set as far as the device may see it, or its gap.

    A gap that is `held` is kept back by a hub: what is in it comes once the centre has decided.
    """

    position: int
    whole: ChangeSet | None
    gap: Gap | None
    held: bool = False


class Pulled(_Message, frozen=True):
    """A page of entries; the device has seen everything up to `position`. `left` counts what is still to come."""

    entries: list[Entry]
    position: int
    left: int


class SnapshotWanted(_Message, frozen=True):
    """Which tables to fill, by a snapshot that is not from before a place that this replica has followed already."""

    tables: list[str]
    not_before: int = 0


class TablePart(_Message, frozen=True):
    """One table of a snapshot: how many pages and rows."""

    table: str
    pages: int
    rows: int


class ChainAt(_Message, frozen=True):
    """An author's chain as it stood at the snapshot."""

    author: int
    number: int
    stamp: int
    root: bytes


class Manifest(_Message, frozen=True):
    """A consistent snapshot at a position: its tables in the order in which they are worth having.

    `held` names what is not in the rows (stamp, table, why); of that, `waiting` is what may come into them yet.
    """

    id: bytes
    position: int
    parts: list[TablePart]
    chains: list[ChainAt]
    held: list[tuple[int, str, str]]
    bounds: list[tuple[int, int]]
    waiting: list[ChangeSet] = []


class PageWanted(_Message, frozen=True):
    """One page of a snapshot."""

    id: bytes
    table: str
    page: int


class Page(_Message, frozen=True):
    """Rows by column order (id and stamps included), and the standing heads that belong to them."""

    table: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    heads: list[tuple[bytes, str, int, bytes]]


class LeaseWanted(_Message, frozen=True):
    """What a workstation asks to be lent: kind, subject id, amount as decimal text.

    With `keep` all that it is lent and that ends soon is to go on, as far as nobody else has called for it.
    """

    wanted: list[tuple[str, bytes, str]]
    keep: bool = False


class LeaseGiven(_Message, frozen=True):
    """What it was lent, in the same order; an amount of 0 means nothing. The leases come by pull."""

    given: list[str]


class Diagnostics(_Message, frozen=True):
    """What a person at a workstation said asked how it stands: no, or yes with the bundle (JSON)."""

    given: bool
    body: bytes = b""


class Noted(_Message, frozen=True):
    """The server has it."""

    now_ms: int


def delayed_words(answer: Pushed) -> str:
    """Why the server takes the rest of a push later; empty when it does not."""
    return next((verdict.reason for verdict in answer.verdicts if verdict.state == DELAYED), "")


_pack = msgspec.msgpack.Encoder().encode


def pack(message: _Message) -> bytes:
    """A message as bytes for the wire."""
    return zstandard.ZstdCompressor(level=3).compress(_pack(message))


def unpack(data: bytes, kind: type[T], limit: int = MAX_BODY) -> T:
    """A message from the wire; BadInput when it is too large or is not one.

    What a frame says of its own size is asked first: the library believes it, and would make that much room.
    """
    try:
        if zstandard.frame_content_size(data) > limit:
            raise zstandard.ZstdError("it unpacks to more")
        plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=limit, allow_extra_data=False)
        return msgspec.msgpack.decode(plain, type=kind)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise BadInput(f"The message is not a {kind.__name__} of at most {limit} bytes: {error}") from error


def page_of(raw: msgspec.Raw) -> Page:
    """A page that was carried as it came; BadInput when it is none."""
    try:
        return msgspec.msgpack.decode(raw, type=Page)
    except msgspec.MsgspecError as error:
        raise BadInput(f"The message is not a page: {error}") from error
