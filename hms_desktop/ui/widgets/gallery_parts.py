# SPDX-License-Identifier: Apache-2.0
"""Invented content for the gallery: every widget in each of its states, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.dates import show_minutes
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar, StopPanel
from hms_desktop.ui.widgets.allergy_box import Allergies, Allergy
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, as_of, conflict, draft_here, locked, saved_here, view_only
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day, time_field
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Fact, Rule, dress
from hms_desktop.ui.widgets.medicine_line import Medicine, MedicineLine
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.patient_banner import BannerData
from hms_desktop.ui.widgets.result_cell import Measure, ResultFace, change_cell, flag_cell, value_cell
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.sparkline import Spark
from hms_desktop.ui.widgets.status_bar import SyncState
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import NoteField, Phrase, TextField, TickField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.trend_chart import Series, TrendChart

TODAY = date(2026, 11, 23)
KNOWN = Allergies("known", (Allergy("Penicillin", "anaphylaxis"), Allergy("latex", "rash")))
SYNC = SyncState(
    "offline",
    TODAY,
    waiting=7,
    held_back=1,
    conflicts=1,
    last_success=datetime(2026, 11, 23, 9, 23, tzinfo=UTC),
    since=datetime(2026, 11, 23, 9, 24, tzinfo=UTC),
    place="Riverbend Clinic, Front desk 2",
    lock_seconds=272,
)
KEYS = [("F2", "Check in"), ("N", "New booking"), ("?", "Keys")]


def patient(allergies: Allergies = KNOWN, flags: tuple[ChipFace, ...] = ()) -> BannerData:
    """The invented patient of the design pictures."""
    return BannerData(
        None,
        "Okonkwo",
        "Amara",
        "14-Mar-1979 (47 y)",
        "Female",
        "HMS-0042 7719",
        allergies,
        title="Mrs",
        national="ID 790314 5521 08",
        flags=flags,
    )


_PEOPLE = ("Abrahams, Yusuf", "Okonkwo, Amara", "Van Wyk, Elize", "Mokoena, Lerato", "Hendricks, Paul", "Visser, Johan")
_WHY = ("Fever, review", "Blood pressure follow-up", "Antenatal, 28 weeks", "Immunisation", "Dressing change")
_STATES = (
    ChipFace("success", "With doctor", "stethoscope"),
    ChipFace("info", "Waiting", "hourglass"),
    ChipFace("neutral", "Booked"),
    draft_here(),
)


def appointments(count: int = 42) -> Table:
    """The day's list of the front desk."""
    columns = [
        Column(
            "time",
            "Time",
            lambda row: Cell(f"{9 + row // 4:02d}:{row % 4 * 15:02d}", strong=True),
            66,
            sort="time",
            figures="identifiers",
        ),
        Column("patient", "Patient", _person, 190, 2, sort="patient", figures="identifiers"),
        Column("reason", "Reason", lambda row: _WHY[row % 5], 170, 2),
        Column(
            "clinician", "Clinician", lambda row: Cell("Dr Haddad" if row % 2 else "Dr Mbeki", tone="secondary"), 100, 1
        ),
        Column("status", "Status", lambda row: Cell(chip=_STATES[row % 4]), 126, sort="status"),
        Column("waiting", "Waiting", _waiting, 92, sort="waiting"),
        Column("payment", "Payment", _payment, 122),
    ]
    sorts = {key: (lambda row: row) for key in ("time", "patient", "status", "waiting")}
    rows = list(range(count))
    return Table(columns, from_list(lambda: rows, sorts), lambda row: row, name="Appointments", two_lines=True)


def _person(row: int) -> Cell:
    return Cell(_PEOPLE[row % 6], f"HMS-00{42 + row} {7719 - row * 37}, {6 + row * 7 % 80} y", strong=True)


def _waiting(row: int) -> Cell:
    if row % 4 != 1:
        return Cell()
    late = row > 4
    return Cell(
        show_minutes(12 + row), tone="warning" if late else "primary", strong=late, icon="warning-fill" if late else ""
    )


def _payment(row: int) -> Cell:
    plain = (ChipFace("success", "Co-pay paid", "check", plain=True), ChipFace("warning", "R 80 due", plain=True))
    return Cell(chip=plain[row % 3]) if row % 3 < 2 else Cell("Scheme", tone="secondary")


def chips() -> QWidget:
    """A chip of each kind."""
    row = FlowRow(theme.space(3), theme.space(3))
    faces = [
        ChipFace("critical", "Rejected", "x-circle"),
        ChipFace("warning", "Verify", "eye"),
        ChipFace("success", "Released"),
        ChipFace("info", "Entering", "pencil-simple"),
        ChipFace("neutral", "Received", "tray"),
        saved_here(),
        draft_here("09:51"),
        conflict(),
        as_of("09:12"),
        locked("Dr Haddad is editing, since 09:40"),
        view_only(),
    ]
    row.fill([Chip.of(face) for face in faces])
    return row


def buttons() -> QWidget:
    """A button of each kind."""
    row = FlowRow(theme.space(3), theme.space(3))
    off = Button("Hand over", "primary", icon="check")
    off.setEnabled(False)
    row.fill(
        [
            Button("Sign note and 2 orders", "primary", icon="pen-nib", key="Ctrl+Enter"),
            Button("Save draft", key="Ctrl+S"),
            Button("Call list", "quiet"),
            Button("Could not reach anyone", "danger"),
            Button("Block Front desk 3", "destroy"),
            off,
        ]
    )
    return row


def alerts() -> QWidget:
    """Both tiers."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.space(4))
    column.addWidget(
        StopPanel(
            AlertFace(
                "Stop: penicillin allergy",
                "amoxicillin + clavulanic acid is a penicillin",
                (
                    ("Reaction", "Anaphylaxis, adrenaline given"),
                    ("Recorded", "Dr T. Mbeki, 11-Jun-2019, confirmed"),
                    ("Match", "Class: penicillins"),
                ),
                (
                    AlertAct("ask", "Ask Dr Mbeki to change", "primary", "phone", "1"),
                    AlertAct("other", "Suggest azithromycin", icon="arrows-left-right", key="2"),
                    AlertAct("go", "Dispense anyway…", "quiet"),
                ),
                "Dispensing anyway needs a pharmacist, a reason and a second person's sign-off.",
                "1 of 2 alerts",
            )
        )
    )
    column.addWidget(
        CheckBar(
            AlertFace(
                "Check: ibuprofen with perindopril and hydroCHLOROthiazide",
                "Raised risk of kidney injury. Paracetamol is an alternative.",
                acts=(AlertAct("reason", "Seen, give reason", key="3"),),
            )
        )
    )
    return box


def form() -> Form:
    """Fields in order, wrong, doubtful and understood."""
    page = Form()
    doctors = [Option(1, "Dr T. Mbeki", "General practice"), Option(2, "Dr S. Haddad", "Paediatrics")]
    told = ChoiceField("told", "Told to", finds_in(doctors), required=True)
    told.type_in(doctors[0])
    page.add_row(
        told,
        time_field("time", "Time of call", required=True),
        NumberField("value", "Value read back", "mmol/L", Limits(Decimal(1), Decimal(20)), required=True),
    )
    page.add_row(
        DateField("review", "Review on", reads_day(lambda: TODAY)),
        NumberField("weight", "Weight", "kg", Limits(high=Decimal(300))),
        TextField("phone", "Phone", optional=True),
    )
    page.add_row(
        RadioField(
            "sex", "Sex at birth", [Option("f", "Female"), Option("m", "Male"), Option("u", "Not known")], required=True
        ),
        TickField("consent", "Consent", "Agrees to the use of data"),
    )
    page.add(NoteField("note", "Assessment", phrases=[Phrase("Normal", "Normal examination.")]))
    page.set_values(
        {
            "time": "953",
            "value": "68",
            "review": "mon",
            "weight": "835",
            "note": "Hypertension above target on two agents; oedema probably from amlodipine.",
        }
    )
    for key in ("value", "weight", "review"):
        page.fields[key].check()
    page.fields["sex"].check(finishing=True)
    return page


def medicines() -> QWidget:
    """Medicine lines."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.space(3))
    for medicine, ended in (
        (Medicine("hydrochlorothiazide", "12.5 mg tablet", "12.5 mg", ("oral", "once a day", "28 days")), False),
        (
            Medicine(
                "amoxicillin + clavulanic acid",
                "875 mg and 125 mg tablet",
                "1 tablet",
                ("oral", "twice a day", "for 7 days"),
                "Augmentin",
            ),
            False,
        ),
        (Medicine("metformin", "500 mg tablet", "1 g", ("oral", "twice a day")), True),
    ):
        column.addWidget(MedicineLine(medicine, ended=ended))
        column.addWidget(Rule())
    return box


_RESULTS = (
    ResultFace("Sodium", "131", "mmol/L", "L", "135 to 145", "−8", False, "139", "16-Nov"),
    ResultFace("Potassium", "6.8", "mmol/L", "HH", "3.5 to 5.1", "+2.2", True, "4.6", "16-Nov"),
    ResultFace("Chloride", "98", "mmol/L", "", "98 to 107", "−3", False, "101", "16-Nov"),
    ResultFace("Urea", "24.2", "mmol/L", "H", "2.5 to 7.8", "+15.1", True, "9.1", "16-Nov"),
)


def results() -> Table:
    """Results with flags, reference, change and sparkline."""
    sparks = {
        "Sodium": Spark(tuple(map(Decimal, (140, 139, 141, 139, 131))), Decimal(135), Decimal(145), "warning"),
        "Potassium": Spark(
            tuple(map(Decimal, ("4.1", "4.2", "4.4", "4.6", "6.8"))), Decimal("3.5"), Decimal("5.1"), "critical"
        ),
    }
    columns = [
        Column("test", "Test", lambda row: Cell(row.test, strong=True), 110, 1),
        Column("value", "Result", value_cell, 80, end=True),
        Column("unit", "Unit", lambda row: Cell(row.unit, tone="secondary"), 74),
        Column("flag", "Flag", flag_cell, 116),
        Column("reference", "Reference, male 66 y", lambda row: Cell(row.reference, tone="secondary"), 140),
        Column("last", "Last 5", lambda row: Cell(drawing=sparks.get(row.test)), 100),
        Column("before", "16-Nov", lambda row: Cell(row.before, tone="secondary"), 70, end=True),
        Column("change", "Change", change_cell, 84, end=True),
    ]
    return Table(columns, from_list(lambda: _RESULTS), lambda row: row.test, name="Results")


def vitals() -> QWidget:
    """Measured values."""
    card = Card("Vitals")
    card.add_to_head(Button("Record", "quiet", icon="plus", key="V"))
    row = FlowRow(theme.space(7), theme.space(4))
    row.fill(
        [
            Measure(ResultFace("Blood pressure", "146/88", "mmHg", "H"), "9 min ago"),
            Measure(ResultFace("Pulse", "78", "/min"), "9 min ago"),
            Measure(ResultFace("Glucose", "7.9", "mmol/L", "H"), "fasting"),
            Measure(ResultFace("Weight", "83.5", "kg"), "BMI 31.0"),
            Measure(ResultFace("Temperature", "", "°C")),
        ]
    )
    card.add(row)
    return card


def chart() -> QWidget:
    """Blood pressure over ten months."""
    begin = datetime(2026, 2, 10, 9, tzinfo=UTC)
    upper = (152, 157, 150, 160, 157, 154, 149, 151, 146)
    lower = (94, 97, 92, 99, 95, 91, 93, 90, 88)
    series = [
        Series(
            name,
            tuple((begin + timedelta(days=35 * at), Decimal(value)) for at, value in enumerate(values)),
            Decimal(target),
            f"target below {target}",
        )
        for name, values, target in (("systolic", upper, 140), ("diastolic", lower, 90))
    ]
    card = Card()
    card.add(TrendChart("Blood pressure", series, "mmHg"), 1)
    return card


def facts() -> QWidget:
    """Labels above values."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    for label, value in (("Appointment", "Today 09:40, 30 min"), ("Clinician", "Dr T. Mbeki, room 3")):
        line.addWidget(Fact(label, value), 1, Qt.AlignmentFlag.AlignTop)
    dress(row, surface="scroll")
    return row
