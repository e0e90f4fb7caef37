# SPDX-License-Identifier: Apache-2.0
"""The ports of a computer, as Linux lists the devices that are plugged in there: a folder in place of the system's."""

from __future__ import annotations

import itertools
from pathlib import Path
from shutil import rmtree

from hms_desktop.security.key_ports import KeyPorts

SECURITY_KEY = bytes.fromhex("06d0f1 0901 a101 0920 1500 26ff00 7508 9540 8102 c0")
KEYBOARD = bytes.fromhex("fe02ff06d0 0501 0906 a101 0507 19e0 29e7 1500 2501 c0")
"""It begins with a long item whose content looks like another."""


class Ports:
    """Plug in and pull."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._numbers = itertools.count()

    @property
    def of_this_computer(self) -> KeyPorts:
        """As the product sees them."""
        return KeyPorts(self.folder, self.folder)

    def plug_in(self, descriptor: bytes) -> str:
        """A device that describes itself so; returns what the system calls it."""
        name = f"hidraw{next(self._numbers)}"
        device = self.folder.with_name(f"{self.folder.name} {name}")
        (device / "device").mkdir(parents=True)
        (device / "device" / "report_descriptor").write_bytes(descriptor)
        (self.folder / name).symlink_to(device)  # whole at once
        return name

    def pull(self, name: str) -> None:
        """It is gone."""
        device = (self.folder / name).readlink()
        (self.folder / name).unlink()
        rmtree(device)
