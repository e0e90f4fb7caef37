# SPDX-License-Identifier: Apache-2.0
"""The overview: five figures, what asks for somebody, and what administrators did last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from hms_desktop.clinic.conflicts.rules import overdue
from hms_desktop.core.text import _, ngettext
from sync_server import access_review, epochs, two_person
from sync_server.backup import plan
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.audit_lines import Filter, audit_page
from sync_server.console.figures import StationFigures
from sync_server.console.pages.audit import CHECKED
from sync_server.console_access import holders
from sync_server.contacts import Slot
from sync_server.quarantine import waiting_count

WARN_DAYS = 60


@dataclass(frozen=True)
class Figure:
    """A big number: what it counts, the number, what belongs to it, and how it stands in one line."""

    title: str
    value: str
    beside: str
    status: str
    icon: str
    words: str


@dataclass(frozen=True)
class Alert:
    """What asks for somebody: how grave, in a sentence, and the page where it is dealt with."""

    status: str
    icon: str
    words: str
    path: str


def today(console: Console) -> list[Slot]:
    """What came and went since the clinic's midnight."""
    zone = ZoneInfo(console.home.facts.zone)
    now = datetime.fromtimestamp(console.home.store.clock.now_ms() / 1000, zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return console.contacts.slots(round(midnight.timestamp() * 1000))


def kept_figures(console: Console, stations: Sequence[StationFigures]) -> list[Figure]:
    """The five figures above the lists."""
    in_use = [one for one in stations if one.device.status == "approved"]
    online, slots = [one for one in in_use if one.online], today(console)
    silent = sum(one.silent for one in in_use)
    return [
        _in_touch(len(online), len(in_use), silent),
        _received(slots),
        _waiting(in_use),
        _slowest(slots),
        _backup(console),
    ]


def _in_touch(online: int, all: int, silent: int) -> Figure:
    words = ngettext("{n} is offline", "{n} are offline", all - online).format(n=all - online)
    if silent:
        words = ngettext("{n} is silent in opening hours", "{n} are silent in opening hours", silent).format(n=silent)
    status, icon = ("warning", "warning-fill") if silent else ("success", "check-circle-fill")
    if online < all and not silent:
        status, icon = "local", "hard-drives"
    return Figure(_("Devices in touch"), f"{online}", _("of {n}").format(n=all), status, icon, words)


def _received(slots: Sequence[Slot]) -> Figure:
    refused = sum(slot.refused for slot in slots)
    words = ngettext("{n} refused by checks", "{n} refused by checks", refused).format(n=refused)
    status, icon = ("warning", "warning-fill") if refused else ("success", "check-circle-fill")
    return Figure(_("Changes received today"), f"{sum(s.received for s in slots):,}", "", status, icon, words)


def _waiting(stations: Sequence[StationFigures]) -> Figure:
    known = [(one.waiting, one.device.name) for one in stations if one.waiting]
    total, most = sum(n for n, _name in known), max(known, default=None)
    words = _("{n} on {name}").format(n=most[0], name=most[1]) if most else _("Nothing is known to wait")
    status, icon = ("local", "hard-drives") if most else ("success", "check-circle-fill")
    return Figure(_("Waiting on devices"), f"{total:,}", _("known"), status, icon, words)


def _slowest(slots: Sequence[Slot]) -> Figure:
    slowest, requests = max((s.slowest_ms for s in slots), default=0), sum(s.requests for s in slots)
    mean = sum(s.spent_ms for s in slots) // requests if requests else 0
    words = _("{n} ms on average today").format(n=mean) if requests else _("No request yet today")
    status, icon = ("success", "check-circle-fill") if slowest < 5000 else ("warning", "warning-fill")
    return Figure(_("Slowest answer"), f"{slowest / 1000:.1f}", _("s"), status, icon, words)


def _backup(console: Console) -> Figure:
    found = plan.standing(console.home, console.book)
    status, icon = ("success", "check-circle-fill") if found.well and found.last else ("warning", "warning-fill")
    if found.last is None:
        words = _("The first is made at {hour}:00").format(hour=f"{found.hour:02}")
        return Figure(_("Last good backup"), _("None"), "", status, icon, words)
    words = _("Put back and compared") if found.well else plan.problems(found)[0]
    return Figure(_("Last good backup"), console.look.when(found.last), "", status, icon, words)


def alerts(console: Console, stations: Sequence[StationFigures], asked: Asked) -> list[Alert]:
    """What asks for somebody now, the gravest first."""
    found = [
        *_of_chains(console),
        *_of_backups(console),
        *_of_stations(stations),
        *_of_work(console, asked),
        *_of_review(console, asked),
    ]
    left = (console.look.certificate_ends - console.look.now()).days if console.look.certificate_ends else WARN_DAYS
    if left < WARN_DAYS:
        found.append(
            Alert("warning", "warning", _("The server's certificate ends in {n} days.").format(n=left), "/backups")
        )
    if len(holders(console.home, console.book)) < 2:
        words = _("There is one administrator only: what needs two persons can't be approved.")
        found.append(Alert("warning", "users", words, "/people"))
    return found


def _of_backups(console: Console) -> list[Alert]:
    said = plan.problems(plan.standing(console.home, console.book))
    with console.home.store.reading() as connection:
        if epochs.put_back_by_hand(connection):
            said.append(_("The server's folder was put back by hand: stop it, and run hms-server new-epoch."))
    return [Alert("critical", "database", words, "/backups") for words in said]


def _of_chains(console: Console) -> list[Alert]:
    checked = console.book.get(CHECKED)
    broken = len(checked["broken"]) if checked else 0
    words = ngettext("{n} chain of the log is broken.", "{n} chains of the log are broken.", broken)
    return [Alert("critical", "warning-octagon-fill", words.format(n=broken), "/audit")] if broken else []


def _of_review(console: Console, asked: Asked) -> list[Alert]:
    quarter = access_review.quarter_of(console.home)
    done = any(one.quarter == quarter for one in access_review.reports(console.book))
    if done or "people.manage" not in asked.who.rights:
        return []
    words = _("The access review of {quarter} is still to be done.").format(quarter=quarter)
    return [Alert("info", "list-checks", words, "/review")]


def _of_stations(stations: Sequence[StationFigures]) -> list[Alert]:
    found = []
    for one in stations:
        path = f"/devices/{one.device.id.hex}"
        if one.copied:
            words = _("{name}: a second copy of it called and was turned away. Block it if nobody knows why.")
            found.append(Alert("critical", "warning-octagon-fill", words.format(name=one.device.name), path))
        if one.silent:
            words = _("{name} was silent for too long in opening hours: {state}.")
            if one.seen is None:
                words = _("{name} was approved and has never called.")
            found.append(Alert("warning", "wifi-slash", words.format(name=one.device.name, state=one.chip.words), path))
        elif one.device.status == "pending":
            found.append(Alert("warning", "hand", _("{name} waits for approval.").format(name=one.device.name), path))
        elif one.clock_off and one.online:
            words = _("{name}: {state}.").format(name=one.device.name, state=one.chip.words)
            found.append(Alert("warning", "clock", words, path))
    return found


def _of_work(console: Console, asked: Asked) -> list[Alert]:
    found, home = [], console.home
    held, conflicts = waiting_count(home), figures.conflicts(home)
    late = sum(overdue(one.gravity, one.since, console.look.now()) for one in conflicts)
    requests = [r for r in two_person.requests(home, console.book, waiting=True) if r.by != asked.who.id]
    if held:
        words = ngettext("{n} change is held in quarantine.", "{n} changes are held in quarantine.", held)
        found.append(Alert("warning", "hand", words.format(n=held), "/quarantine"))
    if late:
        words = ngettext("{n} conflict waits for too long.", "{n} conflicts wait for too long.", late)
        found.append(Alert("critical", "warning-fill", words.format(n=late), "/conflicts"))
    if conflicts:
        words = ngettext("{n} conflict is open.", "{n} conflicts are open.", len(conflicts))
        found.append(Alert("warning", "git-merge", words.format(n=len(conflicts)), "/conflicts"))
    if requests:
        words = ngettext(
            "{n} request waits for a second person.", "{n} requests wait for a second person.", len(requests)
        )
        found.append(Alert("info", "users", words.format(n=len(requests)), "/requests"))
    return found


def overview(console: Console, asked: Asked) -> Response:
    """The page."""
    stations = figures.stations(console)
    events, _more = audit_page(console.home, Filter(area="administration"), 8)
    return console.show(
        asked, "overview.html", figures=kept_figures(console, stations), alerts=alerts(console, stations, asked),
        events=events, stations=stations,
    )  # fmt: skip


PLACES = (Place("/overview", overview),)
