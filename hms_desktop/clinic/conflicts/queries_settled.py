# SPDX-License-Identifier: Apache-2.0
"""What met and was settled by a rule: the later change or the further step shows, the others stay in the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from hms_desktop.clinic.conflicts.queries_words import group_label, group_words, groups_said, thing_words
from hms_desktop.clinic.conflicts.rules import NEVER_RAISED, needs_person
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.core.clock import milliseconds, stamp
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY, Group

LATER, FURTHER = "later", "further"
MOST = 200


@dataclass(frozen=True)
class SettledByRule:
    """One group of a record: `shown` stands, `others` are in the history; `rule` is `LATER` or `FURTHER`."""

    table: str
    record: UUID
    group: str
    label: str
    thing: str
    patient: PatientName | None
    shown: str
    others: tuple[str, ...]
    rule: str
    at: datetime

    @property
    def key(self) -> tuple[UUID, str]:
        """What names this line."""
        return self.record, self.group


@query("conflict.read")
def settled_today(reader: Reader) -> tuple[SettledByRule, ...]:
    """What a rule settled among changes of the clinic's present day, the latest first; at most 200."""
    zone = reader.clinic.zone
    midnight = datetime.combine(reader.now.astimezone(zone).date(), time(), zone)
    rows = reader.match(
        "SELECT tbl, record, grp, max(stamp) AS last FROM own_standing_head GROUP BY tbl, record, grp "
        "HAVING count(*) > 1 AND max(stamp) >= :since ORDER BY last DESC LIMIT :most",
        since=stamp(milliseconds(midnight), 0, 0), most=MOST,
    )  # fmt: skip
    found = [_settled(reader, row.tbl, UUID(bytes=bytes(row.record)), row.grp) for row in rows]
    return tuple(one for one in found if one is not None)


def _settled(reader: Reader, table: str, record: UUID, grp: str) -> SettledByRule | None:
    spec = REGISTRY.get(table)
    if spec is None or table in NEVER_RAISED or grp not in spec.groups:
        return None
    group = spec.groups[grp]
    heads = reader.heads(spec.record, record).get(grp, [])
    row: Any = reader.find(spec.record, record)
    if row is None or not heads or _asks(group, [head.values for head in heads]):
        return None
    shown = group_words(reader, table, grp, {name: getattr(row, name) for name in group.columns})
    said = dict.fromkeys(group_words(reader, table, grp, head.values) for head in heads)
    patient = record if table == "patient" else getattr(row, "patient", None)
    thing = thing_words(table, row)
    rule = FURTHER if group.policy.state is not None else LATER
    at = max(head.at for head in heads)
    name = names(reader, [patient]).get(patient) if patient else None
    others = tuple(words for words in said if words != shown)
    label = groups_said(table, [grp]) if thing else group_label(table, grp)
    return SettledByRule(table, record, grp, label, thing, name, shown, others, rule, at)


def _asks(group: Group, values: list[dict[str, Any]]) -> bool:
    """Whether a person must choose, so that no rule has settled it."""
    if group.policy.state is None and group.policy.name not in ("careful", "once"):
        return False
    return needs_person(group.policy.state, group.policy.wins, values)
