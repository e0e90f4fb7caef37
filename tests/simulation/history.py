# SPDX-License-Identifier: Apache-2.0
"""One history: steps carried out in a clinic of their seed, told as a story, with a digest of all that came of them."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from structlog.testing import capture_logs

from hms_desktop.storage.records import REGISTRY
from tests.simulation import (
    carrying,
    copies,
    exchanges,
    healing,
    misfortunes,
    people,
    relays,
    restores,
    rights,
    updates,
)
from tests.simulation.clinic import Clinic, small_pages
from tests.simulation.raw import ask, held
from tests.simulation.steps import Step
from tests.simulation.versions import running

_MEMORY = Path("/dev/shm")
_LOG = "SELECT author, number, stamp, root, state FROM own_change_log ORDER BY author, number"
_SORTS = (carrying, copies, exchanges, healing, misfortunes, people, relays, restores, rights, updates)
assert all(_SORTS), "every kind of step is declared"


@dataclass
class History:
    """What came of some steps. `failure` is empty when everything held; `at` is the step at which it did not."""

    seed: int
    steps: Sequence[Step]
    story: list[str] = field(default_factory=list)
    failure: str = ""
    trace: str = ""
    at: int = 0
    digest: str = ""

    @property
    def kind_of_failure(self) -> str:
        """The failure without what differs from one history to another: its type and the place it was raised at."""
        return self.failure.split("|")[0]

    def __str__(self) -> str:
        told = "\n".join(f"  {number:3}. {sentence}" for number, sentence in enumerate(self.story, 1))
        return f"seed {self.seed}\n{told}\n  => {self.failure or 'everything held'}"


def lived(seed: int, steps: Sequence[Step]) -> History:
    """Carry these steps out in a new clinic of this seed, on a disk that is memory where the system has one."""
    history = History(seed, steps)
    where = str(_MEMORY) if _MEMORY.is_dir() else None
    folders = TemporaryDirectory(prefix="simulation-", dir=where)
    with folders as folder, small_pages(seed), capture_logs(), _without_pauses():
        clinic = Clinic(Path(folder), seed)
        try:
            for history.at, step in enumerate(steps):
                clinic.carry_out(step)
            history.digest = _digest(clinic)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            history.failure = f"{type(error).__name__} in {place.name}|{error}"
            ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
            history.trace = "".join(traceback.format_list(ours[-6:]))
        finally:
            history.story = clinic.story
            clinic.close()
    return history


@contextmanager
def _without_pauses() -> Iterator[None]:
    """A history is over before what it drops in circles counts: looking for that takes a third of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        if was:
            gc.enable()


def _digest(clinic: Clinic) -> str:
    """Of the story, of every log and of every row: two runs of one seed have the same."""
    hashed = sha256("\n".join(clinic.story).encode())
    for one in clinic.machines:
        hashed.update(repr(ask(one.store, _LOG)).encode())
        with running(one.newer):
            hashed.update(repr(held(one.store, REGISTRY)).encode())
    return hashed.hexdigest()
