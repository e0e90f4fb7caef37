# SPDX-License-Identifier: Apache-2.0
"""One box for devices, people and events: each only for whoever may see its list.

What is looked for travels in the form and never in an address: histories of browsers and logs keep addresses.
"""

from __future__ import annotations

from starlette.responses import Response

from sync_server import staffing
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.audit_lines import Filter, audit_page

MOST = 20


def find(console: Console, asked: Asked) -> Response:
    """What fits the words."""
    words = asked.form.get("q", "").strip()[:200]
    wanted, rights = words.casefold(), asked.who.rights
    devices = figures.stations(console) if wanted and "device.manage" in rights else []
    people = staffing.employees(console.home, console.book) if wanted and "people.manage" in rights else []
    lines = audit_page(console.home, Filter(words=words), MOST)[0] if wanted and "device.manage" in rights else []
    return console.show(
        asked, "find.html", words=words, lines=lines,
        devices=[d for d in devices if wanted in f"{d.device.name} {d.device.site}".casefold()][:MOST],
        people=[p for p in people if wanted in f"{p.name} {p.login}".casefold()][:MOST],
    )  # fmt: skip


PLACES = (Place("/find", find), Place("/find", find, method="POST"))
