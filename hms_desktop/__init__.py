# SPDX-License-Identifier: Apache-2.0
"""What a clinic workstation runs; every room but `ui` and `app` also serves the sync server."""
