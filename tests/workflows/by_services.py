# SPDX-License-Identifier: Apache-2.0
"""The same day without windows: people at workstations whose acts are the clinic's own services, over the real wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from hms_desktop.clinic import lending
from hms_desktop.commands.bench import open_bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit
from installer.day.clinic import DemoClinic
from installer.day.day import Act, Day
from installer.day.seat import Seat

T = TypeVar("T")
Acts = Mapping[Callable[..., None], Callable[..., None]]


class Post(Seat):
    """A signed-in person at a workstation without its window: what they do are services, the wire is the real one."""

    def __init__(self, clinic: DemoClinic, station: str, login: str) -> None:
        self.station, self.login = station, login
        self.opened = clinic.unlock(station, login)
        self.bench = open_bench(self.opened)
        self.network = ""
        self.meet()

    def sit_down(self) -> None:
        """There is no window to bring to the front; what others did is heard of."""
        self.meet()

    def meet(self) -> None:
        """One whole exchange with the server, when it answers."""
        try:
            self.bench.exchange.catch_up()
            self.bench.exchange.ask_leases(self.ask(lending.wanted))
            self.bench.exchange.catch_up()
            self.network = "Online"
        except Unavailable as error:
            self.network = f"Offline: {error}"

    def do(self, action: Callable[[Unit], T]) -> T:
        """An act of this person, in one transaction."""
        return self.bench.store.act(action, self.bench.acting)

    def ask(self, query: Callable[[Reader], T]) -> T:
        """What the replica of this workstation holds."""
        return self.bench.store.read(query, self.bench.acting)

    def hears_of(self, record: type[Record], id: UUID) -> None:
        """What was made elsewhere has come here."""
        assert self.ask(lambda reader: reader.find(record, id)) is not None, f"{self.station} never heard of it"

    def says(self, part: str) -> str:
        """What the status bar would say: whether the line stands, and what waits."""
        counts = self.bench.exchange.counts()
        held = f"{len(counts.held_back)} held back" if counts.held_back else ""
        return {"network": self.network, "waiting": f"{counts.waiting} changes waiting", "held_back": held}[part]

    def leave(self) -> None:
        """Sign out."""
        self.bench.store.close()


class DayByServices(Day):
    """A day whose steps are the services that `acts` names for each act of the keyboard and each scene."""

    def __init__(self, clinic: DemoClinic, acts: Acts, line: str, moved: Mapping[str, str]) -> None:
        super().__init__(clinic, line=line, moved=moved)
        self._acts = acts

    def take_place(self, station: str, login: str) -> Seat:
        """Somebody signs in."""
        return Post(self.clinic, station, login)

    def do(self, act: Act, seat: Seat) -> None:
        """The service that does what the keyboard does in the window; then the workstation tells the server."""
        self._acts[act](self, seat)
        if seat in self.seats.values():
            self.posts[seat.station].meet()

    def happens(self, scene: Callable[[Day], None]) -> None:
        """The scene, as it goes without windows."""
        self._acts[scene](self)

    @property
    def posts(self) -> dict[str, Post]:
        """The open workstations."""
        return {name: seat for name, seat in self.seats.items() if isinstance(seat, Post)}

    def in_step(self, *stations: str) -> None:
        """Everybody sends, then everybody hears."""
        for _round in range(2):
            for name in stations or tuple(self.posts):
                self.posts[name].meet()
        for name in stations or tuple(self.posts):
            said = [self.posts[name].says(part) for part in ("network", "waiting", "held_back")]
            assert said == ["Online", "0 changes waiting", ""], f"{name} says {said}"
