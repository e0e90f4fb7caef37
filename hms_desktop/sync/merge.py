# SPDX-License-Identifier: Apache-2.0
"""Merging one group of one record: a pure function of the heads that stand and the change that arrives.

New heads = old heads, less those that the change replaced, plus the change. Any order, any repetition and any
grouping of the same changes therefore gives the same heads, and what is shown follows from the heads alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

from hms_desktop.core.clock import stamp_author, stamp_ms
from hms_desktop.storage.records import Policy
from hms_desktop.storage.rows import StandingHead

Order = Callable[[int], tuple[int, int, int]]


def order_by(bounds: Mapping[int, int]) -> Order:
    """How heads are ordered for showing: (time, author, stamp), a clock that ran ahead bounded by its receipt."""

    def key(stamp: int) -> tuple[int, int, int]:
        ms = stamp_ms(stamp)
        return min(ms, bounds.get(stamp, ms)), stamp_author(stamp), stamp

    return key


def combine(heads: Sequence[StandingHead], change: StandingHead, replaced: Collection[int]) -> list[StandingHead]:
    """The heads after a change that replaced those it names; a change that already stands changes nothing."""
    if any(head.stamp == change.stamp for head in heads):
        return list(heads)
    kept = [head for head in heads if head.stamp not in replaced]
    return sorted([*kept, change], key=lambda head: head.stamp)


def shown(policy: Policy, heads: Sequence[StandingHead], order: Order) -> StandingHead:
    """The head whose value the row shows."""
    latest = max(heads, key=lambda head: order(head.stamp))
    if policy.state is None or len(heads) == 1:
        return latest
    winners = [head for head in heads if _wins_all(policy, head, heads)]
    return max(winners, key=lambda head: order(head.stamp)) if winners else latest


def in_conflict(policy: Policy, heads: Sequence[StandingHead]) -> bool:
    """Whether a person must choose: heads that differ, under a policy that lets no machine choose among them."""
    if all(first.values == second.values for first, second in combinations(heads, 2)):
        return False
    if policy.state is not None:
        return not any(_wins_all(policy, head, heads) for head in heads)
    return policy.name in ("careful", "once")


def _wins_all(policy: Policy, head: StandingHead, heads: Sequence[StandingHead]) -> bool:
    assert policy.state is not None
    state = head.values.get(policy.state)
    others = {other.values.get(policy.state) for other in heads} - {state}
    return all(policy.wins.get(frozenset((str(state), str(other)))) == state for other in others)
