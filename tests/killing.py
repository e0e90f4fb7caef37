# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a process of a test's own at a chosen moment, and what it had said by then."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.server.process import until
from tests.server.warm import COPIES


def says(place: Path, words: str) -> None:
    """Say that something is done, where a kill takes nothing back."""
    with place.open("a", encoding="utf-8") as file:
        os.write(file.fileno(), f"{words}\n".encode())


def said(place: Path) -> list[str]:
    """What was said before the kill."""
    return place.read_text("utf-8").splitlines() if place.exists() else []


def killed(work: Callable[..., None], *given: object, began: Path, seconds: float | None) -> float:
    """Run this in a process of its own, killed so long after it began; returns how long it took from there."""
    began.unlink(missing_ok=True)
    process = COPIES.Process(target=work, args=given, daemon=True)
    process.start()
    until(lambda: said(began) or process.exitcode is not None, pause=0.0005)
    begun = time.monotonic()
    process.join(seconds)
    took = time.monotonic() - begun
    process.kill()
    process.join()
    assert seconds is not None or process.exitcode == 0
    process.close()
    return took
