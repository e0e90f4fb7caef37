# SPDX-License-Identifier: Apache-2.0
"""`hms-server import`: files of other systems and the clinic's reference data, counted and named."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from phonenumbers import SUPPORTED_REGIONS

from hms_desktop.core.console import FAILED, STOPPED, note, plainly, say
from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.interop.fhir.results import Progress
from sync_server import home
from sync_server.catalogue import Brought, bring_in
from sync_server.commands.options import Folder, Json
from sync_server.importing import Importer, Report

imports = typer.Typer(no_args_is_help=True, help="Bring in files: patients of other systems, and reference data.")
NOTED_EVERY = 500


@imports.command("fhir")
@plainly
def import_fhir(
    folder: Folder,
    files: Annotated[list[str], typer.Argument(help="FHIR R4 JSON files, folders or zips.", metavar="FILES")],
    region: Annotated[str, typer.Option(help="Country (ISO 3166, such as ZA) for telephone numbers without one.")] = "",
    as_json: Json = False,
) -> None:
    """Bring in FHIR R4 bundles and single resources.

    The same file twice changes nothing, a broken one is refused whole with place and reason.
    What a file says otherwise than the records here is counted and left: a file never writes over anybody's work. Exit
    code 1 when a file was refused; the others are in. 130 when it was stopped; run it again to go on.

    Example: hms-server import fhir --region ZA output/fhir more.zip
    """
    paths = [_there(name) for name in files]
    _must_be_a_region(region)
    with home.open_home(folder) as opened:
        report = Importer(opened, region).run(paths, _progress)
    say(_lines(report), _facts(report), as_json)
    if report.refused or report.stopped:
        raise SystemExit(STOPPED if report.stopped else FAILED)


def _there(name: str) -> Path:
    path = Path(name)
    if not name.strip():
        raise BadInput("An empty name is no file. Name the files, folders or zips to import. Nothing was imported.")
    if not path.exists() and not path.is_symlink():
        raise NotFound(f"There is no {path}. Nothing was imported.")
    return path


def _must_be_a_region(region: str) -> None:
    if region and region not in SUPPORTED_REGIONS:
        raise BadInput(f"“{region}” is no country code (ISO 3166, two capitals) such as ZA. Nothing was imported.")


@imports.command("catalogue")
@plainly
def import_catalogue(
    folder: Folder,
    files: Annotated[
        list[Path], typer.Argument(help="TOML or CSV files, as those in resources/clinical.", metavar="FILES")
    ],
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Day from which entries hold whose file names none."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring in versions of tests, medicines, procedures, prices, note templates, phrases and forms.

    Each holds from its day on (valid_from), also on workstations without a line; what was ordered, prescribed, handed
    over, invoiced or written before keeps its version. All files go in or none; the same file twice changes nothing.
    A CSV file says in its column `kind` what each line is: test, panel, item, procedure, price, template, phrase or
    form.
    """
    day = since.date() if since else None
    with home.open_home(folder) as opened:
        brought = bring_in(opened, files, day, keep=not dry_run, progress=_entries)
    say(_told(brought, dry_run), {**_counted(brought), "dry_run": dry_run}, as_json)


def _entries(done: int, of: int, place: str) -> None:
    if done == of or done % NOTED_EVERY == 0:
        note(f"  {done:>6} of {of}  {place}")


def _told(brought: Brought, dry_run: bool) -> list[str]:
    new, unchanged = sum(brought.new.values()), sum(brought.unchanged.values())
    verb = "would be new" if dry_run else "are new"
    lines = [f"{brought.entries} entries of {brought.files} files: {new} {verb}, {unchanged} are here already."]
    kinds = dict.fromkeys([*brought.new, *brought.unchanged])
    lines += [f"  {kind:12} {brought.new[kind]:>6} new {brought.unchanged[kind]:>6} unchanged" for kind in kinds]
    return lines + [f"  in force from {day}: {count:>6}" for day, count in sorted(brought.starts.items())]


def _counted(brought: Brought) -> dict[str, object]:
    starts = {day.isoformat(): count for day, count in brought.starts.items()}
    counted = {"files": brought.files, "entries": brought.entries, "starts": starts}
    return {**counted, "new": dict(brought.new), "unchanged": dict(brought.unchanged)}


def _progress(progress: Progress) -> None:
    note(f"  {progress.files:>6} of {progress.of_files}  {progress.name}")


def _facts(report: Report) -> dict[str, object]:
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(report).items()}


def _lines(report: Report) -> list[str]:
    lines = [
        f"{report.files} files: {report.imported} imported, {report.unchanged} already here, "
        f"{len(report.refused)} refused, {report.empty} with nothing to keep, {report.passed_over} not FHIR.",
        f"{sum(report.rows_new.values())} new rows, {report.rows_known} already here.",
        f"{'resource':28} {'in':>8} {'kept':>8}",
    ]
    lines += [f"{kind:28} {count:>8} {report.kept[kind]:>8}" for kind, count in sorted(report.read.items())]
    lines += ["Not kept:"] if report.not_kept else []
    lines += [f"  {what:60} {count:>8}" for what, count in report.not_kept.most_common()]
    lines += ["Kept without these elements:"] if report.elements else []
    lines += [f"  {what:60} {count:>8}" for what, count in report.elements.most_common()]
    lines += ["Otherwise in the files than here, and left as it is here:"] if report.differs else []
    lines += [f"  {what:60} {count:>8}" for what, count in report.differs.most_common()]
    lines += [f"Not FHIR: {what}" for what in report.left_alone]
    lines += [f"Refused: {why}" for why in report.refused]
    return lines + (["Stopped. What is counted here is in; run it again to go on."] if report.stopped else [])
