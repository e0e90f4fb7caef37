# SPDX-License-Identifier: Apache-2.0
"""One patient's records as they stood at a moment, out of the log of the server or of a backup, nothing restored."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.storage.reader import Reader, Version
from hms_desktop.storage.records import REGISTRY, Table
from sync_server.backup.parcel import unpack
from sync_server.backup.restoring import check_backup
from sync_server.backup.trying import opened
from sync_server.home import STORE_FILE, Home, ServiceKeys
from sync_server.two_person import Kind, declare

HISTORY = declare(Kind("patient-history", _("One patient's history"), "device.manage"))
Told = dict[str, Any]


@contextmanager
def backup_read(home: Home, file: Path, keys: ServiceKeys) -> Iterator[Reader]:
    """A backup opened for reading, beside itself, and taken away again; BadInput and Damaged as a restore says."""
    manifest = check_backup(file, keys)
    place = Path(tempfile.mkdtemp(prefix=".hms-look-", dir=file.parent))
    try:
        unpack(file, manifest, place)
        with opened(place / STORE_FILE, keys.store) as connection:
            yield Reader(connection, home.store.setting, home.worker.person)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def find_patient(reader: Reader, named: str) -> UUID:
    """The patient of this record number or id; NotFound when there is none here."""
    wanted = named.strip().upper()
    found = reader.first(select(Patient.id).where(Patient.mrn == wanted))
    if found is None and len(wanted.replace("-", "")) == 32:
        try:
            found = reader.first(select(Patient.id).where(Patient.id == UUID(wanted)))
        except ValueError:
            found = None
    if found is None:
        raise NotFound(f"No patient has the record number or id “{named[:40]}” here. Look at an older backup.")
    return UUID(str(found.id))


def history_of(reader: Reader, patient: UUID, at: datetime) -> list[Told]:
    """Every record of a patient that stood at this moment: its values then, and each change up to then.

    A moment is by the clocks of those who wrote. Where two heads stood, the later is what is told, and both changes.
    """
    people = {row.id: row.name for row in reader.rows(select(Account.id, Account.name))}
    told = []
    for table, record in _records(reader, patient):
        versions = [one for one in reader.history(table.record, record) if one.at <= at]
        if versions:
            told.append(_told(table, record, versions, people))
    return told


def _records(reader: Reader, patient: UUID) -> Iterator[tuple[Table, UUID]]:
    """The patient, what names the patient, and what belongs to that, table by table."""
    held: dict[str, set[UUID]] = {Patient.spec.name: {patient}}
    todo = [table for table in REGISTRY.values() if table.phi and table.name != Patient.spec.name]
    grew = True
    while grew:
        grew = False
        for table in todo:
            ways = [column for column, parent in table.refs.items() if parent in held]
            ways += ["patient"] if "patient" in table.kinds and "patient" not in ways else []
            known = held.get(table.name, set())
            found = {id for way in ways for id in _naming(reader, table, way, held[table.refs.get(way, "patient")])}
            if found - known:
                held[table.name], grew = known | found, True
    for name in sorted(held):
        for record in sorted(held[name]):
            yield REGISTRY[name], record


def _naming(reader: Reader, table: Table, column: str, ids: set[UUID]) -> Iterator[UUID]:
    columns = table.record.__table__.c
    wanted = sorted(ids)
    for begin in range(0, len(wanted), 500):
        rows = reader.rows(select(columns.id).where(columns[column].in_(wanted[begin : begin + 500])))
        yield from (row.id for row in rows)


def _told(table: Table, record: UUID, versions: list[Version], people: dict[UUID, str]) -> Told:
    values: dict[str, Any] = {}
    changes = []
    for one in versions:
        shown = {name: value for name, value in one.values.items() if name not in table.secret_columns}
        values |= shown
        who = people.get(one.person, one.person.hex)
        changes.append(
            {"at": one.at, "by": who, "action": one.action, "author": author_code(one.author), "values": shown}
        )
    return {"table": table.name, "id": record, "values": values, "changes": changes}


def write_history(target: Path, about: Told, records: list[Told]) -> None:
    """Write it as JSON, readable by its owner alone; BadInput for a file that is there."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput(f"{target} is there already. Name another file; nothing was written.", "out") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({**about, "records": records}, file, default=_plain, ensure_ascii=False, indent=1)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
