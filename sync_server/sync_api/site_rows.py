# SPDX-License-Identifier: Apache-2.0
"""Which rows of a table a workstation may hold where it holds those of its own site alone: facts about its places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import Connection, TextClause, text

from hms_desktop.security.stations import place_path
from hms_desktop.storage.change_sets import Leaf


class SiteRows(msgspec.Struct, array_like=True, frozen=True):
    """The part of some tables that belongs to one site, and to no site; two that are equal have the same rows."""

    tables: frozenset[str]
    site: str

    def on(self, connection: Connection) -> HeldRows:
        """The same, asked of what lies here."""
        return HeldRows(self, connection)


@dataclass
class HeldRows:
    """Conditions and answers for the part, over one connection of the server's store."""

    part: SiteRows
    connection: Connection

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions name."""
        return {"site": self.part.site}

    def where(self, table: str) -> str:
        """The SQL condition for rows of this table; every row of a table that is no part."""
        if table not in self.part.tables:
            return "TRUE"
        return self._condition(table, lambda column: f'"{table}"."{column}"')

    def shows(self, leaf: Leaf) -> bool:
        """Whether what a change set wrote is for this site."""
        if leaf.table not in self.part.tables:
            return True
        column, question = self._questions[leaf.table]
        asked = {"told": leaf.values.get(column), **self.values}
        return bool(self.connection.execute(question, asked).scalar())

    @cached_property
    def _questions(self) -> dict[str, tuple[str, TextClause]]:
        return {
            table: (
                place_path(table, self.part.tables)[0],
                text(f"SELECT {self._condition(table, lambda _column: ':told')}"),
            )
            for table in self.part.tables
        }

    def _condition(self, table: str, held: Callable[[str], str]) -> str:
        column, parent = place_path(table, self.part.tables)
        if parent:
            above = self._condition(parent, lambda one: f'"{parent}"."{one}"')
            return f'EXISTS (SELECT 1 FROM "{parent}" WHERE "{parent}".id = {held(column)} AND {above})'
        here = "(place.site IS NULL OR place.site = :site)"
        return f"EXISTS (SELECT 1 FROM place WHERE place.id = {held(column)} AND {here})"
