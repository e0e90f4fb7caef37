# SPDX-License-Identifier: Apache-2.0
"""Open conflicts: which record and which fields, whose it is to settle, since when; values are at a workstation."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from hms_desktop.clinic.conflicts.queries import OpenConflict
from hms_desktop.clinic.conflicts.queries_words import group_label
from hms_desktop.clinic.conflicts.rules import SAFETY
from hms_desktop.security.roles import policy
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.whose import Whose


def listed(console: Console, asked: Asked) -> Response:
    """Safety first, the longest waiting first."""
    found = sorted(figures.conflicts(console.home), key=lambda one: (one.gravity != SAFETY, one.since))
    with console.home.store.reading() as connection:
        whose = Whose(connection)
        numbers = {one.id: whose.numbers(_charts(whose, one), known=True) for one in found}
    return console.show(
        asked, "conflicts.html", numbers=numbers, conflicts=found, roles=policy().roles, group_label=group_label,
        safety=SAFETY,
    )  # fmt: skip


def _charts(whose: Whose, one: OpenConflict) -> frozenset[UUID]:
    """Whose records stand against each other: of the subject, and of the members that are records."""
    records = (one.subject, *(member for member in one.members if isinstance(member, UUID)))
    return frozenset[UUID]().union(*(whose.of_record(one.table, record) for record in records))


PLACES = (Place("/conflicts", listed),)
