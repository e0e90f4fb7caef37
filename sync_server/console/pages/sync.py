# SPDX-License-Identifier: Apache-2.0
"""Sync health: throughput, what waits, errors, conflicts, what differed at a device; and how every table merges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from starlette.responses import Response

from hms_desktop.core.clock import instant
from hms_desktop.core.text import _
from hms_desktop.storage import ledger
from hms_desktop.sync.digest_wire import DIFFERS, FETCHED, LACKING, LEFT, MENDED, SURPLUS
from hms_desktop.sync.vectors import REFUSED
from sync_server.console import figures, merge_words
from sync_server.console.app import Asked, Console, Place
from sync_server.console.figures import StationFigures
from sync_server.contacts import SLOT_MS, Slot
from sync_server.quarantine import waiting_count

HOURS = 24
SHOWN_DAYS, MOST_SHOWN = 30, 50
HIGH, WIDE = 120, 720
"""Of the chart, in units of its own: it is drawn as wide as the page has room."""


@dataclass(frozen=True)
class Bar:
    """One hour of the chart: where it stands, how high, and what it says."""

    x: int
    y: int
    height: int
    label: str
    received: int
    sent: int
    refused: int
    failed: int


def bars(slots: Sequence[Slot], now_ms: int, console: Console) -> list[Bar]:
    """The last day by hours, oldest first; heights against the fullest of them."""
    first = now_ms // 3_600_000 - HOURS + 1
    hours: list[list[Slot]] = [[] for _hour in range(HOURS)]
    for slot in slots:
        at = slot.slot_ms // 3_600_000 - first
        if 0 <= at < HOURS:
            hours[at].append(slot)
    most = max((sum(s.received for s in hour) for hour in hours), default=0) or 1
    return [_bar(n, hour, most, first, console) for n, hour in enumerate(hours)]


def _bar(n: int, hour: Sequence[Slot], most: int, first: int, console: Console) -> Bar:
    received = sum(slot.received for slot in hour)
    height = round(HIGH * received / most)
    label = console.look.when(instant((first + n) * 3_600_000))
    return Bar(
        n * WIDE // HOURS, HIGH - height, height, label, received, sum(s.sent for s in hour),
        sum(s.refused for s in hour), sum(s.failed for s in hour),
    )  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """What came and went within the hours of the chart, and what came in the fullest of them."""

    received: int
    sent: int
    refused: int
    failed: int
    most: int


def sums(drawn: Sequence[Bar]) -> Sums:
    """The hours together."""
    return Sums(
        sum(bar.received for bar in drawn), sum(bar.sent for bar in drawn), sum(bar.refused for bar in drawn),
        sum(bar.failed for bar in drawn), max(bar.received for bar in drawn),
    )  # fmt: skip


def health(console: Console, asked: Asked) -> Response:
    """The page."""
    now_ms, stations = console.home.store.clock.now_ms(), figures.stations(console)
    slots = console.contacts.slots(now_ms - HOURS * 3_600_000)
    drawn = bars(slots, now_ms, console)
    with console.home.store.reading() as connection:
        log = ledger.change_log
        total = int(connection.execute(select(func.count()).select_from(log)).scalar_one())
        waits = select(func.count(ledger.held.c.stamp.distinct())).where(ledger.held.c.why != REFUSED)
        held = int(connection.execute(waits).scalar_one())
    open_conflicts = figures.conflicts(console.home)
    return console.show(
        asked, "sync.html", bars=drawn, sums=sums(drawn), wide=WIDE, high=HIGH, total=total, held=held,
        conflicts=len(open_conflicts),
        rate=1000 * len(open_conflicts) / total if total else 0, quarantined=waiting_count(console.home),
        waiting=[s for s in stations if s.waiting], behind=[s for s in stations if s.behind and s.online],
        slot_minutes=SLOT_MS // 60_000, **_compared(console, stations, now_ms),
    )  # fmt: skip


def _words() -> dict[str, str]:
    """How a record differed, and what became of it, as it is told and as it is said."""
    return {
        DIFFERS: _("it differed"), LACKING: _("it was missing at the device"),
        SURPLUS: _("the server has no such record"), MENDED: _("mended from the log"),
        FETCHED: _("its table is fetched anew"),
        LEFT: _("left as it is: the server may have lost it"),
    }  # fmt: skip


def _compared(console: Console, stations: Sequence[StationFigures], now_ms: int) -> dict[str, Any]:
    """When each device last compared itself with this server, and what differed."""
    books, names = console.contacts.defects, {one.device.id: one.device.name for one in stations}
    looks = books.last_looks()
    return {
        "defects": books.count(now_ms - SHOWN_DAYS * 86_400_000), "defects_in_all": books.count(),
        "latest": books.latest(MOST_SHOWN), "words": _words(), "device_names": names, "shown_days": SHOWN_DAYS,
        "looks": [(one.device, looks.get(one.device.id)) for one in stations if one.device.status == "approved"],
    }  # fmt: skip


def policy(console: Console, asked: Asked) -> Response:
    """How every table and group merges."""
    tables = merge_words.policies()
    modules: dict[str, list[merge_words.TablePolicy]] = {}
    for table in tables:
        modules.setdefault(table.module, []).append(table)
    return console.show(asked, "policy.html", modules=modules, classes=merge_words.classes())


PLACES = (Place("/sync", health), Place("/sync/policy", policy))
