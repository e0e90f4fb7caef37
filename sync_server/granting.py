# SPDX-License-Identifier: Apache-2.0
"""What a workstation may hold changes: its kind, or what its kind is granted; and until when it was otherwise.

Work on a table that was done before the grant was taken away is applied when it comes; what was done later is held
back for an administrator.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Device
from hms_desktop.security.stations import grants, station_kinds
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import Unit, set_meta
from hms_desktop.sync.facts import HUB
from sync_server.administration import Also, nothing_more
from sync_server.home import Home

_SEEN, _UNTIL, _WAS = "grants seen", "granted until", "kinds before"


def note_kinds(connection: Connection, now_ms: int) -> None:
    """Remember what each kind of workstation is granted now, and of what the file took away, when that was seen."""
    now = {kind: sorted(_written(kind)) for kind in station_kinds()}
    before: dict[str, list[str]] = meta_value(connection, _SEEN, {})
    if now == before:
        return
    for kind, tables in before.items():
        _note_lost(connection, f"kind {kind}", frozenset(tables) - frozenset(now.get(kind, [])), now_ms)
    set_meta(connection, _SEEN, now)


def change_kind(home: Home, device: UUID, kind: str, also: Also = nothing_more) -> frozenset[str]:
    """Make a workstation one of another kind; returns the tables that it gives up at its next contact."""
    if kind not in station_kinds():
        known = ", ".join(sorted(station_kinds()))
        raise BadInput(f"There is no kind of workstation “{kind}”: one of {known}.", "kind")
    gone: list[frozenset[str]] = []

    def change(unit: Unit) -> None:
        unit.check("device.manage")
        unit.action = "server.device"
        before = unit.get(Device, device).kind
        if before == HUB:
            raise BadInput("A hub stays a hub: block it, and enrol the computer as a workstation.", "device")
        unit.change(Device, device, kind=kind)
        gone.append(_written(before) - _written(kind) if before in station_kinds() else frozenset())
        now_ms = home.store.clock.now_ms()
        was = unit.meta(_WAS, {})
        unit.note_meta(_WAS, {**was, device.hex: {**was.get(device.hex, {}), before: now_ms}})
        until = unit.meta(_UNTIL, {})
        unit.note_meta(_UNTIL, _with_lost(until, device.hex, gone[0], now_ms))
        also(unit)

    home.store.act(change, home.worker)
    return gone[0]


def granted_until(connection: Connection, device: UUID, kind: str) -> dict[str, int]:
    """Tables that this workstation may write no more, each with when it last might (ms since 1970)."""
    until: dict[str, dict[str, int]] = meta_value(connection, _UNTIL, {})
    return {**until.get(f"kind {kind}", {}), **until.get(device.hex, {})}


def kinds_until(connection: Connection, device: UUID, kind: str) -> dict[str, int | None]:
    """What kind of workstation this is (None), and what it was before, each until when (ms since 1970)."""
    was: dict[str, dict[str, int]] = meta_value(connection, _WAS, {})
    return {**was.get(device.hex, {}), kind: None}


def _written(kind: str) -> frozenset[str]:
    given = grants(kind)
    return given.read | given.append


def _note_lost(connection: Connection, whose: str, tables: frozenset[str], now_ms: int) -> None:
    if tables:
        set_meta(connection, _UNTIL, _with_lost(meta_value(connection, _UNTIL, {}), whose, tables, now_ms))


def _with_lost(
    until: dict[str, dict[str, int]], whose: str, tables: frozenset[str], now_ms: int
) -> dict[str, dict[str, int]]:
    return {**until, whose: {**until.get(whose, {}), **dict.fromkeys(sorted(tables), now_ms)}}
