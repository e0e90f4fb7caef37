# SPDX-License-Identifier: Apache-2.0
"""Open conflicts: which record and which fields, whose it is to settle, since when; values are at a workstation."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.clinic.conflicts.queries_words import group_label
from hms_desktop.clinic.conflicts.rules import SAFETY
from hms_desktop.security.roles import policy
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place


def listed(console: Console, asked: Asked) -> Response:
    """Safety first, the longest waiting first."""
    found = sorted(figures.conflicts(console.home), key=lambda one: (one.gravity != SAFETY, one.since))
    return console.show(
        asked, "conflicts.html", conflicts=found, roles=policy().roles, group_label=group_label, safety=SAFETY
    )


PLACES = (Place("/conflicts", listed),)
