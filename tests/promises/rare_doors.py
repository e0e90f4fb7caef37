# SPDX-License-Identifier: Apache-2.0
"""Forms that are asked only in a state of affairs the furnished clinic is not in: the call that their key makes then.

That the keys lead there is proven where the state of affairs is, by the tests of each screen.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.rules_notes import SECTIONS
from hms_desktop.clinic.lab.service import Collected
from hms_desktop.clinic.patients.queries_restricted import GlassRow
from hms_desktop.clinic.privacy.queries import RequestRow
from hms_desktop.clinic.privacy.queries_looks import Question
from hms_desktop.core.clock import SystemClock
from hms_desktop.security.fresh_factor import Ways
from hms_desktop.security.granted import SecurityKey
from hms_desktop.security.recovery_codes import new_codes
from hms_desktop.security.step_up import SecondFactorNeeded
from hms_desktop.ui.appointments import dialogs as bookings
from hms_desktop.ui.billing import dialogs as money
from hms_desktop.ui.conflicts.alike import ask_for_all
from hms_desktop.ui.conflicts.dialogs import ask_someone
from hms_desktop.ui.conflicts.inbox_screen import InboxPage
from hms_desktop.ui.ehr import critical_note
from hms_desktop.ui.ehr.left_words import Left
from hms_desktop.ui.ehr.template_window import TemplateWindow
from hms_desktop.ui.inventory import dialogs as stock
from hms_desktop.ui.inventory.register_screen import RegisterPage
from hms_desktop.ui.lab import dialogs as bench
from hms_desktop.ui.lab.label_check import LabelCheck
from hms_desktop.ui.patients import dialogs as people
from hms_desktop.ui.patients import restricted_dialogs as restricted
from hms_desktop.ui.pharmacy import dialogs as counter
from hms_desktop.ui.routes import PatientSearch
from hms_desktop.ui.shell import account_dialogs
from hms_desktop.ui.shell.codes_sheet import CodesSheet
from hms_desktop.ui.shell.factor_dialog import AskFactor, FactorDialog
from hms_desktop.ui.shell.permit_dialog import PermitDialog
from hms_desktop.ui.shell.refused_work import WrittenSheet
from hms_desktop.ui.shell.station import StationFacts
from hms_desktop.ui.shell.sync_facts import HeldBack
from hms_desktop.ui.widgets.form import Form
from installer.day import hands

AT = datetime(2026, 11, 23, 9, 24, tzinfo=UTC)
SOME = UUID(int=7)
WHY = "Another batch of the same medicine lies here and expires first: the one that was scanned is not that one."
HELD = HeldBack(7, "Prescription of doxycycline", WHY, "Dr N. Haddad", AT, can_mend=True)


def nothing(*_any: object) -> None:
    """What follows is not looked at here."""


# without a permit


def emergency_note(page: Any) -> None:
    """The workstation's permit has ended, and somebody is read about."""
    page._patient, page._why = SOME, "Collapsed in the hall"
    page._who.setText("Okonkwo, Amara")
    page.write_note()


# the front desk


def second_identifier(page: Any) -> None:
    """Somebody with nearly the same name is booked, too."""
    bookings.ask_second_identifier(page.desk, page, page.acts._current().row, nothing)


def check_in_elsewhere(page: Any) -> None:
    """The booking is of another day, at another site."""
    bookings.ask_other(page.desk, page, page.acts._current().row, nothing, day=True, site=True)


def no_death(page: Any) -> None:
    """A death stands on the wrong chart."""
    people.ask_no_death(page.desk, page, SOME, nothing)


def unlink(page: Any) -> None:
    """Two charts were joined."""
    people.ask_unlink(page.desk, page, SOME, "HMS-001-00007-Q", nothing)


def lift(page: Any) -> None:
    """The record is restricted."""
    restricted.ask_lift(page.desk, page, SOME, "HMS-001-00007-Q", nothing)


def glass(page: Any) -> None:
    """The record is restricted, and whoever looks has nothing to do with it."""
    restricted.ask_glass(page.desk, page, SOME, "Record HMS-001-00007-Q is restricted.", nothing)


def review_glass(page: Any) -> None:
    """Somebody broke the glass."""
    at = datetime(2026, 11, 23, 9, 24, tzinfo=UTC)
    row = GlassRow(SOME, SOME, "HMS-001-00007-Q", SOME, "Cole Adams", "Ward 2", at, at, "emergency", "Fell", False)
    page.glass._show((row,))
    page.glass.table.select(SOME)
    page.glass.review()


def settle_look(page: Any) -> None:
    """Somebody looked at a colleague's record."""
    at = datetime(2026, 11, 23, 9, 24, tzinfo=UTC)
    row = Question(SOME, SOME, at.date(), "Cole Adams", "HMS-001-00007-Q", ("colleague",), 2, at, ("chart",))
    page.looks._show((row,))
    page.looks.table.select(row.key)
    page.looks.settle()


def own_record(page: Any) -> None:
    """The record is a colleague's own."""
    settle = page.looks.settle
    page.looks.settle = page.looks.name_chart
    settle_look(page)
    page.looks.settle = settle


def _asked(page: Any, kind: str = "release", status: str = "open") -> None:
    asked = RequestRow(SOME, SOME, "HMS-001-00007-Q", kind, date(2026, 11, 2), "Amara herself", "All of 2025", "", "",
                       "", date(2027, 1, 1), 39, "", True, status, None, "", "", "", "")  # fmt: skip
    page.requests._show((asked,))
    page.requests.table.select(SOME)


def grant(page: Any) -> None:
    """A patient asked for a release."""
    _asked(page)
    page.requests.grant()


def deny(page: Any) -> None:
    """A patient asked for an amendment."""
    _asked(page, "amendment")
    page.requests.deny()


def extend(page: Any) -> None:
    """A request needs more time."""
    _asked(page)
    page.requests.extend()


def taken_back(page: Any) -> None:
    """A patient took a request back."""
    _asked(page)
    page.requests.withdraw()


def disagree(page: Any) -> None:
    """A request was denied."""
    _asked(page, status="denied")
    page.requests.disagree()


def leave_unfinished(page: Any) -> None:
    """Somebody goes elsewhere from a form that is half typed."""
    page.findChildren(Form)[0].fields["family"].take_focus()
    hands.type_text("Ok")
    page.desk.routes.open(PatientSearch())


# the chart


def problem(page: Any) -> None:
    """A problem on the list is over."""
    page.acts.open_problem(SimpleNamespace(id=SOME, display="Asthma"))


def cosign(page: Any) -> None:
    """The note is that of somebody in training."""
    page.acts.cosign()


def sign(page: Any) -> None:
    """There is a note to sign."""
    page.acts.card.sign.setEnabled(True)
    page.acts.ask_sign()


def let_go(page: Any) -> None:
    """The note was signed by a colleague while words were typed into it."""
    left = page.summary.note.left
    left._ask(Left(SOME, None, {"text": WHY}, {}))


def critical(page: Any) -> None:
    """A critical value is in the inbox before its report is out."""
    row = SimpleNamespace(patient=None, at=AT, call_by=AT, attempts=2, ordered_by="Dr N. Haddad", display="Potassium",
                          value="6.9 mmol/L")  # fmt: skip
    critical_note._show(page.desk, page, row, nothing)  # type: ignore[arg-type]


def template(page: Any) -> None:
    """The note was begun from a template."""
    shown = SimpleNamespace(name="Cough", words="Cough, version 3", texts=dict.fromkeys(SECTIONS, WHY))
    TemplateWindow(page, SimpleNamespace(template=shown, term=SimpleNamespace(words="In force"))).open()  # type: ignore[arg-type]


# the bench


def label_check(page: Any) -> None:
    """Two tubes were collected."""
    tubes = [Collected(SOME, f"ACC-001-0000{n}-Q", "Heparin tube, 4 ml", "Plasma", (SOME,)) for n in (2, 3)]
    LabelCheck(page.desk, page, tubes, nothing).ask()


def lab_mistake(page: Any) -> None:
    """Two values stand against each other, one of them by mistake."""
    bench.ask_mistake(page.desk, page, page.detail.grid.lines[0].row, nothing)


def although_revoked(page: Any) -> None:
    """The order was called off before its result is released."""
    bench.ask_although_revoked(page.desk, page, SOME, "Potassium", WHY, nothing)


def release(page: Any) -> None:
    """Everything is verified."""
    page.acts._shown.bench.sheets[0].__dict__["changed"] = True
    page.acts.release()


# the pharmacy


def go_on(page: Any) -> None:
    """A warning is passed over for a short reason."""
    _go_on(page, "check")


def go_on_in_spite(page: Any) -> None:
    """A stop is passed over with a second person."""
    _go_on(page, "stop")


def _go_on(page: Any, tier: str) -> None:
    alert = SimpleNamespace(alert=SimpleNamespace(tier=tier, kind="allergy", title=WHY))
    counter.ask_go_on(page.desk, page, page.at.line, alert, True, nothing)  # type: ignore[arg-type]


def batch_reason(page: Any) -> None:
    """Another batch expires first."""
    counter.ask_batch_reason(page.desk, page, page.at.line, "DOX-B", nothing)


def override(page: Any) -> None:
    """The amount is in doubt."""
    counter.ask_override(page.desk, page, [WHY, WHY], lambda _reason: [], nothing)


def witness(page: Any) -> None:
    """A controlled medicine is handed over."""
    facts = [("morPHINE 10 mg tablet", "12 tablets"), ("doxycycline 100 mg tablet", "14 tablets")]
    counter.ask_witness(page.desk, page, "OKONKWO, Amara", facts, [WHY], lambda _reason: [], nothing)


def counter_allergy(page: Any) -> None:
    """Nobody had asked about allergies."""
    counter.ask_allergy(page.desk, page, SOME, nothing)


def could_not(page: Any) -> None:
    """Nobody could be asked about allergies."""
    counter.ask_could_not(page.desk, page, SOME, nothing)


def hand_over(page: Any) -> None:
    """Everything is picked."""
    page.handing._ask(page.at, [("doxycycline 100 mg tablet", "14 tablets")], nothing)


def expired(page: Any) -> None:
    """The batch has expired."""
    stock.ask_write_off_expired(page.desk, page, page._batch.line, nothing)


def expired_controlled(page: Any) -> None:
    """The batch is of a controlled medicine and has expired."""
    stock._write_off_controlled(page.desk, page, page._batch.line, nothing)


def counted(page: Any) -> None:
    """A balance was wrong and was counted."""
    page.checks._ask_outcome(SOME, WHY)


def let_go_of_register(page: RegisterPage) -> None:
    """The register is kept here."""
    page.facts = SimpleNamespace(here=True, place_name="Pharmacy")  # type: ignore[assignment]
    page.release()
    page.refresh()


# money, staff, conflicts, sync


def close_drawer(page: Any) -> None:
    """The drawer is open."""
    drawer = SimpleNamespace(session=SOME, station_name="Pharmacy 1", currency="ZAR")
    money.ask_close_drawer(page.desk, page, drawer, nothing)  # type: ignore[arg-type]


def take_over(page: Any) -> None:
    """The computer of an open drawer is out of use."""
    drawer = SimpleNamespace(session=SOME, station_name="Front desk 3", currency="ZAR")
    money.ask_take_over(page.desk, page, drawer, nothing)  # type: ignore[arg-type]


def void_receipt(page: Any) -> None:
    """A receipt is chosen under the account."""
    document = SimpleNamespace(number="RCT-001-00001-W", subject=SOME, day=date(2026, 11, 23), amount=48_000)
    money.ask_void_receipt(page.desk, page, document, nothing)  # type: ignore[arg-type]


def take(page: Any) -> None:
    """A payment is typed in."""
    seen = SimpleNamespace(taken=48_000, change=2_000, credit=1_000, left=500)
    page._ask_to_take((SimpleNamespace(way="cash", given=50_000),), False, seen)


def conflict_task(page: Any) -> None:
    """A conflict is somebody else's to settle."""
    conflict = SimpleNamespace(id=SOME, module="ehr", owner_role="doctor")
    title = SimpleNamespace(what="Two doses", name=None, who="Okonkwo, Amara")
    entry = SimpleNamespace(conflicts=(conflict,), title=title, patient=None, mine=False)
    ask_someone(page.desk, page, entry, nothing)  # type: ignore[arg-type]


def settle_alike(page: Any) -> None:
    """Several lines are about the same part of the same kind of record."""
    title = SimpleNamespace(what="Two phone numbers", name=None, who="Okonkwo, Amara")
    entry = SimpleNamespace(conflicts=(), title=title)
    ask_for_all(page.desk, page, (entry, entry), nothing)  # type: ignore[arg-type]


def link_charts(page: InboxPage) -> None:
    """One person has two charts."""
    records = [SimpleNamespace(id=n, facts=(("Record", f"HMS-001-0000{n}-Q"),)) for n in (1, 2)]
    title = SimpleNamespace(name=None, who="Okonkwo, Amara")
    details = SimpleNamespace(entry=SimpleNamespace(title=title), records=records)
    page._ask_to_link(SimpleNamespace(details=details), "1", nothing)  # type: ignore[arg-type]


def put_away(page: Any) -> None:
    """The server refused something."""
    page._put_away(HELD)


def written(page: Any) -> None:
    """What was refused is read."""
    facts = tuple((name, WHY) for name in ("Medicine", "Dose", "Reason"))
    WrittenSheet(page, HELD, [("prescription", facts), ("allergy", facts)]).open()


# one's own account


def remove_app(page: Any) -> None:
    """An authenticator app is set up."""
    account_dialogs.remove_app(page.desk, page, page._account, nothing)


def remove_key(page: Any) -> None:
    """A security key is registered."""
    account_dialogs.remove_key(page.desk, page, page._account, SecurityKey(b"", "Blue key", 0), nothing)


def codes_sheet(page: Any) -> None:
    """New recovery codes were made."""
    CodesSheet(page, new_codes()).open()


def factor(page: Any) -> None:
    """A controlled medicine is signed, and a security key is registered beside the app."""
    needed, ways = SecondFactorNeeded({SOME: "morphine"}), Ways(app=True, key=True, codes=9)
    FactorDialog(page.desk, page, page._account, needed, ways, nothing, nothing).ask()


def no_factor(page: Any) -> None:
    """A controlled medicine is signed by somebody who has no second factor yet."""
    asks = AskFactor(page.desk, page, page._account)
    asks._ask(SecondFactorNeeded({SOME: "morphine"}), nothing, nothing, Ways(app=False, key=False, codes=0))


def permit(page: Any) -> None:
    """The workstation was alone for too long and has a code read to it; else this opens over sign-in."""
    PermitDialog(page, StationFacts("Riverbend", "Ward 5", number="4F7 A21"), nothing, SystemClock()).ask()
