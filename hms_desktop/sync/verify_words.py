# SPDX-License-Identifier: Apache-2.0
"""What a verification found, as lines for a terminal and as values for a script: `hms verify`, `hms-server verify`."""

from __future__ import annotations

from typing import Any

from hms_desktop.core.clock import instant
from hms_desktop.core.ids import author_code
from hms_desktop.sync.verify import Verified
from hms_desktop.sync.verify_ends import Window


def answer_of(found: Verified, remedy: str) -> dict[str, Any]:
    """Plain values; `remedy` says what to do when something is broken."""
    return {
        "chains": found.chains,
        "whole": found.whole,
        "signatures": found.signatures,
        "ends": found.ends,
        "segments": found.segments,
        "windows": [_window(window) for window in found.windows],
        "broken": [str(link) for link in found.broken],
        "remedy": remedy if found.broken else "",
    }


def lines_of(answer: dict[str, Any]) -> list[str]:
    """The same as lines; the window of every chain that has one, the remedy last."""
    lines = [
        f"{answer['chains']} chains, {answer['whole']} change sets whole, {answer['signatures']} signatures hold, "
        f"{answer['ends']} signed ends hold."
    ]
    if answer["segments"]:
        lines.append(f"{answer['segments']} sealed segments of the old trail hold.")
    lines += [_window_line(window) for window in answer["windows"]]
    lines += [f"Broken: {link}" for link in answer["broken"]]
    return lines + ([answer["remedy"]] if answer["remedy"] else [])


def _window(window: Window) -> dict[str, Any]:
    received = f"{instant(window.at_ms):%Y-%m-%d %H:%M:%S} UTC" if window.at_ms else ""
    name = window.station or author_code(window.author)
    return {"station": name, "received": window.number, "at": received, "since": window.since}


def _window_line(window: dict[str, Any]) -> str:
    if not window["at"]:
        return f"{window['station']}: no receipt yet; {window['since']} change sets without one."
    received = f"receipt to {window['received']} of {window['at']}"
    return f"{window['station']}: {received}; {window['since']} change sets since."
