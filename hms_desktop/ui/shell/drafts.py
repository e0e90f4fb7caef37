# SPDX-License-Identifier: Apache-2.0
"""Unfinished forms, kept every two seconds in the encrypted file, given back to their author after lock or crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from hms_desktop.ui.desk import REFUSED, Refilled
from hms_desktop.ui.tasks import Tasks

KEEP_EVERY_MS = 1500


@dataclass(frozen=True)
class KeptForm:
    """An unfinished form: where it belongs, what it is called (no patient's name), when it was last kept (ms)."""

    key: str
    title: str
    saved_ms: int


class DraftShelf(Protocol):
    """Where drafts lie in the encrypted file; it shows a person nobody else's. Called on the writer thread."""

    def save(self, key: str, body: Mapping[str, Any]) -> None:
        """Keep the body (JSON values) under the key for the person who is signed in."""

    def load(self, key: str) -> dict[str, Any] | None:
        """What this person kept under the key, or None."""

    def drop(self, key: str, held: int = 0) -> None:
        """Forget what this person kept under the key; the refused change set `held` was done again with it."""

    def kept(self) -> list[KeptForm]:
        """This person's drafts, latest first."""


class FormDrafts(QObject):
    """Gathers what forms hand in and keeps the latest of each; `kept(key)` says when one has reached the file."""

    kept = Signal(str)

    def __init__(
        self, shelf: DraftShelf, tasks: Tasks, now_ms: Callable[[], int], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._tasks = tasks
        self._now_ms = now_ms
        self._fresh: dict[str, dict[str, Any]] = {}
        self._under_way: dict[str, dict[str, Any]] = {}
        self._titles: dict[str, tuple[str, int]] = {}
        self._held: dict[str, dict[str, Any]] = {}
        self._states: Counter[str] = Counter()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEEP_EVERY_MS)
        self._timer.timeout.connect(self.flush)

    def save(self, key: str, content: Mapping[str, Any], title: str = "") -> None:
        """Keep this form's content under its key, within two seconds."""
        self._fresh[key] = {"title": title, "content": dict(content), "held": self._held.get(key)}
        self._titles[key] = (title, self._now_ms())
        self._states[key] += 1
        if not self._timer.isActive():
            self._timer.start()

    def load(self, key: str, found: Callable[[dict[str, Any] | None], object], owner: QObject | None = None) -> None:
        """Hand what this person last kept under the key, or None, to `found`."""
        held = self._fresh.get(key) or self._under_way.get(key)
        if held is not None:
            found(_content(held))
            return
        self._tasks.write(
            lambda: self._shelf.load(key), lambda body: found(self._take(key, body) if body else None), owner=owner
        )

    def keys(self, found: Callable[[frozenset[str]], object], owner: QObject | None = None) -> None:
        """Hand the keys under which this person keeps something to `found`."""

        def all_(kept: list[KeptForm]) -> None:
            found(frozenset({*(form.key for form in kept), *self._under_way, *self._fresh}))

        self._tasks.write(self._shelf.kept, all_, owner=owner)

    def take_up(self, refilled: Refilled, number: int, reason: str, then: Callable[[], object]) -> None:
        """Make the refused change set `number` a draft again, call `then` once a form may load it.

        A draft that is there already stays as it is: it is either this one, typed on, or other work of this person.
        """

        def look(body: dict[str, Any] | None) -> None:
            if body is None:
                self._held[refilled.key] = {"number": number, "reason": reason}
                self.save(refilled.key, refilled.content, refilled.title)
                self.flush()
            then()

        here = self._fresh.get(refilled.key) or self._under_way.get(refilled.key)
        if here is not None:
            look(here)
        else:
            self._tasks.write(lambda: self._shelf.load(refilled.key), look, owner=self)

    def state(self, key: str) -> int:
        """Which state of the form is kept now: it counts on with each that is handed in."""
        return self._states[key]

    def drop(self, key: str, state: int | None = None) -> None:
        """The form is finished: forget it; refused work that it was filled with is done again.

        With the `state` that was finished, one that was handed in later stays: somebody typed on.
        """
        if state not in (None, self._states[key]):
            return
        held = self._forget(key)
        self._tasks.write(lambda: self._shelf.drop(key, held["number"] if held else 0))

    def discard(self, key: str) -> None:
        """What was typed was taken out again: forget it; refused work that it was filled with still waits."""
        self._forget(key)
        self._tasks.write(lambda: self._shelf.drop(key))

    def _forget(self, key: str) -> dict[str, Any] | None:
        for kept in (self._fresh, self._under_way, self._titles):
            kept.pop(key, None)
        return self._held.pop(key, None)

    def flush(self) -> None:
        """Send what is gathered to the writer thread now."""
        self._timer.stop()
        fresh, self._fresh = self._fresh, {}
        self._under_way |= fresh
        for key, body in fresh.items():
            self._tasks.write(
                lambda k=key, b=body: self._shelf.save(k, b),  # type: ignore[misc]
                lambda _none, k=key, b=body: self._done(k, b),  # type: ignore[misc]
                owner=self,
            )

    def unfinished(self, found: Callable[[list[KeptForm]], object], owner: QObject | None = None) -> None:
        """Hand this person's drafts, latest first, to `found`."""
        self._tasks.write(self._shelf.kept, found, owner=owner)

    def titles(self) -> list[tuple[str, int]]:
        """Titles of the forms left unfinished since signing in, and when each was last kept (ms), latest first."""
        return sorted(self._titles.values(), key=lambda kept: -kept[1])

    def _take(self, key: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if body.get("held"):
            self._held[key] = body["held"]
        return _content(body)

    def _done(self, key: str, body: dict[str, Any]) -> None:
        if self._under_way.get(key) is body:
            del self._under_way[key]
        self.kept.emit(key)


def _content(body: dict[str, Any]) -> dict[str, Any] | None:
    content, held = body.get("content"), body.get("held")
    return {**content, REFUSED: held["reason"]} if content is not None and held else content
