# SPDX-License-Identifier: Apache-2.0
"""The commands of `hms-server`, each one thing that an administrator does; `--json` answers one object for scripts."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from hms_desktop.core.console import BROKEN, note, plainly, run_commands, say
from hms_desktop.core.errors import BadInput
from hms_desktop.core.faults import keep_faults, watch_faults
from hms_desktop.core.logs import LEVELS, Level, begin_log
from hms_desktop.documents.qr_code import svg, terminal_lines
from hms_desktop.security.enrolment import ticket
from hms_desktop.sync.verify import verify as verify_store
from hms_desktop.sync.verify_words import answer_of, lines_of
from sync_server import devices, home, serve, together
from sync_server.administration import noted
from sync_server.commands import backups, trust
from sync_server.commands.acting import Asking, ByStdin, Who, Why, at_once_or_asked, the_keyboard
from sync_server.commands.approving import requests_app
from sync_server.commands.bring_in import imports
from sync_server.commands.bundle import bundle_app
from sync_server.commands.choices import choices
from sync_server.commands.console import administrators
from sync_server.commands.evidence import compliance, parts
from sync_server.commands.held import quarantine_list
from sync_server.commands.hub import hub
from sync_server.commands.leaving import export
from sync_server.commands.monitoring import show_metrics
from sync_server.commands.one_patient import history
from sync_server.commands.options import DEFAULT_PORT, Folder, Json
from sync_server.commands.people import people_app
from sync_server.commands.rights import rights
from sync_server.recovery_key import (
    RECOVERY,
    PrintedKey,
    make_by_request,
    make_recovery_key,
    share_lines,
    stated_key,
)
from sync_server.rejoining import REJOIN, ask_to_rejoin
from sync_server.two_person import ask

BROKEN_REMEDY = (
    "Stop the server and keep its folder as it is. Put back the last copy of it for which `hms-server verify` finds "
    "nothing broken, and ask support to bring in from this folder what came after it."
)
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(imports, name="import")
app.add_typer(choices, name="settings")
app.add_typer(people_app, name="people")
app.add_typer(administrators, name="console-admin")
app.add_typer(rights, name="rights")
app.add_typer(requests_app, name="requests")
app.add_typer(bundle_app, name="bundle")
app.add_typer(hub, name="hub")
app.command("quarantine")(quarantine_list)
app.command("export")(export)
app.command("history")(history)
app.command("metrics")(show_metrics)
trust.register(app)
backups.register(app)
app.command("compliance")(compliance)
app.command("parts")(parts)


@app.callback()
def about() -> None:
    """The clinic's sync server: what workstations meet at.

    Exit codes: 0 done, 1 refused, 2 bad input, 3 damaged, 4 not allowed, 5 not found, 6 out of reach, 70 a fault of the
    program, 130 stopped from the keyboard. With --json a failure answers {"error": …, "message": …}.
    """


@app.command()
@plainly
def init(
    folder: Folder,
    clinic: Annotated[str, typer.Option(help="The clinic's name.")],
    zone: Annotated[str, typer.Option(help="Time zone, such as Africa/Johannesburg.")],
    currency: Annotated[str, typer.Option(help="Currency code, such as ZAR.")],
    host: Annotated[list[str], typer.Option(help="Name or address under which workstations reach it; repeatable.")],
    site: Annotated[str, typer.Option(help="The site's name.")] = "Main",
    port: Annotated[int, typer.Option(help="Port.")] = DEFAULT_PORT,
    training: Annotated[bool, typer.Option(help="Training data: marked everywhere, never to be mixed.")] = False,
    database: Annotated[
        str,
        typer.Option(envvar="HMS_SERVER_DATABASE", help="Keep the records in PostgreSQL: postgresql://user@host/name."),
    ] = "",
    encrypted_volume: Annotated[
        bool, typer.Option("--encrypted-volume", help="You say that the database's files lie on an encrypted volume.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a server: its encrypted store, its own certificate authority, its keys."""
    plan = home.Plan(clinic, zone, currency, site, tuple(host), port, training, database, encrypted_volume)
    made = home.make(folder, plan)
    with made:
        printed = make_recovery_key(made)
    lines = [f"The server for {clinic} is ready in {folder}.", *share_lines(printed)]
    lines.append("Next: hms-server people add, then hms-server serve.")
    facts = {"server": made.facts.id, "clinic": made.facts.clinic, "addresses": made.facts.addresses}
    say(lines, {**facts, "recovery_shares": printed.shares}, as_json)


@app.command("recovery-key")
@plainly
def recovery_key(
    folder: Folder,
    really: Annotated[bool, typer.Option("--make", help="Make it; one before is good for nothing new then.")] = False,
    request: Annotated[UUID | None, typer.Option(help="The request to make one, once it is approved.")] = None,
    by: Who = "",
    reason: Why = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """Whether the clinic has a recovery key; with --make a new one, shown once as three shares of which two open.

    Once the server is set up, two administrators make it: one asks with --make --by, another approves, then the one who
    asked makes it with --request within the hour.
    """
    with home.open_home(folder) as opened:
        held = opened.store.read(stated_key, opened.worker)
        since = datetime.fromtimestamp(held.since_ms / 1000, UTC).isoformat(timespec="minutes") if held else None
        if request is not None:
            _say_shares(since, make_by_request(opened, request), as_json)
        elif really:
            at_once_or_asked(
                opened, Asking(by, reason, by_stdin), RECOVERY.needs,
                lambda: _say_shares(since, make_recovery_key(opened), as_json),
                lambda book, who: ask(opened, book, who, RECOVERY.name, RECOVERY.title, reason=reason), as_json,
            )  # fmt: skip
        else:
            _say_shares(since, None, as_json)


def _say_shares(since: str | None, printed: PrintedKey | None, as_json: bool) -> None:
    lines = [f"There is a recovery key since {since}." if since else "There is no recovery key yet: --make makes one."]
    lines = share_lines(printed) if printed else lines
    say(lines, {"since": since, "shares": printed.shares if printed else ()}, as_json)


@app.command("serve")
@plainly
def serve_command(
    folder: Folder,
    bind: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",
    port: Annotated[int, typer.Option(help="Port.")] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(help="Processes that serve; more than one with PostgreSQL alone.")] = 1,
    worker: Annotated[int, typer.Option(hidden=True, help="Which of them this is.")] = 0,
    log_level: Annotated[Level, typer.Option(help="How much is written down of its running: never content.")] = "info",
) -> None:
    """Serve workstations, and administrators below /console, until stopped. TLS 1.3 only; there is no plain mode."""
    begin_log(LEVELS[log_level])
    keep_faults(folder)
    with home.open_any(folder) as opened:
        said = f"serving {opened.facts.clinic_name} on {bind}:{port}"
        if opened.facts.centre:
            if workers != 1:
                raise BadInput("A hub is served by one process.", "workers")
            serve.serve_hub(opened, bind, port, lambda: note(said))
        elif worker:
            place = serve.Place(worker, workers)
            together.serve_beside(opened, bind, port, place, lambda: print("listening", flush=True))
        else:
            together.serve_together(opened, bind, port, workers, lambda: note(said))


@app.command("enroll-code")
@plainly
def enroll_code(
    folder: Folder,
    name: Annotated[str, typer.Option(help="What the workstation is called, such as Front desk 2.")],
    kind: Annotated[str, typer.Option(help="Kind of workstation of resources/stations.toml.")],
    site: Annotated[str, typer.Option(help="Its site.")] = "Main",
    qr: Annotated[bool, typer.Option("--qr", help="Show it as a QR too.")] = False,
    qr_file: Annotated[Path | None, typer.Option(help="Write the QR as a picture (SVG), readable by you only.")] = None,
    as_json: Json = False,
) -> None:
    """A one-time code for a new workstation: 15 minutes, five tries, one use.

    Its QR holds the server's address and the code: scan it where `hms enroll` asks for the code.
    """
    with home.open_home(folder) as opened:
        code = devices.make_code(
            opened, devices.NewDevice(name, kind, site), noted(the_keyboard(opened), "device.code", None, name.strip())
        )
    held = ticket(opened.facts.addresses[0], code)
    lines = [f"Code for {name} (15 minutes, once):", "", f"  {code}", "", "On the computer: hms enroll."]
    lines += ["", *terminal_lines(held)] if qr else []
    if qr_file is not None:
        qr_file.write_text(svg(held), encoding="utf-8")
        lines.append(f"The QR is in {qr_file}; it is good for the same 15 minutes.")
    say(lines, {"code": code, "name": name, "kind": kind, "qr": held}, as_json)


@app.command("new-keys")
@plainly
def new_keys(
    folder: Folder,
    device: Annotated[str, typer.Argument(help="Name or id of the workstation.")],
    by: Who = "",
    reason: Why = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """A code for a workstation that was recovered after its keyring was lost: `hms rejoin` there, then `approve` here.

    It goes on as the same workstation, with what waits on it; the key that it had is good for nothing from then on.
    """
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)

        def at_once() -> None:
            code = devices.make_new_keys_code(
                opened, row.id, noted(the_keyboard(opened), "device.code", row.id, row.name)
            )
            lines = [f"Code for {row.name} (15 minutes, once):", "", f"  {code}", "", "On the computer: hms rejoin."]
            say(lines, {"code": code, "device": row.id, "name": row.name}, as_json)

        at_once_or_asked(
            opened, Asking(by, reason, by_stdin), REJOIN.needs, at_once,
            lambda book, who: ask_to_rejoin(opened, book, who, row.id, row.name, reason), as_json,
        )  # fmt: skip


@app.command("devices")
@plainly
def devices_list(folder: Folder, as_json: Json = False) -> None:
    """Every workstation, with the words to compare while it waits for approval."""
    with home.open_home(folder) as opened:
        rows = devices.device_rows(opened)
    lines = [
        f"{r.name:24} {r.kind:11} {r.status:9} {r.id}" + (f"  {' '.join(r.words)}" if r.words else "") for r in rows
    ]
    told = [{**{k: v for k, v in asdict(row).items() if k != "keys"}, "words": row.words} for row in rows]
    say(lines, {"devices": told}, as_json)


@app.command()
@plainly
def approve(
    folder: Folder,
    device: Annotated[str, typer.Argument(help="Name or id of the workstation.")],
    words: Annotated[str, typer.Option(help="The six words that its screen shows.")],
    as_json: Json = False,
) -> None:
    """Approve a workstation after comparing the words that both screens show."""
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        if row.status == "pending" and tuple(words.casefold().split()) != row.words:
            raise BadInput(f"The words do not match those of {row.name}. Somebody may be in between: do not approve.")
        devices.decide(opened, row.id, "approved", noted(the_keyboard(opened), "device.approved", row.id, row.name))
    say(f"{row.name} is approved.", {"approved": row.id, "name": row.name}, as_json)


@app.command()
@plainly
def block(folder: Folder, device: Annotated[str, typer.Argument(help="Name or id.")], as_json: Json = False) -> None:
    """Block a workstation: the server answers it no more."""
    with home.open_home(folder) as opened:
        row = devices.find_device(opened, device)
        devices.decide(opened, row.id, "blocked", noted(the_keyboard(opened), "device.blocked", row.id, row.name))
    say(f"{row.name} is blocked.", {"blocked": row.id, "name": row.name}, as_json)


@app.command()
@plainly
def verify(
    folder: Folder,
    quick: Annotated[bool, typer.Option("--quick", help="Hash chains and signed ends only.")] = False,
    as_json: Json = False,
) -> None:
    """Check every chain, signed end and signature; names each first broken link, says what to do and exits 3."""
    with home.open_home(folder) as opened, opened.store.reading() as connection:
        facts = opened.server_facts
        trail = (folder, opened.facts.author)
        found = verify_store(connection, facts.signing_public, facts.clinic, quick=quick, trail=trail)
    answer = answer_of(found, BROKEN_REMEDY)
    say(lines_of(answer), answer, as_json)
    if found.broken:
        raise SystemExit(BROKEN)


def main() -> None:
    """Run the command line."""
    os.umask(0o077)
    watch_faults("hms-server serve" if sys.argv[1:2] == ["serve"] else "hms-server")
    begin_log()
    run_commands(app, "hms-server")
