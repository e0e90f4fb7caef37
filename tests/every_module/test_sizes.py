# SPDX-License-Identifier: Apache-2.0
"""A file has at most 500 lines; a function, its docstring not counted, at most 50, and half of them under 10."""

from __future__ import annotations

import ast
from statistics import median

from tests.every_module.source import PRODUCT, Function, functions, listed, sources


def length(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and len(function.body) > 1:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_no_file_is_longer_than_500_lines() -> None:
    long = [f"{s.path}: {s.lines} lines" for s in sources() if s.lines > 500]
    assert not long, listed(long)


def test_no_function_is_longer_than_50_lines() -> None:
    long = [f"{s.at(f)} {f.name}: {length(f)} lines" for s in sources() for f in functions(s) if length(f) > 50]
    assert not long, listed(long)


def test_half_of_the_functions_are_shorter_than_10_lines() -> None:
    assert median(length(f) for s in sources(*PRODUCT) for f in functions(s)) < 10
