# SPDX-License-Identifier: Apache-2.0
"""Every record of the clinic as one zip of JSON lines, a file per table: for leaving, and for whoever must have it all.

It holds health information in the clear, so two administrators ask and approve it in the console, and it is written
at the server's own keyboard, never through the console.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.storage.records import REGISTRY, Table
from sync_server import two_person
from sync_server.administration import COMMAND, By, note_act
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.two_person import Kind, declare

EXPORT = declare(Kind("bulk-export", _("Export of every record"), "device.manage"))


def export_records(home: Home, book: Notebook, request: UUID, target: Path) -> dict[str, int]:
    """Write the zip by an approved request, once; returns rows by table. Keys and other secrets stay here."""
    if target.exists():
        raise BadInput(f"{target} is there already. Name another file; nothing was exported.")
    asked = two_person.request(home, book, request)
    by = By(asked.by, "", COMMAND)
    two_person.use(home, book, by, request, EXPORT.name)
    counted: dict[str, int] = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in sorted(REGISTRY.values(), key=lambda one: one.name):
            lines = list(_lines(home, table))
            counted[table.name] = len(lines)
            archive.writestr(f"{table.module}/{table.name}.jsonl", "".join(lines))
        about = {
            "clinic": home.facts.clinic_name, "at": instant(home.store.clock.now_ms()).isoformat(),
            "request": str(request), "reason": asked.reason, "rows": counted,
        }  # fmt: skip
        archive.writestr("about.json", json.dumps(about, indent=1))
    note_act(home, by, "records.exported", request, f"{sum(counted.values())}")
    return counted


def _lines(home: Home, table: Table) -> Iterator[str]:
    shown = [
        c for c in table.record.__table__.c if c.name == "id" or c.name in table.kinds.keys() - table.secret_columns
    ]
    with home.store.reading() as connection:
        for row in connection.execute(select(*shown)):
            yield json.dumps(dict(row._mapping), default=_plain, ensure_ascii=False, sort_keys=True) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
