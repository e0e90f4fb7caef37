# SPDX-License-Identifier: Apache-2.0
"""The window asks for the second factor again, by touch or code, and leads who has none to where one is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from hms_desktop.core.errors import ClinicError
from hms_desktop.security import fido, own_account
from hms_desktop.security.step_up import CODE, KEY, SecondFactorNeeded, StepUp, require_step_up
from hms_desktop.ui.routes import YourAccount
from hms_desktop.ui.shell.factor_dialog import FactorDialog
from hms_desktop.ui.shell.workstation import Workstation
from hms_desktop.ui.widgets.confirm import Confirm
from tests.security.conftest import CHEAP, PASSWORD
from tests.security.soft_key import SoftKey

DRUG = uuid4()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> SoftKey:
    """A security key that is plugged in."""
    plugged = SoftKey()
    monkeypatch.setattr(fido, "_plugged_in", lambda: [plugged])
    return plugged


@pytest.fixture
def signs(workstation: Workstation) -> Callable[[], tuple[list[Any], list[ClinicError]]]:
    """Sign for morphine in the window; what came of it: (done, refusals)."""

    def act(unit: Any) -> str:
        unit.action = "test.sign"
        require_step_up(unit, {DRUG: "morphine"})
        return "signed"

    def run() -> tuple[list[Any], list[ClinicError]]:
        done: list[Any] = []
        refused: list[ClinicError] = []
        workstation.tasks.run(act, done.append, refused.append)
        return done, refused

    return run


def account(workstation: Workstation) -> own_account.OwnAccount:
    found = workstation._rooms.account
    assert found is not None
    found._cost = lambda: CHEAP
    return found


def asked(qtbot: QtBot, kind: type) -> Any:
    """The dialog that is open."""
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), kind), timeout=60_000)
    return QApplication.activeModalWidget()


def factors(workstation: Workstation) -> list[tuple[str, list[str]]]:
    """What was shown, as it stands in the record."""
    found: list[Any] = []
    workstation.tasks.read(lambda reader: reader.rows(select(StepUp.__table__)), found.append)
    assert workstation.tasks.settle()
    QApplication.processEvents()
    return [(row.factor, row.subjects) for rows in found for row in rows]


def test_a_touch_signs_alone_and_beside_a_code(
    workstation: Workstation, signs: Callable[[], Any], qtbot: QtBot, key: SoftKey
) -> None:
    mine = account(workstation)
    mine.add_key("Blue key", PASSWORD)
    done, refused = signs()
    dialog = asked(qtbot, FactorDialog)
    assert "code" not in dialog.form.fields
    key.touched = False
    dialog.form.finish()
    dialog.ask_touch()
    qtbot.waitUntil(lambda: "not touched in time" in dialog.wrong.text() and not dialog.go.busy, timeout=60_000)
    key.touched = True
    dialog.form.finish()
    qtbot.waitUntil(lambda: done == ["signed"], timeout=60_000)
    codes = mine.new_codes(PASSWORD)
    done, refused = signs()
    dialog = asked(qtbot, FactorDialog)
    dialog.ask_touch()
    qtbot.waitUntil(lambda: done == ["signed"], timeout=60_000)
    done, refused = signs()
    dialog = asked(qtbot, FactorDialog)
    dialog.form.fields["code"].type_in(codes[0])
    dialog.form.finish()
    qtbot.waitUntil(lambda: done == ["signed"], timeout=60_000)
    assert not refused and factors(workstation) == [(KEY, [DRUG.hex]), (KEY, [DRUG.hex]), (CODE, [DRUG.hex])]


def test_who_shows_none_or_has_none_signs_nothing(
    workstation: Workstation, signs: Callable[[], Any], qtbot: QtBot
) -> None:
    done, refused = signs()
    question = asked(qtbot, Confirm)
    assert isinstance(refused[0], SecondFactorNeeded) and "morphine" in question.accessibleName()
    question.go.click()
    qtbot.waitUntil(lambda: isinstance(workstation.desk.routes.current, YourAccount), timeout=60_000)
    account(workstation).new_codes(PASSWORD)
    done, refused = signs()
    asked(qtbot, FactorDialog).reject()
    qtbot.waitUntil(lambda: bool(refused), timeout=60_000)
    assert not done and factors(workstation) == []
