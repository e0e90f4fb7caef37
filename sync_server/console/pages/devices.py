# SPDX-License-Identifier: Apache-2.0
"""Workstations: the list, one of them in detail, enrolling, approving by words, blocking, filling anew, diagnostics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from starlette.responses import JSONResponse, Response

from hms_desktop.clinic.inventory.queries import DISPENSING, STOCK_PLACE
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.documents.qr_code import svg
from hms_desktop.security.enrolment import ticket
from hms_desktop.security.stations import grants, station_kinds
from hms_desktop.storage.records import REGISTRY
from sync_server import devices, quarantine, settings, standing, two_person
from sync_server.administration import By, note_act, noted
from sync_server.console import figures, guard
from sync_server.console.app import Asked, Console, Place
from sync_server.console.audit_lines import Filter, audit_page
from sync_server.console.figures import StationFigures
from sync_server.console.pages.overview import kept_figures
from sync_server.console.proof import must_name, must_prove
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.wishes import COMPARE, DIAGNOSTICS, FILL_ANEW, KEPT_DAYS

NEEDS = "device.manage"
GROUPS = ("all", "online", "offline", "pending", "clock", "blocked")


def listed(console: Console, asked: Asked) -> Response:
    """The list, filtered by a chip, with the first or the chosen one beside it."""
    stations = figures.stations(console)
    return _list(console, asked, stations, stations[0] if stations else None, picked=False)


def one(console: Console, asked: Asked) -> Response:
    """One workstation beside the list."""
    stations = figures.stations(console)
    return _list(console, asked, stations, _find(stations, asked.id()), picked=True)


def _list(
    console: Console, asked: Asked, stations: Sequence[StationFigures], chosen: StationFigures | None, *, picked: bool
) -> Response:
    group = asked.query("show") if asked.query("show") in GROUPS else "all"
    counts = Counter(name for station in stations for name in station.groups)
    events, _more = audit_page(console.home, Filter(device=chosen.device.id if chosen else None), 6)
    return console.show(
        asked, "devices.html", stations=[s for s in stations if group in s.groups], all=stations, group=group,
        counts=counts, chosen=chosen, picked=picked, figures=kept_figures(console, stations), events=events,
        holds=held_modules(chosen.device.kind) if chosen else (), kinds=station_kinds(),
        report=standing.report_of(console.home, chosen.device.id) if chosen else None, instant=instant,
        stock=settings.stock_places(console.home, chosen.device.name)
        if chosen and chosen.device.kind in DISPENSING else None,
        refused=quarantine.waiting_count(console.home, chosen.device.author) if chosen else 0,
        wishes=console.contacts.wishes.of(chosen.device.id) if chosen else {}, names=figures.people_names(console.home),
        kept_days=KEPT_DAYS, looked=console.contacts.defects.last_looks().get(chosen.device.id) if chosen else None,
    )  # fmt: skip


def held_modules(kind: str) -> list[tuple[str, int, int]]:
    """What a kind of workstation holds: module, tables that it reads, tables that it only adds to."""
    if kind not in station_kinds():
        return []
    given = grants(kind)
    read = Counter(REGISTRY[name].module for name in given.read)
    append = Counter(REGISTRY[name].module for name in given.append)
    return [(module, read[module], append[module]) for module in sorted(read | append)]


def _find(stations: Sequence[StationFigures], id: UUID) -> StationFigures:
    for station in stations:
        if station.device.id == id:
            return station
    raise NotFound(_("There is no such workstation. Open the list again."))


def _chosen(console: Console, asked: Asked) -> StationFigures:
    return _find(figures.stations(console), asked.id())


def show_enrol(console: Console, asked: Asked) -> Response:
    """The form for a new workstation."""
    sites = sorted({s.device.site for s in figures.stations(console)} | {console.home.facts.site})
    return console.show(asked, "enrol.html", kinds=station_kinds(), sites=sites, code="", qr="", name="", address="")


def enrol(console: Console, asked: Asked) -> Response:
    """A one-time code, shown once, as words to type and as a QR."""
    form, home = asked.form, console.home
    new = devices.NewDevice(form.get("name", ""), form.get("kind", ""), form.get("site", ""))
    code = devices.make_code(home, new, noted(asked.by, "device.code", None, new.name.strip()))
    address = home.facts.addresses[0]
    return console.show(
        asked, "enrol.html", kinds=station_kinds(), sites=[], code=code, qr=svg(ticket(address, code)), name=new.name,
        address=address,
    )  # fmt: skip


def approve(console: Console, asked: Asked) -> Response:
    """Approve a workstation once the six words of its screen were typed here."""
    found = _chosen(console, asked).device
    if found.status != "pending":
        raise Refused(_("{name} is not waiting for approval.").format(name=found.name))
    if tuple(asked.form.get("words", "").casefold().split()) != found.words:
        message = _("The words are not those of {name}. Somebody may be in between: do not approve.")
        raise BadInput(message.format(name=found.name))
    devices.decide(console.home, found.id, "approved", noted(asked.by, "device.approved", found.id, found.name))
    return console.go(f"/devices/{found.id.hex}")


def show_block(console: Console, asked: Asked) -> Response:
    """What blocking would cost, and the form that asks for the name and the second factor."""
    return console.show(asked, "block.html", chosen=_chosen(console, asked))


def block(console: Console, asked: Asked) -> Response:
    """Block a workstation: the server answers it no more."""
    found = _chosen(console, asked).device
    must_name(asked, found.name)
    must_prove(console, asked)
    devices.decide(console.home, found.id, "blocked", noted(asked.by, "device.blocked", found.id, found.name))
    return console.go(f"/devices/{found.id.hex}")


def show_wipe(console: Console, asked: Asked) -> Response:
    """What wiping would cost, and the form that asks for the name and the second factor."""
    found = _chosen(console, asked)
    return console.show(asked, "wipe.html", chosen=found, report=standing.report_of(console.home, found.device.id))


def wipe(console: Console, asked: Asked) -> Response:
    """Let a workstation destroy its keys and files at its next contact."""
    found = _chosen(console, asked).device
    must_name(asked, found.name)
    must_prove(console, asked)
    standing.order_wipe(console.home, found.id, noted(asked.by, "device.wipe_ordered", found.id, found.name))
    return console.go(f"/devices/{found.id.hex}")


def permit_code(console: Console, asked: Asked) -> Response:
    """Today's code that lets a workstation out of reach go on, to be read over the telephone."""
    found = _chosen(console, asked).device
    must_prove(console, asked)
    code = standing.permit_code(console.home, found.id)
    note_act(console.home, asked.by, "device.permit_code", found.id, found.name)
    return console.show(
        asked, "permit.html", name=found.name, code=code, left=standing.left_since(console.home, found.id)
    )


def ask_new_key(console: Console, asked: Asked) -> Response:
    """Ask that a workstation turns the key of its file; another administrator approves."""
    found = _chosen(console, asked).device
    words = _("{name} turns the key of its file").format(name=found.name)
    reason = asked.form.get("reason", "")
    two_person.ask(console.home, console.book, asked.by, NEW_FILE_KEY.name, words, reason=reason, subject=found.id)
    return console.go("/requests")


def _new_file_key(home: Home, _book: Notebook, found: two_person.Request, by: By) -> two_person.Told:
    assert found.subject is not None
    standing.order_new_key(home, found.subject, noted(by, "device.new_key", found.subject))
    return ()


NEW_FILE_KEY = two_person.declare(
    two_person.Kind("new-file-key", _("A new file key for a workstation"), NEEDS, _new_file_key)
)


def choose_stock_place(console: Console, asked: Asked) -> Response:
    """Say which place a pharmacy workstation takes from."""
    found = _chosen(console, asked).device
    try:
        place = UUID(hex=asked.form.get("place", ""))
    except ValueError as error:
        raise BadInput(_("Choose the stock place.")) from error
    also = noted(asked.by, "settings.chosen", found.id, f"{STOCK_PLACE} {found.name}")
    settings.choose_stock_place(console.home, found.name, place, also)
    return console.go(f"/devices/{found.id.hex}")


def fill_anew(console: Console, asked: Asked) -> Response:
    """Order a workstation to fetch every table again, with its next greeting; what waits there is sent and stays."""
    found = _chosen(console, asked).device
    must_prove(console, asked)
    console.contacts.wishes.ask(found.id, FILL_ANEW, asked.who.id, asked.who.name)
    note_act(console.home, asked.by, "device.fill_anew", found.id, found.name)
    return console.go(f"/devices/{found.id.hex}")


def compare(console: Console, asked: Asked) -> Response:
    """Let a workstation compare all that it holds with the server; it does so daily by itself."""
    found = _chosen(console, asked).device
    console.contacts.wishes.ask(found.id, COMPARE, asked.who.id, asked.who.name)
    note_act(console.home, asked.by, "device.compare", found.id, found.name)
    return console.go(f"/devices/{found.id.hex}")


def ask_diagnostics(console: Console, asked: Asked) -> Response:
    """Ask the person at a workstation to show how it stands."""
    found = _chosen(console, asked).device
    console.contacts.wishes.ask(found.id, DIAGNOSTICS, asked.who.id, asked.who.name)
    note_act(console.home, asked.by, "device.diagnostics_asked", found.id, found.name)
    return console.go(f"/devices/{found.id.hex}")


def diagnostics(console: Console, asked: Asked) -> Response:
    """The bundle that a person at the workstation chose to send, as a file."""
    found = _chosen(console, asked).device
    given = console.contacts.wishes.of(found.id).get(DIAGNOSTICS)
    if given is None or not given.body or given.state != "given":
        raise NotFound(_("Nobody at {name} has sent diagnostics. Ask for them.").format(name=found.name))
    note_act(console.home, asked.by, "device.diagnostics_read", found.id, found.name)
    named = {"Content-Disposition": f'attachment; filename="diagnostics-{found.id.hex[-8:]}.json"'}
    return guard.dressed(Response(given.body, media_type="application/json", headers=named))


def live(console: Console, asked: Asked) -> Response:
    """The state of every workstation for the script that refreshes the list."""
    stations = figures.stations(console)
    rows = {
        s.device.id.hex: {
            "words": s.chip.words, "status": s.chip.status, "waiting": "" if s.waiting is None else f"{s.waiting:,}",
            "seen": console.look.short(s.seen),
        }
        for s in stations
    }  # fmt: skip
    words = _("Updated {time}").format(time=f"{console.look.local(console.look.now()):%H:%M:%S}")
    return guard.dressed(JSONResponse({"rows": rows, "words": words}))


PLACES = (
    Place("/devices", listed, NEEDS),
    Place("/devices/enrol", show_enrol, NEEDS),
    Place("/devices/enrol", enrol, NEEDS, "POST"),
    Place("/devices/live", live, NEEDS),
    Place("/devices/{id}", one, NEEDS),
    Place("/devices/{id}/approve", approve, NEEDS, "POST"),
    Place("/devices/{id}/block", show_block, NEEDS),
    Place("/devices/{id}/block", block, NEEDS, "POST"),
    Place("/devices/{id}/wipe", show_wipe, NEEDS),
    Place("/devices/{id}/wipe", wipe, NEEDS, "POST"),
    Place("/devices/{id}/permit-code", permit_code, NEEDS, "POST"),
    Place("/devices/{id}/new-key", ask_new_key, NEEDS, "POST"),
    Place("/devices/{id}/stock-place", choose_stock_place, NEEDS, "POST"),
    Place("/devices/{id}/fill-anew", fill_anew, NEEDS, "POST"),
    Place("/devices/{id}/compare", compare, NEEDS, "POST"),
    Place("/devices/{id}/diagnostics", diagnostics, NEEDS),
    Place("/devices/{id}/diagnostics", ask_diagnostics, NEEDS, "POST"),
)
