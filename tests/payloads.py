# SPDX-License-Identifier: Apache-2.0
"""Words that somebody may write where words are asked for, and that some reader of them might obey.

One set for windows, papers, pages, tables and imports: whoever shows words shows these as they are.
"""

from __future__ import annotations

MARKUP = (
    "Ann <Lee",
    "<b>Bold</b> & <i>slanted</i>",
    "<img src='/etc/hostname'/>",
    '<img src="x" onerror="alert(1)">',
    "<script>alert(1)</script>",
    "</td></tr></table><h1>Big</h1>",
    '"><svg onload=alert(1)>',
    "<a href='javascript:alert(1)'>here</a>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "<!-- gone --> still here",
    "&lt;b&gt; &amp; &nbsp; &#65;",
)
"""For HTML, XML and Qt, which takes words for markup as soon as the first line holds a tag that it knows."""
PAPER = (
    "</para><para>Lee",
    "<font color=\"red\" size='90'>Big</font>",
    "<font color=\"[[[getattr(pow, Word('__globals__'))['os'].system('touch /tmp/x') for Word in [str]]]]\">x</font>",
    '<onDraw name="x" label="y"/>',
    "<br/><br/><seq id='x'/>",
)
"""For reportlab's paragraphs (CVE-2023-33733 is the third)."""
CODE = (
    "{{7*7}}{% raw %}",
    "%s%n{}{0}{name}",
    "${7*7} #{7*7} `id` $(id)",
    "Robert'); DROP TABLE patient;--",
    '" OR ""="',
    'NEAR(a b) * AND OR NOT "x',
    "../../../etc/passwd",
    "..\\..\\windows\\system32\\config",
    "con.txt:stream",
)
"""For templates, formatting, shells, SQL, full-text search and paths."""
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0")
"""For spreadsheets: a cell that begins so is worked out."""
SCRIPTS = (
    "Nguyễn Thị Łukasz Zoë",
    "محمد عبد الله",
    "שלום עולם",
    "अनिता शर्मा",
    "e\u0301\u0323\u0302\u0300" * 8,
    "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}",
    "王小明",
)
"""Other people's letters."""
CONTROL = (
    "a\x00b",
    "bell\x07 escape\x1b[31m red\x7f",
    "two\nlines\r\nthree\u2028four",
    "Nu\N{RIGHT-TO-LEFT OVERRIDE}eel\N{POP DIRECTIONAL FORMATTING}",
    "Lee\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}",
    "zero\N{ZERO WIDTH SPACE}width\ufeff",
    "\ufffe\uffff",
)
"""What can't be seen, or turns what follows around."""
LONG = ("W" * 200, "Wolfeschlegelsteinhausenbergerdorff " * 6, "long words " * 909)
"""200 characters in one word, 200 in several, and 10,000."""
SHORT = MARKUP + PAPER + CODE + FORMULAS + SCRIPTS + CONTROL
EVERY = SHORT + LONG


def shown(words: str) -> str:
    """The letters of words without any space, to compare what was shown with what was written."""
    return "".join(words.split())
