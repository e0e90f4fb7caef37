# SPDX-License-Identifier: Apache-2.0
"""Every command that a person can give is in the README, explains itself, and says what each of its options means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import typer

from hms_desktop.__main__ import commands as workstation
from hms_desktop.commands.cli import register
from sync_server.commands.app import app as server
from tests.every_module.source import ROOT, listed


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """A command and all below it with what a person types, without those started by programs only."""
    if command.hidden:
        return
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, one in inner.items():
        yield from walk(f"{name} {word}", one)


@cache
def commands() -> tuple[tuple[str, Any], ...]:
    """Every visible command with what a person types."""
    register(workstation)
    programs = {"hms": workstation, "hms-server": server}
    return tuple(pair for name, app in programs.items() for pair in walk(name, typer.main.get_command(app)))


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    absent = [name for name, _ in commands() if f"`{name}`" not in readme]
    assert not absent, listed(absent)


def test_every_command_says_what_it_does() -> None:
    mute = [name for name, command in commands() if not command.help]
    assert not mute, listed(mute)


def test_every_option_says_what_it_means() -> None:
    mute = [
        f"{name} {option.opts[0]}"
        for name, command in commands()
        for option in command.params
        if option.param_type_name == "option" and not option.help
    ]
    assert not mute, listed(mute)
