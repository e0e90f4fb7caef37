# SPDX-License-Identifier: Apache-2.0
"""The clinic's recovery key: made here, printed as shares, and never kept; only its public half stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import select

from hms_desktop.core.text import _
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.security.recovery import HOLDERS, NEEDED, SETTING, StatedKey, new_recovery_key, state_key
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from sync_server import two_person
from sync_server.administration import COMMAND, Also, By, noted, nothing_more
from sync_server.home import Home
from sync_server.notebook import open_notebook
from sync_server.two_person import Kind, declare

RECOVERY = declare(Kind("recovery-key", _("A new recovery key of the clinic"), "device.manage"))


@dataclass(frozen=True)
class PrintedKey:
    """A new recovery key: its public half (32 bytes), and a share for each holder as it is printed."""

    public: bytes
    shares: tuple[str, ...] = field(repr=False)


def make_recovery_key(home: Home, also: Also = nothing_more) -> PrintedKey:
    """A new recovery key in place of one before: workstations seal to it from their next sync on.

    Shares of the one before go on opening what was sealed to it, such as a computer that is not heard of any more.
    """
    public, shares = new_recovery_key()
    value = state_key(home.signing, home.facts.clinic.bytes, public, home.store.clock.now_ms())

    def write(unit: Unit) -> None:
        unit.check("device.manage")
        unit.action = "server.recovery_key"
        row = unit.first(select(SiteSetting.id).where(SiteSetting.key == SETTING))
        if row is not None:
            unit.change(SiteSetting, row.id, site="", key=SETTING, value=value)
        else:
            unit.add(SiteSetting, id=uuid5(home.facts.clinic, f"setting::{SETTING}"), site="", key=SETTING, value=value)
        also(unit)

    home.store.act(write, home.worker)
    return PrintedKey(public, tuple(share.text() for share in shares))


def make_by_request(home: Home, request: UUID) -> PrintedKey:
    """The same by a request that another administrator approved within the hour, for who asked for it; good once."""
    book = open_notebook(home)
    try:
        by = By(two_person.request(home, book, request).by, "", COMMAND)
        two_person.use(home, book, by, request, RECOVERY.name)
    finally:
        book.close()
    return make_recovery_key(home, noted(by, "recovery_key.made", request))


def stated_key(reader: Reader) -> StatedKey | None:
    """The recovery key in force, None before there is one."""
    row = reader.first(select(SiteSetting.value).where(SiteSetting.key == SETTING))
    return msgspec.convert(row.value, StatedKey) if row is not None else None


def share_lines(printed: PrintedKey) -> list[str]:
    """What an administrator prints or writes down, one sheet for each holder."""
    lines = [
        f"The recovery key, in {HOLDERS} shares. Give each to another person, who keeps it on paper, away from here.",
        f"Any {NEEDED} of them open a workstation whose keyring is lost. They are shown only now.",
    ]
    return lines + [f"  Share {number}: {share}" for number, share in enumerate(printed.shares, 1)]
