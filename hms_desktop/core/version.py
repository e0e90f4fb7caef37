# SPDX-License-Identifier: Apache-2.0
"""Which version of the program runs, and on what system: for the administrators' list and for support."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def program_version() -> str:
    """The version of the installed package; `unpackaged` when the files run without having been installed."""
    try:
        return version("hms")
    except PackageNotFoundError:
        return "unpackaged"


@cache
def system_name() -> str:
    """The operating system in a few words, such as Debian GNU/Linux 12 or Windows 11."""
    try:
        about = platform.freedesktop_os_release()
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return " ".join(part for part in (about.get("NAME", "Linux"), about.get("VERSION_ID", "")) if part)
