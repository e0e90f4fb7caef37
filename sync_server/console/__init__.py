# SPDX-License-Identifier: Apache-2.0
"""The administrators' web console: server-rendered pages beside the sync API, readable and usable without scripts."""
