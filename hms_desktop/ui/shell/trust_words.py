# SPDX-License-Identifier: Apache-2.0
"""What is said of a workstation's standing before anybody signs in: permit, block, exposed file, clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hms_desktop.core.clock import instant
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.shell.station import ENDED, SOON, StationFacts
from hms_desktop.ui.shell.words import day_words, time_words


@dataclass(frozen=True)
class TrustNotice:
    """One notice: a strong line, what it means, its status family and icon; `renew` offers the telephone code."""

    strong: str
    weak: str
    family: str
    icon: str
    renew: bool = False


def notice_of(facts: StationFacts, now: datetime) -> TrustNotice | None:
    """The one thing that a person at the sign-in window must know first; None when all is well."""
    if facts.blocked:
        return TrustNotice(
            _("This workstation is blocked"),
            _("An administrator blocked it at the server. What was not yet sent stays here, sealed. Ask them."),
            "critical", "prohibit",
        )  # fmt: skip
    if facts.permit == ENDED:
        return TrustNotice(
            _("Only emergency reading is left"),
            _("This computer was without the server for too long. Connect it, or renew its permit by telephone."),
            "critical", "warning-octagon-fill", renew=True,
        )  # fmt: skip
    if facts.behind:
        return TrustNotice(
            _("This computer's clock was set back"),
            _("Set it right: codes can't be checked meanwhile, and what is written now is marked."),
            "warning", "clock",
        )  # fmt: skip
    if facts.permit == SOON:
        return TrustNotice(soon_words(facts, now), soon_meaning(facts), "warning", "warning-fill", renew=True)
    if facts.exposed:
        return TrustNotice(_("This computer's file gets a new key"), exposed_meaning(), "warning", "key")
    return None


def soon_words(facts: StationFacts, now: datetime) -> str:
    """In how many days or hours the permit ends."""
    hours = max(1, int((instant(facts.offline_until_ms) - now).total_seconds() // 3600))
    if hours < 48:
        return ngettext(
            "Working without the server ends in {count} hour", "Working without the server ends in {count} hours", hours
        ).format(count=hours)
    days = hours // 24
    return ngettext(
        "Working without the server ends in {count} day", "Working without the server ends in {count} days", days
    ).format(count=days)


def soon_meaning(facts: StationFacts) -> str:
    """Until when, and what to do."""
    until = instant(facts.offline_until_ms).astimezone(facts.zone)
    return _(
        "After {day}, {time} only emergency reading is left. Connect this computer, or renew its permit by telephone."
    ).format(day=day_words(until), time=time_words(until))


def exposed_meaning() -> str:
    """Why the file is exposed and when that ends."""
    return _("Somebody who could open it is no longer let in. It is turned as somebody signs in or locks.")
