# SPDX-License-Identifier: Apache-2.0
"""What the rules ask, what this server and the tests of its program show of it, and what nobody has shown."""
