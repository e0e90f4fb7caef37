# SPDX-License-Identifier: Apache-2.0
"""Your account: how the signed-in person signs in, what they may change about it, and what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.clock import instant
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.accounts import AccountNews, account_news
from hms_desktop.security.granted import SecurityKey
from hms_desktop.security.own_account import AccountState, OwnAccount
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.shell import account_dialogs as dialogs
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.halves import Halves
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme

FEW_CODES = 3


@dataclass(frozen=True)
class _Shown:
    state: AccountState
    news: Sequence[AccountNews]


class AccountScreen(Page):
    """Cards for password, second factor and recovery codes; each change opens its own dialog."""

    def __init__(self, desk: Desk, account: OwnAccount) -> None:
        super().__init__(desk)
        self.title = _("Your account")
        self.context = f"{desk.person.name} ({desk.person.login})"
        self._account = account
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.space(4))
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.space(5), theme.space(5), theme.space(5), theme.space(5))
        column.addLayout(self._column)
        column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(inner, name=self.title))
        self._shown: _Shown | None = None
        desk.tasks.changed.connect(
            lambda changes: self.refresh() if changes.touch("account", "account_event") else None
        )
        self.refresh()

    def keys(self) -> Sequence[Key]:
        """The acts on the account."""
        return (
            Key("P", _("Change password"), self.change_password, "password", hint=True),
            Key("A", _("Set up an authenticator app"), self.set_up_app, "device-mobile", hint=True),
            Key("K", _("Add a security key"), self.add_key, "key", hint=True),
            Key("C", _("New recovery codes"), self.new_codes, "lifebuoy", hint=True),
        )

    def refresh(self) -> None:
        """Read again how the account stands."""
        self.desk.tasks.read(self._read, self._show, owner=self)

    def change_password(self) -> None:
        """Ask for the old and the new password."""
        if self._shown is not None:
            dialogs.change_password(self.desk, self, self._account, self._shown.state, self.refresh)

    def set_up_app(self) -> None:
        """Show a new QR code."""
        dialogs.set_up_app(self.desk, self, self._account, self.refresh)

    def add_key(self) -> None:
        """Ask for a touch of a security key."""
        dialogs.add_key(self, self._account, self.refresh)

    def new_codes(self) -> None:
        """Make new recovery codes."""
        dialogs.new_codes(self.desk, self, self._account, self.refresh)

    def _read(self, reader: Any) -> _Shown:
        return _Shown(self._account.state(), account_news(reader, self.desk.person.id))

    def _show(self, shown: _Shown) -> None:
        self._shown = shown
        clear(self._column)
        for card in (self._password(shown), self._second(shown.state), self._codes(shown.state), self._news(shown)):
            card.setMaximumWidth(theme.grow(760))
            self._column.addWidget(card)

    def _password(self, shown: _Shown) -> Card:
        card = Card(_("Password"))
        last = next((one for one in shown.news if one.what == "password"), None)
        words = _("Changed {day}").format(day=self._moment(last)) if last else _("Not changed since it was given")
        if shown.state.waiting:
            words += "\n" + _("A change of yours works here and goes to the server with the next sync.")
        card.add(_row(_("Your password"), words, Button(_("Change password"), key="P", clicked=self.change_password)))
        return card

    def _second(self, state: AccountState) -> Card:
        card = Card(_("Second factor"))
        if state.needed:
            card.add(Text(_("Your role asks for one at each sign-in."), "body", "secondary", wrap=True))
        words = _("Set up") if state.has_app else _("Not set up")
        buttons = [Button(_("Set up again") if state.has_app else _("Set up"), key="A", clicked=self.set_up_app)]
        if state.has_app:
            remove = partial(dialogs.remove_app, self.desk, self, self._account, self.refresh)
            buttons.insert(0, Button(_("Remove app"), "quiet", clicked=remove))
        card.add(_row(_("Authenticator app"), words, *buttons))
        for key in state.keys:
            card.add(self._key_row(key))
        words = _("A key also lets you switch to your session by a touch for 12 hours after you signed in with it.")
        card.add(_row(_("Security key"), words, Button(_("Add a key"), key="K", clicked=self.add_key)))
        honest = _(
            "It guards the screen: what is checked on this computer can't protect files that were taken from it."
        )
        card.add(Text(honest, "label", "secondary", wrap=True))
        return card

    def _key_row(self, key: SecurityKey) -> QWidget:
        remove = partial(dialogs.remove_key, self.desk, self, self._account, key, self.refresh)
        button = Button(_("Remove {name}").format(name=key.name), "quiet", clicked=remove)
        since = _("Added {day}").format(day=day_words(instant(key.since_ms).astimezone(self.desk.place.zone)))
        return _row(key.name, since, button)

    def _codes(self, state: AccountState) -> Card:
        card = Card(_("Recovery codes"))
        left = ngettext("{count} code is left", "{count} codes are left", state.codes_left)
        words = left.format(count=state.codes_left) if state.codes_left else _("None")
        if state.asked and state.codes_left < FEW_CODES:
            words += "\n" + _("Get new ones: without app, key and codes only an administrator can let you in again.")
        button = Button(_("Get new codes"), key="C", clicked=self.new_codes)
        card.add(_row(_("For when the app or the key is not at hand"), words, button))
        return card

    def _news(self, shown: _Shown) -> Card:
        card = Card(_("What was changed"))
        for one in shown.news[:8]:
            card.add(_row(news_words(one.what), self._moment(one) + (f", {one.station}" if one.station else "")))
        if not shown.news:
            card.add(Text(_("Nothing yet"), "body", "secondary"))
        else:
            ask = _("If one of these was not you, change your password now and tell an administrator.")
            card.add(Text(ask, "label", "secondary", wrap=True))
        return card

    def _moment(self, one: AccountNews) -> str:
        at = one.at.astimezone(self.desk.place.zone)
        return f"{day_words(at)}, {time_words(at)}"


def news_words(what: str) -> str:
    """One change to how a person signs in, in words."""
    words = {
        "password": _("Password changed"),
        "app": _("Authenticator app set up or removed"),
        "codes": _("New recovery codes"),
        "code used": _("Signed in with a recovery code"),
        "key": _("Security key added"),
        "key gone": _("Security key removed"),
        "password reset": _("Password reset by an administrator"),
        "second factor reset": _("Second factor reset by an administrator"),
        "overtaken": _("A change that came too late: another was here first"),
    }
    return words.get(what, what)


def _row(title: str, words: str, *buttons: Button) -> QWidget:
    said, acts = QVBoxLayout(), QHBoxLayout()
    said.setSpacing(0)
    said.addWidget(Text(title, "bodyStrong", wrap=True))
    said.addWidget(Text(words, "body", "secondary", wrap=True))
    for button in buttons:
        acts.addWidget(button)
    row = Halves(said, acts, needs=lambda: theme.grow(200))
    row.set_margins(0, theme.space(2), 0, theme.space(2))
    return row
