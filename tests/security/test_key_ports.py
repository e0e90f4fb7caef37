# SPDX-License-Identifier: Apache-2.0
"""Which security keys are plugged in: told from other devices by what they say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from fido2 import hid

from hms_desktop.security import key_ports
from hms_desktop.security.key_ports import KeyPorts, usage_pages
from tests.security.ports import KEYBOARD, SECURITY_KEY, Ports


def test_a_security_key_is_told_from_a_keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Ports(tmp_path / "hidraw")
    ports.plug_in(KEYBOARD)
    monkeypatch.setattr(key_ports, "LISTED", ports.folder)
    assert KeyPorts().keys() == frozenset()
    first, second = ports.plug_in(SECURITY_KEY), ports.plug_in(SECURITY_KEY)
    assert KeyPorts().keys() == {first, second}
    ports.pull(first)
    (ports.folder / "hidraw9").symlink_to(tmp_path / "gone meanwhile")
    assert KeyPorts().keys() == {second}
    assert usage_pages(SECURITY_KEY[:2]) == {0xD0} and usage_pages(b"\xfe") == frozenset()


def test_where_the_system_lists_none_the_library_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Device:
        path = "port 3"

    ports = KeyPorts(tmp_path / "none")
    monkeypatch.setattr(hid, "list_descriptors", lambda: [Device()])
    assert ports.keys() == {"port 3"}

    def fails() -> None:
        raise OSError

    monkeypatch.setattr(hid, "list_descriptors", fails)
    assert ports.keys() == frozenset()
