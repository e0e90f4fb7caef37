# SPDX-License-Identifier: Apache-2.0
"""What a process writes down of its own running: JSON lines on standard error, with codes and paths, never content."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Literal

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Mapping[Level, int] = {
    "debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR,
}  # fmt: skip

LEVEL_VARIABLE = "HMS_LOG_LEVEL"
"""How a workstation's processes are told how much to write down: whoever starts one hands it on."""


def level_asked_for() -> int:
    """What the environment asks of a workstation's process; warnings and worse where it asks for nothing that is."""
    asked = os.environ.get(LEVEL_VARIABLE, "")
    return next((level for name, level in LEVELS.items() if name == asked), logging.WARNING)


def begin_log(level: int = logging.INFO) -> None:
    """Send structured lines to standard error."""
    import structlog  # nor should a window wait for it

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
