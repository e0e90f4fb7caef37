# SPDX-License-Identifier: Apache-2.0
"""Where a table's rows come from: it asks for a stretch of them and is answered later, on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from hms_desktop.core.errors import ClinicError


@dataclass(frozen=True)
class SortKey:
    """One key of an order: the `sort` name of a column, and the direction."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Ask:
    """A stretch of rows: `limit` rows from `offset`, ordered by `sort` (first key first), narrowed by a filter chip
    (`filter`, "" = all) and by typed text."""

    offset: int
    limit: int
    sort: tuple[SortKey, ...] = ()
    filter: str = ""
    text: str = ""


@dataclass(frozen=True)
class Answer:
    """The rows of a stretch and how many there are in all."""

    rows: Sequence[Any]
    total: int


Done = Callable[[Answer], object]
Failed = Callable[[ClinicError], object]
Fetch = Callable[[Ask, Done, Failed], object]


class Reads(Protocol):
    """What is needed of `ui.tasks`: a query on a reader thread, answered on the GUI thread."""

    def read(
        self, query: Callable[[Any], Any], done: Any = None, failed: Any = None, owner: Any = None, replaces: str = ""
    ) -> None:
        """Ask a query."""


def from_tasks(tasks: Reads, query: Callable[[Any, Ask], Answer], owner: Any) -> Fetch:
    """Rows from a query `(reader, ask) -> Answer`, run by tasks; answers are dropped when `owner` is gone."""

    def fetch(ask: Ask, done: Done, failed: Failed) -> None:
        tasks.read(partial(_ask_reader, query, ask), done, failed, owner=owner)

    return fetch


def _ask_reader(query: Callable[[Any, Ask], Answer], ask: Ask, reader: Any) -> Answer:
    return query(reader, ask)


def from_list(
    rows: Callable[[], Sequence[Any]],
    sorts: Mapping[str, Callable[[Any], Any]] | None = None,
    matches: Callable[[Any, Ask], bool] | None = None,
) -> Fetch:
    """Rows of a list held by the screen, answered at once; `sorts` gives the key of each sort name."""

    def fetch(ask: Ask, done: Done, failed: Failed) -> None:
        found = [row for row in rows() if matches is None or matches(row, ask)]
        for key in reversed(ask.sort):
            found.sort(key=(sorts or {})[key.name], reverse=key.descending)
        done(Answer(found[ask.offset : ask.offset + ask.limit], len(found)))

    return fetch
