# SPDX-License-Identifier: Apache-2.0
"""What takes two persons: nobody approves their own request, nothing happens late, each step stands in the chain."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.security.accounts import Account
from hms_desktop.security.administration import AdminEvent
from sync_server import exporting, staffing, two_person
from sync_server.access_review import CHANGE, KEEP, finish, lines, quarter_of, report, reports
from sync_server.administration import note_act
from sync_server.console.pages.audit import EXPORT
from sync_server.console_access import Colleague, colleague_called, invited
from sync_server.two_person import approve, ask, decline, request, use
from tests.server.console.office import Office


def kinds(desk: Office) -> list[str]:
    rows = desk.home.store.read(lambda r: r.rows(select(AdminEvent.kind).order_by(AdminEvent.k)), desk.home.worker)
    return [row.kind for row in rows]


def asked(desk: Office, roles: list[str]) -> UUID:
    made = staffing.change_roles(desk.home, desk.book, desk.by(desk.anele), desk.zanele.id, roles, "covers the desk")
    assert made is not None
    return made


def yes(desk: Office, person: Colleague, id: UUID) -> two_person.Told:
    return approve(desk.home, desk.book, desk.by(person), id, person.rights)


def test_a_role_is_given_by_two_and_taken_by_one(desk: Office) -> None:
    wish = asked(desk, ["receptionist", "cashier"])
    assert desk.roles(desk.zanele.id) == ("receptionist",)
    with pytest.raises(NotAllowed, match="Another administrator has to"):
        yes(desk, desk.anele, wish)
    with pytest.raises(NotAllowed, match="the right people"):
        yes(desk, desk.zanele, wish)
    yes(desk, desk.bongani, wish)
    assert desk.roles(desk.zanele.id) == ("receptionist", "cashier")
    with pytest.raises(Refused, match="approved"):
        yes(desk, desk.bongani, wish)
    by = desk.by(desk.bongani)
    assert staffing.change_roles(desk.home, desk.book, by, desk.zanele.id, ["cashier"], "") is None
    assert desk.roles(desk.zanele.id) == ("cashier",)
    assert kinds(desk)[-4:] == ["request.asked", "request.approved", "person.moved", "person.moved"]


def test_a_request_is_over_after_a_day_or_when_it_is_declined_or_taken_back(desk: Office) -> None:
    late = asked(desk, ["receptionist", "cashier"])
    desk.later(hours=24)
    with pytest.raises(Refused, match="expired"):
        yes(desk, desk.bongani, late)
    no = asked(desk, ["receptionist", "cashier"])
    with pytest.raises(BadInput, match="Say why not"):
        decline(desk.home, desk.book, desk.by(desk.bongani), no, " ")
    decline(desk.home, desk.book, desk.by(desk.bongani), no, "not this month")
    back = asked(desk, ["receptionist", "cashier"])
    decline(desk.home, desk.book, desk.by(desk.anele), back, "")
    states = [request(desk.home, desk.book, id).state for id in (late, no, back)]
    assert states == ["expired", "declined", "withdrawn"]
    assert desk.roles(desk.zanele.id) == ("receptionist",)


def test_a_request_without_a_reason_or_about_nobody_is_none(desk: Office) -> None:
    with pytest.raises(BadInput, match="Say why"):
        ask(desk.home, desk.book, desk.by(desk.anele), EXPORT.name, "everything", reason=" ")
    with pytest.raises(NotFound):
        request(desk.home, desk.book, UUID(int=5))
    for roles in ([], ["emperor"], ["receptionist"]):
        with pytest.raises(BadInput):
            asked(desk, roles)


def test_what_changed_since_it_was_asked_is_not_written_over(desk: Office) -> None:
    first, second = asked(desk, ["receptionist", "cashier"]), asked(desk, ["receptionist", "nurse"])
    yes(desk, desk.bongani, first)
    with pytest.raises(Refused, match="changed since"):
        yes(desk, desk.bongani, second)
    assert request(desk.home, desk.book, second).state == "failed"


def test_joining_shows_a_start_password_once_and_leaving_ends_everything(desk: Office) -> None:
    wish = staffing.ask_to_join(
        desk.home, desk.book, desk.by(desk.anele), "thabo", "Thabo", ["doctor"], "starts on Monday"
    )
    ((words, password),) = yes(desk, desk.bongani, wish)
    thabo = colleague_called(desk.home, "thabo")
    assert "thabo" in words and len(password) > 15 and thabo.roles == ("doctor",)
    row = desk.home.store.read(lambda r: r.get(Account, thabo.id), desk.home.worker)
    assert row.must_change and password.encode() not in row.wrapped
    staffing.leave(desk.home, desk.book, desk.by(desk.anele), thabo.id)
    assert not colleague_called(desk.home, "thabo").rights
    with pytest.raises(Refused, match="has left"):
        staffing.change_roles(desk.home, desk.book, desk.by(desk.anele), thabo.id, ["nurse"], "x")
    with pytest.raises(Refused, match="your own access"):
        staffing.leave(desk.home, desk.book, desk.by(desk.anele), desk.anele.id)


def test_keys_of_a_person_are_renewed_by_two(desk: Office) -> None:
    home, book, anele = desk.home, desk.book, desk.by(desk.anele)
    before = home.store.read(lambda r: r.get(Account, desk.zanele.id), home.worker).statement
    keys = staffing.ask_for_reset(home, book, anele, desk.zanele.id, staffing.PASSWORD, "forgot it")
    factor = staffing.ask_for_reset(home, book, anele, desk.zanele.id, staffing.FACTOR, "lost the telephone")
    assert home.store.read(lambda r: r.get(Account, desk.zanele.id), home.worker).statement == before
    assert yes(desk, desk.bongani, keys) and yes(desk, desk.bongani, factor) == ()
    assert home.store.read(lambda r: r.get(Account, desk.zanele.id), home.worker).statement != before


def test_the_console_is_opened_for_somebody_by_two(desk: Office) -> None:
    with pytest.raises(NotAllowed):
        staffing.ask_for_console(desk.home, desk.book, desk.by(desk.anele), desk.zanele.id, "helps out")
    with pytest.raises(NotFound):
        staffing.ask_for_console(desk.home, desk.book, desk.by(desk.anele), UUID(int=9), "helps out")
    yes(desk, desk.bongani, asked(desk, ["receptionist", "administrator"]))
    wish = staffing.ask_for_console(desk.home, desk.book, desk.by(desk.anele), desk.zanele.id, "helps out")
    ((_words, word),) = yes(desk, desk.bongani, wish)
    assert invited(desk.home, desk.book, word) == desk.zanele.id


def test_an_approved_export_is_used_once_by_who_asked_within_an_hour(desk: Office) -> None:
    home, book, anele = desk.home, desk.book, desk.by(desk.anele)

    def wish() -> UUID:
        return ask(home, book, anele, EXPORT.name, "the log of October", reason="the auditor asks")

    once, late = wish(), wish()
    with pytest.raises(Refused, match="approved within the last hour"):
        use(home, book, anele, once, EXPORT.name)
    for id in (once, late):
        yes(desk, desk.bongani, id)
    with pytest.raises(Refused):
        use(home, book, desk.by(desk.bongani), once, EXPORT.name)
    use(home, book, anele, once, EXPORT.name)
    with pytest.raises(Refused):
        use(home, book, anele, once, EXPORT.name)
    desk.later(hours=1)
    with pytest.raises(Refused):
        use(home, book, anele, late, EXPORT.name)


def test_every_record_leaves_by_two_persons_at_the_servers_keyboard(desk: Office, tmp_path: Path) -> None:
    home, book, target = desk.home, desk.book, tmp_path / "records.zip"
    wish = ask(home, book, desk.by(desk.anele), exporting.EXPORT.name, "every record", reason="another vendor")
    with pytest.raises(Refused):
        exporting.export_records(home, book, wish, target)
    assert not target.exists()
    yes(desk, desk.bongani, wish)
    assert exporting.export_records(home, book, wish, target)["account"] == 3
    with zipfile.ZipFile(target) as archive:
        people = [json.loads(line) for line in archive.read("security/account.jsonl").splitlines()]
        assert json.loads(archive.read("about.json"))["reason"] == "another vendor"
    assert {one["login"] for one in people} == {"anele", "bongani", "zanele"} and "wrapped" not in people[0]
    assert target.stat().st_mode & 0o077 == 0
    for again in (target, tmp_path / "again.zip"):
        with pytest.raises((BadInput, Refused)):
            exporting.export_records(home, book, wish, again)


def test_the_access_review_of_a_quarter_has_a_report_whose_digest_stands_in_the_chain(desk: Office) -> None:
    note_act(desk.home, desk.by(desk.anele), "audit.checked")
    people = lines(desk.home, desk.book)
    assert quarter_of(desk.home) == "2026-Q4" and {line.login for line in people} == {"anele", "bongani", "zanele"}
    assert {line.login for line in people if line.console and line.last} == {"anele"}, "work at the console is work"
    assert {line.login for line in people if line.console} == {"anele", "bongani"}
    decisions = {line.id: KEEP for line in people if line.login != "zanele"}
    with pytest.raises(BadInput, match="Zanele"):
        finish(desk.home, desk.book, desk.by(desk.anele), decisions, "")
    made = finish(desk.home, desk.book, desk.by(desk.anele), {**decisions, desk.zanele.id: CHANGE}, "moves to billing")
    assert (made.kept, made.changed, made.note) == (2, 1, "moves to billing")
    assert reports(desk.book) == [made] and report(desk.book, "2026-Q4").digest == made.digest
    question = select(AdminEvent.detail).where(AdminEvent.kind == "access.reviewed")
    assert desk.home.store.read(lambda r: r.scalar(question), desk.home.worker) == f"2026-Q4 {made.digest}"
    with pytest.raises(NotFound):
        report(desk.book, "2026-Q3")
