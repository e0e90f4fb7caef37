# SPDX-License-Identifier: Apache-2.0
"""The two commands for a bare machine, the pinned packages they install, and the demo day."""
