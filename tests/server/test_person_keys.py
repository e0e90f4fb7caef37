# SPDX-License-Identifier: Apache-2.0
"""Changes of passwords and second factors between workstations and a real server, and who gets in while it is dead."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyotp
import pytest

from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import BadInput
from hms_desktop.security import own_changes, own_keys, sign_in
from hms_desktop.security.accounts import account_news, granted_people
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.own_keys import read_change, signed
from hms_desktop.security.second_person import signing_person
from hms_desktop.security.sign_in import SignInRefused
from hms_desktop.security.tries import MustWait
from hms_desktop.security.witness import Place
from hms_desktop.security.witness import whole_boxes as witnessed_tries
from hms_desktop.storage import rekey
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.person_keys import PATH, PersonKeysTaken
from hms_desktop.sync.person_keys import PersonKeys as Sent
from sync_server.resets import reset_password
from tests.server.process import CHEAP, PASSWORD, ServerProcess

NEW, OTHER = "harbour quilt violin moss", "copper ladder ostrich kettle"


def account(bench: Bench) -> OwnAccount:
    """The account of who works at this bench."""
    return OwnAccount(bench.opened, cost=lambda: CHEAP)


def opens(folder: Path, login: str, password: str, code: str = "", *, first: bool = False) -> sign_in.OpenProfile:
    """Sign in offline."""
    return sign_in.unlock(folder, login, password, code, keychain=FileKeychain(folder), takes_first_steps=first)


def key_fits(opened: sign_in.OpenProfile) -> bool:
    """Whether the encrypted file opens."""
    return rekey.opens(opened.replica, opened.file_key)


def at_server(server: ServerProcess, login: str) -> GrantedPerson:
    people = server.home.store.read(granted_people, server.home.worker)
    return next(person for person in people if person.login == login)


def station(server: ServerProcess, folder: Path, name: str, kind: str = "front_desk", login: str = "zanele") -> Bench:
    """An enrolled and filled workstation with somebody signed in."""
    server.enrol(folder, name, kind)
    bench = server.bench(folder, login)
    bench.exchange.catch_up()
    return bench


def test_passwords_travel_signed_and_of_two_stations_the_first_to_arrive_holds(
    server: ServerProcess, tmp_path: Path
) -> None:
    here, there = station(server, tmp_path / "a", "Desk A"), station(server, tmp_path / "b", "Desk B")
    account(here).change_password(PASSWORD, NEW)
    account(there).change_password(PASSWORD, OTHER)
    here.exchange.catch_up()
    assert at_server(server, "zanele").wrapped == account(here)._entry().granted.wrapped
    assert not account(here).state().waiting, "the server was seen to hold it"
    there.exchange.catch_up()
    assert [one.part for one in account(there).overtaken()] == ["password"]
    for bench in (here, there):
        opens(bench.opened.folder, "zanele", NEW)
        with pytest.raises(SignInRefused):
            opens(bench.opened.folder, "zanele", OTHER)
    news = there.store.read(lambda reader: account_news(reader, there.acting.person.id), there.acting)
    assert {(one.what, one.station) for one in news} == {("password", "Desk A"), ("overtaken", "Desk B")}
    account(here).change_password(NEW, PASSWORD)
    here.exchange.catch_up()
    for bench in (here, there):
        bench.store.close()


def _signs_beside_with_the_password_that_counts_here(server: ServerProcess, folder: Path, before: str) -> None:
    """Who changed their password here without a line witnesses with it at once; guessing is counted with sign-in."""
    colleague = server.bench(folder, "zanele")
    witness = lambda password: colleague.store.read(  # noqa: E731
        lambda reader: signing_person(reader, "forgot", password, {"patient.read"}), colleague.acting
    )
    person = witness(NEW)
    assert person == at_server(server, "forgot").person
    for _try in range(5):
        with pytest.raises(BadInput, match="Name or password is wrong"):
            witness(before)
    with pytest.raises(MustWait):
        witness(NEW)
    with pytest.raises(MustWait):
        opens(folder, "forgot", NEW)
    seen = witnessed_tries(Place(folder, colleague.store.station.device, colleague.opened.device, FileKeychain(folder)))
    assert [one.seen.person for one in seen].count(person) >= 6, "each try goes into the record of accesses"
    colleague.store.close()


def test_what_is_not_theirs_to_change_is_refused_and_nothing_of_it_stays(server: ServerProcess, tmp_path: Path) -> None:
    bench = station(server, tmp_path / "c", "Desk C")
    account(bench).change_password(PASSWORD, NEW)
    opened, before = bench.opened, at_server(server, "zanele")
    (good,) = own_changes.pending_changes(opened.folder, opened.device, opened.profile.station.device)
    change, keys = read_change(good), opened.keys.signing
    stranger = PersonKeys.generate()
    weak = wrap(opened.keys, NEW, change.person, type(CHEAP)(64, 1, 1, below_floor=True))
    again = msgspec.structs.replace
    sent = [
        (signed(change, stranger.signing), "does not fit"),
        (signed(again(change, clinic=change.person), keys), "not, or no longer"),
        (signed(again(change, person=change.device), keys), ""),
        (signed(again(change, value=weak), keys), "guarded well enough"),
        (signed(again(change, value=b"nothing"), keys), "can't be read"),
        (signed(again(change, part=own_keys.KEY), keys), "security key can't be read"),
        (signed(again(change, part="halo"), keys), "not known here"),
    ]
    answer = bench.exchange._transport.send(PATH, Sent([one for one, _words in sent]), PersonKeysTaken)
    for (_one, words), verdict in zip(sent, answer.verdicts, strict=True):
        assert verdict.state == "refused" and words in verdict.reason, verdict
    assert at_server(server, "zanele") == before
    own_changes.settle_changes(opened.folder, opened.device, opened.profile.station.device, {good: False})
    bench.exchange.catch_up()
    bench.store.close()


def test_a_second_factor_set_up_offline_is_asked_for_at_other_stations(server: ServerProcess, tmp_path: Path) -> None:
    server.person("sipho", "receptionist", "cashier")
    here, there = station(server, tmp_path / "d", "Desk D"), station(server, tmp_path / "e", "Desk E", login="sipho")
    here.store.close()
    mine = account(there)
    app = mine.begin_app()
    mine.confirm_app(app, pyotp.TOTP(app.seed).now(), PASSWORD)
    codes = mine.new_codes(PASSWORD)
    there.exchange.catch_up()
    there.store.close()
    colleague = server.bench(here.opened.folder, "zanele")
    colleague.exchange.catch_up()
    colleague.store.close()
    with pytest.raises(SignInRefused):
        opens(here.opened.folder, "sipho", PASSWORD)
    opened = opens(here.opened.folder, "sipho", PASSWORD, codes[0])
    assert opened.used.code is not None
    colleague = server.bench(here.opened.folder, "zanele")
    colleague.exchange.catch_up()
    colleague.store.close()
    assert len(at_server(server, "sipho").factors.recovery) == 9, "a colleague's session brought it to the server"


def test_who_was_never_here_and_who_was_reset_sign_in_while_the_server_is_dead(
    server: ServerProcess, tmp_path: Path
) -> None:
    bench = station(server, tmp_path / "f", "Desk F")
    server.person("joiner", "receptionist")
    server.person("forgot", "receptionist")
    bench.exchange.catch_up()
    opens(bench.opened.folder, "forgot", PASSWORD)
    given = reset_password(server.home, "forgot", CHEAP)
    bench.exchange.catch_up()
    bench.store.close()
    server.kill()
    assert key_fits(opens(bench.opened.folder, "joiner", PASSWORD))
    with pytest.raises(SignInRefused):
        opens(bench.opened.folder, "forgot", PASSWORD)
    opened = opens(bench.opened.folder, "forgot", given.password, first=True)
    assert opened.first_steps == ("password",)
    mine = OwnAccount(opened, cost=lambda: CHEAP)
    mine.change_password("", NEW)
    assert key_fits(opens(bench.opened.folder, "forgot", NEW))
    _signs_beside_with_the_password_that_counts_here(server, bench.opened.folder, given.password)
    server.start()
    colleague = server.bench(bench.opened.folder, "zanele")
    colleague.exchange.catch_up()
    colleague.store.close()
    after = at_server(server, "forgot")
    assert not after.must_change and after.wrapped == OwnAccount(opened)._entry().granted.wrapped
