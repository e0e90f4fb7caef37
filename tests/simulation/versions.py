# SPDX-License-Identifier: Apache-2.0
"""Two versions of the program in one history: the next one declares one column, one group and one table more.

Every machine runs one of the two. What is declared is swapped whenever another machine has its turn, so that each sees
only what its own version knows; to be updated is to come back as the newer version over a migrated file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hms_desktop.clinic.patients.model import Patient, PatientFlag
from hms_desktop.storage import rows
from hms_desktop.storage.records import LAST_WRITER, REGISTRY, Group
from hms_desktop.storage.store import Store
from hms_desktop.sync import bundles, engine
from sync_server import bundles as served_bundles
from sync_server import upstream
from sync_server.sync_api import centre, snapshots

PET, NICKNAME = "patient_pet", "nickname"
_TEXT = PatientFlag.spec.kinds["text"]
_BEFORE = Patient.spec
_AFTER = replace(
    _BEFORE,
    groups={**_BEFORE.groups, NICKNAME: Group(NICKNAME, LAST_WRITER, (NICKNAME,))},
    kinds={**_BEFORE.kinds, NICKNAME: _TEXT},
    phi_columns=_BEFORE.phi_columns | {NICKNAME},
)
_KNOW_SCHEMA = (bundles, engine, served_bundles, upstream, centre, snapshots)
_SCHEMA = engine.SCHEMA
_MIGRATION = (
    f"ALTER TABLE patient ADD COLUMN {NICKNAME} VARCHAR",
    f"ALTER TABLE patient ADD COLUMN g_{NICKNAME} BIGINT",
    f"CREATE TABLE {PET} (rid INTEGER NOT NULL, id BLOB NOT NULL, k BIGINT NOT NULL, patient BLOB NOT NULL, "
    "name VARCHAR NOT NULL, g_what BIGINT, PRIMARY KEY (rid), UNIQUE (id), "
    "FOREIGN KEY(patient) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED)",
)


class PatientPet:
    """An animal that lives with a patient."""

    spec = replace(
        PatientFlag.spec,
        name=PET,
        record=PatientFlag,
        groups={"what": Group("what", LAST_WRITER, ("patient", "name"))},
        kinds={"patient": PatientFlag.spec.kinds["patient"], "name": _TEXT},
        choices={},
        required=frozenset({"patient", "name"}),
        phi_columns=frozenset({"name"}),
    )


def _is_newer() -> bool:
    return PET in REGISTRY


@contextmanager
def running(newer: bool) -> Iterator[None]:
    """The program of this version, until the block ends."""
    before = _is_newer()
    _become(newer)
    try:
        yield
    finally:
        _become(before)


def _become(newer: bool) -> None:
    if newer == _is_newer():
        return
    REGISTRY["patient"] = Patient.spec = _AFTER if newer else _BEFORE
    if newer:
        REGISTRY[PET] = PatientPet.spec
    else:
        del REGISTRY[PET]
    for module in _KNOW_SCHEMA:
        module.SCHEMA = _SCHEMA + newer  # type: ignore[attr-defined]
    for known in _OF_COLUMNS:
        known.cache_clear()


_OF_COLUMNS: tuple[Any, ...] = tuple(one for one in vars(rows).values() if hasattr(one, "cache_clear"))


def migrate(store: Store) -> None:
    """What a migration of the next version does to a file of this one."""
    with store.writing() as connection:
        for statement in _MIGRATION:
            connection.exec_driver_sql(statement)
