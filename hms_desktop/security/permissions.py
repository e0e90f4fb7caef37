# SPDX-License-Identifier: Apache-2.0
"""Actions: every function that may write says which right it needs, and asking for it can only succeed or raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.reach import bounds_of
from hms_desktop.security.roles import OWN_EVENTS, policy
from hms_desktop.security.writes import writes
from hms_desktop.storage.unit import Unit

OURS = ("hms_desktop.", "sync_server.")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do: its name in change sets, the right it needs, what it does, and the function."""

    name: str
    needs: str
    summary: str
    function: Callable[..., Any]

    @property
    def ours(self) -> bool:
        """Whether the program itself declares it; a test may declare one of its own."""
        return self.function.__module__.startswith(OURS)


ACTIONS: dict[str, Action] = {}


def action(
    name: str, *, needs: str
) -> Callable[[Callable[Concatenate[Unit, P], T]], Callable[Concatenate[Unit, P], T]]:
    """Declare an action. The outermost call in a unit checks the right (NotAllowed) and names the change set.

    A call from inside another action or from a reaction is part of that action and is not checked again. A second
    outermost action in one unit is a mistake in the program: one unit is one action.
    """
    if needs not in policy().permissions:
        raise ValueError(f"action {name}: no right is called {needs}; add it to resources/roles.toml")

    def declare(function: Callable[Concatenate[Unit, P], T]) -> Callable[Concatenate[Unit, P], T]:
        words = tuple(signature(function).parameters)[1:]

        @wraps(function)
        def run(unit: Unit, /, *args: P.args, **kwargs: P.kwargs) -> T:
            outermost = unit.depth == 0
            unit.depth += 1
            try:
                if outermost:
                    _begin(unit, name, needs, _tables(name, function))
                return function(unit, *args, **kwargs)
            except NotAllowed as refused:
                _tell(refused, name, {**dict(zip(words, args, strict=False)), **kwargs})
                raise
            finally:
                unit.depth -= 1

        _register(Action(name, needs, _first_line(function), run))
        return run

    return declare


def _tables(name: str, function: Callable[..., Any]) -> frozenset[str] | None:
    """What the policy says that an action writes; None for one that a test declares."""
    return writes().get(name, frozenset()) if function.__module__.startswith(OURS) else None


def _begin(unit: Unit, name: str, needs: str, allowed: frozenset[str] | None) -> None:
    if unit.action:
        raise TypeError(f"{name} was called after {unit.action} in the same unit: one unit is one action")
    if needs != OWN_EVENTS:
        unit.check(needs)
    unit.action = name
    unit.may_write = allowed
    unit.own = policy().own
    unit.must_reach = bounds_of(unit, needs)


def _tell(refused: NotAllowed, name: str, asked: Mapping[str, Any]) -> None:
    """Let a refusal say what was asked for, and about whom; the innermost action knows best."""
    patient = asked.get("patient")
    refused.wanted = refused.wanted or name
    refused.patient = refused.patient or (patient if isinstance(patient, UUID) else None)


def _register(declared: Action) -> None:
    if declared.name in ACTIONS:
        raise ValueError(f"two actions are called {declared.name}")
    ACTIONS[declared.name] = declared


def _first_line(function: Callable[..., Any]) -> str:
    words = (function.__doc__ or "").strip()
    if not words:
        raise ValueError(f"{function.__qualname__} has no docstring: an action says what it does")
    return words.splitlines()[0]
