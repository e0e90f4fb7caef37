# SPDX-License-Identifier: Apache-2.0
"""A store over a file that is older than what this workstation already sent: it can be read, and writes nothing.

New work in it would get numbers that other work has. Who looks at something in it is kept elsewhere before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit

T = TypeVar("T")
Look = tuple[UUID, str, Mapping[str, Any]]
"""Who looked, the action, and the columns of the access event (as they are stored)."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing is written, the table whose facts are kept aside instead, and where (`keep` raises when it can't)."""

    sentence: str
    looks: str
    keep: Callable[[list[Look]], None]


class OldFileStore(Store):
    """Reads go on; an action that writes anything but looks is refused with the sentence."""

    held: Held

    def hold(self, held: Held) -> OldFileStore:
        """Write nothing from now on."""
        self.held = held
        return self

    def act(self, action: Callable[[Unit], T], acting: Acting) -> T:
        """Run an action and take everything back that it wrote; its looks are kept aside first."""
        with self._write_lock:
            try:
                with self._writer.connect() as connection:
                    return self._looked(connection, action, acting)
            except DatabaseError as error:
                raise Unavailable(_("The file can't be read now. Close other programs, then try again.")) from error

    def _looked(self, connection: Connection, action: Callable[[Unit], T], acting: Acting) -> T:
        unit = Unit(connection, self.setting, acting, self.ids, self._random)
        result = action(unit)
        wrote = [(table, written.values) for (table, _record), written in unit._written.items()]
        if any(table != self.held.looks for table, _values in wrote):
            raise Refused(self.held.sentence)
        self.held.keep([(acting.person.id, unit.action, values) for _table, values in wrote])
        connection.rollback()
        return result

    def writing(self) -> NoReturn:
        """Nobody writes here."""
        raise Refused(self.held.sentence)
