# SPDX-License-Identifier: Apache-2.0
"""What the clinic means: one folder per module, usable by the desktop, the server's pages and a test alike."""
