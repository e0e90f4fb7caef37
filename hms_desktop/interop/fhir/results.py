# SPDX-License-Identifier: Apache-2.0
"""What reading a file gives: rows in the order in which they can be written, counts, or one named fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _


@dataclass(frozen=True, slots=True)
class MappedRow:
    """One row for one table; `values` by column name, in the kinds that the table's columns take.

    `numbered` names columns that whoever writes the row fills with a human number: column -> series.
    `agrees` names columns of which at least one must be the same in a row that is already stored under this id; if none
    is, the file speaks of another person or thing under a known id and is to be refused.
    """

    table: str
    id: UUID
    values: Mapping[str, Any]
    numbered: Mapping[str, str] = field(default_factory=dict)
    agrees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Awaited:
    """A record that rows of this file belong to and that the file itself does not hold."""

    table: str
    id: UUID
    reference: str
    place: str


class Fault(BadInput):
    """Why a file is refused whole: its name, the place in it and the reason, all in the message."""

    code = "bad-file"

    def __init__(self, name: str, place: str, reason: str) -> None:
        where = f"{name}, {place}" if place else name
        super().__init__(
            _("{where}: {reason} Nothing of this file was imported.").format(where=where, reason=reason), place
        )
        self.name, self.place, self.reason = name, place, reason


@dataclass(frozen=True)
class FileResult:
    """One file read: all of it (`fault` None) or nothing.

    `kept` and `read` count by resource type; `not_kept` by (resource type, reason), the reason empty when the type as a
    whole has no table yet; `elements` counts element paths of kept resources that have no column. `passed_over` says
    why a file that is no FHIR at all (a readme in a zip) was left alone. `keys` and `standing` are what the file taught
    of shared resources: the key behind an identifier, and the key under which the record of another key stands.
    """

    name: str
    rows: tuple[MappedRow, ...] = ()
    read: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    not_kept: Mapping[tuple[str, str], int] = field(default_factory=dict)
    elements: Mapping[str, int] = field(default_factory=dict)
    awaited: tuple[Awaited, ...] = ()
    fault: Fault | None = None
    passed_over: str = ""
    keys: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    standing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What a file may be at most; `file_bytes` unpacked, `depth` of nested elements, `ratio` of a zip's packing."""

    file_bytes: int = 128 * 1024 * 1024
    resources: int = 100_000
    depth: int = 40
    text: int = 1_000_000
    members: int = 100_000
    ratio: int = 200


@dataclass(frozen=True)
class Progress:
    """How far a run is: files and unpacked bytes done and to do, and the file just finished."""

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    name: str
