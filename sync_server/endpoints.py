# SPDX-License-Identifier: Apache-2.0
"""Every door of the program, with what it asks of whoever knocks: actions, queries, commands, addresses.

A door that is not here does not exist: each list is the one that the program itself answers from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hms_desktop.security.roles import OWN_EVENTS, policy
from sync_server.actions import known_actions, known_queries
from sync_server.console.pages.all import PLACES
from sync_server.console_access import RIGHTS
from sync_server.metrics import A_TOKEN, PATH
from sync_server.sync_api.app import DOORS

AS_ADMINISTRATOR = "a session of an administrator"
DOORWAYS = ("action", "query", "command", "console", "sync", "metrics")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One door: the channel it belongs to, its name there, and the rights of which one is needed.

    `asks` says what is asked besides, or in place of, a right: whoever has it is let in, whatever their role.
    """

    channel: str
    name: str
    needs: tuple[str, ...]
    asks: str = ""

    def opens_to(self, role: str) -> bool:
        """Whether a person of this role, signed in where they may be, is let in; never by a device's key alone."""
        rights = policy().granted([role])
        if self.channel in ("sync", "metrics"):
            return False
        if self.asks == AS_ADMINISTRATOR and not rights & RIGHTS:
            return False
        return not self.needs or any(right in rights for right in self.needs)


def endpoints() -> Iterator[Endpoint]:
    """Every door, by channel."""
    for name, declared in sorted(known_actions().items()):
        if declared.ours:
            yield Endpoint("action", name, () if declared.needs == OWN_EVENTS else (declared.needs,))
    for name, query in sorted(known_queries().items()):
        yield Endpoint("query", name, query.needs)
    for name, right in policy().commands.items():
        yield Endpoint("command", f"hms {name}", (right,))
    for place in PLACES:
        needs = (place.needs,) if place.needs else ()
        yield Endpoint("console", f"{place.method} {place.path}", needs, "" if place.open else AS_ADMINISTRATOR)
    for path, asks in DOORS.items():
        yield Endpoint("sync", f"POST {path}", (), asks)
    yield Endpoint("metrics", f"GET {PATH}", (), A_TOKEN)
