# SPDX-License-Identifier: Apache-2.0
"""Settings: one's own sessions and keys, opening hours, and how the clinic works."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from sync_server import settings
from sync_server.administration import note_act, noted
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.passkeys import Passkeys
from sync_server.opening import DAYS, typed_opening

NEEDS = "device.manage"


def show(console: Console, asked: Asked) -> Response:
    """The page."""
    opening = figures.opening_of(console)
    days = []
    for number, day in enumerate(day_names()):
        begin, end = (f"{at:%H:%M}" for at in opening.days[number]) if number in opening.days else ("", "")
        days.append((number, day, begin, end))
    return console.show(
        asked, "settings.html", sessions=console.sessions.of(asked.who.id), days=days,
        silent_hours=opening.silent_hours, rows=settings.settings(console.home), message=asked.query("done"),
        yes_no={key for key, about in settings.CHOOSABLE.items() if about.read is settings.yes_or_no},
        passkeys=Passkeys(console.home, console.book, asked.request.url.hostname or "").of(asked.who.id),
    )  # fmt: skip


def day_names() -> list[str]:
    """The days of the week, Monday first."""
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]


def keep_opening(console: Console, asked: Asked) -> Response:
    """Keep the opening hours."""
    form = asked.form
    spans = {number: (form.get(f"begin{number}", ""), form.get(f"end{number}", "")) for number in range(DAYS)}
    opening = typed_opening(spans, form.get("silent_hours", ""))
    console.book.put(figures.OPENING, opening.stored())
    note_act(console.home, asked.by, "settings.opening")
    return console.go("/settings?done=kept")


def choose(console: Console, asked: Asked) -> Response:
    """Choose a setting of the clinic."""
    form = asked.form
    key, value, site = form.get("key", ""), form.get("value", ""), form.get("site", "")
    settings.choose(
        console.home, key, value, site, noted(asked.by, "settings.chosen", None, f"{key} {value} {site}".strip())
    )
    return console.go("/settings?done=kept")


def end_session(console: Console, asked: Asked) -> Response:
    """End another session of one's own."""
    for session in console.sessions.of(asked.who.id):
        if session.name == asked.request.path_params["name"]:
            console.sessions.end(session.digest)
            note_act(console.home, asked.by, "console.session_ended", asked.who.id, session.name)
            return console.go("/settings?done=kept")
    raise NotFound(_("There is no such session of yours. It may have ended."))


PLACES = (
    Place("/settings", show),
    Place("/settings/opening", keep_opening, NEEDS, "POST"),
    Place("/settings/choose", choose, NEEDS, "POST"),
    Place("/settings/sessions/{name}/end", end_session, method="POST"),
)
