# SPDX-License-Identifier: Apache-2.0
"""What may be written by a right that nobody can take away: access events alone, and nobody's but one's own."""

from __future__ import annotations

from collections.abc import Sequence

from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.roles import OWN_EVENTS, STATION_EVENTS
from hms_desktop.storage.change_sets import Leaf
from hms_desktop.sync.accept import CheckFailed

EVENTS = AccessEvent.__tablename__


def only_events(needed: str, person: bytes, leaves: Sequence[Leaf]) -> None:
    """Raise CheckFailed for an event in another's name, and for anything else that was written by such a right."""
    if needed in (OWN_EVENTS, STATION_EVENTS) and any(leaf.table != EVENTS for leaf in leaves):
        raise CheckFailed("role", "An action that everybody may do writes access events and nothing else.")
    if needed == STATION_EVENTS:
        return
    if any(leaf.table == EVENTS and leaf.values.get("by") != person for leaf in leaves):
        raise CheckFailed("person", "An access event names somebody else than the person who signed it.")
