# SPDX-License-Identifier: Apache-2.0
"""Who gets in: password and code of the console's own, codes once, waits that grow, sessions that end."""

from __future__ import annotations

import pyotp
import pytest

from hms_desktop.core.errors import BadInput, NotAllowed, NotFound
from hms_desktop.security import totp
from sync_server import console_access as access
from sync_server.console.pace import Pace
from sync_server.console.sessions import digest, form_token, form_token_holds
from sync_server.notebook import open_notebook
from tests.server.console.office import Office
from tests.server.process import CHEAP, PASSWORD


def code(desk: Office, login: str) -> str:
    return str(pyotp.TOTP(desk.seeds[login]).at(desk.clock.ms // 1000))


def test_the_password_and_a_code_once(desk: Office) -> None:
    assert access.password_holds(desk.book, "Anele", PASSWORD) == desk.anele.id
    assert access.password_holds(desk.book, "anele", "another password of words") is None
    assert access.password_holds(desk.book, "nobody", PASSWORD) is None
    now = code(desk, "anele")
    assert not access.code_holds(desk.home, desk.book, desk.bongani.id, now)
    assert not access.code_holds(desk.home, desk.book, None, now)
    assert access.code_holds(desk.home, desk.book, desk.anele.id, now)
    assert not access.code_holds(desk.home, desk.book, desk.anele.id, now)


def test_a_code_stays_used_when_the_server_starts_again(desk: Office) -> None:
    now = code(desk, "anele")
    assert access.code_holds(desk.home, desk.book, desk.anele.id, now)
    again = open_notebook(desk.home)
    assert not access.code_holds(desk.home, again, desk.anele.id, now)
    again.close()


def test_only_an_administrator_is_let_in_and_a_weak_password_is_not_taken(desk: Office) -> None:
    with pytest.raises(NotAllowed, match="no role of an administrator"):
        access.give_access(desk.home, desk.book, desk.by(desk.anele), desk.zanele, PASSWORD, totp.new_seed(), CHEAP)
    with pytest.raises(BadInput, match="password"):
        access.give_access(desk.home, desk.book, desk.by(desk.anele), desk.anele, "short", totp.new_seed(), CHEAP)
    with pytest.raises(NotFound, match="Nobody signs in as nobody"):
        access.colleague_called(desk.home, "nobody")


def test_an_invitation_is_good_once_and_for_a_day(desk: Office) -> None:
    word = access.invite(desk.home, desk.book, desk.by(desk.anele), desk.bongani.id)
    assert access.invited(desk.home, desk.book, word.upper()) == desk.bongani.id
    assert access.invited(desk.home, desk.book, word, spend=True) == desk.bongani.id
    with pytest.raises(NotAllowed):
        access.invited(desk.home, desk.book, word)
    late = access.invite(desk.home, desk.book, desk.by(desk.anele), desk.bongani.id)
    desk.later(days=1)
    with pytest.raises(NotAllowed):
        access.invited(desk.home, desk.book, late)


def test_taking_access_away_ends_sessions_too(desk: Office) -> None:
    token = desk.console.sessions.open(desk.bongani.id, "code", "10.0.4.7", "Chrome")
    access.take_access(desk.home, desk.book, desk.by(desk.anele), desk.bongani.id)
    assert desk.console.sessions.find(token) is None
    assert not access.has_access(desk.book, desk.bongani.id)
    assert [person.login for person in access.holders(desk.home, desk.book)] == ["anele"]


def test_a_session_ends_after_fifteen_idle_minutes_and_after_eight_hours(desk: Office) -> None:
    sessions = desk.console.sessions
    idle, busy = (sessions.open(desk.anele.id, "code", "10.0.4.7", "Chrome") for _n in range(2))
    for _step in range(47):
        desk.later(minutes=10)
        assert sessions.find(busy) is not None
    assert sessions.find(idle) is None
    desk.later(minutes=10)
    assert sessions.find(busy) is None, "eight hours are over, however busy it was"


def test_sessions_are_listed_and_ended_by_one_another(desk: Office) -> None:
    sessions = desk.console.sessions
    first, second = (sessions.open(desk.anele.id, "code", f"10.0.4.{n}", "Chrome") for n in range(2))
    assert len(first) == 32, "128 bits"
    assert {one.origin for one in sessions.of(desk.anele.id)} == {"10.0.4.0", "10.0.4.1"}
    sessions.end_all(desk.anele.id, but=digest(first))
    assert sessions.find(first) is not None and sessions.find(second) is None


def test_a_form_is_good_in_its_own_session_alone() -> None:
    assert form_token_holds("a" * 32, form_token("a" * 32))
    assert not form_token_holds("b" * 32, form_token("a" * 32))
    assert not form_token_holds("", form_token(""))


def test_the_waits_after_wrong_tries_grow_and_are_the_same_for_a_name_that_nobody_has(desk: Office) -> None:
    tries, waits = desk.console.tries, []
    for login in ("anele", "nobody"):
        waits.append([])
        for _try in range(7):
            tries.wrong(login, f"10.0.5.{len(waits)}")
            waits[-1].append(tries.wait_ms(login, f"10.0.5.{len(waits)}") // 60_000)
    assert waits == [[0, 0, 0, 0, 1, 5, 15]] * 2
    tries.right("anele", "10.0.5.1")
    assert tries.wait_ms("anele", "10.0.5.1") == 0


def test_many_names_from_one_address_wait_too(desk: Office) -> None:
    for n in range(20):
        desk.console.tries.wrong(f"guess {n}", "10.0.6.6")
    assert desk.console.tries.wait_ms("fresh", "10.0.6.6") and not desk.console.tries.wait_ms("fresh", "10.0.6.7")


def test_a_flood_of_requests_is_told_to_wait_ever_longer(desk: Office) -> None:
    pace = Pace(desk.clock, a_minute=3)
    waits = [pace.wait_seconds("10.0.4.7") for _n in range(9)]
    assert waits[:3] == [0, 0, 0] and waits[3] == 5 and waits[-1] == 20
    assert pace.wait_seconds("10.0.4.8") == 0
    desk.later(minutes=1)
    assert pace.wait_seconds("10.0.4.7") == 0
