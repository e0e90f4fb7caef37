# SPDX-License-Identifier: Apache-2.0
"""What the server says of each workstation, and the orders behind it: block, wipe, a new file key, a code by telephone.

A workstation that is blocked or to be wiped is answered here and nowhere else. What it said that it held is kept, so
that it can be told what was on a computer that is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.clock import stamp_ms
from hms_desktop.core.errors import NotAllowed, Refused
from hms_desktop.security.accounts import Account, Device, SiteSetting
from hms_desktop.security.people import same_login
from hms_desktop.security.permit_code import anchors_from, code_for, day_of
from hms_desktop.security.roles import may_sign_in_at
from hms_desktop.security.sealing import derive
from hms_desktop.security.standing import APPROVED, BLOCKED, DAY_MS, PERMIT_DAYS, WIPE, Standing, sign_standing
from hms_desktop.storage.reader import Reader, meta_value
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.standing import MOST_TABLES, NONCE_BYTES, StandingAsked, StandingTold
from sync_server import permits
from sync_server.administration import Also, nothing_more
from sync_server.home import Home

PERMIT_SETTING = "permit_days"
WIPED = "wiped"
_SAID = {APPROVED: APPROVED, BLOCKED: BLOCKED, WIPE: WIPE, WIPED: WIPE}
_MOST_UNSENT = 1_000_000_000


@dataclass(frozen=True)
class Report:
    """What a workstation last said of itself; times in ms since 1970, 0 for never.

    `tables` are rows by table as counted at `counted_ms`, `unsent` its change sets that the server lacked then.
    """

    told_ms: int = 0
    epoch: int = 0
    exposed_ms: int = 0
    old_file: bool = False
    permit_ms: int = 0
    counted_ms: int = 0
    last: int = 0
    unsent: int = 0
    tables: tuple[tuple[str, int], ...] = ()
    wiped_ms: int = 0


def stand(home: Home, device: UUID, asked: StandingAsked) -> StandingTold:
    """Take a workstation's report and tell it how it stands; NotAllowed before it is approved for the first time."""
    if len(asked.nonce) != NONCE_BYTES or len(asked.holding.tables) > MOST_TABLES:
        raise Refused("This question about a workstation's standing is not one. Update the workstation.")
    standing = home.store.read(partial(_standing, home, device, asked.nonce), home.worker)
    report = _reported(home, asked, standing)
    home.store.act(partial(_note, device, report, asked.wiped), home.worker)
    if standing.status == APPROVED:
        with home.store.writing() as connection:
            permits.give(connection, device, standing.issued_ms, standing.permit_ms)
    return StandingTold(sign_standing(home.signing, standing))


def _standing(home: Home, device: UUID, nonce: bytes, reader: Reader) -> Standing:
    row = reader.get(Device, device)
    if row.status not in _SAID:
        raise NotAllowed("This workstation is not approved at the server. Ask the administrator.", "device")
    now, days = home.store.clock.now_ms(), permit_days(reader, row.site)
    people = reader.rows(select(Account.id, Account.roles, Account.active))
    return Standing(
        clinic=home.facts.clinic,
        device=device,
        nonce=nonce,
        issued_ms=now,
        status=_SAID[row.status],
        permit_ms=now + days * DAY_MS,
        permit_days=days,
        revoked=tuple(p.id for p in people if not (p.active and may_sign_in_at(p.roles, row.kind))),
        epoch=int(reader.meta(_epoch_note(device), 0)),
        anchors=anchors_from(_code_secret(home), device, day_of(now)),
        exchange=home.exchange.public_key().public_bytes_raw(),
    )


def _reported(home: Home, asked: StandingAsked, standing: Standing) -> Report:
    held, before = asked.holding, report_of(home, standing.device)
    now = standing.issued_ms
    return Report(
        told_ms=now,
        epoch=asked.epoch,
        exposed_ms=asked.exposed_ms,
        old_file=asked.old_file,
        permit_ms=standing.permit_ms if standing.status == APPROVED else before.permit_ms,
        counted_ms=held.counted_ms,
        last=held.last,
        unsent=min(max(held.unsent, 0), _MOST_UNSENT),
        tables=tuple((str(name)[:60], int(count)) for name, count in held.tables),
        wiped_ms=now if asked.wiped and standing.status == WIPE else before.wiped_ms,
    )


def _note(device: UUID, report: Report, wiped: bool, unit: Unit) -> None:
    unit.note_meta(_report_note(device), vars(report))
    if wiped and unit.get(Device, device).status == WIPE:
        unit.action = "server.device"
        unit.change(Device, device, status=WIPED)


def permit_days(reader: Reader, site: str) -> int:
    """Days that a workstation of a site works without the server, as chosen for the site, else for the clinic."""
    question = select(SiteSetting.site, SiteSetting.value).where(
        SiteSetting.key == PERMIT_SETTING, SiteSetting.site.in_(("", site))
    )
    found = {row.site: row.value for row in reader.rows(question)}
    return int(found.get(site, found.get("", PERMIT_DAYS)))


def report_of(home: Home, device: UUID) -> Report:
    """What a workstation last said of itself."""
    with home.store.reading() as connection:
        kept: dict[str, Any] = meta_value(connection, _report_note(device), {})
    return Report(**{**kept, "tables": tuple((name, count) for name, count in kept.get("tables", ()))})


def order_wipe(home: Home, device: UUID, also: Also = nothing_more) -> None:
    """Let a workstation destroy its keys and files at its next contact; it takes nobody's work after that.

    What it has not sent it may still send first, while somebody is signed in there.
    """

    def write(unit: Unit) -> None:
        unit.check("device.manage")
        unit.action = "server.device"
        if unit.get(Device, device).status == WIPED:
            raise Refused("This workstation was wiped already. Enrol the computer again with a new code.")
        unit.change(Device, device, status=WIPE)
        also(unit)

    home.store.act(write, home.worker)


def order_new_key(home: Home, device: UUID, also: Also = nothing_more) -> int:
    """Let a workstation turn its file key at the next lock or sign-in; returns which key that will be."""
    epoch = max(report_of(home, device).epoch, 1) + 1

    def write(unit: Unit) -> None:
        unit.check("device.manage")
        unit.note_meta(_epoch_note(device), epoch)
        also(unit)

    home.store.act(write, home.worker)
    return epoch


def permit_code(home: Home, device: UUID) -> str:
    """Today's code by which a workstation renews its permit, to be read over the telephone.

    The same all day and good there once; NotAllowed for a workstation that is out of use.
    """

    def read(reader: Reader) -> None:
        row = reader.get(Device, device)
        if row.status != APPROVED:
            raise NotAllowed(f"{row.name} is {row.status}: approve it first, then give it a code.", "device")

    home.store.read(read, home.worker)
    day = day_of(home.store.clock.now_ms())
    with home.store.writing() as connection:
        permits.give_by_code(connection, device, day)
    return code_for(_code_secret(home), device, day)


def left_since(home: Home, device: UUID) -> list[str]:
    """Sign-in names of people who are out and may still be let in there, as it has not called since they left."""
    told = report_of(home, device).told_ms

    def read(reader: Reader) -> list[str]:
        rows = reader.rows(select(Account.login, Account.active, Account.g_access).order_by(Account.login))  # type: ignore[attr-defined]
        return [row.login for row in rows if not row.active and stamp_ms(row.g_access) > told]

    return home.store.read(read, home.worker)


def not_told(home: Home, login: str) -> list[tuple[str, Report]]:
    """Workstations in use at which this person could sign in, with what each last said: where access ends only then."""

    def read(reader: Reader) -> list[Any]:
        people = reader.rows(select(Account.login, Account.roles))
        roles: list[str] = next((p.roles for p in people if same_login(p.login) == same_login(login)), [])
        rows = reader.rows(select(Device.id, Device.name, Device.kind, Device.status).order_by(Device.author))
        return [row for row in rows if row.status == APPROVED and may_sign_in_at(roles, row.kind)]

    return [(row.name, report_of(home, row.id)) for row in home.store.read(read, home.worker)]


def _code_secret(home: Home) -> bytes:
    return derive(home.keys.signing, "permit codes", home.facts.clinic.bytes)


def _report_note(device: UUID) -> str:
    return f"report {device.hex}"


def _epoch_note(device: UUID) -> str:
    return f"file key {device.hex}"
