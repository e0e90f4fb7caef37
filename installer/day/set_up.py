# SPDX-License-Identifier: Apache-2.0
"""What a clinic has before its first day: places, clinicians, hours, tests, medicines, stock and prices, from files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from hms_desktop.clinic.inventory.queries import STOCK_PLACE, find_items
from hms_desktop.clinic.inventory.service import receive_stock
from hms_desktop.clinic.staff.rules import Hours
from hms_desktop.clinic.staff.service import add_place, add_practitioner, give_role, open_session
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.storage.unit import Unit
from installer.day.people import SHIPPED, DemoPerson, DemoStation, shipped_list, shipped_stations
from sync_server.catalogue import bring_in
from sync_server.catalogue_files import read_files
from sync_server.home import Home

T = TypeVar("T")

OPENED_DAYS_AGO = 30
REFERENCE = [
    *(SHIPPED.parents[1] / "clinical" / f"{name}.toml" for name in ("lab_tests", "note_phrases", "forms")),
    *(SHIPPED.parent / f"{name}.toml" for name in ("formulary", "procedures", "prices")),
]
"""What the programme ships and the demo clinic's own, brought in as a manager brings in theirs."""


def fill(home: Home, people: Mapping[UUID, DemoPerson], stations: Sequence[DemoStation] | None = None) -> None:
    """Write everything that the data files hold into a new server's store; `people` by the id of their account."""
    opened = _today(home) - timedelta(days=OPENED_DAYS_AGO)
    places = {p["name"]: _do(home, partial(add_place, **p)) for p in shipped_list()["place"]}
    practitioners = _practitioners(home, people, places)
    for session in _read("sessions.toml")["session"]:
        _hours(home, session, practitioners, places, opened)
    bring_in(home, REFERENCE, opened, read=read_files)
    items = {code: _item(home, code) for code in {batch["item"] for batch in _read("stock.toml")["batch"]}}
    for batch in _read("stock.toml")["batch"]:
        _stock(home, batch, items, places)
    _do(home, partial(_counters, shipped_stations() if stations is None else stations, places))


def _practitioners(home: Home, people: Mapping[UUID, DemoPerson], places: Mapping[str, UUID]) -> dict[str, UUID]:
    """Sign-in name to the practitioner made for them."""
    made: dict[str, UUID] = {}
    for account, person in people.items():
        about = dict(person.practitioner or {})
        if about:
            service, place = about.pop("service"), about.pop("place")
            made[person.login] = _do(home, partial(add_practitioner, account=account, **about))
            role = partial(give_role, practitioner=made[person.login], role="doctor", service=service)
            _do(home, partial(role, place=places[place]))
    return made


def _hours(
    home: Home, session: Mapping[str, Any], practitioners: Mapping[str, UUID], places: Mapping[str, UUID], opened: date
) -> None:
    for weekday in session["weekdays"]:
        hours = Hours(weekday, session["starts"], session["ends"], session["slot_minutes"], session["capacity"], opened)
        make = partial(open_session, practitioner=practitioners[session["login"]], hours=hours)
        _do(
            home,
            partial(
                make, service=session["service"], place=places[session["place"]], price_code=session.get("price_code")
            ),
        )


def _stock(home: Home, batch: Mapping[str, Any], items: Mapping[str, UUID], places: Mapping[str, UUID]) -> None:
    expires = _today(home) + timedelta(days=batch["expires_in_days"])
    receive = partial(receive_stock, item=items[batch["item"]], lot=batch["lot"], expires=expires)
    _do(home, partial(receive, quantity=Decimal(batch["quantity"]), place=places[batch["place"]]))


def _counters(stations: Sequence[DemoStation], places: Mapping[str, UUID], unit: Unit) -> None:
    """Which stock is whose: the site setting that gives each counter its own shelves."""
    unit.action = "server.setting"
    shelves = {station.name: places[station.stock_place].hex for station in stations if station.stock_place}
    unit.add(SiteSetting, site="", key=STOCK_PLACE, value=shelves)


def _item(home: Home, code: str) -> UUID:
    found: UUID = home.store.read(lambda reader: find_items(reader, code)[0].id, home.worker)
    return found


def _do(home: Home, action: Callable[[Unit], T]) -> T:
    """Run an action as the server's worker, who sets the clinic up."""
    return home.store.act(action, home.worker)


def _today(home: Home) -> date:
    return home.store.read(lambda reader: reader.now.astimezone(reader.clinic.zone).date(), home.worker)


def listed_prices() -> dict[str, int]:
    """The price of each code as the data file lists it, in minor units."""
    return {price["code"]: price["amount"] for price in _read("prices.toml")["price"]}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((SHIPPED.parent / name).read_text("utf-8"))
