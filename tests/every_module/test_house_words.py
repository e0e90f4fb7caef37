# SPDX-License-Identifier: Apache-2.0
"""No unfinished marks, no names that say nothing, no place or host of one machine in anything that is committed."""

from __future__ import annotations

import ast
import re

from tests.every_module.source import PRODUCT, listed, sources, text_files

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


def test_no_stub_stands_in_for_a_function() -> None:
    stubs = [
        s.at(n)
        for s in sources(*PRODUCT)
        for n in ast.walk(s.tree)
        if isinstance(n, ast.Raise) and "NotImplemented" in ast.unparse(n)
    ]
    assert not stubs, listed(stubs)


def test_names_say_what_a_thing_is() -> None:
    files = [str(s.path) for s in sources(*PRODUCT) if EMPTY_NAMES.search(s.path.stem)]
    classes = [
        f"{s.at(n)} {n.name}"
        for s in sources(*PRODUCT)
        for n in ast.walk(s.tree)
        if isinstance(n, ast.ClassDef) and EMPTY_CLASSES.search(n.name)
    ]
    assert not files + classes, listed(files + classes)


def test_no_place_of_one_machine_is_named() -> None:
    places = [f"{path}: {m.group()}" for path, text in text_files() for m in MACHINE_PLACES.finditer(text)]
    assert not places, listed(places)


def test_no_package_index_is_named() -> None:
    hosts = [f"{path}: {m.group()}" for path, text in text_files() for m in INDEX_HOSTS.finditer(text)]
    assert not hosts, listed(hosts)
