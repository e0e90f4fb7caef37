# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a real server and of real workstations at random moments, over a line that cuts, delays, repeats and
halves, on a disk that is full now and then: whatever was called saved is there, once, whole, the same everywhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import stores
from tests.commands.small_disk import small_disk
from tests.plugins.acceptance import Figure
from tests.promises.killed_clinic import KilledClinic

SEED = 20261123
DISK = 640 * 1024 * 1024
"""Room for what three workstations keep back, what must be free beside it, and the clinic."""


def lived(folder: Path, kills: int, seed: int, figure: Figure, *, desks: int = 3, full: bool = False) -> None:
    """One history, from the seed, on a disk that is `full` now and then; its figures are noted."""
    clinic = KilledClinic(folder / "disk", folder / "notes", seed, desks)
    try:
        clinic.lives(kills, clinic.held_open, *([clinic.full_disk] if full else []))
        clinic.heals()
        figure("patients there, each once, after kills", clinic.holds(), "patients", seed=seed)
        for name, count in sorted((clinic.deaths | clinic.befell | clinic.line.befell).items()):
            figure(f"kills: {name}" if name in clinic.deaths else f"befell: {name}", count, "times", seed=seed)
    finally:
        clinic.close()


def seed_of(request: pytest.FixtureRequest) -> int:
    """The seed of this run."""
    given = request.config.getoption("randomly_seed", None)
    return given if isinstance(given, int) else SEED


def test_a_few_kills_of_server_and_desks_over_a_bad_line_lose_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    (tmp_path / "disk").mkdir()
    lived(tmp_path, 6, seed_of(request), figure, desks=2)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("store", "kills"), [("sqlcipher", 600), ("postgresql", 400)])
def test_1000_kills_lose_nothing_on_either_store(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    figure: Figure,
    store: str,
    kills: int,
) -> None:
    if store == "postgresql" and not stores.there():
        pytest.skip(stores.MISSING)
    monkeypatch.setattr(stores.Chosen, "postgresql", store == "postgresql")
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk", DISK) as real:
        lived(tmp_path, kills, seed_of(request), figure, full=real)
