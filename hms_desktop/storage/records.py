# SPDX-License-Identifier: Apache-2.0
"""Declaring a synced table: its columns, its groups, how each group merges, what is health information.

A group is a set of columns that only make sense together. Its policy says what happens when two people changed
it without knowing of each other (`sync.md`, Merge).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hms_desktop.storage.columns import ID, LOCAL_NUMBER, Kind, Stow


@dataclass(frozen=True)
class Policy:
    """How two or more heads of a group meet; `wins` maps a pair of states to the winner, or None for a conflict.

    `steps` maps a state to those that may follow it; the server checks it on what is pushed.
    """

    name: str
    state: str | None = None
    wins: Mapping[frozenset[str], str | None] = field(default_factory=dict, hash=False)
    steps: Mapping[str, Collection[str]] = field(default_factory=dict, hash=False)


LAST_WRITER = Policy("last writer")
CAREFUL = Policy("careful")
ONCE = Policy("once")


def progress(
    state: str, wins: Mapping[frozenset[str], str | None], steps: Mapping[str, Collection[str]] | None = None
) -> Policy:
    """A status column with a table of pairs: which of two standing states wins, or None where a person decides."""
    return Policy("progress", state, wins, steps or {})


@dataclass(frozen=True)
class Group:
    """Columns that merge as one."""

    name: str
    policy: Policy
    columns: tuple[str, ...]

    @property
    def stamp_column(self) -> str:
        """The column that holds this group's head when it differs from the row's own stamp; facts have only that."""
        return "k" if self.policy is ONCE else f"g_{self.name}"


@dataclass(frozen=True)
class Table:
    """What sync, audit and tests know of a table.

    `server_owned`: no workstation writes it. `owner` is the column that names the workstation which a row belongs to
    at first (see `storage.owners`): no other one changes the row or adds rows that point at it.
    """

    name: str
    module: str
    record: type[Record]
    groups: Mapping[str, Group]
    kinds: Mapping[str, Kind]
    choices: Mapping[str, frozenset[str]]
    required: frozenset[str]
    refs: Mapping[str, str]
    phi: bool
    phi_columns: frozenset[str]
    secret_columns: frozenset[str]
    server_owned: bool
    owner: str | None = None

    def group_of(self, column: str) -> Group:
        """The group that a column merges with."""
        return next(g for g in self.groups.values() if column in g.columns)

    def pack(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Python values as they are stored and sent; unknown columns and codes raise."""
        packed: dict[str, Any] = {}
        for name, value in values.items():
            if name not in self.kinds:
                raise TypeError(f"{self.name} has no column {name}")
            allowed = self.choices.get(name)
            if allowed and value is not None and value not in allowed:
                raise ValueError(f"{self.name}.{name} can't be “{value}”: one of {', '.join(sorted(allowed))}")
            packed[name] = None if value is None else self.kinds[name].pack(value)
        return packed


REGISTRY: dict[str, Table] = {}


class Record(DeclarativeBase):
    """Base of every synced table. `rid` is local; `id` is the key; `k` is the stamp that made the row."""

    metadata = MetaData()
    spec: ClassVar[Table]
    rid: Mapped[int] = mapped_column(LOCAL_NUMBER, primary_key=True, sort_order=-3)
    id: Mapped[UUID] = mapped_column(Stow(ID), unique=True, nullable=False, sort_order=-2)
    k: Mapped[int] = mapped_column(BigInteger, nullable=False, sort_order=-1)

    def __init_subclass__(
        cls,
        *,
        table: str | None = None,
        groups: Mapping[str, Policy] | None = None,
        phi: bool = False,
        server_owned: bool = False,
        owner: str | None = None,
    ) -> None:
        if table is None:
            cls.__abstract__ = True
            super().__init_subclass__()
            return
        cls.__tablename__ = table
        policies = groups or {"fact": ONCE}
        for name in (n for n, p in policies.items() if p is not ONCE):
            stamp = mapped_column(f"g_{name}", BigInteger, nullable=True, sort_order=900)
            setattr(cls, f"g_{name}", stamp)
            cls.__annotations__[f"g_{name}"] = Mapped[int | None]
        super().__init_subclass__()
        cls.spec = REGISTRY[table] = _describe(cls, policies, phi, server_owned, owner)


class Fact(Record):
    """A row that is written once and never changed; a void or correction is another fact that points at it."""


def _describe(
    cls: type[Record], policies: Mapping[str, Policy], phi: bool, server_owned: bool, owner: str | None
) -> Table:
    columns = {c.key: c for c in cls.__table__.columns if "kind" in c.info}
    only = next(iter(policies)) if len(policies) == 1 else None
    group_of = {name: c.info["group"] or only for name, c in columns.items()}
    lost = [name for name, group in group_of.items() if group not in policies]
    if lost:
        raise TypeError(f"{cls.__tablename__}: columns without a declared group: {', '.join(lost)}")
    return Table(
        name=cls.__tablename__,
        module=_module(cls),
        record=cls,
        groups={g: Group(g, p, tuple(n for n in columns if group_of[n] == g)) for g, p in policies.items()},
        kinds={n: c.info["kind"] for n, c in columns.items()},
        choices={n: c.info["choices"] for n, c in columns.items() if "choices" in c.info},
        required=frozenset(n for n, c in columns.items() if not c.nullable),
        refs={n: c.info["ref"] for n, c in columns.items() if "ref" in c.info},
        phi=phi,
        phi_columns=frozenset(n for n, c in columns.items() if c.info["phi"]),
        secret_columns=frozenset(n for n, c in columns.items() if c.info.get("secret")),
        server_owned=server_owned,
        owner=owner,
    )


def _module(cls: type[Record]) -> str:
    parts = cls.__module__.split(".")
    return parts[2] if parts[:2] == ["hms_desktop", "clinic"] else parts[1] if len(parts) > 1 else parts[0]


def table_of(name: str) -> Table:
    """The declared table of this name; KeyError when this version doesn't know it."""
    return REGISTRY[name]
