# SPDX-License-Identifier: Apache-2.0
"""Name and password of a second person who signs with the one at work, as fields of a form."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from PySide6.QtWidgets import QLineEdit

from hms_desktop.core.text import _
from hms_desktop.security.second_person import signing_person
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.text_fields import TextField


def add_second_person(form: Form) -> tuple[Field, Field]:
    """Two required fields, `login` and `password`; hide both while nobody else need sign."""
    login = TextField("login", _("&Second person"), required=True, longest=60)
    password = TextField("password", _("&Password of the second person"), required=True)
    password.line.setEchoMode(QLineEdit.EchoMode.Password)
    form.add(login)
    form.add(password)
    return login, password


def witnessed(act: Callable[..., Any], values: dict[str, Any], rights: Collection[str]) -> Callable[[Any], Any]:
    """The act with `witness` set to who signed in the form's fields; without a name it is run as it is.

    BadInput at the password when name and password don't fit, or the person holds none of these rights.
    """
    login = values.get("login") or ""
    if not login:
        return act
    return partial(_run, act=act, login=login, password=values.get("password") or "", rights=rights)


def _run(unit: Any, *, act: Callable[..., Any], login: str, password: str, rights: Collection[str]) -> Any:
    return act(unit, witness=signing_person(unit, login, password, rights))
