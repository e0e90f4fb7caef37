# SPDX-License-Identifier: Apache-2.0
"""Where a workstation keeps its own secrets: the keyring of the system, or by an administrator's leave a private file.

Only keyrings that are known to encrypt are used, by class; a missing, locked or unknown one is named with its remedy.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

import keyring
from keyring.backend import KeyringBackend
from keyring.backends import chainer
from keyring.errors import InitError, KeyringError

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.durable import replace_file

SERVICE = "hms-workstation"
ALLOWED = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)
PRIVATE_FILE = "private file"

T = TypeVar("T")


class Keychain(Protocol):
    """Keeps small secrets by name. `reduced` says that it protects less than a system keyring does."""

    reduced: bool
    where: str

    def get(self, name: str) -> bytes | None:
        """The secret, or None when there is none of this name."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep the secret, in place of one of the same name."""

    def forget(self, name: str) -> None:
        """Drop the secret if it is there."""


class SystemKeychain:
    """The system's keyring, through an allowed backend."""

    reduced = False

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend
        self.where = class_name(backend)

    def get(self, name: str) -> bytes | None:
        """The secret, or None; `Unavailable` when the keyring is locked or gone."""
        kept = self._ask(lambda: self._backend.get_password(SERVICE, name))
        if kept is None:
            return None
        try:
            return base64.b64decode(kept, validate=True)
        except binascii.Error as odd:
            raise Damaged(_("The keyring's entry for this workstation can't be read. Enrol it again.")) from odd

    def put(self, name: str, secret: bytes) -> None:
        """Keep the secret, and make sure that it can be read again."""
        text = base64.b64encode(secret).decode()
        self._ask(lambda: self._backend.set_password(SERVICE, name, text))
        if self.get(name) != secret:
            raise Unavailable(_("The keyring did not keep what it was given. Unlock it and try again."))

    def forget(self, name: str) -> None:
        """Drop the secret if it is there."""
        if self.get(name) is not None:
            self._ask(lambda: self._backend.delete_password(SERVICE, name))

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (KeyringError, InitError) as error:
            raise Unavailable(_("The keyring of this computer can't be used now. Unlock it and try again.")) from error


class FileKeychain:
    """A file that only its owner may read: for computers without a keyring, when an administrator allowed it."""

    reduced = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.where = PRIVATE_FILE

    def get(self, name: str) -> bytes | None:
        """The secret, or None; `Damaged` when other users of the computer could have read it."""
        path = self._path(name)
        if not path.exists():
            return None
        if sys.platform != "win32":
            _must_be_private(path)
        return path.read_bytes()

    def put(self, name: str, secret: bytes) -> None:
        """Keep the secret."""
        replace_file(self._path(name), secret)

    def forget(self, name: str) -> None:
        """Drop the secret if it is there."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.secret"


def system_keychain(backends: Iterable[KeyringBackend] | None = None) -> SystemKeychain | None:
    """The first allowed keyring that works here, or None. `backends` replaces what the system offers."""
    for backend in _offered() if backends is None else backends:
        if class_name(backend) in ALLOWED and _answers(backend):
            return SystemKeychain(backend)
    return None


def choose_keychain(folder: Path, *, file_allowed: bool, backends: Iterable[KeyringBackend] | None = None) -> Keychain:
    """Where a workstation being enrolled shall keep its secrets; `Unavailable` without keyring and leave."""
    found = system_keychain(backends)
    if found is not None:
        return found
    if not file_allowed:
        raise Unavailable(
            _(
                "This computer has no keyring that protects secrets. Set one up, or let an administrator allow a"
                " private file for this workstation."
            )
        )
    return FileKeychain(folder)


def open_keychain(folder: Path, where: str, *, backends: Iterable[KeyringBackend] | None = None) -> Keychain:
    """The keychain that an enrolled workstation was given (`Keychain.where`); `Unavailable` when it is not there."""
    if where == PRIVATE_FILE:
        return FileKeychain(folder)
    found = system_keychain(backends)
    if found is None:
        raise Unavailable(_("The keyring that holds this workstation's secret is not there. Sign in to the desktop."))
    return found


def class_name(backend: object) -> str:
    """A backend's full class name, by which it is allowed or not."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _offered() -> list[KeyringBackend]:
    try:
        chosen = keyring.get_keyring()
    except (KeyringError, InitError, RuntimeError):
        return []
    if isinstance(chosen, chainer.ChainerBackend):
        return list(chosen.backends)
    return [chosen]


def _answers(backend: KeyringBackend) -> bool:
    try:
        backend.get_password(SERVICE, "is anybody there")
    except (KeyringError, InitError):
        return False
    return True


def _must_be_private(path: Path) -> None:
    found = path.stat()
    if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.getuid():
        raise Damaged(
            _("{file} can be read by others on this computer. Enrol the workstation again.").format(file=path.name)
        )
