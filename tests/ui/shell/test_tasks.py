# SPDX-License-Identifier: Apache-2.0
"""Tasks: actions in order off the GUI thread, answers on it, none for a widget that is gone, every error told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete
from structlog.testing import capture_logs

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, Refused
from hms_desktop.ui.tasks import Tasks, Unexpected


class CountingStore:
    """A store that notes on which thread it was asked."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.told: Callable[[Changes], None] = lambda changes: None

    def act(self, action: Callable[[Any], Any]) -> Any:
        self.threads.append(threading.current_thread().name)
        result = action("unit")
        self.told(Changes(frozenset({"patient"}), frozenset({uuid4()})))
        return result

    def read(self, query: Callable[[Any], Any]) -> Any:
        self.threads.append(threading.current_thread().name)
        return query("reader")

    def on_changes(self, told: Callable[[Changes], None]) -> object:
        self.told = told
        return None


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def tasks(qtbot: QtBot, store: CountingStore) -> Iterator[Tasks]:
    tasks = Tasks(store)
    yield tasks
    tasks.close()


def refuse(_unit: Any) -> None:
    raise Refused("The specimen was rejected. Collect a new one.")


def give(number: int, _unit: Any) -> int:
    return number


def write_down(written: list[object], number: int, _unit: Any) -> None:
    written.append(number)


def break_down(_unit: Any) -> None:
    raise KeyError("Okonkwo, Amara")


def test_actions_run_in_order_on_one_thread_and_answer_on_the_gui_thread(
    tasks: Tasks, store: CountingStore, qtbot: QtBot
) -> None:
    answers: list[tuple[int, str]] = []
    for number in range(20):
        tasks.run(partial(give, number), lambda n: answers.append((n, threading.current_thread().name)))
    qtbot.waitUntil(lambda: len(answers) == 20)
    assert [number for number, _thread in answers] == list(range(20))
    assert {thread for _number, thread in answers} == {threading.main_thread().name}
    assert len(set(store.threads)) == 1 and store.threads[0].startswith("writer")


def test_queries_run_on_readers(tasks: Tasks, store: CountingStore, qtbot: QtBot) -> None:
    answers: list[str] = []
    tasks.read(lambda reader: reader, answers.append)
    qtbot.waitUntil(lambda: answers == ["reader"])
    assert store.threads[0].startswith("reader")


def test_a_commit_is_told_on_the_gui_thread(tasks: Tasks, qtbot: QtBot) -> None:
    where: list[str] = []
    tasks.changed.connect(lambda _changes: where.append(threading.current_thread().name))
    with qtbot.waitSignal(tasks.changed) as told:
        tasks.run(lambda _unit: None)
    assert told.args is not None and told.args[0].touch("patient")
    assert where == [threading.main_thread().name]


def test_a_widget_that_is_gone_hears_nothing(tasks: Tasks, qtbot: QtBot) -> None:
    owner = QObject()
    heard: list[str] = []
    go = threading.Event()
    tasks.run(lambda _unit: go.wait(), lambda _done: heard.append("gone"), owner=owner)
    delete(owner)
    go.set()
    tasks.run(lambda _unit: None, lambda _done: heard.append("next"))
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["next"]


def test_what_was_typed_on_a_screen_that_was_left_is_settled_or_its_error_told(tasks: Tasks, qtbot: QtBot) -> None:
    heard: list[str] = []
    tasks.troubled.connect(lambda error: heard.append(str(error)))
    go = threading.Event()

    for work in (lambda _unit: go.wait(), refuse):
        owner = QObject()
        screen = lambda _said: heard.append("the screen")  # noqa: E731
        tasks.run(work, screen, screen, owner=owner, left=lambda: heard.append("the draft is dropped"))
        delete(owner)
    go.set()
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["the draft is dropped", "The specimen was rejected. Collect a new one."]


def test_a_later_reading_replaces_the_earlier_one(tasks: Tasks, qtbot: QtBot) -> None:
    owner = QObject()
    heard: list[str] = []
    first_may_end = threading.Event()

    def slow(_reader: Any) -> str:
        first_may_end.wait()
        return "okon"

    tasks.read(slow, heard.append, owner=owner, replaces="search")
    tasks.read(lambda _reader: "okonkwo", heard.append, owner=owner, replaces="search")
    qtbot.waitUntil(lambda: heard == ["okonkwo"])
    first_may_end.set()
    tasks.settle()
    tasks.read(lambda _reader: "else", heard.append, owner=owner)
    qtbot.waitUntil(lambda: "else" in heard)
    assert heard == ["okonkwo", "else"]


def test_a_reading_that_was_forgotten_shows_nothing_when_it_comes(tasks: Tasks, qtbot: QtBot) -> None:
    owner = QObject()
    heard: list[str] = []
    it_may_end = threading.Event()

    def slow(_reader: Any) -> str:
        it_may_end.wait()
        return "Okonkwo"

    tasks.read(slow, heard.append, owner=owner, replaces="card")
    tasks.forget(owner, "card")
    it_may_end.set()
    tasks.settle()
    tasks.read(lambda _reader: "Chidi", heard.append, owner=owner, replaces="card")
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["Chidi"]


def test_a_refusal_reaches_who_asked(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[ClinicError] = []
    tasks.run(refuse, failed=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert str(told[0]) == "The specimen was rejected. Collect a new one."


def test_a_refusal_that_nobody_waits_for_is_troubled(tasks: Tasks, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tasks.troubled) as trouble:
        tasks.run(refuse)
    assert trouble.args is not None and isinstance(trouble.args[0], Refused)


def test_a_fault_becomes_a_sentence_with_a_code_and_the_log_names_nobody(tasks: Tasks, qtbot: QtBot) -> None:
    with capture_logs() as logs, qtbot.waitSignal(tasks.troubled) as trouble:
        tasks.run(break_down)
    assert trouble.args is not None
    error = trouble.args[0]
    assert isinstance(error, Unexpected) and error.short_code in str(error)
    assert "Okonkwo" not in str(error) + str(logs)
    assert logs[0]["code"] == error.short_code and logs[0]["kind"] == "KeyError"


def test_work_queued_by_sync_waits_its_turn_on_the_writer_thread(tasks: Tasks, store: CountingStore) -> None:
    tasks.run(lambda _unit: None)
    where = tasks.on_writer(lambda: threading.current_thread().name).result(timeout=30)
    assert store.threads == [where]


def test_closing_finishes_the_writes_and_delivers_nothing_more(store: CountingStore, qtbot: QtBot) -> None:
    tasks = Tasks(store)
    written: list[object] = []
    heard: list[object] = []
    for number in range(5):
        tasks.run(partial(write_down, written, number), heard.append)
    tasks.close()
    tasks.run(lambda _unit: written.append("late"))
    assert written == [0, 1, 2, 3, 4]
    assert heard == []
