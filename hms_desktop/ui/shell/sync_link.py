# SPDX-License-Identifier: Apache-2.0
"""The frame's view of the running sync engine: its state in the frame's words, its queue and what it holds back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast
from uuid import UUID

from hms_desktop.core.clock import instant
from hms_desktop.core.text import _
from hms_desktop.sync import quarantine, report, second_place
from hms_desktop.sync.bundle_line import Progress
from hms_desktop.sync.bundles import Made, Taken
from hms_desktop.sync.report import HeldSet
from hms_desktop.sync.runner import LineState, SyncRunner
from hms_desktop.sync.second_place import SecondPlace
from hms_desktop.ui.routes import (
    BillingDesk,
    DayView,
    LabWorklist,
    PatientChart,
    PatientRecord,
    PatientSearch,
    PharmacyQueue,
    Route,
    StockList,
)
from hms_desktop.ui.shell.sync_facts import HeldBack, SyncFacts, Waiting

Reading = Callable[[], AbstractContextManager[Any]]
Asks = Callable[[HeldSet, str], object]


@dataclass(frozen=True)
class AtWork:
    """Who asks: the author number of this device, and the person at it."""

    author: int
    person: UUID


@dataclass(frozen=True)
class Carries:
    """How files for the server are made and the server's are taken in: (file or folder, progress, stop).

    `twice` keeps what waits in a folder, too, from now on, or nowhere.
    """

    out: Callable[[Path, Progress, Callable[[], bool]], Made]
    into: Callable[[Path, Progress, Callable[[], bool]], Taken]
    twice: Callable[[Path | None], SecondPlace | None]


@dataclass(frozen=True)
class Stands:
    """How far the workstation is trusted now; `permit_ms` (since 1970) is 0 while no permit is known."""

    permit_ms: int = 0
    permit_soon: bool = False
    emergency: bool = False
    permit_again: bool = False
    exposed: bool = False
    behind: bool = False
    read_only: str = ""


class RunnerLink:
    """A `SyncDoor` over a `SyncRunner`."""

    def __init__(
        self, runner: SyncRunner, reading: Reading, who: AtWork, asks: Asks, bundle: Callable[[], bytes] = bytes,
        carries: Carries | None = None,
    ) -> None:  # fmt: skip
        self._bundle, self._carries = bundle, carries
        self._stopped = threading.Event()
        self._runner, self._reading, self._author, self._asks = runner, reading, who.author, asks
        self._person = who.person
        self._listeners: list[Callable[[SyncFacts], None]] = []
        self._sets: dict[tuple[int, int], HeldSet] = {}
        self._gone: frozenset[UUID] = frozenset()
        self._stands = Stands()
        runner.on_state(lambda _state: self._tell())

    def facts(self) -> SyncFacts:
        """How it stands now."""
        facts, stands = facts_of(self._runner.state), self._stands
        return replace(
            facts, permit_until=_moment(stands.permit_ms), permit_soon=stands.permit_soon, emergency=stands.emergency,
            permit_again=stands.permit_again, exposed=stands.exposed, behind=stands.behind, read_only=stands.read_only,
        )  # fmt: skip

    def show_standing(self, stands: Stands) -> None:
        """Say from now on that the workstation stands so."""
        if stands != self._stands:
            self._stands = stands
            self._tell()

    def on_facts(self, told: Callable[[SyncFacts], None]) -> None:
        """Call `told` after each change, on the thread that saw it."""
        self._listeners.append(told)

    def sync_now(self) -> None:
        """Try now."""
        self._runner.sync_now()

    def queue(self) -> list[Waiting]:
        """What waits, by module."""
        with self._reading() as connection:
            parts = report.waiting_by_module(connection, self._author)
        return [Waiting(module_words(part.module), part.count, instant(part.oldest_ms)) for part in parts]

    def held(self) -> list[HeldBack]:
        """What the server refused."""
        with self._reading() as connection:
            sets = report.held_sets(connection, self._author, self._person)
        self._sets = {(one.author, one.number): one for one in sets}
        self._gone = frozenset(record for one in sets for record in one.made)
        return [
            HeldBack(
                one.number,
                held_words(one),
                "\n".join([one.reason, *map(_asked, one.questions)]),
                owner_words(one.module),
                instant(one.written_ms),
                bool(one.records),
                one.author,
                one.station,
                one.gone,
            )
            for one in sets
        ]

    def written(self, item: HeldBack) -> tuple[report.Written, ...]:
        """Everything that the refused work wrote."""
        with self._reading() as connection:
            return report.written_by(connection, self._author, item.number)

    def mend(self, item: HeldBack) -> Route | None:
        """Where the refused work can be done again."""
        found = self._sets.get((item.author, item.number))
        return route_of(found, self._gone) if found else None

    def tell_how_it_stands(self, give: bool) -> None:
        """Send the diagnostics, or say no."""
        self._runner.answer_diagnostics(self._bundle() if give else None)

    def put_away(self, item: HeldBack, reason: str | None) -> Callable[[Any], object]:
        """The act by which nobody needs it any more."""
        return partial(quarantine.put_away, author=item.author, number=item.number, reason=reason)

    def ask(self, item: HeldBack) -> None:
        """Give it to its owner as a task."""
        found = self._sets.get((item.author, item.number))
        if found is not None:
            self._asks(found, owner_role(found.module))

    def carry_out(self, target: Path, progress: Progress) -> Made:
        """Write what waits into a sealed file for the server."""
        assert self._carries is not None
        self._stopped.clear()
        return self._carries.out(target, progress, self._stopped.is_set)

    def carry_in(self, file: Path, progress: Progress) -> Taken:
        """Take in the server's file for this workstation."""
        assert self._carries is not None
        self._stopped.clear()
        return self._carries.into(file, progress, self._stopped.is_set)

    def stop_carrying(self) -> None:
        """Let it go, as soon as may be."""
        self._stopped.set()

    def second_place(self) -> SecondPlace | None:
        """Where what waits is kept, too."""
        with self._reading() as connection:
            return second_place.second_place(connection)

    def keep_second(self, folder: Path | None) -> SecondPlace | None:
        """Keep it there, or nowhere, from now on."""
        assert self._carries is not None
        return self._carries.twice(folder)

    def _tell(self) -> None:
        facts = self.facts()
        for told in list(self._listeners):
            told(facts)


def facts_of(state: LineState) -> SyncFacts:
    """A runner's state as the frame shows it."""
    network = state.network if state.network in ("online", "hub") else "offline"
    if network != "offline" and state.progress is not None:
        network = "syncing"
    if network == "offline" and state.untried:
        network = "connecting"
    return SyncFacts(
        network=cast(Literal["connecting", "online", "hub", "syncing", "offline"], network),
        since=_moment(state.since_ms),
        progress=state.progress,
        waiting=state.waiting,
        at_hub=state.at_hub,
        held_back=state.held_back,
        last_success=_moment(state.last_success_ms),
        last_push=_moment(state.last_push_ms),
        last_pull=_moment(state.last_pull_ms),
        last_try=_moment(state.last_try_ms),
        problem=state.problem,
        asked_by=state.asked_by,
        ahead_ms=state.ahead_ms,
        kbit=state.kbit,
    )


def _asked(words: str) -> str:
    return _("An administrator asks: {words}").format(words=words)


def held_words(held: HeldSet) -> str:
    """A refused change set by name: its module, the kind of record it wrote first, its number and device."""
    if held.station:
        return _("Change {number} of {station}").format(number=held.number, station=held.station)
    return _("{module}: {record}, change {number} of this device").format(
        module=module_words(held.module), record=record_words(held), number=held.number
    )


def record_words(held: HeldSet) -> str:
    """What kind of record a refused change set is about; never whose."""
    known = [words for table, _id in held.records if (words := table_words(table))]
    return known[0] if known else _("record")


def table_words(table: str) -> str:
    """What a record of a table is called; nothing for tables of which a person need not know."""
    words = {
        "patient": _("patient record"),
        "appointment": _("booking"),
        "encounter": _("visit"),
        "observation": _("measurement"),
        "allergy": _("allergy"),
        "condition": _("problem"),
        "note": _("note"),
        "prescription": _("prescription"),
        "service_order": _("order"),
        "specimen": _("specimen"),
        "lab_result": _("result"),
        "dispense": _("supply"),
        "stock_move": _("stock movement"),
        "invoice": _("invoice"),
        "payment": _("payment"),
        "task": _("task"),
    }
    return words.get(table, "")


def module_words(module: str) -> str:
    """A module's name for people."""
    words = {
        "patients": _("Patients"),
        "staff": _("Staff"),
        "appointments": _("Schedule"),
        "ehr": _("Clinical"),
        "lab": _("Lab"),
        "pharmacy": _("Pharmacy"),
        "inventory": _("Stock"),
        "billing": _("Billing"),
        "conflicts": _("Conflicts"),
    }
    return words.get(module, _("Other"))


def owner_role(module: str) -> str:
    """The role that looks after what was refused in a module."""
    return _OWNERS.get(module, "manager")


def owner_words(module: str) -> str:
    """The same role in words."""
    words = {
        "receptionist": _("the front desk"),
        "doctor": _("the doctor"),
        "lab_verifier": _("the laboratory"),
        "pharmacist": _("the pharmacist"),
        "cashier": _("the cashier"),
        "manager": _("the manager"),
    }
    return words[owner_role(module)]


_OWNERS = {
    "patients": "receptionist",
    "appointments": "receptionist",
    "ehr": "doctor",
    "lab": "lab_verifier",
    "pharmacy": "pharmacist",
    "billing": "cashier",
}


def route_of(held: HeldSet, gone: frozenset[UUID]) -> Route | None:
    """The screen on which the refused work stands or belongs; `gone` are records that only refused work made."""
    for table, record in held.records:
        make = _PLACES.get(table)
        if make is not None and record not in gone:
            return make(record)
    if held.patient is not None and held.patient not in gone:
        return PatientChart(held.patient) if held.module == "ehr" else PatientRecord(held.patient)
    fallback: dict[str, Route] = {
        "appointments": DayView(), "lab": LabWorklist(), "pharmacy": PharmacyQueue(), "inventory": StockList(),
        "billing": BillingDesk(), "patients": PatientSearch(), "ehr": PatientSearch(),
    }  # fmt: skip
    return fallback.get(held.module)


_PLACES: dict[str, Callable[[UUID], Route]] = {
    "patient": PatientRecord,
    "appointment": lambda record: DayView(appointment=record),
    "prescription": lambda record: PharmacyQueue(record),
    "invoice": lambda record: BillingDesk(record),
    "service_order": lambda record: LabWorklist(record),
}


def _moment(ms: int | None) -> datetime | None:
    return instant(ms) if ms else None
