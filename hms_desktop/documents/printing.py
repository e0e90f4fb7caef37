# SPDX-License-Identifier: Apache-2.0
"""The one way to paper: a preview is a look at the record; a print is written down, then handed out to be printed.

Nobody gets the bytes that a printer takes without the event that says who printed what, of whom, where, and whether it
was the original or which copy. What was printed before, here or at a workstation whose prints have come, says COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import Any
from uuid import UUID

from hms_desktop.clinic.privacy.service import Sent, record_disclosure
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.documents.papers import A4, A5, KINDS, LABEL, ROLL, Paper, paper_of, size_of
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.security.prints import Earlier, Identity, add_print, earlier, void_print
from hms_desktop.security.versions import station_names, station_word
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit

__all__ = ["KINDS", "Asked", "HandedOut", "Preview", "not_printed", "preview", "printed", "was_printed"]

EVENTS = {"print": "print", "file": "export"}
"""What happens to a document on its way out, as an access event says it."""
PDF, ZPL = "pdf", "zpl"
FORMS = (PDF, *(f"{ZPL}{dpi}" for dpi in (203, 300)))


@dataclass(frozen=True)
class Asked:
    """Which paper is asked for: `subject` as `papers.KINDS` says, `about` narrows what is drawn, `size` is A4, A5,
    80mm or label (empty: the usual one).
    """

    kind: str
    subject: UUID
    about: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""


@dataclass(frozen=True)
class Preview:
    """A document to look at and to print: `title` carries no name, `copy` is the number of the copy (0: the original).

    `copy_words` tell of what it is a copy; `drawn` is what stands on it.
    """

    kind: str
    subject: UUID
    patient: UUID
    title: str
    pdf: bytes
    copy: int
    copy_words: str
    size: str
    drawn: Any


@dataclass(frozen=True)
class HandedOut:
    """What a printer or a file gets, and the prints that it was written down as (none where prints are not counted)."""

    data: bytes
    prints: tuple[UUID, ...]


@action("documents.preview", needs="document.print")
def preview(unit: Unit, *, kind: str, subject: UUID, about: Mapping[str, Any] | None = None, size: str = "") -> Preview:
    """Show a document as it would be printed; the look is recorded, and a document printed before is marked COPY."""
    asked = Asked(kind, subject, about or {}, size)
    paper = paper_of(kind)
    unit.check(paper.needs)
    drawn, before = _drawn(unit, paper, asked)
    record_access(unit, "document", drawn.patient, f"{kind} {subject}", purpose=paper.purpose)
    words = import_module("hms_desktop.documents.identity").original_words(drawn.made.run)
    pdf, own = drawn.render(drawn.made), size_of(kind, size)
    return Preview(kind, subject, drawn.patient, drawn.title, pdf, before.count, words, own, drawn.made)


@action("documents.print", needs="document.print")
def printed(unit: Unit, *, asked: Asked, way: str = "print", form: str = PDF, seen: Any = None) -> HandedOut:
    """Write down that a document goes to a printer or into a file (`way` is print or file), and hand out its bytes.

    `form` is pdf, zpl203 or zpl300 (labels only). With `seen`, the preview's `drawn`, it is refused when the document
    would say something else by now. One for the patient is written down as something that left the clinic, too.
    """
    paper = paper_of(asked.kind)
    unit.check(paper.needs)
    drawn, before = _drawn(unit, paper, asked)
    if seen is not None and paper.as_seen:
        drawn = replace(drawn, made=replace(seen, run=drawn.made.run))
    elif seen is not None and _without_time(drawn.made) != _without_time(seen):
        raise Refused(_("This paper has changed since it was shown. Look at it again, then print."))
    data = _in_form(drawn, form)
    which = f"copy {before.count}" if before.count else "original"
    record_access(unit, EVENTS[way], drawn.patient, f"{asked.kind} {asked.subject} {which}", purpose=paper.purpose)
    if paper.leaves:
        sent = Sent("patient", asked.kind, "patient", way)
        record_disclosure(unit, patient=drawn.patient, sent=sent, source=asked.subject)
    return HandedOut(data, tuple(add_print(unit, one) for one in _identities(paper, asked, drawn)))


@action("documents.not_printed", needs="document.print")
def not_printed(unit: Unit, *, prints: Collection[UUID]) -> None:
    """Write down that the printer did not take a paper that was handed out: the next print of it is no copy."""
    for one in prints:
        void_print(unit, one)


def was_printed(reader: Reader, kind: str, subject: UUID, version: str = "") -> bool:
    """Whether this document was printed before, as far as this device knows."""
    return earlier(reader, Identity(kind, subject, version)).count > 0


def _drawn(unit: Unit, paper: Paper, asked: Asked) -> tuple[Any, Earlier]:
    """What a document says now, as the copy that its next print is.

    The drawing modules load reportlab, which a workstation that prints nothing never needs.
    """
    run = import_module("hms_desktop.documents.of_patient").run(unit)
    draw: Callable[..., Any] = getattr(import_module(f"hms_desktop.documents.{paper.module}"), paper.function)
    drawn = draw(unit, asked.subject, run, **asked.about)
    before = _before(unit, _identities(paper, asked, drawn))
    changes: dict[str, Any] = {"run": _of_copy(unit, run, before)}
    if "sheet" in {one.name for one in fields(drawn.made)}:
        changes["sheet"] = _sheet(size_of(asked.kind, asked.size))
    return replace(drawn, made=replace(drawn.made, **changes)), before


def _identities(paper: Paper, asked: Asked, drawn: Any) -> tuple[Identity, ...]:
    """Prints are counted under what was drawn: two kinds of subject may lead to one paper."""
    if paper.anew:
        return ()
    return drawn.counts or (Identity(asked.kind, asked.subject, drawn.version),)


def _before(reader: Reader, papers: tuple[Identity, ...]) -> Earlier:
    """The prints of the part that was printed least: a paper with something new on it is no copy."""
    return min((earlier(reader, one) for one in papers), key=lambda found: found.count, default=Earlier(0))


def _of_copy(reader: Reader, run: Any, before: Earlier) -> Any:
    if not before.count or before.first is None:
        return run
    first = before.first.astimezone(reader.clinic.zone)
    where = station_word(station_names(reader), before.author)
    return replace(run, copy=before.count, original=first, first_at=where)


def _sheet(size: str) -> Any:
    sheet = import_module("hms_desktop.documents.layout").Sheet
    return {A4: sheet.A4, A5: sheet.A5, ROLL: None, LABEL: None}[size]


def _without_time(made: Any) -> Any:
    """What a paper says but for the minute in which it is drawn."""
    return replace(made, run=replace(made.run, at=None))


def _in_form(drawn: Any, form: str) -> bytes:
    if form == PDF:
        return bytes(drawn.render(drawn.made))
    if form not in FORMS or drawn.zpl is None:
        raise BadInput(_("Only labels print on a label printer. Choose another printer."), "form")
    return bytes(drawn.zpl(drawn.made, int(form.removeprefix(ZPL))))
