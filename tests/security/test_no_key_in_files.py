# SPDX-License-Identifier: Apache-2.0
"""No key lies in a file, a log or a copy: everything that a workstation and a server write is searched for them."""

from __future__ import annotations

import base64
import binascii
import importlib
import shutil
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyotp
import pytest

from hms_desktop.clinic import modules
from hms_desktop.clinic.patients.service import Registration, register
from hms_desktop.commands.opened_file import close_store, open_store
from hms_desktop.core.errors import Unavailable
from hms_desktop.security import sign_in
from hms_desktop.security.key_turns import expose
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.profile import REPLICA_FILE
from hms_desktop.security.sign_in import OpenProfile, SignInRefused
from hms_desktop.storage.keychain import SERVICE, Keychain, choose_keychain
from sync_server.home import KEYS_FILE, Plan, make
from sync_server.notebook import open_notebook
from sync_server.people import NewPerson, add_person
from tests.secret_service import SecretService
from tests.security.conftest import CHEAP, NOON, PASSWORD, Clinic, SetUp, Workstation
from tests.system_bus import needs_bus

assert modules.MODULES
NEW = "harbour quilt violin moss"


def forms(secret: bytes) -> set[bytes]:
    """How a secret may be written down: as it is, in hex, in base32, in base64 also within something longer."""
    ways = (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, binascii.hexlify)
    within = (base64.b64encode(bytes(shift) + secret)[4:-4] for shift in (1, 2))
    return {secret, *(way(secret).rstrip(b"=") for way in ways), secret.hex().upper().encode(), *within}


def found(places: Iterable[Path], secrets: dict[str, bytes]) -> set[tuple[str, str]]:
    """(file, secret) wherever one of them lies, in any form, in a file below these places or in its name."""
    hits = set()
    for file in (one for place in places for one in [place, *place.rglob("*")] if one.is_file()):
        content = file.read_bytes() + file.name.encode()
        hits |= {(file.name, name) for name, secret in secrets.items() if any(f in content for f in forms(secret))}
    return hits


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """The system's keyring, on a bus of its own."""
    service = SecretService(tmp_path / "bus")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
    yield service
    service.close()


def keyring_of_the_system(folder: Path) -> Keychain:
    """What enrolment finds where the system has a keyring and nobody allowed a file."""
    backend = importlib.import_module("keyring.backends.SecretService").Keyring()
    return choose_keychain(folder, file_allowed=False, backends=[backend])


def secrets_of(opened: OpenProfile) -> dict[str, bytes]:
    """Everything that opens something, of who is signed in."""
    person = opened.keys
    return {
        "file key": opened.file_key, "device secret": opened.device.secret,
        "device signing key": opened.device.signing.private_bytes_raw(),
        "person's signing key": person.signing.private_bytes_raw(),
        "person's exchange key": person.exchange.private_bytes_raw(),
    }  # fmt: skip


def work(station: Workstation, chain: Keychain) -> dict[str, bytes]:
    """A day of somebody who works, changes how they sign in and gets another file key; returns every secret of it."""
    sit = partial(sign_in.unlock, station.folder, "zanele", keychain=chain, clock=station.clock)
    opened = sit(PASSWORD)
    store, _old = open_store(opened, station.clock)
    written = Registration(family="Okonkwo", given="Amara", sex="female", born="1979-03-14")
    store.act(partial(register, written=written), opened.acting())
    account = OwnAccount(opened, clock=station.clock, cost=lambda: CHEAP)
    account.change_password(PASSWORD, NEW)
    app = account.begin_app()
    account.confirm_app(app, pyotp.TOTP(app.seed).at(NOON // 1000), NEW)
    codes = account.new_codes(NEW)
    close_store(opened, store)
    with pytest.raises(SignInRefused):
        sit(PASSWORD, codes[1])
    expose(station.folder, station.keys, station.profile.station.device, NOON)
    again = sit(NEW, codes[0])
    assert again.file_key != opened.file_key
    words = {"first password": PASSWORD, "password": NEW, "seed": app.seed, "used code": codes[0], "code": codes[1]}
    typed = {name: word.encode() for name, word in words.items()}
    return {**secrets_of(opened), **{f"turned {n}": s for n, s in secrets_of(again).items()}, **typed}


@needs_bus
@pytest.mark.accepts("SEC-07")
def test_a_workstation_writes_no_key_and_its_copy_opens_nothing(
    clinic: Clinic, set_up: SetUp, ring: SecretService, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    station, other = set_up(clinic.joins("zanele", "receptionist")), set_up(clinic.joins("thabo", "receptionist"))
    chain = keyring_of_the_system(station.folder)
    for name, secret in station.drawer.kept.items():
        chain.put(name, secret)
    secrets = work(station, chain)
    log = tmp_path / "log.txt"
    log.write_text("".join(capfd.readouterr()), "utf-8")
    copy = shutil.copytree(station.folder, tmp_path / "copy")
    for name, secret in secrets.items():
        planted = tmp_path / "planted"
        for form in forms(secret):
            planted.write_bytes(b"before " + form + b" after")
            assert found([planted], {name: secret}) == {("planted", name)}, "the search finds what is there"
    assert found([station.folder, copy, log], secrets) == set()
    assert not (station.folder / REPLICA_FILE).read_bytes().startswith(b"SQLite format 3")
    held = {known["username"]: secret for known, secret in ring.kept.values() if known["service"] == SERVICE}
    own = base64.b64decode(held[station.profile.station.device.hex])
    assert station.keys.secret in own and not chain.reduced, "the secret of the computer lies in its keyring"
    assert other.keys.secret != station.keys.secret and other.file_key != station.file_key, "each has its own"
    ring.kept.clear()  # the copy lies at another computer
    with pytest.raises(Unavailable, match="holds no key for this workstation"):
        sign_in.unlock(copy, "zanele", NEW, "", keychain=chain, clock=station.clock)


@pytest.mark.accepts("SEC-07")
def test_a_server_keeps_its_keys_in_one_file_apart_from_what_is_backed_up(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with make(folder, Plan("Riverbend", "Africa/Johannesburg", "ZAR", "Main", ("localhost",), 8443)) as home:
        add_person(home, NewPerson("zanele", "Zanele", ("receptionist",), PASSWORD), CHEAP)
        open_notebook(home).close()
        keys = home.keys
    secrets = {name: getattr(keys, name) for name in ("store", "signing", "worker", "exchange")}
    lines = b"".join(line for line in keys.authority_key.splitlines() if not line.startswith(b"---"))
    secrets["authority"], secrets["password"] = base64.b64decode(lines), PASSWORD.encode()
    backup = shutil.copytree(folder, tmp_path / "backup", ignore=shutil.ignore_patterns(KEYS_FILE))
    assert found([backup], secrets) == set()
    whole = {name for file, name in found([folder], secrets) if file == KEYS_FILE}
    assert whole >= {"store", "signing", "worker", "exchange"}, "the search finds them where they belong"
