# SPDX-License-Identifier: Apache-2.0
"""`hms-server backup, backups, restore, restored, drill, escrow, new-epoch`: keeping the clinic's records twice."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hms_desktop.core.console import FAILED, note, plainly, say
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.core.ids import author_code
from hms_desktop.security.recovery import NEEDED
from hms_desktop.security.shares import read_share
from sync_server import home
from sync_server.administration import note_act
from sync_server.backup import plan
from sync_server.backup.drill import drill as run_drill
from sync_server.backup.escrow import keys_in, open_escrow, write_escrow
from sync_server.backup.keeping import backups_in
from sync_server.backup.making import file_name
from sync_server.backup.reconciling import ABSENT, Reconciliation, reconciliation
from sync_server.backup.restoring import put_back_by_hand
from sync_server.backup.restoring import restore as put_back
from sync_server.commands.acting import the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.home import KEYS_FILE, Home, ServiceKeys
from sync_server.notebook import open_notebook

KEPT_APART = "No key is in it: keep service.keys, or `hms-server escrow`, in another place."
Keys = Annotated[Path | None, typer.Option("--keys", help="service.keys as it lies in its safe.")]
EscrowFile = Annotated[
    Path | None, typer.Option("--escrow", help="The sealed keys of `hms-server escrow`; two shares are asked for.")
]


@plainly
def backup(
    folder: Folder,
    to: Annotated[Path | None, typer.Option("--to", help="Where to; otherwise where the server's own go.")] = None,
    as_json: Json = False,
) -> None:
    """Make a backup now, while the server serves or not: one encrypted file, put back once to try it before it counts.

    It holds no key. What need not be kept any more is taken away where it was made (`hms-server settings list`).
    """
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            made = plan.make_and_keep(opened, book, the_keyboard(opened), to)
        finally:
            book.close()
        size = made.file.stat().st_size
    rows = sum(made.manifest.rows.values())
    lines = [
        f"{made.file}: {size:,} bytes, {rows:,} rows, {made.whole:,} changes in whole chains; put back and compared.",
        KEPT_APART,
        *(f"Broken in the store already: {chain}. Keep the older backups." for chain in made.manifest.broken),
    ]
    told = {
        "file": made.file, "bytes": size, "rows": rows, "changes": made.whole, "position": made.manifest.position,
        "epoch": made.manifest.epoch.hex(), "seconds": round(made.seconds, 2), "broken": made.manifest.broken,
    }  # fmt: skip
    say(lines, told, as_json)


@plainly
def backups(folder: Folder, as_json: Json = False) -> None:
    """How the backups stand, and which there are; exits 1 when one failed, is too old or is broken."""
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            found = plan.standing(opened, book)
        finally:
            book.close()
        kept = backups_in(found.folder, opened) if found.folder.is_dir() else []
        zone = ZoneInfo(opened.facts.zone)
    said = plan.problems(found)
    last = f"{found.last.astimezone(zone):%Y-%m-%d %H:%M}" if found.last else "never"
    lines = [
        f"Daily at {found.hour:02}:00 to {found.folder}; last {last}. Kept: {found.keep.days} days, "
        f"{found.keep.weeks} weeks, {found.keep.months} months.",
        *(["That folder is on the server's own disk: choose another with `hms-server settings set backup_folder`."]
          if found.same_disk else []),
        *(f"LOOK: {problem}" for problem in said),
        *(f"  {one.file.name:32} {one.manifest.size:>14,} bytes  place {one.manifest.position}" for one in kept),
    ]  # fmt: skip
    told = {**asdict(found), "well": found.well, "problems": said, "kept": [one.file.name for one in kept]}
    say(lines, told, as_json)
    if not found.well:
        raise SystemExit(FAILED)


@plainly
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    to: Annotated[Path, typer.Option("--to", help="The new server's folder; it must not be there yet.")],
    keys: Keys = None,
    escrow: EscrowFile = None,
    as_json: Json = False,
) -> None:
    """Put a backup back into a new folder, as a new epoch of the same server. Nothing that is there is touched.

    Switch the old server off for good first. Workstations give back by themselves what came after the backup: see
    `hms-server restored`.
    """
    done = put_back(file, _keys(keys, escrow), to)
    manifest = done.manifest
    lines = [
        f"{manifest.clinic_name} stands in {to} as it was at place {manifest.position}: {done.whole:,} changes, in "
        f"{done.seconds:.1f} s.",
        f"It writes as {author_code(done.author)} from now on and lends nothing until the workstations gave back.",
        f"Next: hms-server serve --folder {to}, then hms-server restored.",
    ]
    told = {"folder": to, "position": manifest.position, "changes": done.whole, "author": author_code(done.author),
            "seconds": round(done.seconds, 2), "made_ms": manifest.made_ms}  # fmt: skip
    say(lines, told, as_json)


@plainly
def restored(folder: Folder, as_json: Json = False) -> None:
    """After a restore: who gave back what, who is awaited, and what is still missing; exits 1 until nothing is."""
    with home.open_home(folder) as opened:
        found = reconciliation(opened)
        zone = ZoneInfo(opened.facts.zone)
    if found is None:
        say("This server was never put back from a backup.", {"restored": None}, as_json)
        return
    say(_lines(found, zone), {**asdict(found), "complete": found.complete}, as_json)
    if not found.complete:
        raise SystemExit(FAILED)


def _lines(found: Reconciliation, zone: ZoneInfo) -> list[str]:
    lines = [
        f"Put back {found.restored.astimezone(zone):%Y-%m-%d %H:%M} from a backup of "
        f"{found.backup.astimezone(zone):%Y-%m-%d %H:%M} (place {found.place}); it writes as {found.author}."
    ]
    for one in found.gave:
        lines.append(
            f"  {one.station:24} gave back {one.own} of its own and {one.others} of others ({one.parts} in parts); "
            f"refused {one.refused}, not believed {one.unsigned}, not joined {one.unjoined}"
            + ("" if one.done else "; not at its end yet")
        )
    lines += [f"  {name:24} is awaited" for name in found.awaited]
    for gone in found.missing:
        span = str(gone.first) if gone.first == gone.last else f"{gone.first} to {gone.last}"
        what = "missing" if gone.state == ABSENT else "here in part"
        lines.append(f"  {gone.author} {span} ({gone.station or 'unknown'}): {what}")
    if not found.lends:
        lines.append("Nothing is lent until everybody gave back, for 12 hours at most.")
    return [*lines, "Everything that anybody knows of is here again."] if found.complete else lines


@plainly
def drill(
    folder: Folder,
    file: Annotated[Path | None, typer.Option("--file", help="The backup; otherwise the newest.")] = None,
    keys: Keys = None,
    escrow: EscrowFile = None,
    as_json: Json = False,
) -> None:
    """Try for real: put the newest backup back beside, verify every signature as a server would, measure, clear away.

    With --keys or --escrow it shows that the keys from the safe are the right ones, too.
    """
    with home.open_home(folder) as opened:
        chosen = file or _newest(opened)
        given = _keys(keys, escrow) if keys or escrow else opened.keys
        done = run_drill(opened, chosen, given)
        note_act(opened, the_keyboard(opened), "backup.drilled", None, f"{done.file} {done.seconds:.0f} s")
    hours = done.age.total_seconds() / 3600
    lines = [
        f"{done.file} stood as a server again after {done.seconds:.1f} s, all {done.signatures:,} signatures checked "
        f"{done.checked_seconds:.1f} s later.",
        f"It was {hours:.1f} h old: so much is to be given back by workstations after a loss now.",
    ]
    told = {**asdict(done), "age": done.age.total_seconds(), "own_keys": given is opened.keys}
    say(lines, told, as_json)


@plainly
def escrow(
    folder: Folder,
    to: Annotated[Path, typer.Option("--to", help="The file to write; away from every backup.")],
    as_json: Json = False,
) -> None:
    """Seal the server's keys to the clinic's recovery key: two of its three holders open them for a restore."""
    with home.open_home(folder) as opened:
        write_escrow(opened, to)
        note_act(opened, the_keyboard(opened), "backup.escrow")
    lines = [f"The sealed keys are in {to}. Keep them away from the backups: together with two shares they open all."]
    say(lines, {"file": to}, as_json)


@plainly
def new_epoch(folder: Folder, as_json: Json = False) -> None:
    """For a folder that was put back by hand, from a disk image or a copy: begin the epoch that `restore` would have.

    The server must not run meanwhile.
    """
    author = put_back_by_hand(folder)
    lines = [
        f"The server in {folder} begins a new epoch and writes as {author_code(author)}.",
        "Next: hms-server serve.",
    ]
    say(lines, {"author": author_code(author)}, as_json)


def register(app: Any) -> None:
    """Add the commands."""
    for command in (backup, backups, restore, restored, drill, escrow):
        app.command()(command)
    app.command("new-epoch")(new_epoch)


def _newest(opened: Home) -> Path:
    found = backups_in(plan.folder_of(opened), opened)
    if not found:
        raise NotFound(f"There is no backup in {plan.folder_of(opened)} yet: make one, such as {file_name(0)}.")
    return found[0].file


def _keys(keys: Path | None, escrow: Path | None) -> ServiceKeys:
    if (keys is None) == (escrow is None):
        raise BadInput(f"Say where the keys are: --keys {KEYS_FILE}, or --escrow with two shares.", "keys")
    if keys is not None:
        return keys_in(keys)
    assert escrow is not None
    shares = []
    for number in range(1, NEEDED + 1):
        note(f"Holder {number}: type your share, then Enter.")
        shares.append(read_share(sys.stdin.readline()))
    return open_escrow(escrow, shares)
