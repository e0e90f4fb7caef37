# SPDX-License-Identifier: Apache-2.0
"""What the `hms` command can ask of an open workstation; answers are plain values that travel as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from hms_desktop.clinic.patients.service import find_patients
from hms_desktop.commands import comparing
from hms_desktop.commands.bench import Bench
from hms_desktop.commands.carrying import ends_of, make_file, take_file
from hms_desktop.commands.diagnostics import diagnose
from hms_desktop.commands.second_copy import keep_at
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.security.roles import policy
from hms_desktop.storage.chain import BrokenLink
from hms_desktop.storage.reader import Reader
from hms_desktop.sync import outbox, report, second_place
from hms_desktop.sync.line_limit import choose_here
from hms_desktop.sync.second_place import SecondPlace
from hms_desktop.sync.verify import verify
from hms_desktop.sync.verify_words import answer_of

Answer = dict[str, Any]


def status(bench: Bench) -> Answer:
    """How this workstation stands: line, what waits, what is held back, last successful exchange."""
    state, counts = bench.runner.state, bench.exchange.counts()
    with bench.store.reading() as connection:
        modules = outbox.by_module(connection, bench.store.station.author)
        held = report.held_sets(connection, bench.store.station.author, bench.acting.person.id)
    last = state.last_success_ms
    return {
        "workstation": bench.store.station.name,
        "kind": bench.store.station.kind,
        "person": bench.acting.person.name,
        "network": state.network,
        "waiting": counts.waiting,
        "waiting_by_module": modules,
        "held_back": [_held(one) for one in held],
        "last_success": instant(last).isoformat() if last else None,
        "problem": state.problem,
        "line_kbit": state.kbit,
    }


def _held(held: report.HeldSet) -> Answer:
    return {
        "number": held.number,
        "action": held.action,
        "reason": held.reason,
        "station": held.station,
        "records": [f"{table} {id}" for table, id in held.records],
    }


def sync(bench: Bench, progress: Callable[[str, int, int], None] | None = None, limit: int | None = None) -> Answer:
    """One whole round with the server, now; Unavailable when nobody answers, with what is still waiting.

    From now on it takes at most `limit` of the line (kbit/s each way, 0: all of it) where that is given.
    """
    if limit is not None:
        choose_here(bench.store, limit)
    before = bench.exchange.counts().waiting
    try:
        bench.exchange.catch_up(progress)
    except Unavailable as error:
        raise Unavailable(f"{error} Waiting here: {before}.") from error
    after = bench.exchange.counts()
    return {
        "sent": before - after.waiting,
        "waiting": after.waiting,
        "held_back": len(after.held_back),
        "clock_ahead_ms": bench.exchange.ahead_ms,
        "line_kbit": bench.runner.state.kbit,
    }


def search(bench: Bench, text: str) -> Answer:
    """Find patients as typed; the search itself is noted in the audit trail."""
    if not text.strip():
        raise BadInput("Type a name, a birth date, a record number or a telephone number to search for.", "text")
    found = bench.store.act(partial(find_patients, text=text), bench.acting)
    return {
        "more": found.more,
        "patients": [
            {
                "record": hit.name.mrn,
                "name": ", ".join(part for part in (hit.name.family, hit.name.given) if part),
                "born": hit.name.born,
                "sex": hit.name.sex,
            }
            for hit in found.hits
        ],
    }


def verify_replica(bench: Bench, quick: bool = False) -> Answer:
    """Check every chain, signed end and signature that this workstation holds; what is broken comes with what to do.

    `quick` leaves out the signature of each single change set.
    """
    profile, own = bench.opened.profile, bench.store.station.author
    with bench.store.reading() as connection:
        found = verify(connection, profile.server.signing_public, profile.clinic.id, own=own, quick=quick)
        sent = outbox.sent(connection)
    unsent = next((link for link in found.broken if link.author == own and link.number > sent), None)
    return {**answer_of(found, _remedy(unsent)), "log": comparing.log_of(bench)}


def _remedy(unsent: BrokenLink | None) -> str:
    anew = (
        "Keep this folder as it is. Send what waits with `hms sync`, then enrol this computer anew into another folder "
        "with `hms enroll`: it is filled from the server. Let the administrator block the old one."
    )
    if unsent is None:
        return anew
    return f"{anew} What was done here from {unsent.number} on has not reached the server whole: do it again there."


def bundle_make(bench: Bench, to: str) -> Answer:
    """What was not sent, written into a file for the server."""
    made = make_file(bench, Path(to))
    return {"file": str(made.file), "number": made.number, "sets": made.sets, "bytes": made.size}


def bundle_take(bench: Bench, file: str) -> Answer:
    """The server's file for this workstation, taken in."""
    taken = take_file(bench, Path(file))
    return {**asdict(taken), "made": instant(taken.made_ms).isoformat(timespec="minutes")}


def backup(bench: Bench) -> Answer:
    """Where what waits is kept, too, brought up to now."""
    return _second(second_place.refresh(bench.store, partial(ends_of, bench)))


def backup_at(bench: Bench, to: str) -> Answer:
    """The same after another place was chosen; empty for none."""
    return _second(keep_at(bench, Path(to) if to else None))


def _second(place: SecondPlace | None) -> Answer:
    if place is None:
        return {"folder": "", "file": "", "made": None, "problem": ""}
    made = instant(place.made_ms).isoformat(timespec="minutes") if place.made_ms else None
    return {"folder": place.folder, "file": place.file, "made": made, "problem": place.problem}


OPERATIONS: Mapping[str, Callable[..., Answer]] = {
    "status": status, "sync": sync, "search": search, "verify": verify_replica, "diagnostics": diagnose,
    "bundle_make": bundle_make, "bundle_take": bundle_take,
    "backup": backup, "backup_at": backup_at, "digest": comparing.compare,
}  # fmt: skip


def operate(bench: Bench, name: str, values: Mapping[str, Any]) -> Answer:
    """Answer a command; NotAllowed where whoever is signed in lacks its right, KeyError when the policy has none."""
    needed = policy().commands[name]
    bench.store.read(partial(Reader.check, permission=needed), bench.acting)
    return OPERATIONS[name](bench, **values)
