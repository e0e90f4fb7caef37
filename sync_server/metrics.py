# SPDX-License-Identifier: Apache-2.0
"""How the server stands, in numbers for a monitoring system (Prometheus text format 0.0.4): no name, no record.

`GET /metrics` answers whoever brings the token of `hms-server metrics --new-token`; the alert rules that go with the
numbers lie in resources/alerts.
"""

from __future__ import annotations

import hmac
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hms_desktop.clinic.conflicts.rules import overdue
from sync_server.backup import plan
from sync_server.console import figures
from sync_server.console.app import Console
from sync_server.console.figures import StationFigures
from sync_server.console.pages.audit import CHECKED
from sync_server.contacts import Slot
from sync_server.defects import Defects
from sync_server.notebook import Notebook
from sync_server.quarantine import waiting_count

PATH = "/metrics"
A_TOKEN = "the token of hms-server metrics"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
_NOTED = "metrics token"
_WINDOW_MS = 15 * 60_000


@dataclass(frozen=True)
class Metric:
    """One number; `label` is (name, value) where there are several of a name."""

    name: str
    help: str
    value: float
    label: tuple[str, str] | None = None


def new_token(book: Notebook) -> str:
    """A token in place of the one before; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    book.put(_NOTED, sha256(token.encode()).hexdigest())
    return token


def may_read(book: Notebook, authorization: str) -> bool:
    """Whether an Authorization header brings the token."""
    kept, (kind, _space, token) = book.get(_NOTED), authorization.partition(" ")
    brought = sha256(token.strip().encode()).hexdigest()
    return bool(kept) and kind.lower() == "bearer" and hmac.compare_digest(str(kept), brought)


def route(console: Console) -> Route:
    """The address; whoever brings no token is told that there is nothing."""

    async def answer(request: Request) -> Response:
        if not may_read(console.book, request.headers.get("authorization", "")):
            return Response(status_code=404)
        text = await run_in_threadpool(lambda: as_text(list(metrics(console))))
        return Response(text, media_type=TEXT, headers={"Cache-Control": "no-store"})

    return Route(PATH, answer, methods=["GET"])


def metrics(console: Console) -> Iterator[Metric]:
    """Every number, as it is now."""
    now_ms = console.home.store.clock.now_ms()
    yield from _of_stations(figures.stations(console), now_ms)
    yield from _of_line(console.contacts.slots(now_ms - _WINDOW_MS))
    yield from _of_work(console)
    yield from _of_upkeep(console, now_ms)
    yield Metric("hms_store_bytes", "Bytes of the records, in their file or in the database.",
                 console.home.store.database.size())  # fmt: skip
    yield from _of_machine(console.home.folder)


def _of_stations(stations: Sequence[StationFigures], now_ms: int) -> Iterator[Metric]:
    in_use = [one for one in stations if one.device.status == "approved"]
    counted = {
        "online": sum(one.online for one in in_use), "offline": sum(not one.online for one in in_use),
        "silent": sum(one.silent for one in in_use), "clock_off": sum(one.clock_off for one in in_use),
        "copied": sum(one.copied for one in in_use),
        "pending": sum(one.device.status == "pending" for one in stations),
    }  # fmt: skip
    for state, count in counted.items():
        yield Metric("hms_workstations", "Workstations by how they stand.", count, ("state", state))
    yield Metric("hms_waiting_changes", "Change sets that wait at workstations, by their own last word.",
                 sum(one.waiting or 0 for one in in_use))  # fmt: skip
    oldest = min((one.contact.oldest_ms for one in in_use if one.contact.oldest_ms), default=now_ms)
    yield Metric("hms_oldest_waiting_seconds", "Age of the oldest change that waits at a workstation.",
                 max(0, now_ms - oldest) / 1000)  # fmt: skip
    yield Metric("hms_furthest_behind", "Entries of the order that the slowest workstation online has not fetched.",
                 max((one.behind for one in in_use if one.online), default=0))  # fmt: skip


def _of_line(slots: Sequence[Slot]) -> Iterator[Metric]:
    requests = sum(slot.requests for slot in slots)
    sums = {"requests": requests, "received": sum(slot.received for slot in slots),
            "sent": sum(slot.sent for slot in slots), "refused": sum(slot.refused for slot in slots),
            "failed": sum(slot.failed for slot in slots)}  # fmt: skip
    for kind, count in sums.items():
        yield Metric("hms_line", "What came and went in the last 15 minutes.", count, ("kind", kind))
    mean = sum(slot.spent_ms for slot in slots) / requests if requests else 0
    slowest = max((slot.slowest_ms for slot in slots), default=0)
    for kind, ms in (("mean", mean), ("slowest", slowest)):
        yield Metric("hms_answer_seconds", "How long answers took in the last 15 minutes.", ms / 1000, ("kind", kind))


def _of_work(console: Console) -> Iterator[Metric]:
    conflicts, now = figures.conflicts(console.home), console.look.now()
    late = sum(overdue(one.gravity, one.since, now) for one in conflicts)
    yield Metric("hms_quarantined", "Change sets that stand in quarantine.", waiting_count(console.home))
    yield Metric("hms_conflicts", "Open conflicts.", len(conflicts))
    yield Metric("hms_conflicts_overdue", "Conflicts that wait for too long.", late)
    defects = Defects(console.book, console.home.store.clock)
    yield Metric("hms_defects", "Differences found by comparing digests, ever.", defects.count())


def _of_upkeep(console: Console, now_ms: int) -> Iterator[Metric]:
    standing, checked = plan.standing(console.home, console.book), console.book.get(CHECKED)
    age = now_ms / 1000 - standing.last.timestamp() if standing.last else -1
    yield Metric("hms_backup_age_seconds", "Age of the newest backup that was tried; -1 before there is one.", age)
    yield Metric("hms_backup_well", "1 while nobody has to look after the backups.", standing.well)
    broken = len(checked["broken"]) if checked else 0
    yield Metric("hms_broken_chains", "Chains of the log that the last check found broken.", broken)
    ends = console.look.certificate_ends
    left = (ends - console.look.now()).total_seconds() if ends else -1
    yield Metric("hms_certificate_seconds_left", "Until the certificate ends; -1 when that is not known.", left)


def _of_machine(folder: Path) -> Iterator[Metric]:
    usage = shutil.disk_usage(folder)
    held = sum(map(_size, folder.rglob("*")))
    yield Metric("hms_folder_bytes", "Bytes in the server's folder.", held)
    yield Metric("hms_disk_free_bytes", "Bytes free on its disk.", usage.free)
    yield Metric("hms_disk_bytes", "Bytes of its disk.", usage.total)
    if hasattr(os, "getloadavg"):
        yield Metric("hms_load", "Load of the computer over five minutes, by processor.",
                     os.getloadavg()[1] / (os.cpu_count() or 1))  # fmt: skip


def _size(file: Path) -> int:
    """Of a file (bytes); what went since it was listed, as a backup being made comes and goes, has none."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def as_text(found: Sequence[Metric]) -> str:
    """The numbers as they are scraped: each name's help and type once, before its first number."""
    lines, seen = [], set()
    for one in found:
        if one.name not in seen:
            seen.add(one.name)
            lines += [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} gauge"]
        label = f'{{{one.label[0]}="{one.label[1]}"}}' if one.label else ""
        lines.append(f"{one.name}{label} {one.value:.15g}")
    return "\n".join(lines) + "\n"
