# SPDX-License-Identifier: Apache-2.0
"""The register of controlled medicines of this station's place: every line with its running balance and who signed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout

from hms_desktop.clinic.inventory import service_register as service
from hms_desktop.clinic.inventory.queries import own_place, places
from hms_desktop.clinic.inventory.queries_register import EntryRow, Keeper, entries, keeper
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_moment
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.inventory.words import register_words
from hms_desktop.ui.routes import ControlledRegister, Route
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import saved_here
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.second_person import add_second_person, witnessed
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset(
    {
        "register_entry",
        "controlled_register",
        "register_release",
        "owner_change",
        "site_setting",
        "device",
        "own_outbox",
    }
)
MAY_WITNESS = frozenset({"dispense.supply", "register.keep"})


@dataclass(frozen=True)
class RegisterFacts:
    """The register of one place: who keeps it and its lines, the latest first."""

    place: UUID
    place_name: str
    keeper: Keeper | None
    here: bool
    rows: tuple[EntryRow, ...]

    @property
    def may_pass(self) -> bool:
        """Whether it can be kept at this station from now on: nobody keeps it, or a station that is out of use."""
        return not self.here and (self.keeper is None or not self.keeper.active)


def read_register(reader: Any, item: UUID | None) -> RegisterFacts:
    """Everything that the screen shows."""
    place = own_place(reader)
    held = keeper(reader, place)
    here = held is not None and held.station == reader.station.device
    return RegisterFacts(place, dict(places(reader)).get(place, ""), held, here, entries(reader, place, item))


class RegisterPage(Page):
    """Lines of the register, of one item or of all."""

    def __init__(self, desk: Desk, route: ControlledRegister) -> None:
        super().__init__(desk)
        self.title, self.context = _("Controlled register"), ""
        self._item = route.item
        self.facts: RegisterFacts | None = None
        self.table = self._make_table()
        self.list = ListCard(self.table, heading=_("Entries"))
        self.keep_here = Button(_("Keep the register here"), "primary", icon="lock-simple", key="K", clicked=self.keep)
        self.list.add_button(self.keep_here)
        self.keep_here.hide()
        self.came = Text("", "body", "secondary", wrap=True)
        self.came.hide()
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, theme.space(4))
        column.setSpacing(theme.space(4))
        column.addWidget(self.came)
        column.addWidget(self.list)
        self.setFocusProxy(self.table)
        desk.tasks.changed.connect(self._changed)
        self.refresh()

    def _make_table(self) -> Table:
        zone = self.desk.place.zone
        columns = [
            Column("at", _("When"), lambda r: show_moment(r.at.astimezone(zone)), 178, figures="tables"),
            Column("item", _("Medicine"), lambda r: Cell(r.item, strong=True), 170, 2),
            Column("what", _("What"), _what, 200, 3, fixed=True),
            Column("change", _("In or out"), _change, 92, end=True, figures="tables"),
            Column("balance", _("Balance"), _balance, 92, end=True, figures="tables"),
            Column("by", _("Signed by"), lambda r: Cell(r.by, sub=r.witness, spoken=_signed(r)), 150, 1),
            Column("state", "", lambda r: Cell(chip=saved_here() if r.saved_here else None), 132),
        ]
        nothing = Notice("lock-simple", _("No controlled medicine has come or gone here."))
        rows = from_list(lambda: self.facts.rows if self.facts else (), matches=_matches)
        name = _("Register of controlled medicines")
        return Table(columns, rows, lambda r: r.id, name=name, two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Keeping the register here, where somebody may."""
        if not self.desk.may("register.keep"):
            return ()
        if self.facts is not None and self.facts.here:
            return [Key("L", _("Let another station keep it"), self.release, "lock-simple-open")]
        offered = lambda: self.facts is not None and self.facts.may_pass  # noqa: E731
        return [Key("K", self.keep_here.words, self.keep, "lock-simple", hint=True, enabled=offered)]

    def visit(self, route: Route) -> bool:
        """Another item's lines."""
        if not isinstance(route, ControlledRegister):
            return False
        self._item = route.item
        self.refresh()
        return True

    def refresh(self) -> None:
        """Read the register again."""
        query = partial(read_register, item=self._item)
        self.desk.tasks.read(query, self._show, self._failed, owner=self, replaces="register")

    def _show(self, facts: RegisterFacts) -> None:
        self.facts = facts
        self.context = _kept_words(facts)
        self.came.setText(_came_words(facts.keeper))
        self.came.setVisible(bool(facts.keeper and facts.keeper.taken_from))
        self.keep_here.set_words(_("Take over the register") if facts.keeper else _("Keep the register here"))
        self.keep_here.setVisible(facts.may_pass and self.desk.may("register.keep"))
        self.table.reload()
        self.tell()

    def keep(self) -> None:
        """Open the register at this station, or take it over from one that is out of use, with a second person."""
        facts = self.facts
        if facts is None or not facts.may_pass:
            return

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            act = partial(service.keep_register, witness=None, reason=values["reason"])
            return witnessed(act, values, MAY_WITNESS)

        names = {"place": facts.place_name, "station": self.desk.place.station}
        if facts.keeper is None:
            title, verb = _("Keep the register of {place} at {station}?").format(**names), _("Keep it here")
            text = _("Only this station then supplies, receives and counts controlled medicines of the place. "
                     "What is on the shelf opens the register.")  # fmt: skip
        else:
            title, verb = _("Take over the register of {place} from {station}?"), _("Take it over")
            title = title.format(place=facts.place_name, station=facts.keeper.name)
            text = _("It goes on at {station} with the balances of its last lines: count the shelf afterwards. "
                     "Both stations, both names and the reason are kept.").format(**names)  # fmt: skip
        dialog = FormDialog(self.desk, self, title, verb, acts, self._kept, text=text)
        reason = TextField("reason", _("&Reason"), optional=facts.keeper is None, required=facts.keeper is not None,
                           longest=200)  # fmt: skip
        dialog.form.add(reason)
        add_second_person(dialog.form)
        dialog.ask()

    def _kept(self, _register: UUID) -> None:
        if self.facts is not None and self.facts.keeper is not None:
            self.desk.toast(_("Register taken over: count the shelf"))
        self.refresh()

    def release(self) -> None:
        """Let go of the register, with a second person, so that another station may keep it."""
        facts = self.facts
        if facts is None or not facts.here:
            return

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            return witnessed(partial(service.release_register, witness=None, reason=values["reason"]), values,
                             MAY_WITNESS)  # fmt: skip

        title = _("Let another station keep the register of {place}?").format(place=facts.place_name)
        text = _("Nothing controlled is supplied here until a station of the place keeps it again.")
        dialog = FormDialog(self.desk, self, title, _("Let go of it"), acts, lambda _none: self.refresh(), text=text)
        dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
        add_second_person(dialog.form)
        dialog.ask()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)


def _kept_words(facts: RegisterFacts) -> str:
    held = facts.keeper
    if held is None:
        return _("{place}: kept nowhere yet").format(place=facts.place_name)
    said = _("{place}: kept at {station}") if held.active else _("{place}: kept at {station}, which is out of use")
    return said.format(place=facts.place_name, station=held.name)


def _came_words(held: Keeper | None) -> str:
    if held is None or not held.taken_from:
        return ""
    return _("Taken over from {station}: {reason}").format(station=held.taken_from, reason=held.why_taken)


def _what(row: EntryRow) -> Cell:
    said = ", ".join(part for part in (list_name(row.patient) if row.patient else "", row.reason) if part)
    return Cell(register_words(row.kind), sub=said)


def _change(row: EntryRow) -> Cell:
    sign = "+" if row.quantity > 0 else ""
    return Cell(f"{sign}{show_decimal(row.quantity)}", strong=True)


def _balance(row: EntryRow) -> Cell:
    left = show_decimal(row.balance)
    return Cell(left, spoken=_("{left} {unit} left").format(left=left, unit=row.unit))


def _signed(row: EntryRow) -> str:
    return _("{name} with {witness}").format(name=row.by, witness=row.witness)


def _matches(row: Any, ask: Ask) -> bool:
    name = row.patient.listed if row.patient else ""
    said = f"{row.item} {name} {row.reason or ''} {row.by} {row.witness}".casefold()
    return all(word in said for word in ask.text.casefold().split())
