# SPDX-License-Identifier: Apache-2.0
"""`hms-server compliance` and `hms-server parts`: what this server can show an auditor, and what it is made of."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home
from sync_server.commands.options import Folder, Json

Extras = Annotated[list[str] | None, typer.Option(help="Also these parts of the program, such as desktop; repeatable.")]


@plainly
def compliance(
    folder: Folder,
    tests: Annotated[Path | None, typer.Option(help="The folder build/ that a test run left.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the report as PDF.")] = None,
    json_file: Annotated[Path | None, typer.Option(help="Write the report as signed JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Run every check on this server again and say for each rule what is evidenced and what is not.

    Exit code 0 whatever was found: a row that is not evidenced is an answer, not a failure.
    """
    from sync_server.compliance import paper, report

    with home.open_home(folder) as opened:
        made = report.make_report(opened, report.read_record(tests))
        printed = paper.on_paper(opened, made) if pdf else b""
    if pdf:
        pdf.write_bytes(printed)
    if json_file:
        json_file.write_text(paper.as_json(made), encoding="utf-8")
    say(paper.lines(made), asdict(made), as_json)


@plainly
def parts(
    extra: Extras = None,
    out: Annotated[Path | None, typer.Option(help="Write the bill of materials there (CycloneDX 1.6 JSON).")] = None,
    as_json: Json = False,
) -> None:
    """What the program is made of here: every part with its version and licence (a software bill of materials)."""
    from sync_server.compliance.parts import bill_of_materials, installed_parts

    found = installed_parts(tuple(extra or ()))
    if out is not None:
        out.write_text(bill_of_materials(found) + "\n", encoding="utf-8")
    say(
        [f"{part.name:32} {part.version:14} {part.license}" for part in found],
        {"parts": [asdict(part) for part in found]},
        as_json,
    )
