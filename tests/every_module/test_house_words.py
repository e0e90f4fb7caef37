# SPDX-License-Identifier: Apache-2.0
"""No unfinished marks, no names that say nothing, no place or host of one machine in anything that is committed."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.every_module.source import FUNCTION, PRODUCT, Function, Source, functions, listed, sources, text_files

UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
EMPTY_NAMES = re.compile(r"(^|_)(manager|helper|helpers|utils?|handler|handlers|base|misc|common)$")
EMPTY_CLASSES = re.compile(r"(Manager|Helper|Helpers|Utils?|Handler|Base)$")
MACHINE_PLACES = re.compile(
    r"(?<![\w.$}/])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "fa" + "rm")) + r")/[\w.-]+"
)
INDEX_HOSTS = re.compile(
    "|".join(("py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.deb" + "ian"))
)


def test_nothing_is_left_unfinished() -> None:
    marks = [
        f"{path}: {m.group()}" for path, text in text_files() for m in UNFINISHED.finditer(text) if path.suffix == ".py"
    ]
    assert not marks, listed(marks)


@cache
def classes() -> list[tuple[Source, ast.ClassDef]]:
    """Every class of the product with its file."""
    return [(s, node) for s in sources(*PRODUCT) for node in ast.walk(s.tree) if isinstance(node, ast.ClassDef)]


def methods(node: ast.ClassDef) -> dict[str, Function]:
    return {inner.name: inner for inner in node.body if isinstance(inner, FUNCTION)}


def filled_in() -> set[tuple[str, str]]:
    """Class and method of everything that a class with that parent defines itself."""
    parents = [
        (ast.unparse(parent).split("[")[0].split(".")[-1], node) for _, node in classes() for parent in node.bases
    ]
    return {(parent, name) for parent, node in parents for name in methods(node)}


def test_no_stub_stands_in_for_a_function() -> None:
    """A method may be left to those who inherit it, if somebody does."""
    stubs = [
        (s, f)
        for s in sources(*PRODUCT)
        if "NotImplemented" in s.text
        for f in functions(s)
        if any(isinstance(n, ast.Raise) and "NotImplemented" in ast.unparse(n) for n in f.body)
    ]
    filled = filled_in() if stubs else set()
    left = {id(m) for _, c in classes() for name, m in methods(c).items() if (c.name, name) in filled}
    unfilled = [f"{s.at(f)} {f.name}" for s, f in stubs if id(f) not in left]
    assert not unfilled, listed(unfilled)


def test_names_say_what_a_thing_is() -> None:
    files = [str(s.path) for s in sources(*PRODUCT) if EMPTY_NAMES.search(s.path.stem)]
    named = [f"{s.at(n)} {n.name}" for s, n in classes() if EMPTY_CLASSES.search(n.name)]
    assert not files + named, listed(files + named)


def test_no_place_of_one_machine_is_named() -> None:
    places = [f"{path}: {m.group()}" for path, text in text_files() for m in MACHINE_PLACES.finditer(text)]
    assert not places, listed(places)


def test_no_package_index_is_named() -> None:
    hosts = [f"{path}: {m.group()}" for path, text in text_files() for m in INDEX_HOSTS.finditer(text)]
    assert not hosts, listed(hosts)
