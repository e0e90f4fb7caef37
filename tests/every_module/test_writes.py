# SPDX-License-Identifier: Apache-2.0
"""What each action may write is what its source writes: a new action, or a further table, is a reviewed line."""

from __future__ import annotations

from hms_desktop.security.permissions import ACTIONS
from hms_desktop.security.writes import WRITES_FILE, may_write, writes
from hms_desktop.storage.records import REGISTRY
from installer import freeze_writes
from sync_server.actions import known_actions
from tests.every_module.source import listed


def test_the_policy_says_what_the_sources_do() -> None:
    said = WRITES_FILE.read_text(encoding="utf-8")
    assert said == freeze_writes.text(), "write it anew: python -m installer.freeze_writes, and review the difference"


def test_every_table_that_people_write_is_written_by_an_action_that_some_role_has() -> None:
    written = frozenset().union(*writes().values())
    ours = {name: t for name, t in REGISTRY.items() if t.record.__module__.startswith("hms_desktop.")}
    idle = [name for name, table in ours.items() if not table.server_owned and name not in written]
    assert set(idle) <= set(BY_THE_SERVER), listed(sorted(set(idle) - set(BY_THE_SERVER)))
    assert not may_write("patients.register", "invoice") and known_actions().keys() <= ACTIONS.keys()


BY_THE_SERVER = {
    name: "raised where histories meet, or imported"
    for name in (
        "appointments_conflict", "appointments_conflict_member", "billing_conflict", "billing_conflict_member",
        "diagnostic_report", "ehr_conflict", "ehr_conflict_member", "immunization", "inventory_conflict",
        "inventory_conflict_member", "lab_conflict", "lab_conflict_member", "organization", "patients_conflict",
        "patients_conflict_member", "pharmacy_conflict", "pharmacy_conflict_member", "staff_conflict",
    )
}  # fmt: skip
