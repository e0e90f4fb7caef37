# SPDX-License-Identifier: Apache-2.0
"""A workstation's own secrets: one entry in the keychain, whole or not at all."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.security.device_keys import DeviceKeys, device_keys
from hms_desktop.security.keys import PublicKeys
from tests.security.conftest import Drawer

DEVICE = uuid4()


def test_they_come_back_as_they_were_kept() -> None:
    drawer, keys = Drawer(), DeviceKeys.generate()
    keys.keep(drawer, DEVICE)
    again = device_keys(drawer, DEVICE)
    assert (again.secret, again.public) == (keys.secret, keys.public)
    assert keys.secret.hex() not in repr(keys) and "signing" not in repr(keys)


def test_another_device_has_none() -> None:
    drawer = Drawer()
    DeviceKeys.generate().keep(drawer, DEVICE)
    with pytest.raises(Unavailable, match="holds no key"):
        device_keys(drawer, uuid4())


@pytest.mark.parametrize("kept", [b"", b"HMD\x01short", b"HMD\x02" + bytes(64), b"HMD\x01" + bytes(65)])
def test_an_entry_of_another_make_is_named(kept: bytes) -> None:
    with pytest.raises(Damaged, match="Enrol it again"):
        device_keys(Drawer({DEVICE.hex: kept}), DEVICE)


def test_a_public_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PublicKeys(bytes(31), bytes(32))
