# SPDX-License-Identifier: Apache-2.0
"""The compliance report: each rule's row with what shows it and what is lacking, in one order, signed by the server.

A program is never "compliant": a row is evidenced, not evidenced, the clinic's own to answer, or does not apply here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import msgspec
import yaml

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, Damaged
from sync_server.compliance.checks import CHECKS, Finding
from sync_server.compliance.parts import Part, installed_parts
from sync_server.home import Home

ROWS_FILE = Path(__file__).resolve().parents[2] / "resources" / "safety" / "compliance.yaml"
ROOT = Path(__file__).resolve().parents[2]
EVIDENCED, LACKING, CLINIC, ABSENT = "evidenced", "not evidenced", "the clinic's own", "does not apply"
TEST_RECORD = "test-record"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one rule asks, and by what it could be shown."""

    rule: str
    asks: str
    checks: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    document: str = ""
    clinic: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A row as this server and this test record leave it: `lacks` says why it is not evidenced."""

    rule: str
    asks: str
    state: str
    shown: tuple[str, ...]
    lacks: tuple[str, ...]
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class TestRecord:
    """What a recorded run proved: outcomes of tests by acceptance number and by hazard.

    `commit` is what was tested, `changed` whether there were changes beside it.
    """

    commit: str = ""
    changed: bool = False
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hazards: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def finding(self) -> Finding:
        """A record counts only if what was tested can be had again by its commit."""
        if not self.commit:
            return Finding(False, "No record of a test run was given.")
        if self.changed:
            return Finding(False, f"The tests ran on {self.commit} with changes that are in no commit.")
        return Finding(True, f"Tests of {self.commit}.")

    def proves(self, number: str) -> bool:
        """Whether tests carry it and all of them passed."""
        tests = {**self.numbers, **self.hazards}.get(number, {})
        return bool(tests) and set(tests.values()) == {"passed"}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was asked and found; `parts` is what the server is made of.

    `signature` is the server's, over the report without it (Ed25519, hex).
    """

    clinic: str
    made: str
    tested: str
    checks: dict[str, Finding]
    rows: tuple[Answer, ...]
    parts: tuple[Part, ...]
    signature: str = ""

    def counts(self) -> dict[str, int]:
        """How many rows stand in each state."""
        return {state: sum(row.state == state for row in self.rows) for state in (EVIDENCED, LACKING, CLINIC, ABSENT)}

    def bytes(self) -> bytes:
        """What is signed: the report as JSON in one order."""
        plain = {**asdict(self), "signature": ""}
        return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def read_rows(path: Path = ROWS_FILE) -> list[Row]:
    """Every row; Damaged names one that asks for a check that there is none of."""
    found = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]:
        row = _row(entry, path)
        unknown = set(row.checks) - set(CHECKS) - {TEST_RECORD}
        if unknown:
            raise Damaged(f"{path.name}: {row.rule} asks for {', '.join(sorted(unknown))}, and there is no such check.")
        found.append(row)
    return found


def _row(entry: object, path: Path) -> Row:
    try:
        return msgspec.convert(entry, Row)
    except msgspec.ValidationError as odd:
        raise Damaged(f"{path.name}: {entry} does not have the fields of a row: {odd}.") from odd


def read_record(folder: Path | None) -> TestRecord:
    """The record that a test run left in `build/`; BadInput when it is none. An empty one for None."""
    if folder is None:
        return TestRecord()
    try:
        numbers = json.loads((folder / "acceptance.json").read_text(encoding="utf-8"))
        hazards = json.loads((folder / "hazards.json").read_text(encoding="utf-8"))
        return TestRecord(
            str(numbers["commit"]), bool(numbers["changed_since_commit"]), numbers["numbers"], hazards["numbers"]
        )
    except (OSError, ValueError, KeyError, TypeError) as odd:
        raise BadInput(f"{folder} holds no record of a test run: give the folder build/ of one.", "tests") from odd


def make_report(home: Home, record: TestRecord) -> Report:
    """Run every check on this server and answer every row."""
    findings = {name: check(home) for name, check in sorted(CHECKS.items())}
    findings[TEST_RECORD] = record.finding()
    made = instant(home.store.clock.now_ms()).isoformat(timespec="seconds")
    answers = tuple(answer(row, findings, record) for row in read_rows())
    report = Report(home.facts.clinic_name, made, record.commit, findings, answers, tuple(installed_parts()))
    return replace(report, signature=home.signing.sign(report.bytes()).hex())


def answer(row: Row, findings: Mapping[str, Finding], record: TestRecord) -> Answer:
    """Whether a row is evidenced, by what, and what is lacking."""
    if row.absent:
        return Answer(row.rule, row.asks, ABSENT, (row.absent,), ())
    shown: list[str] = []
    lacks: list[str] = []
    for name in row.checks:
        (shown if findings[name].holds else lacks).append(findings[name].words)
    for number in (*row.proven, *row.hazards):
        proven = record.proves(number)
        (shown if proven else lacks).append(
            f"{number} {'proven by tests' if proven else 'not proven by the test record'}"
        )
    if row.document:
        there = (ROOT / row.document).exists()
        (shown if there else lacks).append(f"{row.document}{'' if there else ' is not here'}")
    nothing = not (row.checks or row.proven or row.hazards or row.document)
    if nothing and not row.clinic:
        lacks.append("nothing shows it yet")
    state = LACKING if lacks else CLINIC if row.clinic else EVIDENCED
    return Answer(row.rule, row.asks, state, tuple(shown), tuple(lacks), row.clinic)
