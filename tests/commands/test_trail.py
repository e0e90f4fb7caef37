# SPDX-License-Identifier: Apache-2.0
"""The trail by commands and over the wire: what is written down, that nobody can switch it off, and a full disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import lower_flag, raise_flag, register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.clock import SystemClock, instant, stamp_author
from hms_desktop.security.audit import AccessEvent, note_coming_or_going
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import decode_details
from hms_desktop.sync.segments import RETENTION_YEARS, file_of
from sync_server.nightly import run_if_due
from tests.commands.small_disk import fill, make_room, on_small_disk
from tests.commands.test_hms import as_zanele
from tests.server.process import PASSWORD, ServerProcess

SEVEN_YEARS_MS = 7 * 365 * 86_400_000
ZANELE = ("--login", "zanele", "--password-stdin")


def a_life(bench: Bench) -> tuple[bytes, bytes]:
    """Something is made, changed and taken back; the person and the patient."""
    written = Registration(family="Trailed", given="Ann", sex="female", born="1980-02-03")
    patient = bench.store.act(partial(register, written=written), bench.acting)
    flag = bench.store.act(partial(raise_flag, patient=patient, kind="access", text="Deaf"), bench.acting)
    bench.store.act(partial(lower_flag, flag=flag, reason="Hears well"), bench.acting)
    return bench.acting.person.id.bytes, patient.bytes


def at_the_server(server: ServerProcess, question: Any) -> list[Any]:
    """Rows of the server's store."""
    with server.home.store.reading() as connection:
        return list(connection.execute(question))


@pytest.mark.accepts("SEC-09")
@pytest.mark.accepts("SEC-16")
def test_what_is_done_and_seen_lies_at_the_server_with_who_whom_where_when_and_why(
    server: ServerProcess, desk: Path, bench: Bench
) -> None:
    author, (who, whom) = bench.store.station.author, a_life(bench)
    bench.store.close()
    assert as_zanele("status", desk, password="not the password at all").returncode == 4
    for command, *words in (("search", "trailed"), ("sync",)):
        assert as_zanele(command, desk, *words).returncode == 0
    log = at_the_server(server, select(ledger.change_log).where(ledger.change_log.c.author == author))
    said = {decode_details(bytes(row.details)).action: decode_details(bytes(row.details)) for row in log}
    for done in ("patients.register", "patients.raise_flag", "patients.lower_flag", "patients.find"):
        assert said[done].person == who and abs(said[done].wall_ms - SystemClock().now_ms()) < 3_600_000, done
    events = [row for row in at_the_server(server, select(AccessEvent.__table__)) if stamp_author(row.k) == author]
    assert {"wrong-try", "sign-in", "sign-out", "search"} <= {event.kind for event in events}
    search = next(event for event in events if event.kind == "search")
    assert (search.by.bytes, search.listed, search.purpose) == (who, [whom.hex()], "treatment")
    assert abs((instant(SystemClock().now_ms()) - search.at).total_seconds()) < 3600
    whole = server.command("verify")
    assert (
        not whole["broken"] and {window["station"]: window["since"] for window in whole["windows"]}["Front desk 1"] == 0
    )
    with server.home.store.writing() as connection:
        kept = {"author": author, "leaves": log[-1].leaves, "number": log[-1].number}
        write = text("UPDATE own_change_log SET leaves = :leaves WHERE author = :author AND number = :number")
        connection.execute(write, {**kept, "leaves": bytes(kept["leaves"]).replace(b"search", b"sEarch")[:-1] + b"x"})
    told = server.run("verify")
    with server.home.store.writing() as connection:
        connection.execute(write, kept)
    assert told.returncode == 3 and f" {log[-1].number} (Front desk 1): " in told.stdout, told.stdout


@pytest.mark.accepts("SEC-09")
@pytest.mark.prints("the log says what the store refused")
def test_nobody_switches_it_off_or_takes_something_out(bench: Bench) -> None:
    """No right is asked for it, and rows of the trail can't be changed by any statement beside the one write path."""
    nobody = type(bench.acting)(type(bench.acting.person)(
        bench.acting.person.id, "Nobody", "nobody", frozenset(), frozenset()), bench.acting.sign)  # fmt: skip
    event = bench.store.act(partial(note_coming_or_going, kind="lock"), nobody)
    assert bench.store.read(lambda reader: reader.get(AccessEvent, event), nobody).kind == "lock"
    for statement in ("DELETE FROM access_event", "UPDATE access_event SET kind = 'lock'", "DROP TABLE access_event"):
        with pytest.raises(DatabaseError), bench.store.writing() as connection:
            connection.execute(text(statement))


@pytest.mark.accepts("SEC-09")
def test_what_is_older_than_six_years_is_put_away_verified_and_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = SystemClock.now_ms
    monkeypatch.setattr(SystemClock, "now_ms", lambda self: now_ms(self) - SEVEN_YEARS_MS)
    made = ServerProcess(tmp_path / "old")
    home = made.home
    home.store.act(partial(note_coming_or_going, kind="lock"), home.worker)
    monkeypatch.undo()
    assert RETENTION_YEARS >= 6 and run_if_due(home.store, home.worker)
    kept = made.command("verify")
    assert kept["segments"] == 1 and not kept["broken"]
    assert "1 sealed segments of the old trail hold." in made.run("verify").stdout
    (event,) = at_the_server(made, select(AccessEvent.__table__))
    assert (instant(SystemClock().now_ms()) - event.at).days >= 6 * 365, "the row that reports are made from stays"
    file_of(made.folder, 1).unlink()
    gone = made.run("verify")
    made.close()
    assert gone.returncode == 3 and "segment 1 of the trail is missing" in gone.stdout, gone.stdout


@pytest.mark.accepts("SEC-09")
@pytest.mark.accepts("OPS-07")
def test_on_a_disk_that_is_really_full_work_and_trail_go_on_with_an_alert_and_never_without_a_trail(desk: Path) -> None:
    """To the last byte: the room kept back lets people in and is told of; when that is gone, too, nothing is shown."""
    steps = [
        (fill, ("search", "a", *ZANELE)), (fill, ("search", "a", *ZANELE)), (make_room, ("status", "--json", *ZANELE)),
        (make_room, ("verify", *ZANELE)),
    ]  # fmt: skip
    ended = on_small_disk(desk, steps, PASSWORD + "\n")
    on_the_rest, on_nothing, _after, checked = ended
    assert on_the_rest.returncode == 0 and "Free some space on this computer now" in on_the_rest.stderr
    assert on_nothing.returncode == 6 and "The disk is full: nothing was shown" in on_nothing.stderr
    assert on_nothing.stdout == "" and checked.returncode == 0 and "Free some space" not in checked.stderr
