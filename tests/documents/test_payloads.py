# SPDX-License-Identifier: Apache-2.0
"""Every word of every paper is somebody's: what looks like markup, code or an order is printed, and nothing of it done.

Each field of each kind of paper gets other words of the set in turn; two rounds here, the whole set under `--proof`.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.documents import access_report, compliance_report
from hms_desktop.documents.identity import AllergyBox, AllergyState
from tests.documents import samples
from tests.documents.test_pages import ALL, LABELS
from tests.payloads import LONG, SHORT, shown

AT = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
FIXED = {"accession", "status", "born", "flag", "refs"}
"""What is no one's words: a code or a day that is looked up, and a number that must fit a bar code."""
NOBODY_ASKED = AllergyBox(AllergyState.NOT_RECORDED)
LINE_END = dict.fromkeys(map(ord, "\u00ad\u0002\ufffe-"))
ROUNDS = 2
NEAR = 3
"""How many other words a line of a label holds at most."""


def an_access_report() -> Any:
    looked = tuple(access_report.Looked(AT, "Dr T. Mbeki", "Desk", "Chart", "Treatment") for _n in range(2))
    return access_report.AccessPaper(samples.CLINIC, samples.AMARA, samples.RUN, looked, 1)


def an_accounting() -> Any:
    left = (access_report.Left(AT, "Umoya Health", "Invoice", "Payment"),)
    return access_report.AccountingPaper(samples.CLINIC, samples.AMARA, samples.RUN, left, left)


def a_compliance_report() -> Any:
    rules = (compliance_report.RuleOnPaper("164.312(a)", "Access", "Shown", ("It holds", "It does"), True),)
    checks = (("Key", "It fits", True), ("Chain", "It is broken", False))
    parts = (("reportlab", "5.1.0", "BSD-3-Clause"),)
    head = (samples.CLINIC, samples.RUN, "CMP-1", "Good", "Today")
    return compliance_report.ComplianceReport(*head, checks, rules, "-", parts)


PAPERS: dict[str, tuple[Callable[..., bytes], Callable[..., Any]]] = {
    **ALL,
    "access": (access_report.render_access, an_access_report),
    "accounting": (access_report.render_accounting, an_accounting),
    "compliance": (compliance_report.render, a_compliance_report),
}


def written(kind: str, words: Iterator[str], used: list[str]) -> Any:
    """A paper with the next words in place of every word on it; notes what was used.

    What a label has no room for (allergies that are more than a line) it leaves to the chart, and says so.
    """
    paper = PAPERS[kind][1]()
    if kind in LABELS:
        paper = dataclasses.replace(paper, patient=dataclasses.replace(paper.patient, allergies=NOBODY_ASKED))
    return _written(paper, words, used)


def _written(value: Any, words: Iterator[str], used: list[str]) -> Any:
    if isinstance(value, str):
        if not value:
            return value
        used.append(next(words))
        return used[-1]
    if isinstance(value, tuple):
        return tuple(_written(one, words, used) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__name__ != "Money":
        names = [field.name for field in dataclasses.fields(value) if field.init and field.name not in FIXED]
        return dataclasses.replace(value, **{name: _written(getattr(value, name), words, used) for name in names})
    return value


def turning(start: int) -> Iterator[str]:
    """The set again and again, from one of it on."""
    while True:
        yield SHORT[start % len(SHORT)]
        start += 1


def on_paper(pdf: bytes) -> str:
    """Every letter of a paper, without spaces and what ends a line."""
    return shown(samples.whole(pdf)).translate(LINE_END)


def holds(text: str, words: str) -> bool:
    """Whether a paper says words letter by letter; a page or a label may end within them."""
    letters = shown(words).translate(LINE_END)
    return letters in text or any(letters[:n] in text and letters[n:] in text for n in range(1, len(letters)))


def plain_letters(words: list[str]) -> bool:
    """Whether all of them are read from left to right: a reader of PDFs turns what stands beside other letters."""
    return all(one.isascii() and one.isprintable() for one in words)


def beside(used: list[str], printed: frozenset[int], n: int) -> list[str]:
    """A word and what may stand on one line with it, in which letters that are turned take its own along."""
    there = sorted(printed)
    at = there.index(n)
    return [used[one] for one in there[max(0, at - NEAR) : at + NEAR + 1]]


def dangerous(pdf: bytes) -> list[str]:
    """What no paper of ours holds: pictures from files, links, scripts, other files."""
    found = [word for word in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/GoToR", b"/OpenAction")
             if word in re.sub(rb"stream.*?endstream", b"", pdf, flags=re.DOTALL)]  # fmt: skip
    with pypdfium2.PdfDocument(pdf) as document:
        pictures = [one for page in document for one in page.get_objects() if one.type == 3]
    return [*map(repr, found), *(["a picture"] * len(pictures))]


def places(kind: str) -> frozenset[int]:
    """Which of the words of a paper are printed on it: narrow paper leaves some out."""
    render = PAPERS[kind][0]
    used: list[str] = []
    text = on_paper(render(written(kind, (f"q{n}x" for n in itertools.count()), used)))
    return frozenset(n for n, one in enumerate(used) if one in text)


def check(kind: str, rounds: range) -> None:
    render, sample = PAPERS[kind]
    plain, printed = dangerous(render(sample())), places(kind)
    assert len(printed) >= 8
    for start in rounds:
        used: list[str] = []
        paper = written(kind, turning(start), used)
        try:
            pdf = render(paper)
        except BadInput as error:
            assert kind in LABELS and "too long for a label" in str(error)
            continue
        text = on_paper(pdf)
        assert dangerous(pdf) == plain, (kind, start)
        missing = [used[n] for n in printed if plain_letters(beside(used, printed, n)) and not holds(text, used[n])]
        assert not missing, (kind, start, missing)


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", PAPERS)
def test_every_word_of_a_paper_is_printed_and_never_obeyed(kind: str) -> None:
    step = len(SHORT) // ROUNDS
    check(kind, range(0, step * ROUNDS, step))


@pytest.mark.proof
@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", PAPERS)
def test_every_word_of_a_paper_with_the_whole_set(kind: str) -> None:
    check(kind, range(len(SHORT)))


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", sorted(PAPERS.keys() - LABELS.keys()))
def test_ten_thousand_letters_in_a_name_are_a_paper_or_a_refusal_that_says_so(kind: str) -> None:
    render, sample = PAPERS[kind]
    for long in LONG:
        paper = dataclasses.replace(sample(), run=dataclasses.replace(samples.RUN, by=long))
        if hasattr(paper, "patient"):
            paper = dataclasses.replace(paper, patient=dataclasses.replace(samples.AMARA, name=long))
        try:
            assert samples.pages(render(paper))
        except BadInput as error:
            assert len(long) > 1000 and "longer than a page. Shorten it" in str(error)
