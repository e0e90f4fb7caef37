# SPDX-License-Identifier: Apache-2.0
"""What the bench shows, gathered in one reading: the list of what waits, one specimen with calls and releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.queries import Bench, CollectPlan, WorkRow
from hms_desktop.clinic.lab.queries_calls import OpenCritical, ToCall, call_by
from hms_desktop.clinic.lab.queries_inbox import ReleaseView
from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.clinic.lab.queries_sheets import AnalyteLine
from hms_desktop.clinic.lab.rules_specimens import PRIORITY_RANK, read_scan
from hms_desktop.clinic.lab.service_results import SEPARATE_DUTIES
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.security.accounts import setting
from hms_desktop.ui.lab.words import stage_of


@dataclass(frozen=True)
class Line:
    """One line of the list: a specimen in work, or a patient whose orders wait for one (`plan`)."""

    id: UUID
    stage: str
    state: str
    priority: str
    since: datetime
    patient: PatientName | None
    tests: str
    work: WorkRow | None = None
    plan: CollectPlan | None = None

    @property
    def accession(self) -> str:
        """The number on the tube; nothing before one is collected."""
        return self.work.accession if self.work else ""


@dataclass(frozen=True)
class BenchList:
    """Everything that waits, most urgent and oldest first, and the critical values nobody has read back."""

    lines: tuple[Line, ...]
    critical: tuple[OpenCritical, ...]

    def count(self, stage: str) -> int:
        """How many lines are at a stage; all of them for ""."""
        return sum(not stage or line.stage == stage for line in self.lines)

    def patients(self) -> set[UUID]:
        """Everybody in the list."""
        return {line.patient.patient for line in self.lines if line.patient is not None}

    def line(self, id: UUID) -> Line | None:
        """The line of a specimen, of a patient who waits, or of an order that waits."""
        for line in self.lines:
            waiting = [order.id for order in line.plan.orders] if line.plan else []
            if line.id == id or id in waiting:
                return line
        return None


@dataclass(frozen=True)
class CallFacts:
    """A critical value that must be told: to whom, in which order, and until when."""

    result: ResultRow
    people: tuple[ToCall, ...]
    call_by: datetime


@dataclass(frozen=True)
class BenchFacts:
    """One specimen with everything that its detail shows."""

    bench: Bench
    patient: PatientName | None
    separate: bool
    calls: tuple[CallFacts, ...]
    releases: tuple[ReleaseView, ...]

    @property
    def lines(self) -> tuple[AnalyteLine, ...]:
        """The lines of every order that the specimen serves."""
        return tuple(line for sheet in self.bench.sheets for line in sheet.lines)

    @property
    def results(self) -> tuple[ResultRow, ...]:
        """The versions that stand."""
        return tuple(line.result for line in self.lines if line.result is not None)


@dataclass(frozen=True)
class Scanned:
    """What a scan found: the specimen and its status, or nothing."""

    code: str
    specimen: UUID | None = None
    patient: UUID | None = None
    status: str = ""


def read_list(reader: Any, *, bench_too: bool) -> BenchList:
    """The list; without `bench_too` only what is to be collected (for who collects but does not work at the bench)."""
    lines = [_plan_line(plan, reader.now) for plan in queries.to_collect(reader)]
    critical: Sequence[OpenCritical] = ()
    if bench_too:
        lines += [_work_line(row) for row in queries.worklist(reader)]
        critical = queries.critical_open(reader)
    ordered = sorted(lines, key=lambda n: (n.stage == "done", PRIORITY_RANK[n.priority], n.since, n.accession))
    return BenchList(tuple(ordered), tuple(critical))


def _plan_line(plan: CollectPlan, now: datetime) -> Line:
    tests = ", ".join(order.display for order in plan.orders)
    since = min((order.placed for order in plan.orders if order.placed), default=now)
    return Line(plan.patient.patient, "collect", "collect", plan.priority, since, plan.patient, tests, plan=plan)


def _work_line(row: WorkRow) -> Line:
    return Line(row.specimen, stage_of(row.state), row.state, row.priority, row.since, row.patient, row.tests, work=row)


def open_bench(unit: Any, specimen: UUID) -> BenchFacts:
    """Write the look down, then read the specimen."""
    service.open_specimen(unit, specimen)
    return read_bench(unit, specimen)


def read_bench(reader: Any, specimen: UUID) -> BenchFacts:
    """One specimen as it is now; its opening was written down before."""
    bench = queries.bench(reader, specimen)
    open_calls = [line.result for s in bench.sheets for line in s.lines if line.result and line.result.call_open]
    calls = tuple(CallFacts(r, tuple(queries.call_list(reader, r.id)), call_by(reader, r)) for r in open_calls)
    releases = tuple(queries.release(reader, s.release) for s in bench.sheets if s.release is not None)
    who: Mapping[UUID, PatientName] = names(reader, [bench.patient])
    separate = bool(setting(reader, SEPARATE_DUTIES, True))
    return BenchFacts(bench, who.get(bench.patient), separate, calls, releases)


def look_up_scan(reader: Any, scanned: str) -> Scanned:
    """The specimen of a scanned or typed code, if this device knows it."""
    kind, code = read_scan(scanned)
    found = queries.find_specimen(reader, code) if kind == "accession" else None
    if found is None:
        return Scanned(code)
    bench = queries.bench(reader, found)
    return Scanned(code, found, bench.patient, bench.status)


def count_critical(reader: Any) -> int:
    """How many critical values nobody has read back."""
    return len(queries.critical_open(reader))
