# SPDX-License-Identifier: Apache-2.0
"""`hms-server revoke, wipe, new-key, permit-code, held`: taking trust back, and giving it by telephone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from hms_desktop.core.clock import instant
from hms_desktop.core.console import plainly, say
from sync_server import devices, home, people, standing
from sync_server.administration import note_act, noted
from sync_server.commands.acting import Asking, ByStdin, Who, Why, at_once_or_asked, the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.console.pages.devices import NEW_FILE_KEY
from sync_server.home import Home
from sync_server.standing import Report
from sync_server.two_person import ask

Named = Annotated[str, typer.Argument(help="Name or id of the workstation.")]


@plainly
def revoke(folder: Folder, login: Annotated[str, typer.Argument(help="Who is out.")], as_json: Json = False) -> None:
    """End a person's access everywhere at once. Open sessions end within a minute where the server is in reach.

    Says which workstations have not called yet, and where they could still open the file with what they kept.
    """
    with home.open_home(folder) as opened:
        people.end_person(opened, login, noted(the_keyboard(opened), "person.left", None, login))
        there = standing.not_told(opened, login)
        lines = [f"{login} may no longer sign in."]
        lines += [f"  {name}: {_last_said(opened, report)}" for name, report in there]
    if there:
        lines.append("Each turns the key of its file at its next lock or sign-in once it was told.")
    say(lines, {"revoked": login, "workstations": [{"name": n, **asdict(r)} for n, r in there]}, as_json)


@plainly
def wipe(folder: Folder, device: Named, as_json: Json = False) -> None:
    """Let a workstation that is lost or given away destroy its keys and files at its next contact.

    It reports what it held first, and still sends what waits there while somebody is signed in.
    """
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        standing.order_wipe(opened, row.id, noted(the_keyboard(opened), "device.wipe_ordered", row.id, row.name))
        report = standing.report_of(opened, row.id)
        lines = [
            f"{row.name} is wiped at its next contact; until then it is sealed.",
            *_held(opened, report),
        ]
    say(lines, {"wipe": row.id, "name": row.name, **asdict(report)}, as_json)


@plainly
def new_key(
    folder: Folder, device: Named, by: Who = "", reason: Why = "", by_stdin: ByStdin = False, as_json: Json = False
) -> None:
    """Let a workstation turn the key of its file, at its next lock or sign-in.

    Once the server is set up this takes two administrators.
    """
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)

        def at_once() -> None:
            epoch = standing.order_new_key(
                opened, row.id, noted(the_keyboard(opened), "device.new_key", row.id, row.name)
            )
            line = f"{row.name} gets file key {epoch} at its next lock or sign-in."
            say(line, {"device": row.id, "epoch": epoch}, as_json)

        words = f"{row.name} turns the key of its file"
        at_once_or_asked(
            opened, Asking(by, reason, by_stdin), NEW_FILE_KEY.needs, at_once,
            lambda book, who: ask(opened, book, who, NEW_FILE_KEY.name, words, reason=reason, subject=row.id), as_json,
        )  # fmt: skip


@plainly
def permit_code(folder: Folder, device: Named, as_json: Json = False) -> None:
    """Today's code that lets a workstation out of reach go on: read it aloud over the telephone.

    It is good at that workstation only, today (UTC), and once. Make sure of who asks before you read it.
    """
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        code = standing.permit_code(opened, row.id)
        note_act(opened, the_keyboard(opened), "device.permit_code", row.id, row.name)
        out = standing.left_since(opened, row.id)
        report = standing.report_of(opened, row.id)
        day = f"{instant(opened.store.clock.now_ms()):%Y-%m-%d}"
        lines = [f"Code for {row.name}, {day} (UTC) only:", "", f"  {code}", "", _last_said(opened, report)]
    if out:
        lines.append(f"It does not know yet that these left: {', '.join(out)}. Ask who is there.")
    say(lines, {"code": code, "device": row.id, "name": row.name, "day": day, "left_since": out}, as_json)


@plainly
def held(folder: Folder, device: Named, as_json: Json = False) -> None:
    """What a workstation last said that it holds: rows by table, and what it had not sent."""
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        report = standing.report_of(opened, row.id)
        lines = [f"{row.name} ({row.kind}, {row.status})", *_held(opened, report)]
    say(lines, {"device": row.id, "name": row.name, "status": row.status, **asdict(report)}, as_json)


def _held(opened: Home, report: Report) -> list[str]:
    lines = [_last_said(opened, report)]
    if report.counted_ms:
        lines.append(
            f"Counted {_when(opened, report.counted_ms)}: change sets up to {report.last}, {report.unsent} unsent."
        )
        lines += [f"  {name:28} {count:>9}" for name, count in report.tables if count]
    if report.wiped_ms:
        lines.append(f"Keys and files were destroyed {_when(opened, report.wiped_ms)}.")
    return lines


def _last_said(opened: Home, report: Report) -> str:
    if not report.told_ms:
        return "It never asked how it stands."
    words = f"Last contact {_when(opened, report.told_ms)}; works alone until {_when(opened, report.permit_ms)}"
    if report.exposed_ms:
        words += f"; exposed since {_when(opened, report.exposed_ms)}"
    return words + ("; an old copy of its file is open, read-only." if report.old_file else ".")


def _when(opened: Home, ms: int) -> str:
    return f"{instant(ms).astimezone(ZoneInfo(opened.facts.zone)):%Y-%m-%d %H:%M}"


def register(app: typer.Typer) -> None:
    """Add these commands to `hms-server`."""
    app.command("revoke")(revoke)
    app.command("wipe")(wipe)
    app.command("new-key")(new_key)
    app.command("permit-code")(permit_code)
    app.command("held")(held)
