# SPDX-License-Identifier: Apache-2.0
"""Workstations at the server: one-time codes, applications, approval; author numbers are given out once for ever."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from hms_desktop.core.clock import MAX_AUTHOR, instant, milliseconds, stamp_ms
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.security.accounts import Device, granted_people
from hms_desktop.security.enrolment import CODE_MINUTES, CODE_TRIES, check_proof, compare_words, new_code
from hms_desktop.security.key_history import with_former
from hms_desktop.security.profile import ClinicFacts, ServerFacts, StationFacts
from hms_desktop.security.stations import station_kinds
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.enrolling import Application, Applied, Decision
from hms_desktop.sync.facts import HUB
from sync_server.administration import Also, nothing_more
from sync_server.authority import der
from sync_server.home import LONGEST_NAME, Home
from sync_server.recovery_key import stated_key

_CODES = "enrolment codes"
_TOLD_FOR_MS = 24 * 3_600_000
"""So long a code that was used, or is too old, is still known by name to whoever holds it."""


@dataclass(frozen=True)
class NewDevice:
    """What an administrator says of a workstation before it exists."""

    name: str
    kind: str
    site: str


@dataclass(frozen=True)
class DeviceRow:
    """A workstation as the administrator sees it; `keys` are its own and the server's, both public.

    Its status is what it is since `since_ms` (ms since 1970).
    """

    id: UUID
    author: int
    name: str
    site: str
    kind: str
    status: str
    reduced_protection: bool
    keys: tuple[bytes, bytes]
    since_ms: int

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What both screens show while it is pending; made for whoever compares them, as making them is slow."""
        return compare_words(*self.keys) if self.status == "pending" else ()


def make_code(home: Home, new: NewDevice, also: Also = nothing_more) -> str:
    """A one-time code for a workstation: good for 15 minutes, five tries, one use. Only its proof key is kept."""
    if new.kind not in {*station_kinds(), HUB}:
        known = ", ".join(sorted({*station_kinds(), HUB}))
        raise BadInput(f"There is no kind of workstation “{new.kind}”: one of {known}.", "kind")
    if not new.name.strip() or len(new.name) > LONGEST_NAME:
        raise BadInput(f"Give the workstation a name of 1 to {LONGEST_NAME} letters, such as Front desk 2.", "name")
    if not new.site.strip() or len(new.site) > LONGEST_NAME:
        raise BadInput(f"Name the site at which it stands, in 1 to {LONGEST_NAME} letters.", "site")
    return _make_code(home, {"name": new.name.strip(), "kind": new.kind, "site": new.site}, also)


def make_new_keys_code(home: Home, device: UUID, also: Also = nothing_more) -> str:
    """A one-time code by which a workstation whose keyring was lost shows its new key; it is approved again then."""
    row = home.store.read(lambda reader: reader.get(Device, device), home.worker)
    if row.kind == "server":
        raise BadInput("The server itself needs no code.", "device")
    if row.kind == HUB:
        raise BadInput("A hub that lost its keys is made anew, with a code of its own.", "device")
    return _make_code(home, {"name": row.name, "kind": row.kind, "site": row.site, "device": device.bytes}, also)


def _make_code(home: Home, meant: dict[str, Any], also: Also) -> str:
    code, now = new_code(der(home.authority)), home.store.clock.now_ms()
    kept = {"proof": code.proof_key, "until": now + CODE_MINUTES * 60_000, "tries": CODE_TRIES, **meant}

    def keep(unit: Unit) -> None:
        unit.check("device.manage")
        codes = {n: c for n, c in unit.meta(_CODES, {}).items() if c["until"] + _TOLD_FOR_MS > now}
        unit.note_meta(_CODES, {**codes, code.name: kept})
        also(unit)

    home.store.act(keep, home.worker)
    return code.text()


def apply(home: Home, application: Application) -> Applied:
    """Take an application: the code is used up, the workstation stands pending.

    NotAllowed for any other code; whoever holds one that was used or is too old is told so with its name.
    """
    kept = _use_code(home, application)
    known = kept.get("device")
    id = UUID(bytes=known) if known else home.store.ids.new()
    home.store.act(partial(_take_new_key if known else _stand, id, kept, application), home.worker)
    return Applied(id, kept["name"], home.server_facts.signing_public)


def _use_code(home: Home, application: Application) -> dict[str, Any]:
    kept = home.store.act(partial(_take_code, home, application), home.worker)
    if kept is None:
        raise NotAllowed("The enrolment code is wrong, used or too old. Ask for a new one.", "device.enrol")
    zone, now = ZoneInfo(home.facts.zone), home.store.clock.now_ms()
    if "used" in kept:
        at = f"{instant(kept['used']).astimezone(zone):%H:%M}"
        said = f"The code for {kept['name']} was used already, at {at}. If no computer of yours did that, block"
        raise NotAllowed(f"{said} {kept['name']}; then ask for a new code.", "device.enrol")
    if kept["until"] <= now:
        until = f"{instant(kept['until']).astimezone(zone):%H:%M}"
        raise NotAllowed(f"The code for {kept['name']} was good until {until}. Ask for a new one.", "device.enrol")
    return kept


def _take_code(home: Home, application: Application, unit: Unit) -> dict[str, Any] | None:
    """The code as it stood before, which is used from now on; None for a code nobody knows, or a wrong proof."""
    codes = unit.meta(_CODES, {})
    kept: dict[str, Any] | None = codes.get(application.code_name)
    if kept is None:
        return None
    try:
        check_proof(kept["proof"], der(home.authority), application.device_public, application.nonce, application.proof)
    except NotAllowed:
        kept["tries"] -= 1
        left = {n: c for n, c in codes.items() if n != application.code_name or kept["tries"] > 0}
        unit.note_meta(_CODES, left)
        return None
    now = home.store.clock.now_ms()
    if kept["until"] > now and "used" not in kept:
        unit.note_meta(_CODES, {**codes, application.code_name: {**kept, "used": now}})
    return kept


def _stand(id: UUID, kept: dict[str, Any], application: Application, unit: Unit) -> None:
    unit.action = "server.device"
    author = int(unit.scalar(select(func.max(Device.author)))) + 1
    if author > MAX_AUTHOR:
        raise Refused(f"This clinic has enrolled {MAX_AUTHOR} workstations; no author number is left.")
    unit.add(
        Device,
        id=id,
        author=author,
        name=kept["name"],
        site=kept["site"],
        kind=kept["kind"],
        signing_public=application.device_public,
        status="pending",
        reduced_protection=application.reduced_protection,
    )


def _take_new_key(id: UUID, _kept: dict[str, Any], application: Application, unit: Unit) -> None:
    """The workstation is the same, with the same author number; it stands pending with its new key."""
    unit.action = "server.device"
    before = unit.get(Device, id)
    unit.change(
        Device,
        id,
        signing_public=application.device_public,
        former=with_former(before.signing_public, before.former, milliseconds(unit.now)),
        status="pending",
        reduced_protection=application.reduced_protection,
    )


def decide(home: Home, device: UUID, status: str, also: Also = nothing_more) -> None:
    """Approve or block a workstation; what it wrote before it was blocked stays."""

    def set_status(unit: Unit) -> None:
        unit.check("device.manage")
        unit.action = "server.device"
        unit.change(Device, device, status=status)
        also(unit)

    home.store.act(set_status, home.worker)


def decision(home: Home, device: UUID) -> Decision:
    """What a workstation that applied is told."""
    return home.store.read(partial(_decision, home, device), home.worker)


def _decision(home: Home, device: UUID, reader: Any) -> Decision:
    row = reader.get(Device, device)
    if row.status != "approved":
        return Decision(row.status)
    facts, recovery = home.facts, stated_key(reader)
    clinic = ClinicFacts(
        id=facts.clinic,
        name=facts.clinic_name,
        zone=facts.zone,
        currency=facts.currency,
        training=facts.training,
        recovery_public=recovery.public if recovery else b"",
        recovery_since_ms=recovery.since_ms if recovery else 0,
    )
    station = StationFacts(device=row.id, author=row.author, name=row.name, site=row.site, kind=row.kind)
    server = ServerFacts(
        addresses=facts.addresses, ca_pem=home.authority.decode(), signing_public=home.server_facts.signing_public
    )
    return Decision("approved", clinic, station, server, granted_people(reader))


def device_rows(home: Home) -> list[DeviceRow]:
    """Every workstation, in the order of enrolment."""
    server = home.server_facts.signing_public
    rows = home.store.read(lambda reader: reader.rows(select(Device.__table__).order_by(Device.author)), home.worker)
    return [
        DeviceRow(
            row.id,
            row.author,
            row.name,
            row.site,
            row.kind,
            row.status,
            row.reduced_protection,
            (row.signing_public, server),
            stamp_ms(row.g_trust or row.k),
        )
        for row in rows
    ]


def find_device(home: Home, named: str) -> DeviceRow:
    """A workstation by name or by the beginning or end of its id; NotFound when none or several fit."""
    rows, wanted = device_rows(home), named.strip().casefold()
    by_name = [r for r in rows if r.name.casefold() == wanted]
    wanted = wanted.replace(" ", "")
    found = by_name or [
        r for r in rows if len(wanted) >= 6 and (r.id.hex.startswith(wanted) or r.id.hex.endswith(wanted))
    ]
    if len(found) != 1:
        raise NotFound(f"{len(found)} workstations are called “{named}”. `hms-server devices` lists them with ids.")
    return found[0]


def codes_open(home: Home) -> int:
    """How many codes are waiting to be used."""
    with home.store.reading() as connection:
        codes = meta_value(connection, _CODES, {})
    now = home.store.clock.now_ms()
    return sum(1 for code in codes.values() if code["until"] > now and "used" not in code)
