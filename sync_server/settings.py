# SPDX-License-Identifier: Apache-2.0
"""How the clinic wants to work: each setting that an administrator may choose, for the whole clinic or for one site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from hms_desktop.clinic.ehr.service_prescriptions import SECOND_PERSON
from hms_desktop.clinic.inventory.queries import STOCK_PLACE, STOCK_PLACES
from hms_desktop.clinic.lab.queries_calls import CALL_MINUTES, DEFAULT_CALL_MINUTES
from hms_desktop.clinic.lab.service_results import SEPARATE_DUTIES
from hms_desktop.clinic.patients.queries_restricted import GLASS_TOLD
from hms_desktop.clinic.pharmacy.queries import VALID_DAYS
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.security.accounts import SiteSetting, setting
from hms_desktop.security.standing import LONGEST_PERMIT, PERMIT_DAYS
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import line_limit
from hms_desktop.sync.compaction import DEFAULT_LOG_DAYS, LEAST_LOG_DAYS, LOG_DAYS
from sync_server.administration import Also, nothing_more
from sync_server.backup import plan
from sync_server.backup.keeping import Keep
from sync_server.home import Home
from sync_server.standing import PERMIT_SETTING

YES_NO = {"yes": True, "no": False}


def yes_or_no(typed: str) -> bool:
    """`yes` or `no`; BadInput for anything else."""
    if typed.casefold() not in YES_NO:
        raise BadInput(f"“{typed}” is neither yes nor no. Nothing was changed.", "value")
    return YES_NO[typed.casefold()]


def whole_number(typed: str) -> int:
    """A whole number from 1 to 1000; BadInput for anything else."""
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed) <= 1000:
        raise BadInput(f"“{typed}” is not a whole number from 1 to 1000. Nothing was changed.", "value")
    return int(typed)


def days_alone(typed: str) -> int:
    """From 1 to 30 days; BadInput for anything else."""
    days = whole_number(typed)
    if days > LONGEST_PERMIT:
        raise BadInput(f"A workstation works at most {LONGEST_PERMIT} days without the server.", "value")
    return days


def days_of_log(typed: str) -> int:
    """More days than a workstation may be away, at most 1000; BadInput for anything else."""
    days = whole_number(typed)
    if days < LEAST_LOG_DAYS:
        raise BadInput(f"A workstation keeps at least {LEAST_LOG_DAYS} days of log, so that it misses none.", "value")
    return days


def kbit_of_line(typed: str) -> int:
    """Kbit/s, 0 for no limit; BadInput for anything else."""
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(line_limit.MOST_KBIT)):
        raise BadInput(f"“{typed}” is not a number of kbit/s. Nothing was changed.", "value")
    return line_limit.checked(int(typed))


@dataclass(frozen=True)
class Choosable:
    """A setting: what it means, how it is read, and what holds while nobody has chosen."""

    words: str
    read: Callable[[str], Any]
    default: str


CHOOSABLE: Mapping[str, Choosable] = {
    SEPARATE_DUTIES: Choosable("nobody verifies a result that they entered or verified before", yes_or_no, "yes"),
    CALL_MINUTES: Choosable("minutes to tell somebody of a critical result", whole_number, str(DEFAULT_CALL_MINUTES)),
    SECOND_PERSON: Choosable(
        "a second person signs beside who goes over a stop alert", yes_or_no, "no to prescribe, yes to hand over"
    ),
    PERMIT_SETTING: Choosable("days that a workstation works without the server", days_alone, str(PERMIT_DAYS)),
    GLASS_TOLD: Choosable("a patient's copy of who looked tells of emergency access", yes_or_no, "yes"),
    plan.FOLDER: Choosable("where backups go, best on another disk: a whole path", plan.a_folder, plan.BESIDE),
    plan.HOUR: Choosable("hour of the day at which the backup is made, 0 to 23", plan.an_hour, str(plan.DEFAULT_HOUR)),
    plan.DAYS: Choosable("days of which a backup is kept", whole_number, str(Keep().days)),
    plan.WEEKS: Choosable("weeks of which a backup is kept", whole_number, str(Keep().weeks)),
    plan.MONTHS: Choosable("months of which a backup is kept", whole_number, str(Keep().months)),
    LOG_DAYS: Choosable("days of log that a workstation keeps", days_of_log, str(DEFAULT_LOG_DAYS)),
    line_limit.LINE_KBIT: Choosable(
        "kbit/s of the line that a workstation or hub takes for its exchange, each way; 0 is no limit",
        kbit_of_line,
        "0",
    ),
    "prescription_valid_days": Choosable("days for which a prescription is good", whole_number, str(VALID_DAYS)),
}


@dataclass(frozen=True)
class SettingRow:
    """A setting as it stands; `site` empty is the whole clinic, `chosen` False that nobody has chosen yet."""

    key: str
    site: str
    value: str
    chosen: bool
    words: str


def settings(home: Home) -> list[SettingRow]:
    """Every setting: as chosen for the clinic and for sites, else as it holds by itself."""
    question = select(SiteSetting.key, SiteSetting.site, SiteSetting.value).order_by(SiteSetting.site)
    rows = home.store.read(lambda reader: reader.rows(question), home.worker)
    found: list[SettingRow] = []
    for key, about in CHOOSABLE.items():
        chosen = [SettingRow(key, row.site, _said(row.value), True, about.words) for row in rows if row.key == key]
        found += chosen or [SettingRow(key, "", about.default, False, about.words)]
    return found


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def choose(home: Home, key: str, typed: str, site: str = "", also: Also = nothing_more) -> str:
    """Choose a setting; workstations follow with their next sync. NotFound for the key, BadInput for the value."""
    if key not in CHOOSABLE:
        raise NotFound(f"There is no setting “{key}”. `hms-server settings list` names them all.")
    value = CHOOSABLE[key].read(typed.strip())

    def write(unit: Unit) -> None:
        _keep(home, unit, key, site, value)
        also(unit)

    home.store.act(write, home.worker)
    return _said(value)


def _keep(home: Home, unit: Unit, key: str, site: str, value: Any) -> None:
    unit.check("device.manage")
    unit.action = "server.setting"
    row = unit.first(select(SiteSetting.id).where(SiteSetting.key == key, SiteSetting.site == site))
    if row is not None:
        unit.change(SiteSetting, row.id, site=site, key=key, value=value)
    else:
        unit.add(SiteSetting, id=uuid5(home.facts.clinic, f"setting:{site}:{key}"), site=site, key=key, value=value)


@dataclass(frozen=True)
class StockPlaces:
    """The places that stock stands at, by name, and the one that a workstation was told to take from, if any."""

    places: Sequence[tuple[UUID, str]]
    chosen: UUID | None


def stock_places(home: Home, station: str) -> StockPlaces:
    """Where the workstation of this name may take from; without a choice it takes from the only pharmacy."""
    question = select(Place.id, Place.name).where(Place.active, Place.kind.in_(STOCK_PLACES)).order_by(Place.name)
    rows = home.store.read(lambda reader: reader.rows(question), home.worker)
    wanted = home.store.read(lambda reader: dict(setting(reader, STOCK_PLACE, {})), home.worker).get(station)
    return StockPlaces([(row.id, row.name) for row in rows], next((r.id for r in rows if r.id.hex == wanted), None))


def choose_stock_place(home: Home, station: str, place: UUID, also: Also = nothing_more) -> None:
    """Say which place a workstation takes from; NotFound when no stock stands there."""
    if place not in {id for id, _name in stock_places(home, station).places}:
        raise NotFound("There is no such stock place. Open the workstation again and choose.")

    def write(unit: Unit) -> None:
        _keep(home, unit, STOCK_PLACE, "", {**setting(unit, STOCK_PLACE, {}), station: place.hex})
        also(unit)

    home.store.act(write, home.worker)
