# SPDX-License-Identifier: Apache-2.0
"""What a workstation and a server say when they compare what they hold: `/v1/digests`, `/v1/records`, `/v1/compared`.

A digest of a stretch of keys is asked for at the place of the server's order to which the workstation has followed.
What was touched since, and what the workstation has not sent, is left out at both sides and named in the message.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from hms_desktop.storage.change_sets import Id, Stamp
from hms_desktop.sync.protocol import Entry

DIGESTS, RECORDS, COMPARED = "/v1/digests", "/v1/records", "/v1/compared"
Name = Annotated[str, msgspec.Meta(max_length=80)]
MOST_LEFT_OUT = 20_000
MOST_SPANS = 500
MOST_RECORDS = 500
DIFFERS, LACKING, SURPLUS = "differs", "missing at the workstation", "not at the server"
MENDED, FETCHED, LEFT = "mended", "table fetched anew", "left as it is"


class Span(msgspec.Struct, array_like=True, frozen=True):
    """The records of a table from `low` up to, and without, `high` (no bytes: to the end), as far as `columns` go."""

    table: str
    columns: list[str]
    low: bytes = b""
    high: bytes = b""


class DigestsWanted(msgspec.Struct, array_like=True, frozen=True):
    """Digests of these spans as of a position, without these records; each is cut unless it is asked for `whole`."""

    position: int
    left_out: list[Id]
    spans: list[Span]
    whole: bool = True


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A stretch of keys: how many records it has, and their digest."""

    low: bytes
    high: bytes
    rows: int
    digest: bytes


class SpanTold(msgspec.Struct, array_like=True, frozen=True):
    """A span in parts or, where it has few records, each by its own digest; `columns` are those that both know."""

    table: str
    columns: list[str]
    low: bytes
    high: bytes
    parts: list[Part]
    records: list[tuple[bytes, bytes]] | None = None


class DigestsTold(msgspec.Struct, array_like=True, frozen=True):
    """The answer as of `position`, without the records in `left_out`: what was touched since the one asked for.

    No spans at all when the workstation has too much still to fetch, or more than the server has.
    """

    position: int
    left_out: list[bytes]
    spans: list[SpanTold]


class RecordsWanted(msgspec.Struct, array_like=True, frozen=True):
    """Which records of which tables are wanted with all that was ever written of them.

    With each go the stamps that the workstation's row shows, as far as they belong to chains that are known there.
    """

    records: list[tuple[str, Id, list[Stamp]]]


class RecordsTold(msgspec.Struct, array_like=True, frozen=True):
    """For each record the change sets that count, in the server's order, as far as the workstation may see them.

    A gap among them is one whose content is put away, or not for this workstation. `lost` says of each whether the
    server, put back from a backup, has not all of the change sets that the workstation's row shows.
    """

    records: list[list[Entry]]
    lost: list[bool]


class Difference(msgspec.Struct, array_like=True, frozen=True):
    """A record that was not the same at both sides; no record where so many of a table differ that all of it came anew.

    `kind` says how it differed, `then` what became of it.
    """

    table: Name
    record: Annotated[bytes, msgspec.Meta(max_length=16)]
    kind: Name
    then: Name


class Compared(msgspec.Struct, array_like=True, frozen=True):
    """What a workstation found: as of which position, over how many tables and records, and every difference.

    `token` is that of the wish that it carries out; no bytes when it was its own daily look.
    """

    position: int
    tables: int
    rows: int
    differences: list[Difference]
    token: bytes = b""
