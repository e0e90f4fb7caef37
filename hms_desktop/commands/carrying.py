# SPDX-License-Identifier: Apache-2.0
"""What a person at an open workstation carries: a file for the server made, and the server's file taken in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.standing import read_standing
from hms_desktop.sync import bundle_audit, bundles
from hms_desktop.sync.bundle_line import Progress
from hms_desktop.sync.bundles import Ends, Made, Taken


def make_file(
    bench: Bench, target: Path, progress: Progress = lambda done, of: None, stop: Callable[[], bool] = lambda: False
) -> Made:
    """Write what this workstation has not sent into `target`; that it leaves is written down before.

    Refused for an old copy of the file, Unavailable while the server's key is not known here.
    """
    must_be_the_file(bench)
    ends = ends_of(bench)
    number = bundles.next_number(bench.store)
    bench.store.act(partial(bundle_audit.note_carried_out, number=number), bench.acting)
    return bundles.make(bench.store, ends, number, target, bench.watch.question(), progress, stop)


def take_file(
    bench: Bench, file: Path, progress: Progress = lambda done, of: None, stop: Callable[[], bool] = lambda: False
) -> Taken:
    """Take the server's file in, with its word on how this workstation stands."""
    must_be_the_file(bench)

    def note(number: int) -> None:
        bench.store.act(partial(bundle_audit.note_carried_in, number=number), bench.acting)

    return bundles.take(bench.exchange, _ends(bench), file, bench.watch.hear, note, progress, stop)


def must_be_the_file(bench: Bench) -> None:
    """Refused for an old copy of the file: nothing of it goes anywhere."""
    if bench.old:
        raise Refused(bench.old)


def ends_of(bench: Bench) -> Ends:
    """Between whom a file of this workstation's goes; Unavailable while the server's key is not known here."""
    ends = _ends(bench)
    if not ends.server_exchange:
        raise Unavailable(
            _("This workstation does not know yet to which key the server's files are sealed: reach the server once.")
        )
    return ends


def _ends(bench: Bench) -> Ends:
    opened = bench.opened
    profile, standing = opened.profile, read_standing(opened.folder, opened.profile, opened.device)
    exchange = standing.exchange if standing else b""
    return Ends(
        profile.clinic.id, profile.station.device, opened.device.signing, profile.server.signing_public, exchange
    )
