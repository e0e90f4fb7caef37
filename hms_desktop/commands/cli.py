# SPDX-License-Identifier: Apache-2.0
"""`hms enroll, status, sync, digest, search, verify`: a workstation's work from a terminal."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hms_desktop.commands import comparing
from hms_desktop.commands.asking import Code, Json, Login, Profile, Stdin, ask
from hms_desktop.commands.backup_cli import backup
from hms_desktop.commands.bundle_cli import bundle
from hms_desktop.commands.rebuild_cli import rebuild
from hms_desktop.commands.recover_cli import recover, rejoin
from hms_desktop.core.clock import OFF_MS
from hms_desktop.core.console import BROKEN, note, plainly, say
from hms_desktop.core.dates import off_words
from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.security.device_keys import SecretPlace
from hms_desktop.security.enrolment import read_ticket
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import REPLICA_FILE
from hms_desktop.storage.keychain import choose_keychain
from hms_desktop.storage.store import Store
from hms_desktop.sync.client import HttpTransport
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.enrol import Enrolled, Enrolment
from hms_desktop.sync.standing_errand import Asker
from hms_desktop.sync.verify_words import lines_of


@plainly
def enroll(
    profile: Profile,
    server: Annotated[str, typer.Option(help="The server's address, https://…; the QR of a code has it.")] = "",
    code: Annotated[str, typer.Option(help="The one-time code from the administrator, or what its QR holds.")] = "",
    allow_private_file: Annotated[
        bool, typer.Option(help="Without a system keyring, keep the secret in a private file (reduced protection).")
    ] = False,
    wait: Annotated[int, typer.Option(help="Seconds to wait for approval.")] = 900,
    by_stick: Annotated[
        bool, typer.Option("--by-stick", help="Leave it empty: it is filled from a file with `hms bundle take`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Enrol this computer, wait for approval, and fill it with what it is granted.

    Without --code it asks for the code: type it, paste it, or scan its QR with a scanner that types.
    """
    guard_this_process()
    begun = time.monotonic()
    if (profile / "profile.json").exists():
        raise BadInput(f"{profile} is already an enrolled workstation. Use another folder.")
    if (profile / REPLICA_FILE).exists():
        raise BadInput(f"{profile} holds {REPLICA_FILE} of another enrolment. Use another folder.")
    keychain = choose_keychain(profile, file_allowed=allow_private_file)
    enrolment = Enrolment(*_where_and_code(server, code))
    applied, words = enrolment.apply(keychain.reduced)
    note(f"This computer will be {applied.name}. Compare these words with the server's screen:")
    note("  " + " ".join(words))
    decision = enrolment.ask()
    deadline = time.monotonic() + wait
    while decision.status == "pending" and time.monotonic() < deadline:
        time.sleep(1)
        decision = enrolment.ask()
    if decision.status != "approved":
        raise Unavailable("Nobody approved this computer in time. Ask the administrator, then enrol with a new code.")
    enrolled = enrolment.finish(decision, profile, keychain, keychain.where, keychain.reduced)
    station = enrolled.profile.station
    try:
        rows = _introduce(profile, enrolled, keychain) if by_stick else _fill(profile, enrolled)
    except Unavailable as error:
        raise Unavailable(f"{error} {station.name} is enrolled; what has arrived stays, `hms sync` goes on.") from error
    took = round(time.monotonic() - begun)
    facts = {"device": station.device, "name": station.name, "rows": rows, "seconds": took}
    whole, rest = divmod(took, 60)
    filled = f"{station.name} is enrolled and filled: {rows} rows, in {whole} min {rest} s."
    say(f"{station.name} is enrolled. {_BY_STICK}" if by_stick else filled, facts, as_json)


_BY_STICK = "At the server: hms-server bundle make --fill --for it; here: hms bundle take."


def _where_and_code(server: str, code: str) -> tuple[str, str]:
    if not code:
        note("The one-time code from the administrator (type it, or scan its QR), then Enter:")
        code = sys.stdin.readline()
    address, code = read_ticket(code)
    if not (server or address):
        raise BadInput("Say where the server is: --server https://…, or scan the QR of the code.", "server")
    return server or address, code


def _introduce(folder: Path, enrolled: Enrolled, keychain: SecretPlace) -> int:
    """Tell the server to which key a file for this workstation is sealed, and learn its own; returns no rows."""
    store, transport = _opened(folder, enrolled)
    Exchange(store, transport).greet()
    Asker(folder, enrolled.profile, enrolled.device, keychain, store.clock).ask(transport)
    store.close()
    return 0


def _opened(folder: Path, enrolled: Enrolled) -> tuple[Store, HttpTransport]:
    facts = enrolled.profile
    store = Store(folder / REPLICA_FILE, enrolled.file_key, facts.as_station(), facts.as_clinic())
    device, key = facts.station.device, enrolled.device.signing
    return store, HttpTransport(facts.server.addresses[0], facts.server.ca_pem, device, key)


def _fill(folder: Path, enrolled: Enrolled) -> int:
    store, transport = _opened(folder, enrolled)
    counted = [0]

    def progress(table: str, done: int, total: int) -> None:
        counted[0] = total
        note(f"  {done:>8} of {total} rows ({table})")

    Exchange(store, transport).catch_up(progress)
    store.close()
    return counted[0]


@plainly
def status(
    profile: Profile, login: Login = "", code: Code = "", password_stdin: Stdin = False, as_json: Json = False
) -> None:
    """How this workstation stands: line, waiting changes, held back changes, last exchange."""
    answer = ask(profile, "status", (login, code, password_stdin))
    lines = [
        f"{answer['workstation']} ({answer['kind']}), {answer['person']}",
        f"{answer['network']}; {answer['waiting']} changes waiting; {len(answer['held_back'])} held back",
        f"last sync {answer['last_success'] or 'not yet'}",
        *_limit_lines(answer),
        *(f"held back {h['number']} ({_what(h)}): {h['reason']}" for h in answer["held_back"]),
    ]
    say(lines, answer, as_json)


def _limit_lines(answer: Mapping[str, Any]) -> list[str]:
    """How much of the line it may take, where that is limited."""
    return [f"at most {answer['line_kbit']} kbit/s of the line each way"] if answer["line_kbit"] else []


def _what(held: Mapping[str, Any]) -> str:
    """What was held back: where it was written, else its records, else what was done (a look writes no record)."""
    return str(held["station"] or ", ".join(held["records"]) or held["action"])


@plainly
def sync(
    profile: Profile,
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    compare: Annotated[bool, typer.Option("--compare", help="Compare with the server, too, as `hms digest`.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", help="From now on take at most so many kbit/s of the line; 0: no limit.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Exchange with the server now. Exit code 6 when it can't be reached; nothing is lost."""
    who = (login, code, password_stdin)
    if compare:
        if limit is not None:
            raise BadInput("Choose the limit without --compare; it holds for every exchange from then on.", "limit")
        _tell_compared(ask(profile, "digest", who), as_json)
        return
    answer = ask(profile, "sync", who, **({} if limit is None else {"limit": limit}))
    lines = [f"{answer['sent']} sent, {answer['waiting']} waiting, {answer['held_back']} held back."]
    if abs(answer["clock_ahead_ms"]) > OFF_MS:
        lines.append(f"{off_words(answer['clock_ahead_ms'])}: set it right.")
    lines += _limit_lines(answer)
    say(lines, answer, as_json)


@plainly
def digest(
    profile: Profile, login: Login = "", code: Code = "", password_stdin: Stdin = False, as_json: Json = False
) -> None:
    """Compare everything held here with the server; what differs is named, mended from its log, and exits 3."""
    _tell_compared(ask(profile, "digest", (login, code, password_stdin)), as_json)


def _tell_compared(answer: dict[str, Any], as_json: bool) -> None:
    say(comparing.lines_of(answer), answer, as_json)
    if answer["differences"]:
        raise SystemExit(BROKEN)


@plainly
def search(
    profile: Profile,
    text: Annotated[str, typer.Argument(help="Name parts, birth date, record number, telephone.")],
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Find patients in this workstation's replica; the search is noted in the audit trail."""
    answer = ask(profile, "search", (login, code, password_stdin), text=text)
    lines = [f"{p['record']:18} {p['name']}  {p['born'] or ''}  {p['sex']}" for p in answer["patients"]]
    say(lines or ["Nobody on this device fits."], answer, as_json)


@plainly
def verify(
    profile: Profile,
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    quick: Annotated[bool, typer.Option("--quick", help="Hash chains and signed ends only.")] = False,
    as_json: Json = False,
) -> None:
    """Check every chain, signed end and signature held here; names each first broken link, says what to do, exits 3."""
    answer = ask(profile, "verify", (login, code, password_stdin), quick=quick)
    say([*lines_of(answer), *comparing.log_lines(answer["log"])], answer, as_json)
    if answer["broken"]:
        raise SystemExit(BROKEN)


@plainly
def diagnostics(
    profile: Profile,
    out: Annotated[Path | None, typer.Option(help="Write it to this file for support.", dir_okay=False)] = None,
    login: Login = "",
    code: Code = "",
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """How this workstation stands, for support: versions, queue, rows by table. No patient, no name, no value."""
    answer = ask(profile, "diagnostics", (login, code, password_stdin))
    text = json.dumps(answer, indent=1, sort_keys=True)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    say(f"Written to {out}. Read it before you send it." if out else text, answer, as_json)


def register(commands: typer.Typer) -> None:
    """Add these commands to the `hms` command line."""
    os.umask(0o077)
    for command in (recover, rejoin, rebuild):
        commands.command()(command)
    for question in (enroll, status, sync, digest, search, verify, backup):
        commands.command()(question)
    commands.command()(diagnostics)
    commands.add_typer(bundle, name="bundle")
