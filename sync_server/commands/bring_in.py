# SPDX-License-Identifier: Apache-2.0
"""`hms-server import`: files of other systems, counted and named."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from hms_desktop.core.console import FAILED, note, plainly, say
from hms_desktop.core.errors import NotFound
from hms_desktop.interop.fhir.results import Progress
from sync_server import home
from sync_server.commands.options import Folder, Json
from sync_server.importing import Importer, Report

imports = typer.Typer(no_args_is_help=True, help="Bring in files of other systems.")


@imports.command("fhir")
@plainly
def import_fhir(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(help="FHIR R4 JSON files, folders or zips.")],
    region: Annotated[str, typer.Option(help="Country (ISO 3166, such as ZA) for telephone numbers without one.")] = "",
    as_json: Json = False,
) -> None:
    """Bring in FHIR R4 bundles and single resources. The same file twice changes nothing, a broken one is refused.

    Exit code 1 when a file was refused; the others are in.
    """
    missing = [path for path in files if not path.exists()]
    if missing:
        raise NotFound(f"There is no {missing[0]}. Nothing was imported.")
    opened = home.open_home(folder)
    try:
        report = Importer(opened, region).run(files, _progress)
    finally:
        opened.store.close()
    say(_lines(report), _facts(report), as_json)
    if report.refused:
        raise SystemExit(FAILED)


def _progress(progress: Progress) -> None:
    note(f"  {progress.files:>6} of {progress.of_files}  {progress.name}")


def _facts(report: Report) -> dict[str, object]:
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(report).items()}


def _lines(report: Report) -> list[str]:
    lines = [
        f"{report.files} files: {report.imported} imported, {report.unchanged} already here, "
        f"{len(report.refused)} refused, {report.passed_over} not FHIR.",
        f"{sum(report.rows_new.values())} new rows, {report.rows_known} already here.",
        f"{'resource':28} {'in':>8} {'kept':>8}",
    ]
    lines += [f"{kind:28} {count:>8} {report.kept[kind]:>8}" for kind, count in sorted(report.read.items())]
    lines += ["Not kept:"] if report.not_kept else []
    lines += [f"  {what:60} {count:>8}" for what, count in report.not_kept.most_common()]
    lines += [f"Refused: {why}" for why in report.refused]
    return lines
