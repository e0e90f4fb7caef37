# SPDX-License-Identifier: Apache-2.0
"""Everything that reads the record says which right it needs; no window reads around that."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from hms_desktop.security.roles import policy
from sync_server.actions import known_queries
from tests.every_module.source import FUNCTION, Function, Source, calls, listed, sources

READS = {"rows", "first", "one", "scalar", "get", "find", "match", "history", "heads"}


def reading(source: Source) -> Iterator[Function]:
    """The public functions of a file that are given a reader."""
    for node in source.tree.body:
        if isinstance(node, FUNCTION) and not node.name.startswith("_"):
            given = [*node.args.posonlyargs, *node.args.args]
            if given and given[0].annotation is not None and ast.unparse(given[0].annotation) == "Reader":
                yield node


@pytest.mark.accepts("SEC-01")
def test_every_public_reading_of_the_clinic_is_a_declared_query() -> None:
    open_doors = [
        f"{source.at(function)}: {function.name}"
        for source in sources("hms_desktop/clinic")
        for function in reading(source)
        if not any(ast.unparse(d).startswith("query(") for d in function.decorator_list)
    ]
    assert not open_doors, "declare it: @query(“right”); " + listed(open_doors)
    assert len(known_queries()) >= 240


def test_every_query_needs_a_right_that_some_role_has() -> None:
    given = policy().granted(policy().roles)
    problems = [f"{q.name}: {q.needs}" for q in known_queries().values() if not set(q.needs) & given]
    assert not problems, listed(problems)


def test_a_window_asks_queries_and_never_the_store() -> None:
    past = [
        f"{source.at(call)}: {name}"
        for source in sources("hms_desktop/ui")
        for name, call in calls(source)
        if name in READS and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name) and call.func.value.id in ("reader", "unit")
    ]  # fmt: skip
    assert not past, listed(past)
