# SPDX-License-Identifier: Apache-2.0
"""The compliance report on paper: what each rule asks, what shows it, and what nobody has shown."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.platypus import Flowable

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, styles, tables
from hms_desktop.documents.identity import ClinicHead, PrintRun
from hms_desktop.documents.layout import Cover, Sheet
from hms_desktop.documents.tables import Column


@dataclass(frozen=True)
class RuleOnPaper:
    """One rule: its name, what it asks, its state in words, what was found or lacks; `good` when evidenced."""

    rule: str
    asks: str
    state: str
    found: tuple[str, ...]
    good: bool


@dataclass(frozen=True)
class ComplianceReport:
    """The report: `summary` in one line, `tested` names what the tests ran on, `signature` is the server's (hex)."""

    clinic: ClinicHead
    run: PrintRun
    number: str
    summary: str
    tested: str
    checks: tuple[tuple[str, str, bool], ...]
    rules: tuple[RuleOnPaper, ...]
    signature: str
    parts: tuple[tuple[str, str, str], ...]
    """What the server is made of: name, version, licence."""


def render(report: ComplianceReport) -> bytes:
    """The report as PDF on A4."""
    cover = Cover(_("Compliance report"), report.number, report.clinic, report.run)
    return layout.compose(cover, Sheet.A4, lambda width: _body(report, width))


def _body(report: ComplianceReport, width: float) -> list[Flowable]:
    caution = _("A program supplies safeguards and evidence; only the organisation that runs it can comply.")
    return [
        styles.text(report.summary, 11, fonts.STRONG),
        styles.text(caution, 9, ink=styles.QUIET),
        styles.gap(1),
        tables.facts([(_("Tests of"), report.tested or _("no record was given"))], width, 1),
        styles.gap(2),
        styles.text(_("What was looked at on this server"), 11, fonts.STRONG),
        tables.listing(_check_columns(), [_check(*check) for check in report.checks], width),
        styles.gap(3),
        styles.text(_("Rules"), 11, fonts.STRONG),
        tables.listing(_rule_columns(), [_rule(rule) for rule in report.rules], width),
        *_parts(report, width),
        styles.gap(2),
        styles.text(_("Signed by the server: {signature}").format(signature=report.signature), 6.5, fonts.CODE),
    ]


def _parts(report: ComplianceReport, width: float) -> list[Flowable]:
    columns = [Column(_("Part"), 0.4, size=8), Column(_("Version"), 0.2, size=8), Column(_("Licence"), 0.4, size=8)]
    head = styles.text(_("What the server is made of"), 11, fonts.STRONG)
    return [styles.gap(3), head, tables.listing(columns, report.parts, width)]


def _check_columns() -> list[Column]:
    return [Column(_("Check"), 0.2), Column(_("Found"), 0.62), Column(_("State"), 0.18)]


def _rule_columns() -> list[Column]:
    return [Column(_("Rule"), 0.24), Column(_("What shows it, or is lacking"), 0.58), Column(_("State"), 0.18)]


def _check(name: str, found: str, holds: bool) -> list[tables.Cell]:
    return [name, found, _state(_("holds") if holds else _("does not hold"), holds)]


def _rule(rule: RuleOnPaper) -> list[tables.Cell]:
    asks: list[Flowable] = [styles.text(rule.rule, 9, fonts.STRONG), styles.text(rule.asks, 8, ink=styles.QUIET)]
    found: list[Flowable] = [styles.text(line, 8) for line in rule.found] or [styles.text("", 8)]
    return [asks, found, _state(rule.state, rule.good)]


def _state(words: str, good: bool) -> Flowable:
    return styles.text(words, 9, fonts.STRONG, styles.SUCCESS if good else styles.CRITICAL)
