# SPDX-License-Identifier: Apache-2.0
"""What can be looked at on this server, now: each check says whether it holds, and in words what was found."""

from __future__ import annotations

import os
import socket
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from sqlalchemy import select

from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.administration import AdminEvent
from hms_desktop.security.kdf import FLOOR_KIB, FLOOR_PASSES
from hms_desktop.security.keys import wrapped_cost
from hms_desktop.security.permissions import ACTIONS
from hms_desktop.security.roles import LONGEST_IDLE, needs_code, policy
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.stations import broken_grants, station_kinds, unknown_patterns
from hms_desktop.storage.engine import assert_encrypted, connect
from hms_desktop.sync.verify import verify
from sync_server.backup import plan
from sync_server.compliance.parts import installed_parts
from sync_server.compliance.policy import against_policy, pinned, read_policy
from sync_server.hazards import read_hazards
from sync_server.home import CERTIFICATE_FILE, STORE_FILE, Home
from sync_server.notebook import open_notebook
from sync_server.places import VOLUME
from sync_server.quarantine import quarantine

QUARANTINE_DAYS = 30
CERTIFICATE_DAYS = 30
PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: whether it holds, and a sentence that says what was looked at and what was there."""

    holds: bool
    words: str


def store_encrypted(home: Home) -> Finding:
    """The store is no readable database and does not open with another key."""
    if home.keys.database:
        return _volume(home)
    file = home.folder / STORE_FILE
    try:
        assert_encrypted(file)
    except ClinicError as readable:
        return Finding(False, str(readable))
    try:
        connect(file, os.urandom(32), readonly=True).close()
    except ClinicError:
        return Finding(True, "The store is encrypted and another key does not open it; SQLCipher's settings hold.")
    return Finding(False, "The store opens with any key.")


def _volume(home: Home) -> Finding:
    """The database's own files: nobody can look at them from here, so it is said who answers for them."""
    said = select(AdminEvent.k).where(AdminEvent.kind == VOLUME)
    moment = home.store.read(lambda reader: reader.scalar(said), home.worker)
    if moment is None:
        return Finding(False, "Nobody has said that the database lies on an encrypted volume.")
    when = instant(stamp_ms(moment))
    return Finding(True, f"PostgreSQL on a volume that is encrypted, as an administrator said on {when:%Y-%m-%d}.")


def transport(home: Home) -> Finding:
    """The server that runs speaks TLS 1.3 and nothing below, with a certificate that is good for some time yet."""
    address = urlsplit(home.facts.addresses[0])
    place = (address.hostname or "", address.port or 443)
    try:
        if _answers(home, place, ssl.TLSVersion.TLSv1_2):
            return Finding(False, f"{address.netloc} speaks TLS 1.2.")
        if not _answers(home, place, ssl.TLSVersion.TLSv1_3):
            return Finding(False, f"{address.netloc} does not speak TLS 1.3 with this clinic's certificate.")
    except OSError:
        return Finding(False, f"Nobody answers at {address.netloc}: start the server, then ask again.")
    certificate = x509.load_pem_x509_certificate((home.folder / CERTIFICATE_FILE).read_bytes())
    days = (certificate.not_valid_after_utc - _now(home)).days
    return Finding(days >= CERTIFICATE_DAYS, f"TLS 1.3 only; the server's certificate is good for {days} days yet.")


def _answers(home: Home, place: tuple[str, int], version: ssl.TLSVersion) -> bool:
    """Whether a handshake in exactly this version succeeds; OSError when nobody is there."""
    context = ssl.create_default_context(cadata=home.authority.decode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(place, timeout=PROBE_SECONDS) as line:
        try:
            context.wrap_socket(line, server_hostname=place[0]).close()
        except ssl.SSLError:
            return False
    return True


def second_factor(home: Home) -> Finding:
    """Everybody whose role asks for a second factor has one."""
    rows = home.store.read(lambda reader: reader.rows(select(Account.__table__)), home.worker)
    people = [row for row in rows if row.active and (row.needs_code or needs_code(row.roles))]
    without = sorted(row.login for row in people if row.sealed_totp is None)
    if without:
        return Finding(False, f"{len(without)} of {len(people)} lack the second factor: {', '.join(without)}.")
    return Finding(True, f"Everybody whose role asks for a second factor has one ({len(people)} people).")


def password_cost(home: Home) -> Finding:
    """No password guards keys at less than the floor."""
    weak = []
    rows = home.store.read(lambda reader: reader.rows(select(Account.login, Account.wrapped)), home.worker)
    for row in rows:
        try:
            cost = wrapped_cost(row.wrapped)
            sound = cost.memory_kib >= FLOOR_KIB and cost.passes >= FLOOR_PASSES
        except WontOpen:
            sound = False
        if not sound:
            weak.append(row.login)
    if weak:
        return Finding(False, f"Passwords below 64 MiB and three passes of Argon2id: {', '.join(sorted(weak))}.")
    return Finding(
        True, f"Every password stands behind Argon2id with 64 MiB and three passes or more ({len(rows)} people)."
    )


def own_names(home: Home) -> Finding:
    """No sign-in name is given twice."""
    rows = home.store.read(lambda reader: reader.rows(select(Account.login)), home.worker)
    names = [row.login.casefold() for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    return Finding(
        not twice,
        f"People: {len(names)}, each with a name of their own." if not twice else f"Given twice: {', '.join(twice)}.",
    )


def idle(_home: Home) -> Finding:
    """Each role locks by itself in time."""
    longest = max(role.idle_minutes for role in policy().roles.values())
    return Finding(longest <= LONGEST_IDLE, f"Every role locks after {longest} minutes at most.")


def rights(_home: Home) -> Finding:
    """Each action asks for a right that is declared."""
    unknown = sorted(action.name for action in ACTIONS.values() if action.needs not in policy().permissions)
    counts = f"{len(ACTIONS)} actions, {len(policy().permissions)} rights, {len(policy().roles)} roles"
    said = f"{counts}; nothing else is allowed."
    return Finding(not unknown, said if not unknown else f"Actions without a declared right: {', '.join(unknown)}.")


def grants(_home: Home) -> Finding:
    """What each kind of workstation holds is spelled out and fits together."""
    wrong = [line for name, kind in station_kinds().items() for line in (*broken_grants(name), *unknown_patterns(kind))]
    return Finding(
        not wrong,
        f"{len(station_kinds())} kinds of workstation hold named tables only." if not wrong else "; ".join(wrong),
    )


def chains(home: Home) -> Finding:
    """Every author's chain is whole and every signature holds."""
    with home.store.reading() as connection:
        found = verify(connection, home.server_facts.signing_public, home.server_facts.clinic)
    if found.broken:
        return Finding(False, f"{len(found.broken)} broken links, the first: {found.broken[0]}")
    counts = f"chains: {found.chains}, changes: {found.whole}, signatures: {found.signatures}"
    return Finding(True, f"Everything written is whole and signed ({counts}).")


def held_back(home: Home) -> Finding:
    """What was refused does not wait for months."""
    rows = quarantine(home)
    old = [row for row in rows if (_now(home) - row.refused).days > QUARANTINE_DAYS]
    return Finding(not old, f"In quarantine: {len(rows)}, for more than {QUARANTINE_DAYS} days: {len(old)}.")


def keyrings(home: Home) -> Finding:
    """Each workstation's secret lies in its keyring."""
    weak = sorted(row.name for row in _devices(home) if row.reduced_protection and row.status == "approved")
    return Finding(
        not weak,
        "Every workstation keeps its secret in a keyring." if not weak else f"In a file at: {', '.join(weak)}.",
    )


def devices(home: Home) -> Finding:
    """Every workstation is known, and none waits for a decision."""
    rows = _devices(home)
    waiting = sorted(row.name for row in rows if row.status == "pending")
    count = ", ".join(f"{n} {s}" for s in ("approved", "blocked") if (n := sum(row.status == s for row in rows)))
    return Finding(
        not waiting, f"Workstations: {count or 'none'}." if not waiting else f"Not decided: {', '.join(waiting)}."
    )


def hazard_log(_home: Home) -> Finding:
    """The hazard log is there and every entry says what holds it down or what it waits for."""
    hazards = read_hazards()
    held = sum(hazard.controlled for hazard in hazards)
    return Finding(
        bool(hazards), f"{held} of {len(hazards)} hazards are controlled, the others say what they wait for."
    )


def parts(_home: Home) -> Finding:
    """What the program is made of can be listed."""
    found = installed_parts()
    return Finding(len(found) > 1, f"{len(found) - 1} parts by other makers, each with its version (hms-server parts).")


def dependency_policy(_home: Home) -> Finding:
    """Each part of the server is under a licence that the policy allows, in the version that is pinned by hash."""
    found = installed_parts()
    wrong = against_policy(found, read_policy(), pinned())
    said = f"{len(found) - 1} parts are under allowed licences, each in the version that is pinned by hash."
    return Finding(not wrong, said if not wrong else f"Against the dependency policy: {'; '.join(wrong)}.")


def backups(home: Home) -> Finding:
    """There is a backup of the last day, and it was put back once to try it."""
    book = open_notebook(home)
    try:
        found = plan.standing(home, book)
    finally:
        book.close()
    if found.last is None:
        return Finding(False, f"No backup was made yet; the first is due at {found.hour:02}:00.")
    said = f"The newest, of {found.last:%Y-%m-%d %H:%M} UTC, was put back and compared; it goes to {found.folder}."
    return Finding(found.well, said if found.well else " ".join(plan.problems(found)))


CHECKS: dict[str, Callable[[Home], Finding]] = {
    "store-encrypted": store_encrypted, "transport": transport, "second-factor": second_factor,
    "password-cost": password_cost, "own-names": own_names, "idle": idle, "rights": rights, "grants": grants,
    "chains": chains, "quarantine": held_back, "keyrings": keyrings, "devices": devices, "hazard-log": hazard_log,
    "parts": parts, "dependency-policy": dependency_policy, "backups": backups,
}  # fmt: skip


def _devices(home: Home) -> list[Any]:
    question = select(Device.__table__).where(Device.kind != "server")
    return home.store.read(lambda reader: reader.rows(question), home.worker)


def _now(home: Home) -> datetime:
    return instant(home.store.clock.now_ms()).astimezone(UTC)
