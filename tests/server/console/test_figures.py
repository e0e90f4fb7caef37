# SPDX-License-Identifier: Apache-2.0
"""What the console tells of workstations: silence in opening hours once, clocks, lag, wishes that are carried out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from functools import partial
from unittest.mock import Mock
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
import structlog
from sqlalchemy import insert, select
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from hms_desktop.clinic.ehr.model import NoKnownAllergy, NoKnownAllergyVoid
from hms_desktop.clinic.inventory.queries import STOCK_PLACE
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.core.ids import author_code
from hms_desktop.core.logs import LEVELS, begin_log
from hms_desktop.security.accounts import Device, setting
from hms_desktop.security.administration import AdminEvent
from hms_desktop.security.audit import note_list, note_refusal
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import Leaf, encode_leaf
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import copies
from hms_desktop.sync.protocol import Diagnostics, Hello, Pull, Welcome
from sync_server import access_review, notebook, quarantine, staffing, two_person
from sync_server.administration import By, nothing_more
from sync_server.backups import last_backup, note_backup
from sync_server.console import silence
from sync_server.console.app import Asked
from sync_server.console.audit_lines import AREAS, Filter, audit_page
from sync_server.console.figures import badges, stations
from sync_server.console.look import brief, browser_words, initials
from sync_server.console.pages import audit, devices, requests
from sync_server.console.pages import people as people_page
from sync_server.console.pages.audit import as_csv
from sync_server.console.pages.overview import overview
from sync_server.console.silence import tell_silences
from sync_server.contacts import Contacts
from sync_server.devices import decide
from sync_server.opening import USUAL, Opening, is_silent, open_time, read_opening, typed_opening
from sync_server.people import NewPerson, add_person
from sync_server.wishes import DIAGNOSTICS, FILL_ANEW, KEPT_DAYS
from tests.server.console.office import Office
from tests.server.process import CHEAP, PASSWORD

ZONE = ZoneInfo("Africa/Johannesburg")
WELCOME = Welcome("s", b"s", b"e", 0, 0, [], [], 0, "Riverbend Clinic", "UTC", "ZAR", True)


def station(desk: Office, name: str, status: str = "approved", kind: str = "front_desk") -> UUID:
    """A workstation as enrolling makes it."""

    def add(unit: Unit) -> UUID:
        unit.action = "server.device"
        author = 1 + len(unit.rows(select(Device.id)))
        return unit.add(
            Device, author=author, name=name, site="Main", kind=kind, signing_public=b"k" * 32, status=status,
            reduced_protection=False,
        )  # fmt: skip

    return desk.home.store.act(add, desk.home.worker)


def greets(desk: Office, id: UUID, **said: object) -> Welcome:
    """It greets and says this of itself."""
    hello = Hello(1, 1, b"g" * 16, 0, "0.1.0", desk.clock.ms, **said)  # type: ignore[arg-type]
    desk.contacts.heard(id, "10.0.4.31")
    return desk.contacts.greeted(id, hello, WELCOME)


def asked(desk: Office) -> Asked:
    """Anele, signed in, asks for a page."""
    token = desk.console.sessions.open(desk.anele.id, "code", "10.0.4.7", "Chrome")
    scope = {"type": "http", "method": "GET", "path": "/console/overview", "headers": [], "query_string": b""}
    found = Asked(Request(scope), {}, {}, token)
    found.session, found.person = desk.console.sessions.find(token), desk.anele
    return found


def words(desk: Office) -> dict[str, str]:
    return {one.device.name: one.chip.words for one in stations(desk.console)}


def test_only_opening_time_counts_as_silence() -> None:
    friday, monday = datetime(2026, 11, 20, 14, 0, tzinfo=UTC), datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert open_time(USUAL, friday, monday, ZONE) == timedelta(hours=1, minutes=30), "a weekend is no silence"
    assert not is_silent(USUAL, friday, monday, ZONE) and is_silent(USUAL, friday, monday + timedelta(hours=1), ZONE)
    closed = Opening({}, 1)
    assert not is_silent(closed, friday, monday, ZONE) and read_opening(closed.stored()) == closed
    assert open_time(USUAL, monday - timedelta(days=400), monday, ZONE) < timedelta(days=14)


def test_opening_hours_as_they_are_typed() -> None:
    made = typed_opening({0: ("08:00", "17:30"), 5: ("00:00", "24:00"), 6: ("", " ")}, "3")
    assert made == Opening({0: (time(8), time(17, 30)), 5: (time(0), time(23, 59))}, 3)
    for spans, hours in (({0: ("8", "late")}, "3"), ({0: ("17:00", "08:00")}, "3"), ({}, "0"), ({}, "many")):
        with pytest.raises(BadInput):
            typed_opening(spans, hours)


@pytest.mark.accepts("SYN-14")
def test_a_silent_workstation_is_told_of_once_each_time(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Mock()
    monkeypatch.setattr(silence, "_log", log)
    quiet, gone = station(desk, "Front desk 1"), station(desk, "Front desk 2", "blocked")
    for id in (quiet, gone):
        greets(desk, id, waiting=38, oldest_ms=desk.clock.ms)
    assert words(desk) == {"Front desk 1": "Online", "Front desk 2": "Blocked"}
    desk.later(minutes=90)
    assert tell_silences(desk.console) == [] and words(desk)["Front desk 1"] == "Offline 1 h 30"
    desk.later(minutes=45)
    assert [one.device.id for one in tell_silences(desk.console)] == [quiet] and tell_silences(desk.console) == []
    assert words(desk)["Front desk 1"] == "Silent 2 h 15" and log.warning.call_count == 1
    page = overview(desk.console, asked(desk)).body
    assert "Front desk 1 was silent for too long in opening hours: Silent 2 h 15." in bytes(page).decode()
    greets(desk, quiet)
    desk.later(hours=3)
    assert [one.device.id for one in tell_silences(desk.console)] == [quiet]
    question = select(AdminEvent.subject).where(AdminEvent.kind == "device.silent")
    assert len(desk.home.store.read(lambda r: r.rows(question), desk.home.worker)) == 2


@pytest.mark.accepts("SYN-14")
def test_a_workstation_that_was_approved_and_never_called_is_told_of_too(desk: Office) -> None:
    new = station(desk, "Ward PC 1")
    assert words(desk) == {"Ward PC 1": "Not seen yet"} and badges(desk.console, desk.anele)["devices"] == 0
    desk.later(hours=3)
    with capture_logs() as log:
        assert [one.device.id for one in tell_silences(desk.console)] == [new] and tell_silences(desk.console) == []
    assert [one["words"] for one in log] == ["Never called"]
    assert words(desk) == {"Ward PC 1": "Never called"} and badges(desk.console, desk.anele)["devices"] == 1
    page = bytes(overview(desk.console, asked(desk)).body).decode()
    assert "Ward PC 1 was approved and has never called." in page
    assert "has not called since" in bytes(devices.listed(desk.console, asked(desk)).body).decode()
    greets(desk, new)
    assert words(desk) == {"Ward PC 1": "Online"} and badges(desk.console, desk.zanele)["devices"] == 0


@pytest.mark.accepts("X-10")
def test_clocks_lag_and_what_waits_are_as_the_workstation_said(desk: Office) -> None:
    fast, behind, new = station(desk, "Fast"), station(desk, "Behind"), station(desk, "New", "pending")
    desk.contacts.heard(fast, "10.0.4.1")
    ahead = Hello(1, 1, b"g" * 16, 0, "0.1.0", desk.clock.ms + 6 * 60_000, 2, desk.clock.ms, desk.zanele.id.bytes)
    desk.contacts.greeted(fast, ahead, WELCOME)
    greets(desk, behind)
    desk.contacts.pulled(behind, Pull(1, waiting=7, oldest_ms=5))
    assert words(desk) == {"New": "Waiting for approval", "Behind": "Online", "Fast": "Clock 6 min fast"}
    shown = {one.device.id: one for one in stations(desk.console)}
    assert shown[fast].person == "Zanele" and shown[behind].behind > 3 and shown[behind].waiting == 7
    assert shown[new].waiting is None and shown[new].seen is None
    kept = Contacts(desk.book, desk.clock)
    desk.contacts.flush()
    assert kept.all() == {} and Contacts(desk.book, desk.clock).of(behind).waiting == 7


@pytest.mark.accepts("SYN-09")
def test_a_workstation_of_which_there_are_two_stands_first_until_somebody_acts(desk: Office) -> None:
    clone = station(desk, "Copied desk")
    with desk.home.store.writing() as connection:
        for mark in (b"a", b"b"):
            copies.first_of_its_kind(connection, clone, Hello(1, 1, b"g" * 16, 0, marks=1, mark=mark), desk.clock.ms)
    assert words(desk)["Copied desk"] == "Second copy turned away"
    assert b"Copied desk: a second copy of it called" in overview(desk.console, asked(desk)).body
    decide(desk.home, clone, "blocked")
    assert words(desk)["Copied desk"] == "Blocked"


def test_throughput_is_kept_in_slots_of_five_minutes(desk: Office) -> None:
    desk.contacts.count(received=4, refused=1, sent=9)
    desk.contacts.timed(30)
    desk.later(minutes=5)
    desk.contacts.count(received=2, failed=1)
    slots = desk.contacts.slots(0)
    assert [(s.received, s.refused, s.sent, s.failed, s.slowest_ms) for s in slots] == [
        (4, 1, 9, 0, 30),
        (2, 0, 0, 1, 0),
    ]


def test_an_order_to_fill_anew_is_given_until_it_is_carried_out(desk: Office) -> None:
    id = station(desk, "Front desk 1")
    assert not greets(desk, id).fill_anew
    desk.contacts.wishes.ask(id, FILL_ANEW, desk.anele.id, "Anele")
    order = greets(desk, id).fill_anew
    assert len(order) == 16 and greets(desk, id).fill_anew == order
    assert not greets(desk, id, filled_anew=order).fill_anew
    assert desk.contacts.wishes.of(id)[FILL_ANEW].state == "done"


def test_diagnostics_come_only_when_a_person_there_agrees(desk: Office) -> None:
    id, wishes = station(desk, "Front desk 1"), desk.contacts.wishes
    with pytest.raises(BadInput, match="Nobody asks"):
        wishes.answer(id, Diagnostics(True, b"{}"))
    wishes.ask(id, DIAGNOSTICS, desk.anele.id, "Anele")
    assert greets(desk, id).diagnostics_for == "Anele"
    with pytest.raises(BadInput, match="at most"):
        wishes.answer(id, Diagnostics(True, b"x" * 300_000))
    wishes.answer(id, Diagnostics(False, b"never kept"))
    assert wishes.of(id)[DIAGNOSTICS].body == b"" and not greets(desk, id).diagnostics_for
    wishes.ask(id, DIAGNOSTICS, desk.anele.id, "Anele")
    desk.later(days=1)
    assert not greets(desk, id).diagnostics_for, "a question is not for ever"
    wishes.answer(id, Diagnostics(True, b"{}"))
    desk.later(days=KEPT_DAYS - 1)
    assert wishes.of(id)[DIAGNOSTICS].body == b"{}"
    desk.later(days=1)
    assert not wishes.of(id), "nor is its answer"


def test_the_log_is_filtered_and_exported_without_formulas(desk: Office) -> None:
    station(desk, "=cmd|calc")
    lines, more = audit_page(desk.home, Filter(), 3)
    older, _end = audit_page(desk.home, Filter(before=more), 100)
    assert len(lines) == 3 and more and older and max(o.pos for o in older) < min(one.pos for one in lines)
    for area in AREAS:
        found, _more = audit_page(desk.home, Filter(area=area))
        assert bool(found) == (area in ("", "administration"))
    named, _more = audit_page(desk.home, Filter(person=desk.home.facts.id, words="console"))
    assert named and all("console" in one.name for one in named)
    since = datetime.fromtimestamp(desk.clock.ms / 1000 + 5, UTC)
    assert audit_page(desk.home, Filter(since=since)) == ([], 0)
    table = as_csv(lines, "=1+1", "-Anele", desk.clock.ms)
    assert table.startswith("'=1+1,'-Anele,") and "family" not in table and "Not all" not in table


def a_chart(desk: Office, number: str) -> UUID:
    """A patient who was asked about allergies by mistake, and a list that shows them."""
    flags = {"born_estimated": False, "active": True, "temporary": False, "name_known": True, "sex": "unknown"}

    def write(unit: Unit) -> UUID:
        unit.action = "test.scene"
        patient = unit.add(Patient, mrn=number, family="Unseen", family_key="unseen", **flags)
        asked = unit.add(NoKnownAllergy, patient=patient, at=unit.now, by=None)
        unit.add(NoKnownAllergyVoid, statement=asked, reason="Somebody else was asked", by=patient)
        return patient

    patient = desk.home.store.act(write, desk.home.worker)
    desk.home.store.act(partial(note_list, place="day list", patients=[patient]), desk.home.worker)
    return patient


@pytest.mark.accepts("SEC-09")
def test_a_line_says_what_kind_of_look_why_and_whose_record_it_was_by_its_number(desk: Office) -> None:
    patient = a_chart(desk, "MRN-7")
    a_chart(desk, "MRN-8")
    desk.home.store.act(partial(note_refusal, wanted="ehr.open", right="chart.read", patient=patient), desk.home.worker)
    lines, _more = audit_page(desk.home, Filter(record=" mrn-7 "))
    denied, listed, written = lines
    assert (denied.action, denied.purpose, denied.detail) == ("Refused", "Work of the clinic", "ehr.open chart.read")
    assert (listed.action, listed.purpose, listed.name) == ("List", "Treatment", "security.list")
    assert {line.patients for line in lines} == {("MRN-7",)} and len(written.touched) == 3
    for area in ("refused", "reading", "changes"):
        assert len(audit_page(desk.home, Filter(record="MRN-7", area=area))[0]) == 1, area
    assert audit_page(desk.home, Filter(record="MRN-9")) == ([], 0)
    with desk.home.store.writing() as connection:
        late = f"UPDATE own_change_log SET received_ms = received_ms + 3600000 WHERE pos = {listed.pos}"
        connection.exec_driver_sql(late)
    (listed,) = audit_page(desk.home, Filter(record="MRN-7", area="reading"))[0]
    page = bytes(sieve(desk, record="MRN-7").body).decode()
    assert listed.late and "came 11:00" in page and "MRN-7" in page and "MRN-8" not in page and "Unseen" not in page
    assert audit_page(desk.home, Filter(subjects=frozenset({patient})))[0][0].name == "audit.looked_up"


def sieve(desk: Office, **form: str) -> Response:
    """The audit log by the form that Anele sends."""
    page = asked(desk)
    page.form = form
    return audit.sieved(desk.console, page)


def test_what_was_refused_says_nothing_of_itself_and_breaks_no_page(desk: Office) -> None:
    leaves = [Leaf(b"s" * 16, table, b"r" * 16, values) for table, values in (
        ("admin_event", {"by": b"x", "origin": "console"}), ("access_event", {"listed": "[1]", "patient": "x"}),
        ("access_event", {"listed": "not even JSON"}), ("invoice", {"patient": None}), ("nothing", {"x": 1}),
    )]  # fmt: skip
    with desk.home.store.writing() as connection:
        packed = msgspec.msgpack.encode([encode_leaf(leaf) for leaf in leaves])
        values = {"author": 77, "number": 1, "stamp": 0, "prev": b"p" * 32, "details": b"d", "leaves": packed,
                  "signature": b"s", "root": b"r" * 32, "state": ledger.REFUSED, "received_ms": 0}  # fmt: skip
        connection.execute(insert(ledger.change_log).values(**values))
    (line,) = audit_page(desk.home, Filter(area="refused"))[0]
    assert (line.person, line.origin, line.access, line.action) == ("", "", "", "?") and len(line.touched) == 5
    for day in ("0001-01-01", "9999-12-31", "some day"):
        with pytest.raises(BadInput, match="can't be read"):
            sieve(desk, since=day, until=day)
    assert "Nothing fits" in bytes(sieve(desk, since="2500-01-01").body).decode()


def test_an_export_says_of_what_it_is_keeps_what_was_typed_out_of_the_chain_and_says_when_it_is_not_all(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_chart(desk, "MRN-7")
    page = asked(desk)
    page.form = {"record": "MRN-7", "q": "unseen", "person": desk.anele.id.hex, "since": "2026-11-01", "reason": "why"}
    audit.ask_export(desk.console, page)
    page.form = {"record": "MRN-7", "reason": "the auditor asks"}
    audit.ask_export(desk.console, page)
    wishes = two_person.requests(desk.home, desk.book)
    first = next(one for one in wishes if one.reason == "why")
    assert first.words == "Export of the audit log (by Anele, from 2026-11-01, and 2 typed)"
    assert first.of_what == "words “unseen”, record MRN-7, by Anele, from 2026-11-01"
    assert "record MRN-7" in bytes(requests.listed(desk.console, page).body).decode()
    second = next(one for one in wishes if one.reason != "why")
    two_person.approve(desk.home, desk.book, desk.by(desk.bongani), second.id, desk.bongani.rights)
    monkeypatch.setattr(audit, "MOST_EXPORTED", 1)
    page.request.scope["path_params"] = {"id": second.id.hex}
    table = bytes(audit.export(desk.console, page).body).decode().splitlines()
    assert "Not all: the newest 1 lines" in table[0] and len(table) == 3 and ",list,Treatment,MRN-7," in table[2]
    details = desk.home.store.read(lambda r: r.rows(select(AdminEvent.detail)), desk.home.worker)
    assert not [row for row in details if row.detail and ("MRN-7" in row.detail or "unseen" in row.detail)]
    assert audit_page(desk.home, Filter(words="no such thing"), look_at=2)[1], "there is more to look through"


def test_broken_chains_and_the_quarters_review_ask_for_somebody(desk: Office) -> None:
    page = asked(desk)
    assert "The access review of 2026-Q4 is still to be done." in bytes(overview(desk.console, page).body).decode()
    people = {line.id: access_review.KEEP for line in access_review.lines(desk.home, desk.book)}
    access_review.finish(desk.home, desk.book, desk.by(desk.anele), people, "")
    audit.check(desk.console, page)
    desk.book.put(audit.CHECKED, {**desk.book.get(audit.CHECKED), "broken": ["A1 7 (Front desk 1): …"]})
    shown = bytes(overview(desk.console, page).body).decode()
    assert "1 chain of the log is broken." in shown and "access review" not in shown


@pytest.mark.accepts("OPS-08")
def test_the_log_says_as_much_as_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        for level in ("debug", "warning"):
            begin_log(LEVELS[level])  # type: ignore[index]
            log = structlog.get_logger("console")
            log.info("request refused", path="/v1/pull")
            log.warning("workstation silent")
    finally:
        structlog.reset_defaults()
    said = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert said == ["request refused", "workstation silent", "workstation silent"]


def test_a_pharmacy_is_told_where_it_takes_its_stock_from(desk: Office) -> None:
    def add(unit: Unit) -> list[UUID]:
        unit.action = "staff.place"
        places = {"Shelves": "pharmacy", "Second counter": "pharmacy", "Room 1": "room"}
        return [unit.add(Place, name=name, kind=kind, active=True) for name, kind in places.items()]

    counter, (_shelves, second, room) = station(desk, "Pharmacy 1", kind="pharmacy"), desk.home.store.act(
        add, desk.home.worker
    )  # fmt: skip
    page = asked(desk)
    page.request.scope["path_params"] = {"id": counter.hex}
    assert "The only pharmacy" in bytes(devices.one(desk.console, page).body).decode()
    for place, problem in (("", BadInput), ("nowhere", BadInput), (room.hex, NotFound)):
        page.form = {"place": place}
        with pytest.raises(problem):
            devices.choose_stock_place(desk.console, page)
    for place in (second, second):
        page.form = {"place": place.hex}
        devices.choose_stock_place(desk.console, page)
    assert f'value="{second.hex}" selected' in bytes(devices.one(desk.console, page).body).decode()
    told = desk.home.store.read(lambda r: setting(r, STOCK_PLACE), desk.home.worker)
    assert told == {"Pharmacy 1": second.hex}


def test_who_did_it_is_who_not_what_they_are_called(desk: Office) -> None:
    namesake = add_person(desk.home, NewPerson("anele2", "Anele", ("administrator",), PASSWORD), CHEAP)
    note_backup(desk.home, desk.by(desk.anele))
    note_backup(desk.home, By(namesake, "Anele", "10.0.4.8"))
    (line,) = audit_page(desk.home, Filter(person=namesake, words="backup"))[0]
    assert line.origin == "10.0.4.8" and line.by == namesake
    wish = staffing.change_roles(
        desk.home, desk.book, desk.by(desk.anele), desk.zanele.id, ["receptionist", "cashier"], "x"
    )
    page = asked(desk)
    page.request.scope["path_params"] = {"id": desk.zanele.id.hex}
    assert wish and "Two-person request asked" in bytes(people_page.one(desk.console, page).body).decode()


def test_browsers_names_and_days_are_said_shortly(desk: Office) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
    assert browser_words(agent) == "Chrome · Linux" and browser_words("curl/8.1") == "curl/8.1"
    assert [initials(name) for name in ("J. Vermeulen", "anele", "")] == ["JV", "A", ""]
    assert brief(f"2026-Q4 {'ab12' * 16}") == "2026-Q4 ab12ab12…"
    look, now = desk.console.look, desk.console.look.now()
    days = (None, now, now - timedelta(days=1), now - timedelta(days=400))
    assert [look.short(day) for day in days] == ["", "10:00", "22-Nov", "19-Oct-2025"]


def test_there_is_nothing_in_quarantine_to_act_on(desk: Office) -> None:
    by = desk.anele.id
    with pytest.raises(NotFound):
        quarantine.replay(desk.console.centre, 3, 1, by, nothing_more)
    with pytest.raises(NotFound):
        quarantine.ask(desk.home, 3, 1, by, "Which desk?", nothing_more)
    with pytest.raises(BadInput):
        quarantine.ask(desk.home, 3, 1, by, " ", nothing_more)
    with pytest.raises(BadInput):
        quarantine.put_away(desk.home, 3, 1, by, "", nothing_more)
    assert quarantine.change_name(3, 1) == f"{author_code(3)} 1"


def test_a_backup_is_known_when_somebody_noted_it(desk: Office) -> None:
    assert last_backup(desk.home) is None
    note_backup(desk.home, desk.by(desk.anele))
    assert last_backup(desk.home) is not None
    assert badges(desk.console, desk.anele)["requests"] == 0
    assert desk.book.first(select(notebook.contact.c.device)) is None
