# SPDX-License-Identifier: Apache-2.0
"""How a workstation stands, as support may see it: versions, counts, rules and tables; no person's name, no value.

It is written at the workstation by whoever works there, or sent when they agree to an administrator's question.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from typing import Any

from sqlalchemy import Connection, func, select

from hms_desktop.commands.bench import Bench
from hms_desktop.core.clock import instant
from hms_desktop.core.faults import kept_faults
from hms_desktop.core.version import program_version, system_name
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import SCHEMA
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync import outbox, protocol, report

FORM = 1


def diagnose(bench: Bench) -> dict[str, Any]:
    """The bundle as plain values."""
    station, state = bench.store.station, bench.runner.state
    with bench.store.reading() as connection:
        counts = {
            "waiting": outbox.waiting(connection, station.author),
            "waiting_by_module": outbox.by_module(connection, station.author),
            "held_back": _held(connection, station.author),
            "log": _log(connection),
            "rows": _rows(connection, bench.exchange.granted),
        }
    return {
        "form": FORM,
        "at": instant(bench.store.clock.now_ms()).isoformat(),
        "program": program_version(),
        "system": system_name(),
        "python": platform.python_version(),
        "protocol": protocol.VERSION,
        "schema": SCHEMA,
        "workstation": {"code": station.code, "kind": station.kind, "site": station.site},
        "line": {"network": state.network, "last_success": _moment(state.last_success_ms), "problem": state.problem},
        "store_bytes": bench.store.path.stat().st_size,
        "faults": kept_faults(bench.store.path.parent),
        **counts,
    }


def packed(bench: Bench) -> bytes:
    """The bundle as JSON, as it travels and as it is written to a file."""
    return json.dumps(diagnose(bench), indent=1, sort_keys=True).encode()


def _held(connection: Connection, author: int) -> list[dict[str, Any]]:
    """What the server refused of this workstation's work: numbers, acts and rules, which name tables and columns."""
    return [
        {
            "number": one.number,
            "action": one.action,
            "reason": one.reason,
            "tables": sorted({t for t, _id in one.records}),
        }
        for one in report.held_sets(connection, author)
    ]


def _log(connection: Connection) -> dict[str, int]:
    log = ledger.change_log
    rows = connection.execute(select(log.c.state, func.count()).group_by(log.c.state)).all()
    words = {ledger.APPLIED: "applied", ledger.WAITING: "waiting", ledger.REFUSED: "refused", ledger.GAP: "gaps"}
    return dict(Counter({words.get(state, str(state)): count for state, count in rows}))


def _rows(connection: Connection, granted: frozenset[str]) -> dict[str, int]:
    known = {name: REGISTRY[name].record.__table__ for name in sorted(granted) if name in REGISTRY}
    return {name: connection.execute(select(func.count()).select_from(t)).scalar_one() for name, t in known.items()}


def _moment(ms: int | None) -> str | None:
    return instant(ms).isoformat() if ms else None
