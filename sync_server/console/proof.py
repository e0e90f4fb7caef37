# SPDX-License-Identifier: Apache-2.0
"""Dangerous acts ask again: the code of now, or a security key touched lately; and the name of the thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.core.text import _
from hms_desktop.security.people import same_login
from sync_server import console_access as access

if TYPE_CHECKING:
    from sync_server.console.app import Asked, Console


def must_prove(console: Console, asked: Asked) -> None:
    """Raise NotAllowed unless the second factor was shown with this form, or by a security key just now."""
    if console.sessions.lately_proved(asked.here):
        return
    login = f"proof {asked.who.login}"
    wait = console.tries.wait_ms(login, asked.address)
    if wait:
        raise NotAllowed(_("Too many wrong codes. Wait {n} s; nothing was changed.").format(n=wait // 1000 + 1), "code")
    if not access.code_holds(console.home, console.book, asked.who.id, asked.form.get("code", "")):
        console.tries.wrong(login, asked.address)
        raise NotAllowed(
            _("The code is wrong or was used already. Wait for the next one; nothing was changed."), "code"
        )
    console.tries.right(login, asked.address)


def must_name(asked: Asked, name: str) -> None:
    """Raise BadInput unless the name of the thing was typed: a hand that slips on a list does no harm."""
    if same_login(asked.form.get("typed_name", "")) != same_login(name):
        raise BadInput(_("Type the name {name} to say that you mean it. Nothing was changed.").format(name=name))
