# SPDX-License-Identifier: Apache-2.0
"""The line to a label printer: raw TCP (port 9100) inside the clinic's network, asked how it is before it gets a label.

A label names a patient, so an address outside private networks is refused whatever the name of the printer resolves to.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from ipaddress import ip_address

from hms_desktop.core.errors import ClinicError, Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.documents.printers import LabelPrinter

CONNECT_SECONDS = 5.0
STATUS_SECONDS = 1.0
SEND_SECONDS = 20.0
_ASK_STATUS = b"~HS\r\n"
_STATUS = re.compile(rb"\x02([^\x03]*)\x03")


class LabelLine:
    """An open line to a printer that can print; nothing of a patient has gone over it yet."""

    def __init__(self, printer: LabelPrinter) -> None:
        self._printer = printer
        self._line = _connected(printer)
        try:
            self._ask_how_it_is()
        except ClinicError:
            self.close()
            raise

    def _ask_how_it_is(self) -> None:
        """Refuse a printer that says it can't print; one that says nothing (many do) is taken at its word."""
        told = b""
        try:
            self._line.settimeout(STATUS_SECONDS)
            self._line.sendall(_ASK_STATUS)
            while len(_STATUS.findall(told)) < 2 and (more := self._line.recv(256)):
                told += more
        except TimeoutError:
            pass
        except OSError:
            raise self._gone() from None
        if trouble := _trouble(told):
            raise Unavailable(_("The label printer “{name}” can't print: {trouble}. Then print again.").format(
                name=self._printer.name, trouble=trouble))  # fmt: skip

    def send(self, data: bytes) -> None:
        """Send labels; raises Unavailable when the printer goes away before it has them all."""
        try:
            self._line.settimeout(SEND_SECONDS)
            self._line.sendall(data)
            self._line.shutdown(socket.SHUT_WR)
            self._hang_up()
        except OSError:
            raise self._gone() from None
        finally:
            self.close()

    def _hang_up(self) -> None:
        """Wait until the printer has read everything, or for a moment if it keeps the line open."""
        self._line.settimeout(STATUS_SECONDS)
        with suppress(TimeoutError):
            while self._line.recv(256):
                pass

    def close(self) -> None:
        """Let go of the printer."""
        self._line.close()

    def _gone(self) -> Unavailable:
        return Unavailable(
            _("The label printer “{name}” stopped before it had the whole label. Look at what came out and throw it "
              "away; then print again, or save as PDF.").format(name=self._printer.name)
        )  # fmt: skip


def _connected(printer: LabelPrinter) -> socket.socket:
    try:
        found = socket.getaddrinfo(printer.host, printer.port, type=socket.SOCK_STREAM)
        if not all(ip_address(str(place[0]).partition("%")[0]).is_private for *_rest, place in found):
            raise Refused(_("The label printer “{name}” is not in the clinic's own network. Labels name patients: "
                            "choose one that is.").format(name=printer.name))  # fmt: skip
        return socket.create_connection((str(found[0][4][0]), printer.port), CONNECT_SECONDS)
    except OSError:
        raise Unavailable(
            _("The label printer “{name}” does not answer at {host}. See that it is on and connected; or choose "
              "another, or save as PDF.").format(name=printer.name, host=printer.host)
        ) from None  # fmt: skip


def _trouble(told: bytes) -> str:
    """What a status answer (`~HS`, ZPL II) says is wrong, in words that say what to do."""
    lines = [one.split(b",") for one in _STATUS.findall(told)]
    flags: dict[tuple[int, int], str] = {
        (0, 1): _("put in labels"), (0, 2): _("take it out of pause"), (1, 2): _("close its head"),
        (1, 3): _("put in a ribbon"),
    }  # fmt: skip
    wrong = [words for (line, place), words in flags.items()
             if len(lines) > line and len(lines[line]) > place and lines[line][place].strip() == b"1"]  # fmt: skip
    return ", ".join(wrong)
