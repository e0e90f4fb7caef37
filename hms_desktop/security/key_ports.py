# SPDX-License-Identifier: Apache-2.0
"""Which security keys are plugged in, without speaking to them: one may be waiting to be touched.

Linux lists each HID device with the report descriptor that it gave (HID 1.11, section 6.2.2); what serves the usage
page of the FIDO alliance is a security key. Elsewhere the library that speaks to keys lists them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LISTED, NODES = Path("/sys/class/hidraw"), Path("/dev")
FIDO_PAGE = 0xF1D0
_USAGE_PAGE, _LONG_ITEM = 0x04, 0xFE


@dataclass(frozen=True)
class KeyPorts:
    """The ports of this computer. `nodes` is a folder in which something changes when a device comes or goes."""

    listed: Path = field(default_factory=lambda: LISTED)
    nodes: Path = field(default_factory=lambda: NODES)

    def keys(self) -> frozenset[str]:
        """A name for each security key that is plugged in now; none where they can't be looked for."""
        try:
            if self.listed.is_dir():
                return frozenset(device.name for device in self.listed.iterdir() if _is_key(device))
            from fido2.hid import list_descriptors

            return frozenset(str(one.path) for one in list_descriptors())  # type: ignore[no-untyped-call]
        except OSError:
            return frozenset()


def _is_key(device: Path) -> bool:
    try:
        return FIDO_PAGE in usage_pages((device / "device" / "report_descriptor").read_bytes())
    except OSError:  # pulled out while it was looked at
        return False


def usage_pages(descriptor: bytes) -> frozenset[int]:
    """The usage pages that a HID report descriptor names."""
    pages, at = set(), 0
    while at < len(descriptor):
        prefix = descriptor[at]
        if prefix == _LONG_ITEM:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        if prefix & 0xFC == _USAGE_PAGE:
            pages.add(int.from_bytes(descriptor[at + 1 : at + 1 + size], "little"))
        at += 1 + size
    return frozenset(pages)
