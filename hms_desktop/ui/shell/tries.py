# SPDX-License-Identifier: Apache-2.0
"""How long to wait after wrong tries to sign in: five wrong ones wait 1 minute, then 5, then 15."""

from __future__ import annotations

from dataclasses import dataclass, replace

FREE = 5
WAITS_S = (60, 300, 900)


@dataclass(frozen=True)
class Tries:
    """Wrong tries in a row at this computer, and when the last was (milliseconds since 1970)."""

    wrong: int = 0
    last_ms: int = 0

    def missed(self, now_ms: int) -> Tries:
        """After one more wrong try."""
        return replace(self, wrong=self.wrong + 1, last_ms=now_ms)

    def left(self) -> int:
        """Tries before the next wait, 1 to 5."""
        return FREE - self.wrong % FREE

    def wait_s(self, now_ms: int) -> int:
        """Seconds still to wait. A clock that was set back starts the wait again, so that it can't be skipped."""
        rounds = self.wrong // FREE
        if not rounds or self.wrong % FREE:
            return 0
        whole = WAITS_S[min(rounds, len(WAITS_S)) - 1]
        gone = (now_ms - self.last_ms) // 1000
        return whole if gone < 0 else max(0, whole - gone)
