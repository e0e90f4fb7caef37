# SPDX-License-Identifier: Apache-2.0
"""A server's side of a push: each change set is checked, then taken whole or refused whole; nothing is dropped.

What is refused keeps its number in its author's chain and stands in quarantine; what hangs on it is refused with it.
Everything else flows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.core.clock import stamp_ms
from hms_desktop.core.errors import ClinicError, Damaged
from hms_desktop.storage.change_sets import ChangeSet, Leaf, change_set_root, decode_details, readable_leaves
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.apply import LEARN_AHEAD_MS, Applier, Believe, Outcome, must_follow
from hms_desktop.sync.facts import Refusal, TimeBound
from hms_desktop.sync.protocol import Pushed, Verdict
from hms_desktop.sync.pull import position
from hms_desktop.sync.relaying import Relayed
from hms_desktop.sync.vectors import HELD_BACK


class CheckFailed(ClinicError):
    """A change set that may not be taken: `check` names the rule, the message tables and columns, never a value."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check


Check = Callable[[ChangeSet, bytes, Sequence[Leaf]], None]


@dataclass(frozen=True)
class _Refused:
    change_set: ChangeSet
    root: bytes
    why: CheckFailed

    @property
    def owner(self) -> UUID:
        """Who can mend it: the person that it names, or nobody when that can't be read."""
        try:
            return UUID(bytes=decode_details(self.change_set.details).person)
        except Damaged:
            return UUID(int=0)


@dataclass
class Accepted:
    """What a push did; `state` runs the facts about it as the server's own change set, in the same transaction."""

    outcome: Outcome
    verdicts: list[Verdict] = field(default_factory=list)
    refused: list[_Refused] = field(default_factory=list)
    ahead: list[tuple[int, int]] = field(default_factory=list)
    acknowledged: int = 0

    def state(self, unit: Unit) -> None:
        """Write refusals and time bounds as facts of the server."""
        unit.action = "sync.state"
        for refused in self.refused:
            unit.add(
                Refusal,
                author=refused.change_set.author,
                number=refused.change_set.number,
                root=refused.root,
                check=refused.why.check,
                reason=str(refused.why),
                owner=refused.owner,
                with_it=[],
            )
        for stamp, ms in self.ahead:
            unit.add(TimeBound, stamp=stamp, ms=ms)

    @property
    def has_facts(self) -> bool:
        """Whether there is anything to state."""
        return bool(self.refused or self.ahead)

    def answer(self, connection: Connection) -> Pushed:
        """The answer for the device."""
        return Pushed(self.acknowledged, self.verdicts, position(connection))


def accept(
    applier: Applier, sets: Sequence[ChangeSet], author: int, check: Check, holds_back: bool = False
) -> Accepted:
    """Take a batch of one author within a writing transaction. Forked is raised for a second history.

    A hub refuses nothing: what does not pass a check it `holds_back` until the centre has decided.
    """
    applier.look_ahead(sets)
    accepted = Accepted(applier.outcome)
    made_by_refused: set[bytes] = set()
    for change_set in sets:
        known = applier.vectors.chain(author)
        if change_set.author != author:
            raise CheckFailed("author", "A change set of another device can't be pushed here.")
        if change_set.number > known.number + 1:
            accepted.verdicts.append(Verdict(change_set.number, "waiting", f"{known.number + 1} is missing"))
            continue
        if change_set.number <= known.number:
            applier.take(change_set)
            accepted.verdicts.append(Verdict(change_set.number, "repeated"))
            continue
        judge(applier, accepted, change_set, check, made_by_refused, holds_back)
    accepted.acknowledged = applier.vectors.chain(author).number
    applier.finish()
    return accepted


def accept_relayed(
    applier: Applier, sets: Sequence[ChangeSet], check_of: Callable[[int], Check | None], believe: Believe
) -> tuple[Accepted, Relayed]:
    """Take what a hub brings of many authors, each held to the checks of its own; None for one that is unknown here.

    A second history, a gap, an unknown author or what is not signed by whom it names ends that author's part, and
    nobody else's. It is not refused: a refusal takes its place in the chain, which is its author's alone to fill.
    """
    applier.look_ahead(sets)
    accepted = Accepted(applier.outcome)
    made_by_refused: set[bytes] = set()
    ended: set[int] = set()
    verdicts: list[tuple[int, Verdict]] = []
    for change_set in sets:
        author, check = change_set.author, check_of(change_set.author)
        if author in ended:
            continue
        known = applier.vectors.chain(author)
        try:
            if check is None:
                raise CheckFailed("author", "It is of a workstation that is not known here.")
            if change_set.number > known.number + 1:
                raise CheckFailed("number", f"{known.number + 1} is missing")
            if change_set.number <= known.number:
                applier.take(change_set)
            else:
                must_follow(change_set, known)
                believe(change_set, change_set_root(change_set))
                judge(applier, accepted, change_set, check, made_by_refused)
        except (CheckFailed, Damaged) as why:
            ended.add(author)
            verdicts.append((author, Verdict(change_set.number, "stopped", str(why))))
    reached = [(author, applier.vectors.chain(author).number) for author in sorted({one.author for one in sets})]
    applier.finish()
    return accepted, Relayed(reached, verdicts)


def judge_again(applier: Applier, change_set: ChangeSet, check: Check) -> list[Leaf]:
    """What a refused change set wrote, if every check holds by now; CheckFailed says which one still does not."""
    root, leaves = change_set_root(change_set), readable_leaves(change_set.leaves)
    if len(leaves) != len(change_set.leaves):
        raise CheckFailed("schema", "A part of it is not a record. Update the workstation, or enrol it again.")
    check(change_set, root, leaves)
    _must_stand_alone(applier, leaves, set())
    _must_have_been_made(applier, leaves)
    return leaves


def judge(
    applier: Applier,
    accepted: Accepted,
    change_set: ChangeSet,
    check: Check,
    made_by_refused: set[bytes],
    holds_back: bool = False,
) -> None:
    """Take a change set that goes on from its author's chain, or refuse it, within a run of the applier."""
    root, leaves = applier.read(change_set)
    before = applier.refused_before(change_set.author, change_set.number)
    if before is not None:  # the word of a server before it was restored
        applier.refuse(change_set, root)
        made_by_refused.update(leaf.record for leaf in leaves if leaf.bases is None)
        accepted.verdicts.append(Verdict(change_set.number, "refused", before))
        return
    try:
        if len(leaves) != len(change_set.leaves):
            raise CheckFailed("schema", "A part of it is not a record. Update the workstation, or enrol it again.")
        check(change_set, root, leaves)
        _must_stand_alone(applier, leaves, made_by_refused)
        _must_have_been_made(applier, leaves)
    except CheckFailed as why:
        if holds_back:
            applier.hold_back(change_set, root)
            accepted.verdicts.append(Verdict(change_set.number, HELD_BACK, str(why)))
        else:
            turn_away(applier, accepted, change_set, why, made_by_refused)
        return
    limit = applier.now_ms + LEARN_AHEAD_MS
    if stamp_ms(change_set.stamp) > limit:
        applier.bound(change_set.stamp, limit)
        accepted.ahead.append((change_set.stamp, limit))
    applier.take(change_set)


def turn_away(
    applier: Applier, accepted: Accepted, change_set: ChangeSet, why: CheckFailed, made_by_refused: set[bytes]
) -> None:
    """Refuse a change set that goes on from its author's chain: it keeps its place there and stands in quarantine."""
    root = change_set_root(change_set)
    applier.refuse(change_set, root)
    made = (leaf.record for leaf in readable_leaves(change_set.leaves) if leaf.bases is None)
    made_by_refused.update(made)
    accepted.refused.append(_Refused(change_set, root, why))
    accepted.verdicts.append(Verdict(change_set.number, "refused", str(why)))


def _must_stand_alone(applier: Applier, leaves: Sequence[Leaf], made_by_refused: set[bytes]) -> None:
    made_here = {leaf.record for leaf in leaves if leaf.bases is None}
    for leaf in leaves:
        bases = [base for stamps in (leaf.bases or {}).values() for base in stamps]
        pointed = _pointed(leaf) - made_here  # a row by rule that was refused and is made anew stands by itself
        fallen = pointed & made_by_refused or applier.made_by_refused(pointed)
        if fallen or any(map(applier.vectors.is_out, bases)):
            message = f"It follows a change of {leaf.table} that is held back: settle that one first."
            raise CheckFailed("depends", message)


def _must_have_been_made(applier: Applier, leaves: Sequence[Leaf]) -> None:
    for leaf in leaves:
        if applier.changes_nothing(leaf):
            raise CheckFailed("schema", f"It changes a {leaf.table} that was never made. Enrol the workstation again.")


def _pointed(leaf: Leaf) -> set[bytes]:
    """The records that a leaf names, in its own module and in others."""
    kinds = REGISTRY[leaf.table].kinds if leaf.table in REGISTRY else {}
    return {value for name, value in leaf.values.items() if value and name in kinds and kinds[name].name == "id"}
