# SPDX-License-Identifier: Apache-2.0
"""What an open session says of its workstation's standing: a part of the status bar, a strip where work is less."""

from __future__ import annotations

from datetime import datetime

from hms_desktop.core.clock import OFF_MS
from hms_desktop.core.dates import off_words
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.shell.sync_facts import SyncFacts
from hms_desktop.ui.widgets.status_bar import TrustSign
from hms_desktop.ui.widgets.strip import StripAction, StripFace


def sign_of(facts: SyncFacts, now: datetime) -> TrustSign | None:
    """The one thing to know of this workstation's standing; None when all is well."""
    if facts.read_only:
        return TrustSign("eye", _("Read-only: an old copy of the file"), "critical", _("Read-only"))
    if facts.emergency:
        return TrustSign("first-aid-kit", _("Emergency reading only"), "critical", _("Emergency"))
    if facts.behind:
        return TrustSign("clock", _("This computer's clock was set back"), "warning", _("Clock"))
    if abs(facts.ahead_ms) > OFF_MS:
        return TrustSign("clock", off_words(facts.ahead_ms), "warning", _("Clock"))
    if facts.permit_soon and facts.permit_until is not None:
        return TrustSign("warning-fill", alone_words(facts.permit_until, now), "warning", _("Permit"))
    if facts.exposed:
        return TrustSign("key", _("The file gets a new key at the next lock"), "warning", _("Exposed"))
    return None


def alone_words(until: datetime, now: datetime) -> str:
    """How much longer this workstation may work without the server."""
    hours = max(1, int((until - now).total_seconds() // 3600))
    if hours < 48:
        return ngettext("Permit ends in {count} hour", "Permit ends in {count} hours", hours).format(count=hours)
    return ngettext("Permit ends in {count} day", "Permit ends in {count} days", hours // 24).format(count=hours // 24)


def strip_of(facts: SyncFacts, *, cramped: bool) -> StripFace | None:
    """The strip over work that is less than usual, only its name where it is cramped; None where all is well."""
    if facts.read_only:
        return StripFace("readonly", _("Read-only"), facts.read_only)
    if facts.emergency and facts.permit_again:
        return StripFace("overdue", _("The permit was renewed"), _("Lock and unlock: then everything works again."))
    if facts.emergency:
        return StripFace(
            "overdue",
            _("Only emergency reading is left"),
            ""
            if cramped
            else _(
                "This computer was without the server for too long. Allergies, problems and current medicines can be "
                "read and emergency entries added, each with a reason; the clinic reviews them."
            ),
            (StripAction("try", _("Try now"), "arrows-clockwise"),),
        )
    return None
