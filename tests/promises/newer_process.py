# SPDX-License-Identifier: Apache-2.0
"""The program as its next version might be: the same sources with one column, one group and one table more.

`python -m tests.promises.newer_process serve FOLDER PORT` writes into what is new and serves; `… look FOLDER LOGIN`
signs in at a workstation, exchanges with the server and prints what it holds of what is new, as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

MODEL = "hms_desktop.clinic.patients.model"
TABLE = "patient_pet"
NEW_GROUP = '        "status": LAST_WRITER,\n    },\n):\n    """A chart.'
NEW_COLUMN = "    local_script: Mapped[str | None]"
NEW_TABLE = f'''

class PatientPet(Record, table="{TABLE}", phi=True, groups={{"what": LAST_WRITER}}):
    """An animal that lives with a patient."""

    patient: Mapped[UUID] = ref("patient", group="what")
    name: Mapped[str] = text(group="what", phi=True)
'''


def become_newer() -> None:
    """Load the sources of the next version before anything else of the program is."""
    from hms_desktop.storage import change_sets, schema

    change_sets.SCHEMA += 1
    found = importlib.util.find_spec(MODEL)
    assert found is not None and found.origin is not None
    source = Path(found.origin).read_text(encoding="utf-8")
    assert source.count(NEW_GROUP) == 1 and source.count(NEW_COLUMN) == 1
    source = source.replace(NEW_GROUP, '        "nickname": LAST_WRITER,\n' + NEW_GROUP)
    source = source.replace(
        NEW_COLUMN, '    nickname: Mapped[str | None] = text(group="nickname", phi=True, optional=True)\n' + NEW_COLUMN
    )
    module = importlib.util.module_from_spec(found)
    sys.modules[MODEL] = module
    exec(compile(source + NEW_TABLE, found.origin, "exec"), module.__dict__)
    prepare = schema.prepare

    def prepare_and_add(engine: Any) -> None:
        prepare(engine)
        add_what_is_new(engine)

    schema.prepare = prepare_and_add


def add_what_is_new(engine: Any) -> None:
    """What a migration of the next version would do to a file of this one."""
    from sqlalchemy import inspect
    from sqlalchemy.schema import CreateTable

    from hms_desktop.storage.records import Record

    with engine.begin() as connection:
        if TABLE in inspect(connection).get_table_names():
            return
        connection.exec_driver_sql("ALTER TABLE patient ADD COLUMN nickname VARCHAR")
        connection.exec_driver_sql("ALTER TABLE patient ADD COLUMN g_nickname BIGINT")
        connection.execute(CreateTable(Record.metadata.tables[TABLE]))


def serve(folder: Path, port: str) -> None:
    """Give every patient a nickname and a pet, then serve."""
    from sqlalchemy import select

    from sync_server import home
    from sync_server.__main__ import main as server

    patients: Any = sys.modules[MODEL]

    def write(unit: Any) -> None:
        unit.action = "sync.follow_up"
        for row in unit.rows(select(patients.Patient.id)):
            unit.change(patients.Patient, row.id, nickname="Nomi")
            unit.add(patients.PatientPet, patient=row.id, name="Rex")

    with home.open_home(folder) as opened:
        opened.store.act(write, opened.worker)
    sys.argv = ["hms-server", "serve", "--bind", "127.0.0.1", "--port", port]
    server()


def look(folder: Path, login: str) -> None:
    """What a workstation of the next version holds once it has met its server."""
    from sqlalchemy import select

    from hms_desktop.commands.bench import open_bench
    from hms_desktop.security import sign_in
    from hms_desktop.storage.keychain import FileKeychain
    from tests.server.process import PASSWORD

    patients: Any = sys.modules[MODEL]
    bench = open_bench(sign_in.unlock(folder, login, PASSWORD, keychain=FileKeychain(folder)))
    bench.exchange.catch_up()

    def ask(reader: Any) -> Any:
        named = reader.rows(select(patients.Patient.family, patients.Patient.nickname))
        pets = reader.rows(select(patients.PatientPet.name))
        return {"patients": sorted([row.family, row.nickname] for row in named), "pets": [row.name for row in pets]}

    sys.stdout.write(json.dumps(bench.store.read(ask, bench.acting)))
    bench.store.close()


if __name__ == "__main__":
    become_newer()
    {"serve": serve, "look": look}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
