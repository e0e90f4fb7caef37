# SPDX-License-Identifier: Apache-2.0
"""The compliance report as lines, as signed JSON and as PDF."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from hms_desktop.documents.compliance_report import ComplianceReport, RuleOnPaper, render
from hms_desktop.documents.identity import ClinicHead, PrintRun
from sync_server.compliance.report import ABSENT, EVIDENCED, LACKING, Answer, Report
from sync_server.home import Home


def lines(report: Report) -> list[str]:
    """For a person: what does not hold or is lacking first, then the sum."""
    shown = [f"does not hold: {name}. {found.words}" for name, found in report.checks.items() if not found.holds]
    shown += [f"{row.rule:32} {row.state}{_why(row)}" for row in report.rows]
    return [*shown, _summary(report)]


def as_json(report: Report) -> str:
    """The report whole; without `signature` and in sorted keys without spaces it is what the server signed."""
    return json.dumps(asdict(report), sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def on_paper(home: Home, report: Report) -> bytes:
    """The report as PDF."""
    made = datetime.fromisoformat(report.made)
    run = PrintRun("hms-server", made.astimezone(ZoneInfo(home.facts.zone)), training=home.facts.training)
    return render(
        ComplianceReport(
            ClinicHead(report.clinic),
            run,
            report.made,
            _summary(report),
            report.tested,
            tuple((name, found.words, found.holds) for name, found in report.checks.items()),
            tuple(_rule(row) for row in report.rows),
            report.signature,
            tuple((part.name, part.version, part.license) for part in report.parts),
        )
    )


def _rule(row: Answer) -> RuleOnPaper:
    own = (f"The clinic's own: {row.clinic}",) if row.clinic else ()
    lacking = tuple(f"Lacking: {line}" for line in row.lacks)
    return RuleOnPaper(row.rule, row.asks, row.state, (*row.shown, *lacking, *own), row.state in (EVIDENCED, ABSENT))


def _why(row: Answer) -> str:
    return f": {'; '.join(row.lacks)}" if row.state == LACKING else f": {row.clinic}" if row.clinic else ""


def _summary(report: Report) -> str:
    counted = ", ".join(f"{count} {state}" for state, count in report.counts().items())
    return f"{len(report.rows)} rules: {counted}."
