# SPDX-License-Identifier: Apache-2.0
"""People: who may sign in as what; joiners, movers and leavers."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.security.roles import policy
from sync_server import console_access as access
from sync_server import staffing, two_person
from sync_server.administration import note_act
from sync_server.console.app import Asked, Console, Place
from sync_server.console.audit_lines import Filter, audit_page
from sync_server.console.proof import must_name, must_prove

NEEDS = "people.manage"


def listed(console: Console, asked: Asked) -> Response:
    """Everybody, those who are here first."""
    everybody = staffing.employees(console.home, console.book)
    gone = asked.query("show") == "left"
    return console.show(
        asked, "people.html", people=[p for p in everybody if p.active != gone], left=gone,
        counts={"here": sum(p.active for p in everybody), "left": sum(not p.active for p in everybody)},
        administrators=len(access.holders(console.home, console.book)),
    )  # fmt: skip


def show_join(console: Console, asked: Asked) -> Response:
    """The form for somebody new."""
    return console.show(asked, "joiner.html", roles=policy().roles)


def ask_to_join(console: Console, asked: Asked) -> Response:
    """Ask that they may sign in; another administrator approves."""
    form = asked.form
    staffing.ask_to_join(
        console.home, console.book, asked.by, form.get("login", ""), form.get("name", ""),
        asked.many.get("role", []), form.get("reason", ""),
    )  # fmt: skip
    return console.go("/requests")


def one(console: Console, asked: Asked) -> Response:
    """One person: roles, what they may do, what was done with their access."""
    found = staffing.employee(console.home, console.book, asked.id())
    asked_about = {r.id for r in two_person.requests(console.home, console.book) if r.subject == found.id}
    events, _more = audit_page(console.home, Filter(subjects=frozenset({found.id} | asked_about)), 8)
    rights = policy().granted(found.roles)
    return console.show(
        asked, "person.html", person=found, roles=policy().roles, rights=sorted(rights), words=policy().permissions,
        events=events, may_open_console=bool(rights & access.RIGHTS),
    )  # fmt: skip


def change_roles(console: Console, asked: Asked) -> Response:
    """Other roles: at once when rights are only lost, else by two persons."""
    must_prove(console, asked)
    roles = asked.many.get("role", [])
    reason = asked.form.get("reason", "")
    waits = staffing.change_roles(console.home, console.book, asked.by, asked.id(), roles, reason)
    return console.go("/requests" if waits else f"/people/{asked.id().hex}")


def leave(console: Console, asked: Asked) -> Response:
    """A person leaves."""
    found = staffing.employee(console.home, console.book, asked.id())
    must_name(asked, found.login)
    must_prove(console, asked)
    staffing.leave(console.home, console.book, asked.by, found.id)
    return console.go(f"/people/{found.id.hex}")


def ask_for_console(console: Console, asked: Asked) -> Response:
    """Ask that an administrator may open the console."""
    staffing.ask_for_console(console.home, console.book, asked.by, asked.id(), asked.form.get("reason", ""))
    return console.go("/requests")


def ask_for_reset(console: Console, asked: Asked) -> Response:
    """Ask for new keys, or for a new second factor."""
    what = staffing.FACTOR if asked.form.get("what") == staffing.FACTOR else staffing.PASSWORD
    staffing.ask_for_reset(console.home, console.book, asked.by, asked.id(), what, asked.form.get("reason", ""))
    return console.go("/requests")


def close_console(console: Console, asked: Asked) -> Response:
    """Take somebody's access to the console away, at once."""
    found = staffing.employee(console.home, console.book, asked.id())
    must_prove(console, asked)
    access.take_access(console.home, console.book, asked.by, found.id)
    return console.go(f"/people/{found.id.hex}")


def end_sessions(console: Console, asked: Asked) -> Response:
    """Sign somebody out of the console everywhere."""
    found = staffing.employee(console.home, console.book, asked.id())
    console.sessions.end_all(found.id, but=asked.here.digest)
    note_act(console.home, asked.by, "console.sessions_ended", found.id, found.login)
    return console.go(f"/people/{found.id.hex}")


PLACES = (
    Place("/people", listed, NEEDS),
    Place("/people/new", show_join, NEEDS),
    Place("/people/new", ask_to_join, NEEDS, "POST"),
    Place("/people/{id}", one, NEEDS),
    Place("/people/{id}/roles", change_roles, NEEDS, "POST"),
    Place("/people/{id}/leave", leave, NEEDS, "POST"),
    Place("/people/{id}/reset", ask_for_reset, NEEDS, "POST"),
    Place("/people/{id}/console", ask_for_console, NEEDS, "POST"),
    Place("/people/{id}/console/close", close_console, NEEDS, "POST"),
    Place("/people/{id}/sessions/end", end_sessions, NEEDS, "POST"),
)
