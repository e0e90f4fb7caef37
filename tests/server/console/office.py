# SPDX-License-Identifier: Apache-2.0
"""A server's home with two administrators in one process, on a clock that is told the time: no line, no browser."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from hms_desktop.core.clock import SetClock
from hms_desktop.security import totp
from sync_server import console_access as access
from sync_server.administration import COMMAND, By
from sync_server.console.app import Console
from sync_server.console_access import Colleague
from sync_server.contacts import Contacts
from sync_server.home import Home, Plan, make, open_home
from sync_server.notebook import Notebook, open_notebook
from sync_server.people import NewPerson, add_person
from sync_server.serve import make_centre
from tests.server.process import CHEAP, PASSWORD

START_MS = 1_795_420_800_000
"""Monday 23 November 2026, 08:00 UTC: ten in the morning in Johannesburg."""


NAMES = ("anele", "bongani", "zanele")


class Office:
    """The server and its administrators: Anele asks, Bongani approves, Zanele is a receptionist."""

    def __init__(self, folder: Path, seeds: dict[str, str]) -> None:
        self.clock, self.seeds = SetClock(START_MS), seeds
        self.home: Home = open_home(folder, self.clock)
        self.book: Notebook = open_notebook(self.home)
        self.anele, self.bongani, self.zanele = (access.colleague_called(self.home, name) for name in NAMES)
        self.contacts = Contacts(self.book, self.clock)
        self.console = Console(self.home, self.book, self.contacts, make_centre(self.home))

    def by(self, person: Colleague) -> By:
        """This person, at a desk of the clinic."""
        return By(person.id, person.name, "10.0.4.7")

    def later(self, **time: int) -> None:
        """Let time pass."""
        steps = {"seconds": 1000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
        self.clock.ms += sum(steps[name] * count for name, count in time.items())

    def roles(self, person: UUID) -> tuple[str, ...]:
        """The roles that a person has now."""
        found = access.colleague(self.home, person)
        assert found is not None
        return found.roles

    def close(self) -> None:
        """Close both files."""
        self.book.close()
        self.home.store.close()


def furnish(folder: Path) -> dict[str, str]:
    """Make the folder that offices are copied from; returns the administrators' seeds."""
    plan = Plan("Riverbend Clinic", "Africa/Johannesburg", "ZAR", "Main", ("localhost",), 8443, True)
    seeds = {name: totp.new_seed() for name in NAMES[:2]}
    with make(folder, plan, SetClock(START_MS)) as home:
        book = open_notebook(home)
        for name in NAMES:
            roles = ("administrator",) if name in seeds else ("receptionist",)
            add_person(home, NewPerson(name, name.title(), roles, PASSWORD), CHEAP)
        for name, seed in seeds.items():
            by, person = By(home.facts.id, "Sync server", COMMAND), access.colleague_called(home, name)
            access.give_access(home, book, by, person, PASSWORD, seed, CHEAP)
        book.close()
    return seeds
