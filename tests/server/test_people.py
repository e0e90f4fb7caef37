# SPDX-License-Identifier: Apache-2.0
"""People and workstations as the administrator keeps them by `hms-server`: added, listed, ended, approved, found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hms_desktop.core.clock import stamp
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.security import totp
from hms_desktop.security.accounts import account_news, granted_people
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.key_history import signing_keys, verify_signed
from hms_desktop.security.keys import unwrap, wrapped_cost
from hms_desktop.security.signing import Forged, sign_root
from sync_server import devices
from sync_server.devices import NewDevice, codes_open, find_device, make_code
from sync_server.people import NewPerson, add_person, end_person, logins
from sync_server.settings import choose, settings
from tests.server.process import CHEAP, PASSWORD, ServerProcess


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server's folder; nobody serves it."""
    made = ServerProcess(tmp_path_factory.mktemp("office") / "server")
    yield made
    made.close()


@pytest.mark.accepts("SEC-06")
def test_a_person_is_added_listed_and_ended_by_commands(office: ServerProcess) -> None:
    added = office.command(
        "people", "add", "--login", "t.mbeki", "--name", "Thabo Mbeki", "--role", "doctor", "--password-stdin",
        typed=PASSWORD + "\n",
    )  # fmt: skip
    assert added["login"] == "t.mbeki" and added["authenticator"] is None
    cost = wrapped_cost(_granted(office, "t.mbeki").wrapped)
    assert (cost.memory_kib, cost.passes) >= (64 * 1024, 3), "Argon2id, never below this"
    stolen = ("people", "add", "--login", "s.nel", "--name", "Sipho Nel", "--role", "nurse", "--password-stdin")
    assert office.run(*stolen, typed="qwertyuiop12345\n").returncode == 2
    assert "t.mbeki" in office.command("people", "list")["people"]
    assert office.command("people", "end", "T.Mbeki")["ended"] == "T.Mbeki"
    silent = office.run("people", "add", "--login", "s.nel", "--name", "Sipho Nel", "--role", "nurse")
    assert silent.returncode == 2 and "--password-stdin" in silent.stderr, "no terminal to ask at"
    missing = office.run("people", "end", "nobody.here")
    assert missing.returncode == 5 and "Nobody signs in as nobody.here" in missing.stderr


def test_an_administrator_gets_a_second_factor_that_is_shown_once_or_sets_one_up_themselves(
    office: ServerProcess,
) -> None:
    line = ("people", "add", "--name", "The Chief", "--role", "administrator")
    given = office.command(*line, "--login", "chief", "--password-stdin", "--code", typed=PASSWORD + "\n")
    assert given["authenticator"].startswith("otpauth://totp/")
    alone = office.command(*line, "--login", "second", "--one-time")
    assert alone["authenticator"] is None and len(alone["password"]) == 19
    held = {p.login: p for p in office.home.store.read(granted_people, office.home.worker)}
    assert (held["chief"].must_change, held["second"].must_change) == (False, True)
    assert held["second"].asks_second and not held["second"].has_factor
    assert "only now" in office.run(*line, "--login", "third", "--one-time").stdout


def test_a_reset_makes_new_keys_and_what_was_signed_before_stays_verified(office: ServerProcess) -> None:
    office.person("r.reset", "nurse")
    before = _granted(office, "r.reset")
    told = office.command("people", "reset-password", "R.RESET")
    after = _granted(office, "r.reset")
    assert unwrap(after.wrapped, told["password"], after.person).public != unwrap(
        before.wrapped, PASSWORD, before.person
    )
    assert after.must_change and after.former_statements == (before.statement,)
    facts = office.home.server_facts
    now, then = signing_keys(after.statement, after.former_statements, facts.signing_public, facts.clinic)
    old = unwrap(before.wrapped, PASSWORD, before.person).signing
    early, late = stamp(then.until_ms - 1, 0, 7), stamp(then.until_ms, 0, 7)  # type: ignore[operator]
    verify_signed((now, then), b"root", sign_root(old, b"root"), early)
    with pytest.raises(Forged):
        verify_signed((now, then), b"root", sign_root(old, b"root"), late)
    missing = office.run("people", "reset-password", "nobody.here")
    assert missing.returncode == 5 and "Nobody signs in as nobody.here" in missing.stderr


@pytest.mark.accepts("SEC-04")
def test_a_lost_second_factor_is_forgotten_and_asked_for_anew(office: ServerProcess) -> None:
    add_person(office.home, NewPerson("l.lost", "Lost", ("administrator",), PASSWORD, totp.new_seed()), CHEAP)
    assert "sets up a new" in office.run("people", "reset-second-factor", "l.lost").stdout
    after = _granted(office, "l.lost")
    assert (after.sealed_totp, after.second) == (None, None) and after.asks_second and not after.has_factor
    news = office.home.store.read(lambda reader: account_news(reader, after.person), office.home.worker)
    assert [(one.what, one.station) for one in news] == [("second factor reset", "")]


def _granted(office: ServerProcess, login: str) -> GrantedPerson:
    people = office.home.store.read(granted_people, office.home.worker)
    return next(person for person in people if person.login == login)


def test_settings_are_listed_chosen_and_chosen_anew_and_nonsense_is_named(office: ServerProcess) -> None:
    before = {row.key: row for row in settings(office.home)}
    assert (before["lab.separate_duties"].value, before["lab.separate_duties"].chosen) == ("yes", False)
    for value in ("no", "yes"):
        assert choose(office.home, "lab.separate_duties", value) == value
    assert office.command("settings", "set", "lab.separate_duties", "no")["value"] == "no"
    choose(office.home, "lab.critical_call_minutes", "20", "North")
    for key, value, error, words in (
        ("lab.separate_duties", "perhaps", BadInput, "neither yes nor no"),
        ("lab.critical_call_minutes", "0", BadInput, "not a whole number"),
        ("colour", "red", NotFound, "There is no setting"),
    ):
        with pytest.raises(error, match=words):
            choose(office.home, key, value)
    after = {(row["key"], row["site"]): row["value"] for row in office.command("settings", "list")["settings"]}
    assert after["lab.separate_duties", ""] == "no" and after["lab.critical_call_minutes", "North"] == "20"


@pytest.mark.parametrize(
    ("login", "roles", "password", "words"),
    [
        ("two words", ("nurse",), PASSWORD, "one word"),
        ("", ("nurse",), PASSWORD, "one word"),
        ("n.new", (), PASSWORD, "one or more of these roles"),
        ("n.new", ("wizard",), PASSWORD, "one or more of these roles"),
        ("n.new", ("nurse",), "short", "password"),
    ],
)
def test_an_unsound_person_is_not_added(
    office: ServerProcess, login: str, roles: tuple[str, ...], password: str, words: str
) -> None:
    before = logins(office.home)
    with pytest.raises(BadInput, match=words):
        add_person(office.home, NewPerson(login, "New", roles, password), CHEAP)
    assert logins(office.home) == before


def test_a_name_to_sign_in_with_is_given_once_whatever_its_case(office: ServerProcess) -> None:
    add_person(office.home, NewPerson("a.once", "Once", ("nurse",), PASSWORD), CHEAP)
    with pytest.raises(BadInput, match=r"already signs in as A\.Once"):
        add_person(office.home, NewPerson("A.Once", "Twice", ("nurse",), PASSWORD), CHEAP)
    end_person(office.home, "A.ONCE")
    with pytest.raises(NotFound):
        end_person(office.home, "a.never")


def test_a_code_waits_to_be_used_and_grows_old(office: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    before = codes_open(office.home)
    make_code(office.home, NewDevice("Waiting room", "front_desk", "Main"))
    assert codes_open(office.home) == before + 1
    late = office.home.store.clock.now_ms() + 16 * 60_000
    monkeypatch.setattr(type(office.home.store.clock), "now_ms", lambda _clock: late)
    assert codes_open(office.home) == 0


def test_a_workstation_is_found_by_name_or_by_a_part_of_its_id(office: ServerProcess) -> None:
    (server,) = (row for row in devices.device_rows(office.home) if row.kind == "server")
    assert find_device(office.home, " sync SERVER ") == server
    assert find_device(office.home, server.id.hex[:8]) == find_device(office.home, server.id.hex[-8:]) == server
    for vague in ("", "zz", server.id.hex[:5]):
        with pytest.raises(NotFound, match="0 workstations are called"):
            find_device(office.home, vague)


def test_the_list_of_workstations_and_the_check_of_all_chains_are_read_by_people(office: ServerProcess) -> None:
    listed = office.run("devices")
    assert listed.returncode == 0 and "Sync server" in listed.stdout and "approved" in listed.stdout
    checked = office.run("verify")
    assert checked.returncode == 0 and "chains" in checked.stdout and "Broken" not in checked.stdout


def test_a_damaged_server_names_the_first_broken_change_and_what_to_do(tmp_path: Path) -> None:
    harmed = ServerProcess(tmp_path / "harmed")
    harmed.person("t.mokoena", "receptionist")
    with harmed.home.store.writing() as connection:
        connection.execute(text("UPDATE own_change_log SET leaves = :odd WHERE number = 1"), {"odd": b"\x93"})
    done = harmed.run("verify")
    harmed.close()
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "1 (Sync server): holds bytes that can't be read" in done.stdout, done.stdout
    assert "Put back the last copy" in done.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--zone": "Moon/Tranquillity"}, "no time zone"),
        ({"--currency": "rand"}, "not a currency code"),
    ],
)
def test_a_server_with_wrong_facts_is_not_made(
    office: ServerProcess, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    facts = {"--clinic": "C", "--zone": "UTC", "--currency": "EUR", "--host": "127.0.0.1", **change}
    done = office.run("init", "--folder", str(tmp_path / "new"), *(part for pair in facts.items() for part in pair))
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "new" / "store.db").exists()


def test_a_folder_that_holds_no_server_is_named(office: ServerProcess, tmp_path: Path) -> None:
    done = office.run("devices", "--folder", str(tmp_path / "empty"))
    assert done.returncode == 5 and "hms-server init" in done.stderr


@pytest.mark.parametrize(("login", "name"), [("x" * 65, "Zanele"), ("z.x", ""), ("z.x", "x" * 121)])
def test_a_name_that_nobody_could_read_is_refused(office: ServerProcess, login: str, name: str) -> None:
    with pytest.raises(BadInput):
        add_person(office.home, NewPerson(login, name, ("receptionist",), PASSWORD), CHEAP)


@pytest.mark.parametrize(("name", "site"), [("x" * 121, "Main"), ("Desk", " "), ("Desk", "x" * 121)])
def test_a_workstation_has_a_name_and_a_site_that_fit(office: ServerProcess, name: str, site: str) -> None:
    with pytest.raises(BadInput):
        office.code(name, site=site)
