# SPDX-License-Identifier: Apache-2.0
"""The project's own files, read and parsed once for all the checks here."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("hms_desktop", "sync_server", "installer")
ROOMS = (*PRODUCT, "tests")
NOT_OURS = {".git", ".venv", "build", "dist", "tour", "__pycache__"}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: where it lies (relative to the project), its text, and its syntax tree once it is looked at."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    @property
    def module(self) -> str:
        """Its dotted name."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def within(self, *folders: str) -> bool:
        """Whether it lies in one of these folders (or is that file)."""
        return any(self.path.is_relative_to(folder) for folder in folders)

    def at(self, node: ast.AST) -> str:
        """`file:line` of a node, for a person to click."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def sources(*rooms: str) -> tuple[Source, ...]:
    """The Python files of these rooms, all rooms by default."""
    found = []
    for room in rooms or ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not NOT_OURS & set(path.relative_to(ROOT).parts):
                found.append(_read(path))
    return tuple(found)


@cache
def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT), text)


def functions(source: Source) -> Iterator[Function]:
    """Every function of a file, methods and inner ones too."""
    return (node for node in ast.walk(source.tree) if isinstance(node, FUNCTION))


def calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a file with the last part of what is called: `QLabel(…)` and `box.setText(…)` alike."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""), node


@cache
def text_files() -> tuple[tuple[Path, str], ...]:
    """Every text file a commit would hold, up to a megabyte, with its path relative to the project."""
    found = []
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(set(below) - NOT_OURS)
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_file() and path.stat().st_size <= 1_000_000:
                with suppress(UnicodeDecodeError):
                    found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
    return tuple(found)


def listed(problems: list[str]) -> str:
    """The problems one a line, as the message of an assertion."""
    return f"{len(problems)} found:\n" + "\n".join(problems)
