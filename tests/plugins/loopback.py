# SPDX-License-Identifier: Apache-2.0
"""No test reaches another machine: a socket of the test process connects to this one or not at all."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class LeftTheMachine(OSError):
    """A test tried to reach another machine."""


def refuse_others(address: Any) -> None:
    """Raise LeftTheMachine unless the address is a path or a loopback address."""
    if isinstance(address, str | bytes) or address[0] in ("", "localhost"):
        return
    try:
        near = ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback
    except ValueError:
        near = False
    if not near:
        raise LeftTheMachine(f"tests talk to this machine only, not to {address[0]}")


def guarded(name: str) -> Any:
    """The socket method of this name, refusing addresses of other machines; the address is its last argument."""
    original = getattr(socket.socket, name)

    def method(self: socket.socket, *arguments: Any) -> Any:
        refuse_others(arguments[-1])
        return original(self, *arguments)

    return method


def pytest_configure(config: pytest.Config) -> None:
    """Guard the three ways out for as long as the run lasts."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    for name in ("connect", "connect_ex", "sendto"):
        patch.setattr(socket.socket, name, guarded(name), raising=False)
