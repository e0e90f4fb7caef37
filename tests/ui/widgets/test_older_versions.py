# SPDX-License-Identifier: Apache-2.0
"""A history that begins before this device's log says so, fetches the rest, and says plainly when it can't."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.security.versions import Versions
from hms_desktop.ui.widgets.older_versions import OlderVersions

PLACE = ("patient", UUID(int=7))


class _Tasks:
    """Answers at once."""

    def read(self, query: Callable[[Any], Any], done: Any, failed: Any, owner: Any = None) -> None:
        """The answer, or why there is none."""
        try:
            found = query(None)
        except ClinicError as error:
            failed(error)
            return
        done(found)


def test_older_versions_are_fetched_or_a_sentence_says_why_not(shows: Callable[..., QWidget]) -> None:
    answers: list[int | ClinicError] = [Unavailable("The server can't be reached."), 2, 0]
    read_again: list[bool] = []

    def older(places: Sequence[tuple[str, UUID]]) -> int:
        assert list(places) == [PLACE]
        answer = answers.pop(0)
        if isinstance(answer, ClinicError):
            raise answer
        return answer

    part, desk = OlderVersions(), SimpleNamespace(tasks=_Tasks(), older=None)
    lacking = Versions()
    lacking.older = (PLACE,)
    part.serve(desk, lambda: read_again.append(True))  # type: ignore[arg-type]
    shows(part)
    part.offer(lacking)
    assert not part.isVisible(), "there is no server to fetch from"
    desk.older = older
    part.offer(Versions())
    assert not part.isVisible(), "everything is here"
    part.offer(lacking)
    assert part.isVisible() and "at the server alone" in part.words.text()
    part.button.click()
    assert part.words.text() == "Older changes can't be fetched now: The server can't be reached."
    assert part.button.isEnabled() and not read_again
    part.button.click()
    assert read_again
    part.button.setEnabled(True)
    part.button.click()
    assert "nothing older" in part.words.text()
