# SPDX-License-Identifier: Apache-2.0
"""Requests that take two persons: asked by one administrator, approved or declined by another."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.documents.qr_code import svg
from sync_server import two_person
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.proof import must_prove


def listed(console: Console, asked: Asked) -> Response:
    """Those that wait, then what became of the others."""
    found = two_person.requests(console.home, console.book)
    return console.show(
        asked, "requests.html", requests=found, kinds=two_person.KINDS, names=figures.people_names(console.home),
        waiting=two_person.WAITING, approved=two_person.APPROVED,
    )  # fmt: skip


def approve(console: Console, asked: Asked) -> Response:
    """Approve, with the second factor shown again; what it gives out is shown once, here."""
    must_prove(console, asked)
    before = two_person.request(console.home, console.book, asked.id())
    told = two_person.approve(console.home, console.book, asked.by, asked.id(), asked.who.rights)
    if not told:
        return console.go("/requests")
    pictures = {label: svg(word) for label, word in told if word.startswith("otpauth:")}
    return console.show(asked, "told.html", request=before, told=told, pictures=pictures)


def decline(console: Console, asked: Asked) -> Response:
    """Say no, or take one's own request back."""
    two_person.decline(console.home, console.book, asked.by, asked.id(), asked.form.get("why", ""))
    return console.go("/requests")


PLACES = (
    Place("/requests", listed),
    Place("/requests/{id}/approve", approve, method="POST"),
    Place("/requests/{id}/decline", decline, method="POST"),
)
