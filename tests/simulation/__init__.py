# SPDX-License-Identifier: Apache-2.0
"""One seed, one history: the real engine over real encrypted files, with a line, disks and clocks that misbehave."""
