# SPDX-License-Identifier: Apache-2.0
"""Your account and first steps, in the window and by keyboard: password, app, recovery codes, security keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.app import open_workstation
from hms_desktop.core.clock import SetClock
from hms_desktop.security import fido, own_account, sign_in
from hms_desktop.security.own_keys import Overtaken
from hms_desktop.security.people import read_people, write_people
from hms_desktop.security.profile import trusted_profile
from hms_desktop.security.sign_in import SignInRefused
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.ui.routes import YourAccount
from hms_desktop.ui.shell.account_screen import news_words
from hms_desktop.ui.shell.codes_sheet import CodesSheet
from hms_desktop.ui.shell.first_steps import FirstSteps
from hms_desktop.ui.shell.workstation import Workstation
from tests.security.conftest import CHEAP, PASSWORD
from tests.security.soft_key import SoftKey
from tests.ui.shell import enrolled, pages
from tests.ui.shell.conftest import ToldSync
from tests.ui.shell.enrolled import LOGIN

NEW = "harbour quilt violin moss"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new password costs what passwords cost in tests."""
    monkeypatch.setattr(own_account.OwnAccount.__init__, "__kwdefaults__", {
        **own_account.OwnAccount.__init__.__kwdefaults__, "cost": lambda: CHEAP,
    })  # fmt: skip


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> SoftKey:
    """A security key that is plugged in."""
    key = SoftKey()
    monkeypatch.setattr(fido, "_plugged_in", lambda: [key])
    return key


def said(widget: QWidget) -> str:
    """Everything that a window says."""
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def page(workstation: Workstation, qtbot: QtBot) -> Any:
    """Your account, read."""
    assert workstation.desk.routes.open(YourAccount())
    shown: Any = workstation.window.shown
    qtbot.waitUntil(lambda: shown._shown is not None)
    return shown


def dialog(qtbot: QtBot) -> Any:
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    return QApplication.activeModalWidget()


def gone(qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)


def fill(form: Any, **typed: str) -> None:
    """Type into fields by their keys, then finish."""
    for key, words in typed.items():
        form.fields[key].type_in(words)
    form.finish()


def opens(folder: Path, password: str, code: str = "", clock: SetClock | None = None) -> sign_in.OpenProfile:
    return sign_in.unlock(folder, LOGIN, password, code, keychain=FileKeychain(folder), clock=clock)


@pytest.mark.accepts("SEC-06")
def test_the_password_is_changed_from_the_persons_menu_and_counts_at_once(
    workstation: Workstation, qtbot: QtBot, profile: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_where: None)
    workstation.window.frame.top.person_menu.emit()
    entry = workstation.window.findChildren(QMenu)[-1].actions()[0]
    assert entry.text() == "Your account"
    entry.trigger()
    assert isinstance(workstation.desk.routes.current, YourAccount)
    shown = page(workstation, qtbot)
    shown.change_password()
    asked = dialog(qtbot)
    fill(asked.form, password="not it", new_password=NEW, again=NEW)
    qtbot.waitUntil(lambda: "not your password" in asked.form.fields["password"].message.words)
    fill(asked.form, password=PASSWORD, new_password=NEW, again=NEW + "!")
    qtbot.waitUntil(lambda: "not what you typed above" in asked.form.fields["again"].message.words)
    for stolen in ("qwertyuiop12345", "iloveyou123456789", "P@ssw0rdP@ssw0rd"):
        asked.form.fields["new_password"].show_error("")
        fill(asked.form, password=PASSWORD, new_password=stolen, again=stolen)
        qtbot.waitUntil(lambda: "first to be guessed" in asked.form.fields["new_password"].message.words)
    fill(asked.form, password=PASSWORD, new_password=NEW, again=NEW)
    gone(qtbot)
    qtbot.waitUntil(lambda: "goes to the server with the next sync" in said(shown))
    opens(profile, NEW, clock=clock)
    with pytest.raises(SignInRefused):
        opens(profile, PASSWORD, clock=clock)


@pytest.mark.accepts("SEC-04")
def test_app_codes_and_key_are_set_up_shown_and_removed(
    workstation: Workstation, qtbot: QtBot, profile: Path, clock: SetClock, plugged: SoftKey
) -> None:
    shown = page(workstation, qtbot)
    shown.set_up_app()
    asked = dialog(qtbot)
    letters = next(text for text in said(asked).split("  ") if text)
    seed = next(label.text() for label in asked.findChildren(QLabel) if len(label.text().replace(" ", "")) == 32)
    assert letters and len(seed.split()) == 8
    fill(asked.form, code="000000", password=PASSWORD)
    qtbot.waitUntil(lambda: "does not fit" in asked.form.fields["code"].message.words)
    fill(asked.form, code=pyotp.TOTP(seed.replace(" ", "")).at(clock.ms // 1000), password=PASSWORD)
    gone(qtbot)
    qtbot.waitUntil(lambda: shown._shown.state.has_app)
    shown.new_codes()
    fill(dialog(qtbot).form, password=PASSWORD)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), CodesSheet))
    sheet = dialog(qtbot)
    code = next(label.text() for label in sheet.findChildren(QLabel) if label.text().count("-") == 5 or
                label.text().count("-") == 4)  # fmt: skip
    sheet.done_button.click()
    gone(qtbot)
    qtbot.waitUntil(lambda: "10 codes are left" in said(shown))
    assert opens(profile, PASSWORD, code, clock).used.code is not None
    shown.add_key()
    asked = dialog(qtbot)
    assert "is plugged in" in said(asked)
    fill(asked.pane.form, name="Blue key", password=PASSWORD)
    gone(qtbot)
    qtbot.waitUntil(lambda: "Blue key" in said(shown))
    remove = next(b for b in shown.findChildren(QPushButton) if b.accessibleName().startswith("Remove Blue key"))
    remove.click()
    fill(dialog(qtbot).form, password=PASSWORD)
    gone(qtbot)
    qtbot.waitUntil(lambda: not shown._shown.state.keys)
    next(b for b in shown.findChildren(QPushButton) if b.accessibleName().startswith("Remove app")).click()
    fill(dialog(qtbot).form, password=PASSWORD)
    gone(qtbot)
    qtbot.waitUntil(lambda: not shown._shown.state.has_app)
    opens(profile, PASSWORD, clock=clock)


def test_the_window_says_when_no_key_is_there_and_what_went_wrong_with_one(
    workstation: Workstation, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fido, "_plugged_in", lambda: [])
    shown = page(workstation, qtbot)
    shown.add_key()
    asked = dialog(qtbot)
    assert "No security key is plugged in" in said(asked)
    fill(asked.pane.form, name="Blue key", password=PASSWORD)
    qtbot.waitUntil(lambda: "Plug yours in" in asked.pane.notice.accessibleName())
    monkeypatch.setattr(fido, "_plugged_in", lambda: [SoftKey(touched=False)])
    fill(asked.pane.form, name="Blue key", password="not it")
    qtbot.waitUntil(lambda: "not your password" in asked.pane.form.fields["password"].message.words)
    fill(asked.pane.form, name="Blue key", password=PASSWORD)
    qtbot.waitUntil(lambda: "not touched in time" in asked.pane.notice.accessibleName())
    asked.reject()
    gone(qtbot)


def test_every_change_has_words() -> None:
    from hms_desktop.security.accounts import ACCOUNT_EVENTS

    assert all(news_words(what) != what for what in ACCOUNT_EVENTS)


@pytest.fixture
def newcomer(
    dressed: QApplication, qtbot: QtBot, tmp_path: Path, clock: SetClock, sync: ToldSync
) -> Iterator[Callable[..., Workstation]]:
    """An administrator with a given password and no second factor signs in at their window."""
    folder = enrolled.enrol(tmp_path / "new", "administrator")
    keychain = FileKeychain(folder)
    profile, device = trusted_profile(folder, keychain)
    people = read_people(folder, device, profile.station.device)
    (entry,) = people.admitted
    bare = msgspec.structs.replace(entry.granted, sealed_totp=None, must_change=True)
    write_people(folder, device, profile.station.device, people.with_one(msgspec.structs.replace(entry, granted=bare)))
    made: list[Workstation] = []

    def sit(password: str) -> Workstation:
        opened = sign_in.unlock(folder, LOGIN, password, keychain=keychain, clock=clock, takes_first_steps=True)
        made.append(open_workstation(opened, clock=clock, sync=sync, folders=[pages.folder()]))
        made[-1].show()
        return made[-1]

    yield sit
    for one in made:
        one.close()


def first(workstation: Workstation) -> FirstSteps:
    assert workstation.first is not None
    return workstation.first


@pytest.mark.accepts("SEC-04")
def test_a_newcomer_sees_nothing_of_the_clinic_before_password_factor_and_codes(
    newcomer: Callable[..., Workstation], qtbot: QtBot, tmp_path: Path, clock: SetClock
) -> None:
    here = newcomer(PASSWORD)
    steps = first(here)
    assert steps.isVisible() and not here.window.isVisible() and here.window.shown is None
    for name in ("new_password", "again"):
        line = steps.form.fields[name].line  # type: ignore[union-attr]
        QTest.keyClicks(line, NEW)
        QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: steps.step == "second factor")
    assert steps._app is not None and not here.window.isVisible()
    steps._other_way()
    qtbot.waitUntil(lambda: "security key is plugged in" in said(steps))
    steps._other_way()
    fill(steps.form, code="000000")
    qtbot.waitUntil(lambda: "does not fit" in steps.form.fields["code"].message.words)  # type: ignore[union-attr]
    steps.form.fields["code"].type_in(pyotp.TOTP(steps._app.seed).at(clock.ms // 1000))  # type: ignore[union-attr]
    steps.go_on()
    qtbot.waitUntil(lambda: steps.step == "codes" and "Your recovery codes" in said(steps))
    QTest.keyClick(steps, Qt.Key.Key_Return)
    qtbot.waitUntil(here.window.isVisible)
    assert here.first is None and here.window.shown is not None
    with pytest.raises(SignInRefused):
        opens(tmp_path / "new", NEW, clock=clock)


@pytest.mark.accepts("SEC-04")
def test_a_newcomer_may_take_a_key_instead_and_may_go(
    newcomer: Callable[..., Workstation], qtbot: QtBot, plugged: SoftKey
) -> None:
    left: list[str] = []
    here = newcomer(PASSWORD)
    here.on_leaving(lambda then, _minutes: left.append(then))
    first(here).close()
    assert left == ["sign-out"] and first(here).isVisible()
    steps = first(here)
    fill(steps.form, new_password="short", again="short")
    qtbot.waitUntil(lambda: "too short" in steps.form.fields["new_password"].message.words)  # type: ignore[union-attr]
    fill(steps.form, new_password=NEW, again=NEW)
    qtbot.waitUntil(lambda: steps.step == "second factor")
    steps._other_way()
    fill(steps.form, name="Blue key")
    qtbot.waitUntil(lambda: steps.step == "codes" and "Your recovery codes" in said(steps))
    here.blank()
    assert not steps.isVisible()


@pytest.mark.accepts("SEC-06")
def test_a_password_never_runs_out(dressed: QApplication, profile: Path, clock: SetClock, sync: ToldSync) -> None:
    clock.ms += 10 * 365 * 24 * 3_600_000
    opened = open_workstation(opens(profile, PASSWORD, clock=clock), clock=clock, sync=sync, folders=[pages.folder()])
    assert opened.first is None, "nobody is asked for another one because time went by"
    opened.close()


def test_what_came_too_late_and_a_code_that_was_used_are_said_when_the_window_opens(
    dressed: QApplication, qtbot: QtBot, profile: Path, clock: SetClock, sync: ToldSync
) -> None:
    keychain = FileKeychain(profile)
    facts, device = trusted_profile(profile, keychain)
    account = own_account.OwnAccount(opens(profile, PASSWORD, clock=clock), clock=clock)
    app = account.begin_app()
    account.confirm_app(app, pyotp.TOTP(app.seed).at(clock.ms // 1000), PASSWORD)
    code = account.new_codes(PASSWORD)[0]
    people = read_people(profile, device, facts.station.device)
    entry = msgspec.structs.replace(
        people.admitted[0], overtaken=(Overtaken("password", clock.ms), Overtaken("app", clock.ms))
    )
    write_people(profile, device, facts.station.device, people.with_one(entry))
    opened = open_workstation(opens(profile, PASSWORD, code, clock), clock=clock, sync=sync, folders=[pages.folder()])
    opened.show()
    qtbot.waitUntil(lambda: "does not count" in said(opened.window))
    assert "chose here" in said(opened.window) and "second factor" in said(opened.window)
    qtbot.waitUntil(lambda: opened.window.frame.notices.unseen() > 0)
    opened.close()
