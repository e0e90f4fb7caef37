# SPDX-License-Identifier: Apache-2.0
"""`hms digest`: this workstation's file compared with the server now, what differs mended; answer and lines."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from hms_desktop.commands.bench import Bench
from hms_desktop.core.clock import instant
from hms_desktop.sync import compaction
from hms_desktop.sync.compaction import LetGo
from hms_desktop.sync.digest_wire import Difference
from hms_desktop.sync.upkeep import look_after

Answer = dict[str, Any]


def compare(bench: Bench) -> Answer:
    """One whole round with the server, then the comparison; a table that must come anew is fetched at once."""
    bench.exchange.catch_up()
    begun = time.monotonic()
    found, let_go = look_after(bench.exchange)
    seconds = round(time.monotonic() - begun, 3)
    if not found.equal:
        bench.exchange.catch_up()
    return {
        "tables": found.tables,
        "records": found.rows,
        "position": found.position,
        "seconds": seconds,
        "differences": [_difference(one) for one in found.differences],
        "log": log_answer(let_go),
    }


def _difference(one: Difference) -> Answer:
    return {
        "table": one.table,
        "record": str(UUID(bytes=one.record)) if one.record else "",
        "kind": one.kind,
        "then": one.then,
    }


def log_of(bench: Bench) -> Answer:
    """How much of its log this workstation let go of, and from when on it is whole here."""
    with bench.store.reading() as connection:
        return log_answer(compaction.let_go_of(connection))


def log_answer(let_go: LetGo) -> Answer:
    """The same as plain values."""
    since = instant(let_go.before_ms).isoformat() if let_go.sets else None
    return {"let_go": let_go.sets, "since": since}


def lines_of(answer: Answer) -> list[str]:
    """What a comparison found, as lines for a terminal."""
    head = f"{answer['records']} records of {answer['tables']} tables compared in {answer['seconds']} s: "
    differences = answer["differences"]
    lines = [head + (f"{len(differences)} differed." if differences else "all are as the server has them.")]
    lines += [f"  {one['table']} {one['record'] or '(many)'}: {one['kind']}; {one['then']}" for one in differences]
    return lines + log_lines(answer["log"])


def log_lines(log: Answer) -> list[str]:
    """From when on the log is here, where it is not here from the beginning."""
    if not log["let_go"]:
        return []
    return [f"The log is here from {log['since'][:10]} on; {log['let_go']} older change sets are at the server alone."]
