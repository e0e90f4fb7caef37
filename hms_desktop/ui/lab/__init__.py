# SPDX-License-Identifier: Apache-2.0
"""The laboratory's screens: the bench from collection to release, with the critical call and the corrected result."""
