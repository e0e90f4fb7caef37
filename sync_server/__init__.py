# SPDX-License-Identifier: Apache-2.0
"""The central sync server: everything that workstations meet at. It shares every room but the screens."""
