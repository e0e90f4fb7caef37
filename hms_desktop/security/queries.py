# SPDX-License-Identifier: Apache-2.0
"""Queries: every function that reads the record says which right it needs, and asking without it can only raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from hms_desktop.core.errors import NotAllowed
from hms_desktop.core.text import _
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """One thing that may be asked: its name in refusals, the rights of which one is needed, what it answers."""

    name: str
    needs: tuple[str, ...]
    summary: str
    function: Callable[..., Any]

    @property
    def ours(self) -> bool:
        """Whether the program itself declares it; a test may declare one of its own."""
        return self.function.__module__.startswith("hms_desktop.")


QUERIES: dict[str, Query] = {}


def query(
    *needs: str,
) -> Callable[[Callable[Concatenate[Reader, P], T]], Callable[Concatenate[Reader, P], T]]:
    """Declare a query that is answered to whoever holds one of these rights.

    The outermost query of a reading asks for it (NotAllowed); what it asks of other queries is part of it, as a query
    inside an action is part of that action. Several outermost queries of one reading are each asked by themselves.
    """
    unknown = sorted(set(needs) - set(policy().permissions))
    if not needs or unknown:
        raise ValueError(f"a query needs a right of resources/roles.toml, not {', '.join(unknown) or 'none'}")

    def declare(function: Callable[Concatenate[Reader, P], T]) -> Callable[Concatenate[Reader, P], T]:
        name = _name(function)

        @wraps(function)
        def ask(reader: Reader, /, *args: P.args, **kwargs: P.kwargs) -> T:
            if reader.depth == 0 and not any(right in reader.person.permissions for right in needs):
                raise _refusal(reader, QUERIES[name], args, kwargs)
            reader.depth += 1
            try:
                return function(reader, *args, **kwargs)
            finally:
                reader.depth -= 1

        QUERIES[name] = Query(name, needs, _first_line(function), ask)
        return ask

    return declare


def _name(function: Callable[..., Any]) -> str:
    parts = function.__module__.removeprefix("hms_desktop.clinic.").split(".")
    name = f"{parts[0]}.{function.__name__}"
    if name in QUERIES:
        raise ValueError(f"two queries are called {name}")
    return name


def _first_line(function: Callable[..., Any]) -> str:
    words = (function.__doc__ or "").strip()
    if not words:
        raise ValueError(f"{function.__qualname__} has no docstring: a query says what it answers")
    return words.splitlines()[0]


def _refusal(reader: Reader, asked: Query, args: tuple[Any, ...], named: Mapping[str, Any]) -> NotAllowed:
    message = _("{name} may not see this: it needs the right {permission}. Ask an administrator for it.")
    refused = NotAllowed(message.format(name=reader.person.name, permission=asked.needs[0]), asked.needs[0])
    refused.wanted = asked.name
    words = list(signature(asked.function).parameters)[1:]
    patient = {**dict(zip(words, args, strict=False)), **named}.get("patient")
    refused.patient = patient if isinstance(patient, UUID) else None
    return refused
