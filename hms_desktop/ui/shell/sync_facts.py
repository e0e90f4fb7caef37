# SPDX-License-Identifier: Apache-2.0
"""What the frame knows of sync: the true state in numbers and times, and the questions it may put to the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _
from hms_desktop.sync.bundle_line import Progress
from hms_desktop.sync.bundles import Made, Taken
from hms_desktop.sync.second_place import SecondPlace
from hms_desktop.ui.desk import WrittenRecord
from hms_desktop.ui.routes import Route

Network = Literal["connecting", "online", "hub", "syncing", "offline", "paused"]


@dataclass(frozen=True)
class HeldBack:
    """A change set that the server refused: what it was, why, who owns it now, whether a person wrote what to mend.

    `author` is the device that wrote it. When that is another one, `station` is its name and only there can it be
    mended, unless it is `gone`, out of use.
    """

    number: int
    what: str
    reason: str
    owner: str
    at: datetime | None = None
    can_mend: bool = False
    author: int = 0
    station: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Waiting:
    """How many changes of a module have not reached the server, and since when the oldest waits."""

    module: str
    count: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class SyncFacts:
    """One look at sync. Times are aware; `progress` is (done, of) while syncing.

    `problem` is a plain sentence on what fails, empty when nothing does. `emergency` says that this session began after
    the permit had ended, `permit_again` that there is a new one meanwhile; `read_only` why an old file takes no work;
    `asked_by` is the administrator who asks to see how this workstation stands. `ahead_ms` is how far this computer's
    clock is ahead of the server's. `at_hub` of what waits lie at the clinic's hub, too. `kbit` is how much of the
    line the exchange may take each way (kbit/s), 0 for all of it.
    """

    network: Network = "offline"
    since: datetime | None = None
    progress: tuple[int, int] | None = None
    waiting: int = 0
    at_hub: int = 0
    held_back: int = 0
    conflicts: int = 0
    last_success: datetime | None = None
    last_push: datetime | None = None
    last_pull: datetime | None = None
    last_try: datetime | None = None
    permit_until: datetime | None = None
    problem: str = ""
    permit_soon: bool = False
    emergency: bool = False
    permit_again: bool = False
    exposed: bool = False
    behind: bool = False
    read_only: str = ""
    asked_by: str = ""
    ahead_ms: int = 0
    kbit: int = 0


class SyncDoor(Protocol):
    """What the frame needs of a sync engine; answers come at once, work is done elsewhere."""

    def facts(self) -> SyncFacts:
        """How it stands now."""

    def on_facts(self, told: Callable[[SyncFacts], None]) -> None:
        """Call `told` after each change, on any thread."""

    def sync_now(self) -> None:
        """Try now instead of later."""

    def queue(self) -> list[Waiting]:
        """What waits, by module (read on a reader thread)."""

    def held(self) -> list[HeldBack]:
        """What the server refused (read on a reader thread)."""

    def written(self, item: HeldBack) -> Sequence[WrittenRecord]:
        """Everything that the refused work wrote (read on a reader thread)."""

    def mend(self, item: HeldBack) -> Route | None:
        """Where the refused work can be looked at and done again."""

    def tell_how_it_stands(self, give: bool) -> None:
        """Send the diagnostics to the administrator who asks for them, or say no (on a reader thread)."""

    def put_away(self, item: HeldBack, reason: str | None) -> Callable[[Any], object]:
        """The act by which nobody needs it any more, at any desk; a reason where a person wrote something."""

    def ask(self, item: HeldBack) -> None:
        """Give the refused work to its owner as a task."""

    def carry_out(self, target: Path, progress: Progress) -> Made:
        """Write what waits into a sealed file for the server (on a reader thread)."""

    def carry_in(self, file: Path, progress: Progress) -> Taken:
        """Take in the server's file for this workstation (on a reader thread)."""

    def stop_carrying(self) -> None:
        """Let a file that is being made or taken in go, as soon as may be."""

    def second_place(self) -> SecondPlace | None:
        """Where what waits is kept, too; None for nowhere (read on a reader thread)."""

    def keep_second(self, folder: Path | None) -> SecondPlace | None:
        """Keep it there, or nowhere, from now on (on a reader thread)."""


class NoSync:
    """A computer without a server, or a window in a test: always offline, nothing waits."""

    def facts(self) -> SyncFacts:
        """Offline."""
        return SyncFacts()

    def on_facts(self, told: Callable[[SyncFacts], None]) -> None:
        """Nothing ever changes."""

    def sync_now(self) -> None:
        """There is nobody to sync with."""

    def queue(self) -> list[Waiting]:
        """Nothing waits."""
        return []

    def held(self) -> list[HeldBack]:
        """Nothing was refused."""
        return []

    def written(self, item: HeldBack) -> Sequence[WrittenRecord]:
        """Nothing was refused."""
        return ()

    def mend(self, item: HeldBack) -> Route | None:
        """There is nothing to mend."""
        return None

    def tell_how_it_stands(self, give: bool) -> None:
        """Nobody asks."""

    def put_away(self, item: HeldBack, reason: str | None) -> Callable[[Any], object]:
        """There is nothing to put away."""
        return lambda _unit: None

    def ask(self, item: HeldBack) -> None:
        """There is nobody to ask."""

    def carry_out(self, target: Path, progress: Progress) -> Made:
        """There is no server to carry to."""
        raise Unavailable(_("This computer has no server to carry changes to."))

    def carry_in(self, file: Path, progress: Progress) -> Taken:
        """There is no server to carry from."""
        raise Unavailable(_("This computer has no server to carry changes to."))

    def stop_carrying(self) -> None:
        """Nothing is carried."""

    def second_place(self) -> SecondPlace | None:
        """Nothing waits."""
        return None

    def keep_second(self, folder: Path | None) -> SecondPlace | None:
        """There is no server to keep anything for."""
        raise Unavailable(_("This computer has no server to carry changes to."))
