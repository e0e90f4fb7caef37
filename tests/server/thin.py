# SPDX-License-Identifier: Apache-2.0
"""A served clinic behind a thin line, and the work of one workstation that waits for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from hms_desktop.clinic.patients.model import Interaction
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.storage.unit import Unit
from installer.day.server import free_port
from tests.bench.push import reading
from tests.server.process import ServerProcess
from tests.server.thin_line import Shape, ThinLine

_WORDS = ("a later hour", "her result", "an invoice", "the address", "a new prescription", "a sick note", "a call back")


class FarClinic:
    """A server process that every workstation reaches over one thin line alone."""

    def __init__(self, folder: Path, shape: Shape | None = None) -> None:
        self.server = ServerProcess(folder / "server")
        self.server.person("thabo", "doctor", "receptionist")
        port = free_port()
        self.server.start("--port", str(port))
        self.line = ThinLine(self.server.port, port, shape)

    def desk(self, folder: Path) -> Bench:
        """A new workstation, filled."""
        self.server.enrol(folder, folder.name, "all")
        bench = self.server.bench(folder, "thabo")
        bench.exchange.catch_up()
        return bench

    def close(self) -> None:
        """Line and server."""
        self.line.close()
        self.server.close()


def work(bench: Bench, count: int, known: UUID) -> None:
    """A mix of a clinic's small actions, each its own signed change set: calls, vital signs, a few new patients."""
    chance = random.Random(count)
    with bench.store.writing() as connection:
        for number in range(count):
            call = partial(called, known, f"Asked for {chance.choice(_WORDS)} and {chance.choice(_WORDS)}")
            act = chance.choice((call, partial(reading, known))) if number % 20 else _new(number)
            bench.store.act_on(connection, act, bench.acting)


def called(patient: UUID, words: str, unit: Unit) -> None:
    """A call that was written down."""
    unit.action = "patients.log_interaction"
    unit.add(Interaction, patient=patient, kind="phone", at=unit.now, by=unit.person.id, text=words)


def _new(number: int) -> Callable[[Unit], object]:
    written = Registration(
        family=f"Fam{number * 7919 % 99_991:x}", given=f"Given{number % 997}", sex="female",
        born=f"{1930 + number % 80}-{1 + number % 12:02}-{1 + number % 28:02}", phone=f"+27 82 55{number:05d}",
    )  # fmt: skip
    return partial(register, written=written)
