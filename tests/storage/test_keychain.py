# SPDX-License-Identifier: Apache-2.0
"""Only keyrings that are known to encrypt are used, a private file only by leave, and each failure has a remedy."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordSetError

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.storage import keychain
from hms_desktop.storage.keychain import (
    PRIVATE_FILE,
    FileKeychain,
    SystemKeychain,
    choose_keychain,
    open_keychain,
    system_keychain,
)

SECRET = bytes(range(100))
NONE: KeyringBackend = fail.Keyring()  # type: ignore[no-untyped-call]
NULL: KeyringBackend = null.Keyring()  # type: ignore[no-untyped-call]


class Ring(KeyringBackend):  # type: ignore[misc,unused-ignore]
    """A keyring in memory, which says that it is the system's, and fails when told to."""

    priority = 1

    def __init__(self, failing: Exception | None = None, deaf: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.failing, self.deaf = failing, deaf

    def _answer(self) -> None:
        if self.failing:
            raise self.failing

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        if not self.deaf:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        del self.kept[service, username]


class PlaintextRing(Ring):
    """A keyring that nobody allowed."""


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring of these tests counts as one that encrypts."""
    monkeypatch.setattr(keychain, "ALLOWED", frozenset({keychain.class_name(Ring())}))


def test_the_list_holds_the_systems_own_keyrings_and_no_files() -> None:
    listed = {"SecretService", "libsecret", "kwallet", "macOS", "Windows"}
    assert {name.split(".")[2] for name in sorted(real_list())} == listed


def real_list() -> frozenset[str]:
    text = Path(keychain.__file__).read_text("utf-8")
    return frozenset(line.strip(' ",') for line in text.splitlines() if line.strip().startswith('"keyring.backends.'))


def test_a_keyring_keeps_gives_and_forgets() -> None:
    place = SystemKeychain(Ring())
    assert place.get("device") is None and not place.reduced
    place.put("device", SECRET)
    assert place.get("device") == SECRET
    place.forget("device")
    place.forget("device")
    assert place.get("device") is None


def test_the_first_allowed_keyring_that_answers_is_taken() -> None:
    good = Ring()
    found = system_keychain([NONE, NULL, PlaintextRing(), Ring(failing=InitError("no bus")), good])
    assert found is not None
    found.put("device", SECRET)
    assert good.kept


@pytest.mark.parametrize(
    "backends",
    [
        [],
        [NONE],
        [NULL],
        [PlaintextRing()],
        [Ring(failing=InitError("prompt dismissed"))],
        [Ring(failing=KeyringError("no bus"))],
        [Ring(failing=KeyringLocked("locked"))],
    ],
)
def test_no_other_keyring_will_do(backends: list[KeyringBackend], tmp_path: Path) -> None:
    assert system_keychain(backends) is None
    with pytest.raises(Unavailable, match="no keyring that protects"):
        choose_keychain(tmp_path, file_allowed=False, backends=backends)
    by_leave = choose_keychain(tmp_path, file_allowed=True, backends=backends)
    assert by_leave.reduced and by_leave.where == PRIVATE_FILE


def test_leave_for_a_file_does_not_keep_a_keyring_from_being_used(tmp_path: Path) -> None:
    assert not choose_keychain(tmp_path, file_allowed=True, backends=[Ring()]).reduced


def test_a_chain_of_keyrings_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Ring()
    chain = chainer.ChainerBackend()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [NULL, good])
    monkeypatch.setattr("keyring.get_keyring", lambda: chain)
    found = system_keychain()
    assert found is not None and found.where == keychain.class_name(good)


def test_a_system_that_can_not_even_look_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> KeyringBackend:
        raise InitError("no session bus")

    monkeypatch.setattr("keyring.get_keyring", broken)
    assert system_keychain() is None


def test_a_workstation_goes_back_to_where_its_secret_is(tmp_path: Path) -> None:
    ring = Ring()
    assert open_keychain(tmp_path, PRIVATE_FILE, backends=[ring]).reduced
    assert not open_keychain(tmp_path, keychain.class_name(ring), backends=[ring]).reduced
    with pytest.raises(Unavailable, match="is not there"):
        open_keychain(tmp_path, keychain.class_name(ring), backends=[])


@pytest.mark.parametrize("error", [KeyringLocked("locked"), InitError("gone"), PasswordSetError("full")])
def test_a_keyring_that_fails_later_names_the_remedy(error: KeyringError) -> None:
    ring = Ring()
    place = SystemKeychain(ring)
    ring.failing = error
    asks: list[Callable[[], object]] = [
        partial(place.get, "device"),
        partial(place.put, "device", SECRET),
        partial(place.forget, "device"),
    ]
    for ask in asks:
        with pytest.raises(Unavailable, match="Unlock it"):
            ask()


def test_a_keyring_that_forgets_at_once_is_noticed() -> None:
    with pytest.raises(Unavailable, match="did not keep"):
        SystemKeychain(Ring(deaf=True)).put("device", SECRET)


def test_an_entry_that_is_not_ours_is_named() -> None:
    ring = Ring()
    ring.kept[keychain.SERVICE, "device"] = "not base64!"
    with pytest.raises(Damaged, match="Enrol it again"):
        SystemKeychain(ring).get("device")


def test_a_private_file_keeps_gives_and_forgets(tmp_path: Path) -> None:
    place = FileKeychain(tmp_path)
    assert place.get("device") is None
    place.put("device", SECRET)
    assert place.get("device") == SECRET
    assert stat.S_IMODE((tmp_path / "device.secret").stat().st_mode) == 0o600
    place.forget("device")
    place.forget("device")
    assert place.get("device") is None


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    place = FileKeychain(tmp_path)
    place.put("device", SECRET)
    (tmp_path / "device.secret").chmod(mode)
    with pytest.raises(Damaged, match="can be read by others"):
        place.get("device")
