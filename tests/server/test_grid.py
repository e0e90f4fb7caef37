# SPDX-License-Identifier: Apache-2.0
"""The grid of who may do what: every cell against the files, and real pushes for a sample of every table."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hms_desktop.clinic import modules
from hms_desktop.clinic.patients.model import PatientFlag
from hms_desktop.clinic.patients.model_restricted import BrokenGlassEnd
from hms_desktop.core.clock import next_stamp
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.roles import OWN_EVENTS, ROLES_FILE, permissions_of, policy
from hms_desktop.security.stations import STATIONS_FILE
from hms_desktop.security.writes import WRITES_FILE, writes
from hms_desktop.storage.change_sets import ChangeSet, change_set_root
from hms_desktop.storage.records import REGISTRY, Table
from hms_desktop.storage.unit import Unit
from sync_server.actions import known_actions
from sync_server.commands.rights import rights
from sync_server.grid import CHANNELS, Cell, grid
from tests.desk import NAMES, Desk, person
from tests.sync.forger import SALT, Forger, leaf
from tests.sync.world import World

assert modules.MODULES
SAMPLE: dict[str, Any] = {
    "id": SALT, "text": "x", "whole": 1, "flag": 1, "instant": 1000, "day": "2026-11-23", "exact": "1", "data": "[]",
    "secret": b"x",
}  # fmt: skip


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return list(grid())


@pytest.mark.accepts("SEC-01")
def test_every_cell_is_what_the_files_say(cells: list[Cell]) -> None:
    """Read once more from the files, by other code: a role's rights, an action's tables, a station's grants."""
    roles, stations, tables = (
        tomllib.loads(Path(file).read_text(encoding="utf-8")) for file in (ROLES_FILE, STATIONS_FILE, WRITES_FILE)
    )
    rights = {
        name: {*role.get("may", []), *(r for s in role.get("sets", []) for r in roles["sets"][s]), OWN_EVENTS}
        for name, role in roles["roles"].items()
    }
    kinds = {name: {k: stations[k] for k in role["stations"]} for name, role in roles["roles"].items()}
    actions, seen = known_actions(), set()
    held = {(role, name): _held(kinds[role].values(), name) for role in rights for name in {c.table for c in cells}}
    for cell in cells:
        table, act = REGISTRY[cell.table], cell.action
        read, put = held[cell.role, cell.table]
        may = bool(act) and actions[act].needs in rights[cell.role] and cell.table in tables[act]
        if cell.table.endswith("_conflict_settlement") or (cell.action == "conflicts.choose" and _stands(table)):
            may = may and f"conflict.settle.{table.module}" in rights[cell.role]
        expected = {
            "pull": read,
            "window": may,
            "push": may and (read or put) and not table.server_owned,
        }[cell.channel]
        assert cell.allowed == expected, cell
        seen.add((cell.role, cell.channel))
    assert seen == {(role, channel) for role in policy().roles for channel in CHANNELS}


def _held(kinds: Collection[dict[str, list[str]]], name: str) -> tuple[bool, bool]:
    """Whether one of these kinds of workstation holds the table, and whether one may put facts there."""
    table = REGISTRY[name]
    read = any(_fits(table, pattern) for kind in kinds for pattern in kind["read"])
    put = any(_fits(table, pattern) for kind in kinds for pattern in kind.get("append", []))
    return read, put or (name == "access_event" and bool(kinds))


def _stands(table: Table) -> bool:
    """Whether it is health information that is written anew, not a fact."""
    return table.phi and any(group.policy.name != "once" for group in table.groups.values())


def _fits(table: Table, pattern: str) -> bool:
    module, _dot, name = pattern.partition(".")
    if name == "*":
        return table.module == module and table.name != "access_event"
    return module in ("*", table.module) and table.name == name


def test_at_a_workstation_the_right_is_asked_by_raising(cells: list[Cell], tmp_path: Path) -> None:
    """Every action of every role through the very check that each action begins with."""
    desk = Desk(tmp_path, person("Nobody", ()))
    actions = known_actions()
    for role in policy().roles:
        acting = person(role, permissions_of([role]), [role])
        may = {c.action for c in cells if c.role == role and c.channel == "window" and c.allowed}

        def asks(unit: Unit, may: set[str] = may) -> None:
            for name, declared in actions.items():
                if declared.ours and declared.needs != OWN_EVENTS:
                    allowed = declared.needs in unit.person.permissions
                    assert allowed or name not in may
                    if allowed:
                        unit.check(declared.needs)
                    else:
                        with pytest.raises(NotAllowed):
                            unit.check(declared.needs)

        desk.do(asks, acting)
    desk.store.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("grid"))
    yield made
    made.close()


@pytest.mark.accepts("SEC-01")
def test_at_the_server_a_sample_of_every_table_is_pushed(cells: list[Cell], world: World) -> None:
    """For each table one role that may and one that may not, with an action that writes it: never the other way."""
    forger = Forger(world.desk(world.person("keeper", "administrator"), "all"))
    people = {role: world.person(role, role) for role in policy().roles}
    asked: dict[int, Cell] = {}
    sets: list[ChangeSet] = []
    for cell in _sample(cells):
        more = _after(forger, sets[-1]) if sets else {}
        row = leaf(cell.table, _row(REGISTRY[cell.table], people[cell.role].person.id.bytes))
        sets.append(forger.made(row, action=cell.action, by=people[cell.role], **more))
        asked[sets[-1].number] = cell
    refused = {v.number: v.reason for v in forger.push(*sets).verdicts if v.state == "refused"}
    for number, cell in asked.items():
        by_right = any(words in refused.get(number, "") for words in RIGHTS)
        assert by_right != cell.allowed, (cell, refused.get(number))


def _after(forger: Forger, last: ChangeSet) -> dict[str, Any]:
    stamp = next_stamp(last.stamp, forger.author, forger.world.clock.ms)
    return {"number": last.number + 1, "prev": change_set_root(last), "stamp": stamp}


def _sample(cells: list[Cell]) -> Iterator[Cell]:
    """Of each table a push that is allowed, and one by the same action that is not."""
    by_table: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.channel == "push" and policy().roles[cell.role].stations:
            by_table.setdefault(cell.table, []).append(cell)
    for pushes in by_table.values():
        allowed = next((c for c in pushes if c.allowed), None)
        denied = next((c for c in pushes if not c.allowed and (allowed is None or c.action == allowed.action)), None)
        yield from filter(None, (allowed, denied))


RIGHTS = ("needs the right", "does not write", "Only the server writes", "granted", "own name", "events")


def _row(table: Table, person: bytes) -> dict[str, Any]:
    """A row that fits its table: every required column with something of its kind."""
    chosen = {n: sorted(table.choices[n])[0] for n in table.required if n in table.choices}
    row = {n: SAMPLE[table.kinds[n].name] for n in table.required} | chosen
    row.update({column: person for column in ("by",) if column in row})
    return row


def test_what_is_done_in_ones_own_name_names_who_signs(world: World) -> None:
    forger = Forger(world.desk(world.person("dora", "doctor"), "all"))
    table = REGISTRY["broken_glass"]
    words = forger.refused(leaf("broken_glass", _row(table, SALT)), action="patients.break_glass")
    assert "in one's own name only" in words


def test_at_a_workstation_nothing_is_done_in_another_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path, person("Dora", permissions_of(["doctor"]), ["doctor"]))

    def forges(unit: Unit) -> None:
        unit.action, unit.own = "patients.end_glass", policy().own
        unit.add(BrokenGlassEnd, glass=NAMES, by=NAMES)

    with pytest.raises(NotAllowed, match="one's own name only"):
        desk.do(forges)

    def strays(unit: Unit) -> None:
        unit.action, unit.may_write = "patients.end_glass", writes()["patients.end_glass"]
        unit.add(PatientFlag, patient=NAMES, kind="note", active=True, text="-")

    with pytest.raises(NotAllowed, match="may not write patient_flag"):
        desk.do(strays)
    desk.store.close()


def test_the_command_shows_the_grid() -> None:
    done = CliRunner().invoke(rights, ["grid", "--role", "privacy_officer", "--table", "broken_glass_review"])
    assert done.exit_code == 0, done.output
    assert "patients.review_glass" in done.output and "all others refused" in done.output
    done = CliRunner().invoke(rights, ["grid", "--role", "nurse", "--table", "observation_void"])
    assert "entry.void within their own team" in done.output
    done = CliRunner().invoke(rights, ["endpoints", "--role", "cashier", "--channel", "query"])
    assert done.exit_code == 0 and "billing.invoices" in done.output and "ehr.summary" not in done.output
