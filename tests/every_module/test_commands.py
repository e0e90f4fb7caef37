# SPDX-License-Identifier: Apache-2.0
"""Every command that a person can give is in the README, explains itself, and says what each of its options means."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click
import typer

from tests.every_module.source import ROOT, listed

PROGRAMS = {"hms": "hms_desktop.__main__", "hms-server": "sync_server.commands.app"}


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it with what a person types, without those started by programs only."""
    if command.hidden:
        return
    if not isinstance(command, click.Group):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from walk(f"{name} {word}", inner)


def commands() -> list[tuple[str, click.Command]]:
    found = []
    for program, module in PROGRAMS.items():
        apps = [value for value in vars(import_module(module)).values() if isinstance(value, typer.Typer)]
        assert len(apps) >= 1, f"{module} has no commands"
        found += [pair for app in apps[:1] for pair in walk(program, typer.main.get_command(app))]
    return found


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    absent = [name for name, _ in commands() if name not in readme]
    assert not absent, listed(absent)


def test_every_command_says_what_it_does() -> None:
    mute = [name for name, command in commands() if not command.help]
    assert not mute, listed(mute)


def test_every_option_says_what_it_means() -> None:
    mute = [
        f"{name} {option.opts[0]}"
        for name, command in commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert not mute, listed(mute)
