# SPDX-License-Identifier: Apache-2.0
"""`hms-server history`: one patient's records as they stood at a moment, without restoring anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from hms_desktop.core.clock import instant
from hms_desktop.core.console import plainly, say
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.storage.reader import Reader
from sync_server import home, two_person
from sync_server.administration import COMMAND, By, note_act
from sync_server.backup.one_patient import HISTORY, backup_read, find_patient, history_of, write_history
from sync_server.commands.acting import Asking, ByStdin, Who, Why, at_once_or_asked, the_keyboard
from sync_server.commands.options import Folder, Json
from sync_server.home import Home
from sync_server.notebook import open_notebook


@plainly
def history(
    folder: Folder,
    patient: Annotated[str, typer.Argument(help="The record number (MRN-…) or the id.")],
    out: Annotated[Path, typer.Option(help="The JSON file to write; it holds health information in the clear.")],
    at: Annotated[str, typer.Option(help="The moment, such as 2026-11-20T14:00, in the clinic's time; else now.")] = "",
    backup: Annotated[Path | None, typer.Option(help="Out of this backup instead of the server's own log.")] = None,
    request: Annotated[UUID | None, typer.Option(help="The request for it, once it is approved.")] = None,
    by: Who = "",
    reason: Why = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """Write one patient's records as they stood at a moment, with who changed what before: to look, or to type again.

    Nothing is restored, and it is written down that this was done. Once the server is set up it takes two
    administrators: one asks with --by and --reason, another approves, then it is written with --request.
    """
    with home.open_home(folder) as opened:
        wanted = _Wanted(opened, patient, _moment(opened, at), out, backup, as_json)
        if request is not None:
            book = open_notebook(opened)
            try:
                who = By(two_person.request(opened, book, request).by, "", COMMAND)
                two_person.use(opened, book, who, request, HISTORY.name)
            finally:
                book.close()
            wanted.write(who)
            return
        title = _("History of {number}").format(number=patient[:40])
        at_once_or_asked(
            opened, Asking(by, reason, by_stdin), HISTORY.needs, lambda: wanted.write(the_keyboard(opened)),
            lambda book, who: two_person.ask(opened, book, who, HISTORY.name, title, reason=reason), as_json,
        )  # fmt: skip


@dataclass(frozen=True)
class _Wanted:
    opened: Home
    patient: str
    moment: datetime
    out: Path
    backup: Path | None
    as_json: bool

    def write(self, who: By) -> None:
        """Write it, and that it was written."""
        source = self.backup.name if self.backup else "log"
        about = {"patient": self.patient, "at": self.moment.isoformat(), "from": source}

        def tell(reader: Reader) -> int:
            id = find_patient(reader, self.patient)
            records = history_of(reader, id, self.moment)
            write_history(self.out, {**about, "id": id}, records)
            note_act(self.opened, who, "patient.history", id, f"{len(records)}")
            return len(records)

        if self.backup is None:
            count = self.opened.store.read(tell, self.opened.worker)
        else:
            with backup_read(self.opened, self.backup, self.opened.keys) as reader:
                count = tell(reader)
        told = f"{count} records as of {self.moment:%Y-%m-%d %H:%M} are in {self.out}."
        facts = {**about, "records": count, "file": self.out}
        say([told, "They lie there in the clear: encrypt them."], facts, self.as_json)


def _moment(opened: Home, typed: str) -> datetime:
    zone = ZoneInfo(opened.facts.zone)
    if not typed:
        return instant(opened.store.clock.now_ms()).astimezone(zone)
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as error:
        raise BadInput(f"“{typed}” is no moment: write it as 2026-11-20T14:00.", "at") from error
    return found if found.tzinfo else found.replace(tzinfo=zone)
