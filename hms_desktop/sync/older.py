# SPDX-License-Identifier: Apache-2.0
"""Fetching on demand what this replica let go of, or never had: the older change sets of some records.

They are put back into the log before the place where it begins, so that whatever shows a history shows them, too; the
next time that the log is let go of, they go with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage import chain, ledger
from hms_desktop.storage.change_sets import ChangeSet, change_set_root
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync.digest_wire import MOST_RECORDS, RECORDS, RecordsTold, RecordsWanted
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.verify import Believer

_log = ledger.change_log


def fetch_older(exchange: Exchange, places: Iterable[tuple[str, UUID]]) -> int:
    """Put the older change sets of these records (table, id) into the log; returns how many came.

    Unavailable when the server is out of reach: what is shown then is what this computer has.
    """
    if exchange.welcome is None:
        raise Unavailable(_("The server has not been reached since you signed in. Older changes can't be shown now."))
    if exchange.at_hub:
        raise Unavailable(_("The clinic's hub answers now: older changes are at the server alone."))
    asker = exchange.asker()
    held = [(table, id) for table, id in places if table in asker.granted]
    wanted = RecordsWanted([(table, id.bytes, []) for table, id in held[:MOST_RECORDS]])
    told = asker.line.send(RECORDS, wanted, RecordsTold)
    whole = {entry.whole.stamp: entry.whole for some in told.records for entry in some if entry.whole is not None}
    with asker.store.writing() as connection:
        believe = Believer(connection, asker.trust) if asker.trust else None
        came = [whole[stamp] for stamp in sorted(whole) if _is_before_the_log(connection, whole[stamp])]
        for one in came:
            root = change_set_root(one)
            if believe is not None:
                believe(one, root)
            chain.record(connection, one, root, ledger.APPLIED, asker.store.clock.now_ms())
    return len(came)


def _is_before_the_log(connection: Connection, one: ChangeSet) -> bool:
    """Whether its place is before the one at which its author's chain begins here, and is empty."""
    start = meta_value(connection, chain.FILLED, {}).get(str(one.author), (0, b""))[0]
    here = select(_log.c.pos).where(_log.c.author == one.author, _log.c.number == one.number)
    return bool(one.number <= start) and connection.execute(here).first() is None
