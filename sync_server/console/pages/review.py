# SPDX-License-Identifier: Apache-2.0
"""The quarterly access review and its reports."""

from __future__ import annotations

from starlette.responses import Response

from sync_server import access_review
from sync_server.console import figures
from sync_server.console.app import Asked, Console, Place
from sync_server.console.proof import must_prove

NEEDS = "people.manage"


def show(console: Console, asked: Asked) -> Response:
    """This quarter's review."""
    quarter, reports = access_review.quarter_of(console.home), access_review.reports(console.book)
    done = next((one for one in reports if one.quarter == quarter), None)
    return console.show(
        asked, "review.html", quarter=quarter, done=done, due=done is None, reports=reports,
        lines=access_review.lines(console.home, console.book), names=figures.people_names(console.home),
    )  # fmt: skip


def finish(console: Console, asked: Asked) -> Response:
    """Close it."""
    must_prove(console, asked)
    people = access_review.lines(console.home, console.book)
    decisions = {line.id: asked.form.get(f"p{line.id.hex}", "") for line in people}
    made = access_review.finish(console.home, console.book, asked.by, decisions, asked.form.get("note", ""))
    return console.go(f"/review/{made.quarter}")


def report(console: Console, asked: Asked) -> Response:
    """One report."""
    found = access_review.report(console.book, str(asked.request.path_params["quarter"]))
    return console.show(asked, "report.html", report=found, names=figures.people_names(console.home))


PLACES = (
    Place("/review", show, NEEDS),
    Place("/review", finish, NEEDS, "POST"),
    Place("/review/{quarter}", report, NEEDS),
)
