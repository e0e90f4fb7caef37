# SPDX-License-Identifier: Apache-2.0
"""What a commit or an applied page touched, as one notice for every open screen."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Changes:
    """Names of the tables and ids of the records that are no longer as they were."""

    tables: frozenset[str] = frozenset()
    records: frozenset[UUID] = frozenset()

    def __or__(self, other: Changes) -> Changes:
        return Changes(self.tables | other.tables, self.records | other.records)

    def __bool__(self) -> bool:
        return bool(self.tables)

    def touch(self, *tables: str) -> bool:
        """Whether any of these tables changed."""
        return not self.tables.isdisjoint(tables)
