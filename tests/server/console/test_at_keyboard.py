# SPDX-License-Identifier: Apache-2.0
"""The server's own keyboard: at once while it is set up, then by two administrators, or alone a day after saying so."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from hms_desktop.clinic.patients.model import Task
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.accounts import Device, account_news, granted_people
from hms_desktop.security.administration import AdminEvent
from sync_server import console_access as access
from sync_server import home, recovery_key
from sync_server.administration import COMMAND, By
from sync_server.commands import acting
from sync_server.commands.app import app
from sync_server.devices import NewDevice, make_code
from sync_server.footing import ALONE, SETTING_UP, TWO, footing
from tests.clinic.meeting import write
from tests.server.console.office import Office
from tests.server.process import PASSWORD

Command = Callable[..., Any]


@pytest.fixture
def command(desk: Office, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `hms-server` on the office's folder, by its clock; `by` types that person's console password and code."""
    monkeypatch.setattr(home, "open_home", partial(home.open_home, clock=desk.clock))

    def run(*words: str, by: str = "", code: str = "", exits: int = 0, typed: str = "") -> Any:
        given = [*words, "--folder", str(desk.home.folder), "--json"]
        if by:
            given += ["--by", by, "--by-stdin"]
            typed = f"{PASSWORD}\n{code or code_of(desk, by)}\n"
        done = CliRunner().invoke(app, given, input=typed)
        assert done.exit_code == exits, done.output
        return json.loads(done.stdout or done.stderr)

    return run


def code_of(desk: Office, login: str) -> str:
    """A code of the console's authenticator that was not used yet: time goes by for it."""
    desk.later(seconds=60)
    return str(pyotp.TOTP(desk.seeds[login]).at(desk.clock.ms // 1000))


def kinds(desk: Office) -> list[str]:
    """What administrators did, oldest first."""
    return [row.kind for row in desk.home.store.read(
        lambda r: r.rows(select(AdminEvent.kind).order_by(AdminEvent.k)), desk.home.worker)]  # fmt: skip


def logins(desk: Office) -> set[str]:
    """Who has an account."""
    return {person.login for person in desk.home.store.read(granted_people, desk.home.worker)}


JOIN = ("people", "add", "--login", "new.one", "--name", "New One", "--role", "nurse", "--reason", "starts on Monday")


@pytest.mark.accepts("SEC-15")
def test_what_takes_two_in_the_console_takes_two_at_the_keyboard(desk: Office, command: Command) -> None:
    make_code(desk.home, NewDevice("Desk", "front_desk", "Main"))
    asks = [
        JOIN,
        ("people", "reset-password", "zanele", "--reason", "forgot it"),
        ("people", "reset-second-factor", "zanele", "--reason", "lost the phone"),
        ("console-admin", "add", "bongani", "--reason", "lost the seed"),
        ("recovery-key", "--make", "--reason", "a holder left"),
    ]
    assert footing(desk.home, desk.book) == TWO
    for words in asks:
        assert "--by" in command(*words, exits=2)["message"], "nobody does it alone, whoever has the keyboard"
    assert "new.one" not in logins(desk)
    asked = [UUID(command(*words, by="anele")["request"]) for words in asks]
    assert "new.one" not in logins(desk) and command("requests", "list")["requests"][0]["state"] == "waiting"
    for id in asked:
        assert "can't approve it" in command("requests", "approve", str(id), by="anele", exits=4)["message"]
        assert "other administrator" in command("requests", "carry-out", str(id), by="anele", exits=1)["message"]
    told = [command("requests", "approve", str(id), by="bongani") for id in asked]
    assert "new.one" in logins(desk) and told[0]["told"][0][1].count("-") == 3
    news = desk.home.store.read(partial(account_news, person=desk.zanele.id), desk.home.worker)
    assert {one.what for one in news} == {"password reset", "second factor reset"}
    assert access.invited(desk.home, desk.book, told[3]["told"][0][1]) == desk.bongani.id
    before = desk.home.store.read(recovery_key.stated_key, desk.home.worker)
    made = command("recovery-key", "--request", str(asked[4]))
    assert len(made["shares"]) == 3 and before is None
    assert "approved within the last hour" in command("recovery-key", "--request", str(asked[4]), exits=1)["message"]
    assert kinds(desk).count("request.approved") == 5 and "recovery_key.made" in kinds(desk)


@pytest.mark.accepts("SEC-15")
def test_wrong_passwords_and_codes_at_the_keyboard_do_nothing_and_wait(desk: Office, command: Command) -> None:
    good = code_of(desk, "anele")
    assert command(*JOIN, by="anele", code=good)["request"]
    assert "wrong" in command(*JOIN, by="anele", code=good, exits=4)["message"], "a code is good once"
    assert "wrong" in command(*JOIN, by="zanele", code="000000", exits=4)["message"], "she is no administrator"
    assert kinds(desk)[-2:] == ["console.wrong_try"] * 2, "every wrong try is in the trail"
    assert "--by-stdin" in command(*JOIN, "--by", "anele", exits=2)["message"], "no terminal to ask at"
    for _try in range(4):
        command(*JOIN, by="anele", code="000000", exits=4)
    assert "Too many tries" in command(*JOIN, by="anele", code="000000", exits=4)["message"]
    id = command("requests", "list")["requests"][0]["request"]
    assert "Say why not" in command("requests", "decline", id, by="bongani", exits=2)["message"]
    assert command("requests", "decline", id, "--why", "not yet", by="bongani")["state"] == "declined"
    assert command("requests", "approve", id, by="bongani", exits=1) and "new.one" not in logins(desk)


def tasks(desk: Office) -> list[str]:
    """What the privacy officer is asked to look at."""
    return [row.title for row in desk.home.store.read(
        lambda r: r.rows(select(Task.title).where(Task.role == "privacy_officer")), desk.home.worker)]  # fmt: skip


@pytest.mark.accepts("SEC-15")
def test_the_last_administrator_waits_a_day_and_others_are_told(desk: Office, command: Command) -> None:
    command("console-admin", "end", "bongani")
    assert footing(desk.home, desk.book) == ALONE
    asked = command(*JOIN, by="anele")
    assert asked["alone_from"] and tasks(desk) == [
        "Anele asks alone, with no second administrator: New One (new.one) joins as Nurse. Look whether this is right."
    ]
    id = asked["request"]
    assert "from" in command("requests", "carry-out", id, by="anele", exits=1)["message"]
    desk.later(hours=24)
    told = command("requests", "carry-out", id, by="anele")["told"]
    assert "new.one" in logins(desk) and len(told) == 1
    assert kinds(desk)[-4:] == ["request.alone", "request.done_alone", "request.approved", "person.joined"]
    late = command("people", "reset-password", "zanele", "--reason", "forgot it", by="anele")["request"]
    desk.later(hours=48)
    assert "expired" in command("requests", "carry-out", late, by="anele", exits=1)["message"]
    waits = command("people", "reset-password", "zanele", "--reason", "forgot it", by="anele")["request"]
    by = By(desk.home.facts.id, "Sync server", COMMAND)
    access.give_access(desk.home, desk.book, by, desk.bongani, PASSWORD, desk.seeds["bongani"])
    desk.later(hours=25)
    assert "let them approve" in command("requests", "carry-out", waits, by="anele", exits=1)["message"]
    assert "Only who asked" in command("requests", "carry-out", waits, by="bongani", exits=4)["message"]


def test_where_nobody_is_left_the_keyboard_waits_a_day_too(desk: Office, command: Command) -> None:
    for login in ("anele", "bongani"):
        command("console-admin", "end", login)
    id = command("console-admin", "add", "anele", "--reason", "both lost their seeds")["request"]
    assert access.holders(desk.home, desk.book) == [] and len(tasks(desk)) == 1
    desk.later(hours=24)
    word = command("requests", "carry-out", id)["told"][0][1]
    assert access.invited(desk.home, desk.book, word) == desk.anele.id


def test_a_new_server_is_set_up_by_one_for_a_week_at_most(desk: Office, command: Command) -> None:
    for login in ("anele", "bongani"):
        command("console-admin", "end", login)
    desk.book.put("two administrators", False)
    assert footing(desk.home, desk.book) == SETTING_UP
    added = command(*JOIN, "--one-time")
    assert added["password"] and kinds(desk)[-1] == "person.joined"
    command("console-admin", "add", "anele", "--password-stdin", typed=PASSWORD + "\n")
    assert footing(desk.home, desk.book) == SETTING_UP, "one administrator alone is not two"
    desk.later(days=8)
    assert footing(desk.home, desk.book) == ALONE


def test_what_one_may_do_alone_at_the_keyboard_is_in_the_trail_too(desk: Office, command: Command) -> None:
    facts = {"author": 5, "name": "Desk", "site": "Main", "kind": "front_desk", "signing_public": b"k" * 32}
    desk.home.store.act(write(Device, status="approved", reduced_protection=False, **facts), desk.home.worker)
    before = len(kinds(desk))
    for words in (
        ("permit-code", "Desk"), ("rights", "station", "Desk", "billing"),
        ("settings", "set", "lab.critical_call_minutes", "20"), ("enroll-code", "--name", "Desk 2", "--kind", "lab"),
        ("block", "Desk"), ("wipe", "Desk"), ("revoke", "zanele"),
    ):  # fmt: skip
        command(*words)
    assert kinds(desk)[before:] == [
        "device.permit_code", "device.kind", "settings.chosen", "device.code", "device.blocked", "device.wipe_ordered",
        "person.left",
    ]  # fmt: skip


def test_at_a_terminal_password_and_code_are_typed_and_the_right_is_asked_for(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(acting.getpass, "getpass", lambda _words: PASSWORD)
    monkeypatch.setattr("builtins.input", lambda _words: code_of(desk, "anele"))
    asking, done = acting.Asking("ANELE", "why", False), list[str]()
    assert acting.actor(desk.home, desk.book, asking).by.person == desk.anele.id
    with pytest.raises(NotAllowed, match=r"lacks the right patient\.read"):
        acting.at_once_or_asked(
            desk.home, asking, "patient.read", lambda: done.append("done"), lambda *_given: UUID(int=1), True
        )
    assert not done
