# SPDX-License-Identifier: Apache-2.0
"""The checks on every pushed change set, in order; the first that fails refuses it by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from hms_desktop.core.clock import stamp_ms
from hms_desktop.core.errors import ClinicError, NotAllowed
from hms_desktop.security.accounts import Account
from hms_desktop.security.key_history import verify_signed
from hms_desktop.security.opening import IN_EMERGENCY
from hms_desktop.security.permissions import Action
from hms_desktop.security.reach import require_reach, rights_of
from hms_desktop.security.roles import STATION_EVENTS, may_sign_in_at, policy
from hms_desktop.security.stations import PLACE, Grants, place_path
from hms_desktop.security.writes import may_write
from hms_desktop.storage.acting import Person
from hms_desktop.storage.change_sets import ChangeSet, Leaf, decode_details
from hms_desktop.storage.owners import OwnerChange, passed_to
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY, Fact, Group, Table
from hms_desktop.sync.accept import CheckFailed
from hms_desktop.sync.protocol import MAX_SET_BYTES
from hms_desktop.sync.standing_rows import StandingRows
from sync_server.actions import known_actions
from sync_server.sync_api.checks_of_controlled import controlled_needs_factor
from sync_server.sync_api.checks_of_events import only_events
from sync_server.sync_api.known import Known, KnownPeople

MAX_LEAVES = 2000
CHOICE, SETTLEMENTS = "conflicts.choose", "_conflict_settlement"
ALONE = IN_EMERGENCY | {STATION_EVENTS}
"""What is done by these rights needs no permit."""
_NOBODY = "Who did this is not, or no longer, among the clinic's people."
_STORED = {"id": bytes, "secret": bytes, "whole": int, "flag": int, "instant": int}
_READ_BY_TYPE = frozenset({"text", "whole", "flag", "secret", "id"})
"""Kinds of which every stored value of the right type can be read; an id is one by its length."""
_ID_BYTES = 16


@dataclass(frozen=True)
class Sender:
    """The workstation that pushes: where it stands, and the kinds that it is, or was until when (ms since 1970)."""

    id: UUID
    site: str
    kinds: Mapping[str, int | None]


class Checks:
    """The checks for the push of one workstation, the sender, against the rows as they stand just then."""

    def __init__(
        self,
        standing: StandingRows,
        sender: Sender,
        grants: Grants,
        people: KnownPeople,
        until: Mapping[str, int] | None,
        hosts: Sequence[str],
        ask_as: Callable[[Person], Reader],
        lapsed: Callable[[int, int], bool] = lambda number, wall_ms: False,
    ) -> None:
        self._lapsed = lapsed
        self._hosts = hosts
        self._sender = sender
        self._ask_as = ask_as
        self._standing = standing
        self._device = sender.id.bytes
        self._grants = grants
        self._people = people
        self._until = until or {}
        self._within: dict[frozenset[str], Mapping[str, str]] = {}

    def __call__(self, change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> None:
        """Raise CheckFailed unless every check holds."""
        must_have_size(change_set, leaves)
        declared, known = self._person(change_set, root, leaves)
        for leaf in leaves:
            table = self._table(leaf, change_set.stamp)
            must_fit(table, leaf)
            self._steps(table, leaf)
            self._owner(table, leaf)
            self._site(table, leaf)
        try:
            self._rights(change_set, declared, known, leaves)
        except CheckFailed:
            then = self._then(UUID(bytes=decode_details(change_set.details).person), known, change_set.stamp)
            if then == known:
                raise
            self._rights(change_set, declared, then, leaves)
        _own_name(change_set, leaves)
        self._second_factor(change_set, leaves)

    def of_parts(self, change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> None:
        """What can be checked of a change set that came back without some of its leaves: who, and what was written."""
        declared, known = self._person(change_set, root, leaves)
        for leaf in leaves:
            must_fit(self._table(leaf, change_set.stamp), leaf)
        then = self._then(UUID(bytes=decode_details(change_set.details).person), known, change_set.stamp)
        _own_tables(declared, then.permissions | known.permissions, leaves)

    def _person(self, change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> tuple[Action, Known]:
        try:
            details = decode_details(change_set.details)
        except ClinicError as error:
            raise CheckFailed("schema", str(error)) from error
        who = UUID(bytes=details.person)
        known = self._people.get(who)
        if known is None:
            raise CheckFailed("person", _NOBODY)
        try:
            verify_signed(known.signing, root, change_set.signature, change_set.stamp)
        except ClinicError as forged:
            raise CheckFailed("signature", "It is not signed by the person that it names.") from forged
        declared = known_actions().get(details.action)
        if declared is None:
            raise CheckFailed("schema", f"The action {details.action[:60]} is not known here. Update the server.")
        if self._may_not(known, declared, change_set.stamp):
            known = self._then(who, known, change_set.stamp)
        refused = self._may_not(known, declared, change_set.stamp)
        if refused is not None:
            raise refused
        if declared.needs not in ALONE and self._lapsed(change_set.number, details.wall_ms):
            raise CheckFailed("permit", "It was done when this workstation had no permit to work without the server.")
        only_events(declared.needs, details.person, leaves)
        return declared, known

    def _may_not(self, known: Known, declared: Action, stamp: int) -> CheckFailed | None:
        """Why this person may not have done it here; None when they may."""
        if not known.active:
            return CheckFailed("person", _NOBODY)
        if declared.needs not in known.permissions:
            return CheckFailed("role", f"{declared.name} needs the right {declared.needs}, which this person lacks.")
        if known.roles and not self._works_here(known.roles, stamp):
            return CheckFailed("role", "The roles of this person do not work at this kind of workstation.")
        return None

    def _then(self, person: UUID, known: Known, stamp: int) -> Known:
        """The same with the access that the person had when it was done: what comes late is judged by its own time.

        Not by the clock alone: an author's stamps go on from what the server already has of that workstation.
        """
        reader = self._ask_as(Person(person, "", "", frozenset(), frozenset()))
        access = [version for version in reader.history(Account, person) if "active" in version.values]
        if not access:
            return known
        then = max((one for one in access if one.stamp < stamp), default=access[0], key=lambda one: one.stamp).values
        roles = frozenset(then["roles"])
        return replace(known, permissions=policy().granted(roles), active=then["active"], roles=roles)

    def _works_here(self, roles: frozenset[str], stamp: int) -> bool:
        """Whether one of these roles works at what the workstation is, or was when this was done."""
        kinds = self._sender.kinds.items()
        return any(may_sign_in_at(roles, kind) for kind, until in kinds if until is None or stamp_ms(stamp) <= until)

    def _rights(self, change_set: ChangeSet, declared: Action, known: Known, leaves: Sequence[Leaf]) -> None:
        self._reach(change_set, declared, known, leaves)
        _own_tables(declared, known.permissions, leaves)

    def _reach(self, change_set: ChangeSet, declared: Action, known: Known, leaves: Sequence[Leaf]) -> None:
        """What is written takes no right that this person lacks, and reaches no further than their bounds."""
        who = UUID(bytes=decode_details(change_set.details).person)
        if known.roles not in self._within:
            self._within[known.roles] = policy().within(known.roles)
        within = self._within[known.roles]
        for leaf in leaves:
            before = None if leaf.bases is None else self._standing.row(leaf.table, leaf.record) or {}
            for right in {declared.needs, *rights_of(leaf.table, leaf.values, before)}:
                if right not in known.permissions:
                    raise CheckFailed("role", f"What {declared.name} writes here takes the right {right}, too.")
                if scope := within.get(right):
                    person = Person(who, "This person", "", known.roles, known.permissions, within)
                    self._must_reach(right, scope, self._ask_as(person), declared, leaf, before)

    def _must_reach(
        self, right: str, scope: str, reader: Reader, declared: Action, leaf: Leaf, before: Mapping[str, Any] | None
    ) -> None:
        try:
            require_reach(reader, right, scope, self._sender.site, leaf.table, leaf.values, before)
        except NotAllowed as beyond:
            raise CheckFailed("role", f"{declared.name}: {beyond}") from beyond

    def _second_factor(self, change_set: ChangeSet, leaves: Sequence[Leaf]) -> None:
        details = decode_details(change_set.details)
        known = self._people.get(UUID(bytes=details.person))
        controlled_needs_factor(self._standing, details, leaves, known.keys if known else (), self._hosts)

    def _table(self, leaf: Leaf, stamp: int) -> Table:
        table = REGISTRY.get(leaf.table)
        if table is None:
            raise CheckFailed("schema", f"The table {leaf.table[:60]} is not known here. Update the server.")
        if table.server_owned:
            raise CheckFailed("server-owned", f"Only the server writes {table.name}.")
        if not self._grants.may_write(table.name) and stamp_ms(stamp) >= self._until.get(table.name, 0):
            raise CheckFailed("grant", f"This workstation is not, or no longer, granted {table.name}.")
        return table

    def _owner(self, table: Table, leaf: Leaf) -> None:
        """What belongs to one workstation is changed, and pointed at, by that one alone."""
        if table.name == OwnerChange.__tablename__ and leaf.bases is None:
            self._passes_on(leaf)
        if leaf.bases is not None:
            self._must_own(table, leaf.record)
        for column, parent in table.refs.items():
            target = leaf.values.get(column)
            if target is not None:
                self._must_own(REGISTRY[parent], target)

    def _site(self, table: Table, leaf: Leaf) -> None:
        """Where a workstation holds the rows of its own site alone, it writes no other's either."""
        name, bounded = table.name, self._grants.own_site
        row: Mapping[str, Any] | None = leaf.values
        while row is not None and name in bounded:
            column, parent = place_path(name, bounded)
            name = parent or PLACE
            row = self._standing.row(name, row[column]) if row.get(column) else None
        if name == PLACE != table.name and row is not None and row["site"] not in (None, self._sender.site):
            raise CheckFailed("site", f"This {table.name} belongs to another site than this workstation: do it there.")

    def _must_own(self, table: Table, record: bytes) -> None:
        if table.owner is None:
            return
        if self._owner_of(table, record) not in (None, self._device):
            raise CheckFailed("owner", f"This {table.name} belongs to another workstation: do it there.")

    def _owner_of(self, table: Table, record: bytes) -> bytes | None:
        row = self._standing.row(table.name, record) if table.owner else None
        if row is None:
            return None
        passed = passed_to(self._standing.written, UUID(bytes=record))
        return passed.bytes if passed else bytes(row[str(table.owner)])

    def _passes_on(self, leaf: Leaf) -> None:
        """Only to the workstation that says so, only from the owner, only when that one is out of use."""
        table = REGISTRY.get(str(leaf.values["subject_table"]))
        before, after = leaf.values["before"], leaf.values["after"]
        if table is None or before is None or self._owner_of(table, leaf.values["subject"]) != before:
            raise CheckFailed("owner", "It does not belong to the workstation that it is said to come from.")
        device = self._standing.row("device", before)
        if after != self._device or before == after:
            raise CheckFailed("owner", "A workstation takes over for itself alone.")
        if device is None or device["status"] == "approved":
            raise CheckFailed(
                "owner", f"The workstation of this {table.name} is in use: do it there, or block it first."
            )

    def _steps(self, table: Table, leaf: Leaf) -> None:
        for name in leaf.bases or {}:
            group = table.groups.get(name)
            if group is None:
                raise CheckFailed("schema", f"{table.name} has no group {name[:60]}.")
            if group.policy.state and group.policy.steps:
                self._step(table, group, group.policy.state, leaf)

    def _step(self, table: Table, group: Group, state: str, leaf: Leaf) -> None:
        row = self._standing.row(table.name, leaf.record)
        if row is None:
            return
        after = leaf.values.get(state)
        named = set((leaf.bases or {}).get(group.name, ()))
        for head in self._standing.heads(table, group, row):
            before = head.values.get(state)
            legal = group.policy.steps.get(str(before), ())
            if head.stamp in named and len(named) == 1 and after != before and after not in legal:
                raise CheckFailed("step", f"{table.name}.{state} can't go from {before} to {after}.")


def must_have_size(change_set: ChangeSet, leaves: Sequence[Leaf]) -> None:
    """Raise CheckFailed unless an action of this size is taken at all."""
    if not leaves or len(leaves) > MAX_LEAVES or sum(map(len, change_set.leaves)) > MAX_SET_BYTES:
        raise CheckFailed("size", f"One action may write 1 to {MAX_LEAVES} records and 1 MB; this one does not.")
    places = {(leaf.table, leaf.record) for leaf in leaves}
    if len(places) != len(leaves):
        raise CheckFailed("schema", "One action writes the same record twice.")


def settling(action: str, table: Table) -> str:
    """The further right that writing this table by this action needs: whoever settles a conflict; empty for none."""
    chosen = action == CHOICE and table.phi and not issubclass(table.record, Fact)
    return f"conflict.settle.{table.module}" if chosen or table.name.endswith(SETTLEMENTS) else ""


def _own_name(change_set: ChangeSet, leaves: Sequence[Leaf]) -> None:
    """What is done only in one's own name (signing, acknowledging, breaking the glass) names who signs."""
    person = decode_details(change_set.details).person
    for leaf in leaves:
        column = policy().own.get(leaf.table)
        if column is not None and leaf.values.get(column) not in (None, person):
            raise CheckFailed("role", f"{leaf.table} is written in one's own name only; it names somebody else.")


def _own_tables(declared: Action, permissions: frozenset[str], leaves: Sequence[Leaf]) -> None:
    """An action writes what the policy says that it writes; who settles a conflict holds the right for its module."""
    for leaf in leaves:
        table = REGISTRY.get(leaf.table)
        if table is None:
            continue
        if declared.ours and not may_write(declared.name, table.name):
            raise CheckFailed("role", f"{declared.name} does not write {table.name}.")
        settles = settling(declared.name, table)
        if settles and settles not in permissions:
            raise CheckFailed("role", f"{declared.name} needs the right {settles}, which this person lacks.")


def must_fit(table: Table, leaf: Leaf) -> None:
    """Raise CheckFailed unless the columns and values are such as the table holds."""
    unknown = leaf.values.keys() - table.kinds.keys()
    if unknown:
        raise CheckFailed("schema", f"{table.name} has no column {min(unknown)[:60]}.")
    wanted = table.required if leaf.bases is None else _written(table, leaf) & table.required
    missing = {name for name in wanted if leaf.values.get(name) is None}
    if missing:
        raise CheckFailed("schema", f"{table.name} needs {', '.join(sorted(missing))}.")
    for name, value in leaf.values.items():
        if value is not None:
            _value(table, name, value)


def _written(table: Table, leaf: Leaf) -> frozenset[str]:
    groups = [table.groups[name] for name in leaf.bases or {} if name in table.groups]
    written = frozenset(column for group in groups for column in group.columns)
    if leaf.values.keys() - written or any(g.policy.name == "once" for g in groups):
        raise CheckFailed("schema", f"{table.name}: a change writes columns outside the groups that it names.")
    return written


def _value(table: Table, name: str, value: object) -> None:
    kind = table.kinds[name].name
    too_large = isinstance(value, int) and not -(2**63) <= value < 2**63
    if not isinstance(value, _STORED.get(kind, str)) or isinstance(value, bool) or too_large:
        raise CheckFailed("schema", f"{table.name}.{name} is not a {kind}.")
    try:
        if kind == "id" and isinstance(value, bytes) and len(value) != _ID_BYTES:
            raise ValueError(name)
        if kind not in _READ_BY_TYPE:
            table.kinds[name].unpack(value)
    except (ValueError, ArithmeticError, OverflowError) as error:
        raise CheckFailed("schema", f"{table.name}.{name} is not a {kind}.") from error
    allowed = table.choices.get(name)
    if allowed and value not in allowed:
        raise CheckFailed("schema", f"{table.name}.{name} is not one of the codes that it may hold.")
