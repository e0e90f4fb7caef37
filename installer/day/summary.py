# SPDX-License-Identifier: Apache-2.0
"""One page about a tour: what was done, how long it took, what was checked; for people, and as JSON for scripts."""

from __future__ import annotations

import html
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from installer.day.checks import Check
from installer.day.day import Played

_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/1.45 Inter, system-ui, sans-serif; max-width: 1180px; margin: 24px auto; padding: 0 16px; }
h1 { margin-bottom: 4px; } h2 { margin: 28px 0 4px; }
dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 16px 0; }
dl div { border: 1px solid; border-radius: 8px; padding: 8px 12px; }
dt { opacity: 0.75; } dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; margin: 8px 0 20px; }
td, th { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid; vertical-align: top; }
td { font-variant-numeric: tabular-nums; } td:first-child { white-space: nowrap; }
img { width: 132px; height: 83px; object-fit: cover; object-position: top; border: 1px solid; }
"""


@dataclass
class Summary:
    """What a tour adds up to."""

    steps: list[Played] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything was checked and nothing failed."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def table(self) -> str:
        """The checks as lines for a terminal."""
        rows = [f"  {'ok    ' if c.passed else 'FAILED'}  {c.name:<52} {c.found}" for c in self.checks]
        return "\n".join(["", *rows, "", f"  {self.heading()}"])

    def heading(self) -> str:
        """The outcome in one line."""
        failed = sum(not check.passed for check in self.checks)
        outcome = f"{failed} of {len(self.checks)} checks FAILED" if failed else f"all {len(self.checks)} checks passed"
        return f"{len(self.steps)} steps, {outcome}, {self.seconds:.0f} s"

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            **asdict(self),
            "passed": self.passed,
            "python": platform.python_version(),
            "system": platform.platform(),
        }


def write_summary(folder: Path, summary: Summary) -> None:
    """Write `summary.html` and `summary.json`."""
    text = json.dumps(summary.as_json(), indent=1, ensure_ascii=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    (folder / "summary.html").write_text(_page(summary), encoding="utf-8")


def _page(summary: Summary) -> str:
    checks = [("passed" if c.passed else "<b>FAILED</b>", _safe(c.name), _safe(c.found)) for c in summary.checks]
    steps = [
        (f"{s.number:02d}", _safe(s.sentence), _safe(s.line), f"{s.seconds:.1f} s", _thumbs(s.pictures))
        for s in summary.steps
    ]
    papers = " · ".join(_links([name]) for name in summary.papers) or "none"
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>The day of a clinic</title>',
            f"<style>{_STYLE}</style><h1>The day of a clinic through a network cut</h1>",
            f"<p><b>{_safe(summary.heading())}</b></p>",
            f"<p>Python {platform.python_version()} · {_safe(platform.platform())}</p>",
            _tiles(summary.figures),
            "<h2>Checks</h2>", _table(("", "What must be true", "Found"), checks),
            "<h2>Steps</h2>", _table(("", "What was done, by keyboard", "Line", "", "Pictures"), steps),
            f"<h2>Papers</h2><p>{papers}</p></html>",
        ]
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _tiles(figures: dict[str, str]) -> str:
    tiles = (f"<div><dt>{_safe(name)}</dt><dd>{_safe(value)}</dd></div>" for name, value in figures.items())
    return f"<dl>{''.join(tiles)}</dl>"


def _thumbs(names: list[str]) -> str:
    pictures = (html.escape(name, quote=True) for name in names)
    return " ".join(f'<a href="{at}"><img src="{at}" alt="{at}" title="{at}" loading="lazy"></a>' for at in pictures)


def _links(names: list[str]) -> str:
    return " ".join(f'<a href="{html.escape(name, quote=True)}">{_safe(name)}</a>' for name in names)


def _safe(words: str) -> str:
    return html.escape(words)
